import Detection
public import FindingFormats
public import StateStore

/// Shows findings to a person: whole when they are new, on one line when they change or close.
///
/// At least once: a process that dies between showing and noting it shows the finding again.
public actor TerminalSink: JournalSink {
    /// Where a terminal begins.
    public enum Start: Hashable, Sendable {
        /// Behind the last finding that was shown; from the beginning of the journal when none was.
        case cursor
        /// At the end of the journal: only what is found from now on.
        case end
    }

    /// Key of the cursor.
    public nonisolated let name: String
    private let format: TextFormat
    private let begin: Start
    private let write: @Sendable ([UInt8]) async throws -> Void
    private let report: @Sendable (SinkReport) -> Void
    private var delivered: Int64 = 0
    private var shown = RecentNames(maximum: 4_096)

    /// Makes a sink.
    ///
    /// - Parameter write: puts bytes on the terminal; it owns the terminal, so that a status line can make room.
    public init(
        name: String = "terminal", format: TextFormat, start: Start = .cursor,
        report: @escaping @Sendable (SinkReport) -> Void = { _ in },
        write: @escaping @Sendable ([UInt8]) async throws -> Void
    ) {
        self.name = name
        self.format = format
        self.begin = start
        self.report = report
        self.write = write
    }

    /// Returns the id of the last row that was shown.
    public func start(_ store: any StateStore) async throws(SinkError) -> Int64 {
        do {
            switch begin {
            case .cursor: delivered = try await store.cursor(of: name)?.journalID ?? 0
            case .end: delivered = try await store.journalUsage().newestID
            }
            try await store.advanceCursor(SinkCursor(sink: name, journalID: delivered))
        } catch {
            throw SinkError(.store(error), path: name)
        }
        return delivered
    }

    /// Shows the active rows, then stores the cursor.
    public func deliver(_ rows: [JournalRow], _ store: any StateStore) async throws(SinkError) {
        var text = ""
        let owed = rows.filter { $0.id > delivered }
        for row in owed where row.draft.status == .active {
            do {
                let entry = try JournalRecord(payload: row.draft.payload).entry
                let isKnown = !shown.insert(entry.finding.id)
                text += isKnown ? format.line(entry) : format.text(entry) + "\n"
            } catch {
                report(.unreadableRow(id: row.id, reason: "\(error)"))
            }
        }
        if !text.isEmpty {
            do {
                try await write(Array(text.utf8))
            } catch {
                throw SinkError(.outputClosed, path: name, detail: "\(error)")
            }
        }
        guard let last = rows.last, last.id >= delivered else { return }
        delivered = last.id
        do {
            try await store.advanceCursor(SinkCursor(sink: name, journalID: delivered))
        } catch {
            throw SinkError(.store(error), path: name)
        }
    }

    /// Nothing to give up.
    public func stop() async {}
}

/// The names seen last, up to a number: the oldest are forgotten first.
struct RecentNames {
    private let maximum: Int
    private var order: [String] = []
    private var next = 0
    private var names: Set<String> = []

    init(maximum: Int) { self.maximum = max(1, maximum) }

    /// True when the name was not among them.
    mutating func insert(_ name: String) -> Bool {
        guard names.insert(name).inserted else { return false }
        if order.count < maximum {
            order.append(name)
        } else {
            names.remove(order[next])
            order[next] = name
            next = (next + 1) % maximum
        }
        return true
    }
}
