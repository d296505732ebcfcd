public import Detection
import DiagnosticLogs
import FindingFormats
@_spi(Revealing) import Redaction
public import StateStore

/// Judges dead letters again, as pseudo-partitions outside the watermark.
///
/// Letters of partition `p` are folded as partition `-1 - p`, and a letter's id is its sequence number there: two letters of
/// one message stay two. What decodes is committed page by page, with the ids that it came from.
public struct DeadLetterReplay: Sendable {
    /// Which letters.
    public struct Choice: Sendable, Hashable {
        /// Those with these ids; nil for all that were not replayed.
        public var ids: [Int64]?
        /// Those with these reasons; empty for all.
        public var reasons: Set<String>

        /// Makes a choice.
        public init(ids: [Int64]? = nil, reasons: Set<String> = []) {
            self.ids = ids
            self.reasons = reasons
        }
    }

    /// What came of it.
    public struct Report: Sendable, Hashable {
        /// Dead letters tried.
        public var letters = 0
        /// Those that decode now.
        public var decoded = 0
        /// Records found in them.
        public var records: Int64 = 0
        /// Findings that were not journaled before.
        public var findings = 0

        /// Makes a report.
        public init(letters: Int = 0, decoded: Int = 0, records: Int64 = 0, findings: Int = 0) {
            self.letters = letters
            self.decoded = decoded
            self.records = records
            self.findings = findings
        }
    }

    /// Under this name the store holds the ids of a page that is committed and not marked yet.
    private static let mark = "deadletters.judged"
    private static let pageMaximum = 256

    private let rules: CompiledRules
    private let store: any StateStore
    private let clock: WallClock

    /// Makes a replay over an open store.
    public init(rules: CompiledRules, store: any StateStore, clock: WallClock) {
        self.rules = rules
        self.store = store
        self.clock = clock
    }

    /// Replays the letters.
    ///
    /// - Parameters:
    ///   - recording: false to find out what would come of it; nothing is written then.
    ///   - progress: is told how many are done, of how many.
    public func run(
        _ choice: Choice, recording: Bool = true, progress: (Int64, Int64) -> Void = { _, _ in }
    ) async throws -> Report {
        let state = try await store.load()
        if recording { try await markJudged(state) }
        let partitions = state.positions.map(\.partition).filter { $0 >= 0 }.sorted()
        var merger = Merger(rules: rules, partitions: partitions)
        _ = try merger.restore(
            RestoredState(snapshot: state.snapshot, deltas: state.deltas.map(\.bytes)), now: clock.now())
        let counts = state.deadLetters
        let total = choice.ids.map { Int64($0.count) } ?? (counts.stored - counts.replayed)
        var report = Report()
        var after: Int64 = 0
        while let page = try await page(choice, after: &after) {
            var judged: [Int64] = []
            for id in page {
                guard let letter = try await store.deadLetter(id), letter.bytesKept,
                    choice.reasons.isEmpty || choice.reasons.contains(letter.letter.reason)
                else { continue }
                report.letters += 1
                guard let delta = fold(letter), delta.deadLetters.isEmpty else { continue }
                report.decoded += 1
                report.records += delta.counters.records
                judged.append(letter.id)
                merger.merge(delta, now: clock.now())
            }
            report.findings += try await commit(&merger, judged, recording: recording)
            progress(Int64(report.letters), total)
        }
        return report
    }

    /// A page of ids; nil behind the last.
    private func page(_ choice: Choice, after: inout Int64) async throws -> [Int64]? {
        let position = after
        let ids: [Int64]
        if let chosen = choice.ids {
            ids = Array(Set(chosen).sorted().filter { $0 > position }.prefix(Self.pageMaximum))
        } else {
            ids = try await store.deadLetters(after: position, limit: Self.pageMaximum, includingReplayed: false)
                .map(\.id)
        }
        guard let last = ids.last else { return nil }
        after = last
        return ids
    }

    /// Commits what a page gave, with its ids: a process that dies before they are marked must not judge them twice.
    private func commit(_ merger: inout Merger, _ judged: [Int64], recording: Bool) async throws -> Int {
        guard let draft = merger.takeCommit() else { return 0 }
        guard recording else { return draft.raised(besides: CommitReceipt()).count }
        var transaction = try CommitTranslation.transaction(draft, committed: clock.now())
        transaction.meta[Self.mark] = judged.map(String.init).joined(separator: ",")
        let receipt = try await store.commit(transaction)
        try await mark(judged)
        return draft.raised(besides: receipt).count
    }

    private func mark(_ ids: [Int64]) async throws {
        _ = try await store.markReplayed(ids, atNs: clock.now().nanoseconds)
        var done = StateTransaction(committedNs: clock.now().nanoseconds)
        done.meta[Self.mark] = .some(nil)
        _ = try await store.commit(done)
    }

    /// Marks what a process that died had committed.
    private func markJudged(_ state: LoadedState) async throws {
        guard let list = state.meta[Self.mark] else { return }
        try await mark(list.split(separator: ",").compactMap { Int64($0) })
    }

    /// One letter through a fold of its own: its negative partition keeps it outside positions and watermark.
    private func fold(_ letter: StoredDeadLetter) -> PartitionDelta? {
        let fold = PartitionFold(rules: rules, partition: -1 - letter.letter.partition)
        var offset = letter.letter.offset
        offset.withUTF8 { offset in
            let header = MessageHeader(
                sequenceNumber: letter.id, offset: UnsafeRawBufferPointer(offset),
                enqueuedTime: Timestamp(milliseconds: letter.letter.enqueuedMs),
                receivedAt: Timestamp(nanoseconds: letter.letter.receivedNs))
            _ = fold.fold(header, copying: letter.letter.bytes.revealed)
        }
        return fold.takeDelta()
    }
}
