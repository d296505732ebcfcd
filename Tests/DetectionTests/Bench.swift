import DiagnosticLogs

@testable import Detection

/// A fold and a merger driven by hand: one call a message, times in seconds after the stream's start.
final class Bench {
    static let start = ModelStream.start
    let rules: CompiledRules
    var merger: Merger
    private var folds: [Int: PartitionFold] = [:]
    private var sequences: [Int: Int64] = [:]
    private let options: MergerOptions
    private(set) var journal: [JournalEntry] = []
    private(set) var notices: [OperationalNotice] = []
    private(set) var blobs: [[UInt8]] = []

    init(_ rules: [Rule], partitions: [Int] = [0], options: MergerOptions = MergerOptions()) throws {
        self.rules = try CompiledRules(rules)
        self.options = options
        merger = Merger(rules: self.rules, partitions: partitions, options: options)
    }

    static func time(_ seconds: Double) -> Timestamp {
        Timestamp(milliseconds: start + Int64(seconds * 1_000))
    }

    func fold(_ partition: Int) -> PartitionFold {
        if let fold = folds[partition] { return fold }
        let fold = PartitionFold(
            rules: rules, partition: partition, resumingAt: merger.position(of: partition), limits: options.limits)
        folds[partition] = fold
        return fold
    }

    /// Sends one message of records and merges it.
    func send(
        _ partition: Int = 0, at seconds: Double, eventAt: Double? = nil, operation: String = "ListKey",
        category: String = "Audit", user: Value = .string("ann"), number: Value = .null, times: Int = 1
    ) {
        let record = ModelRecord(
            operation: operation, category: category, user: user, number: number,
            eventTime: Self.time(eventAt ?? seconds).milliseconds)
        let body = Array("[\([String](repeating: record.json, count: times).joined(separator: ","))]".utf8)
        send(partition, at: seconds, body: body)
    }

    func send(_ partition: Int = 0, at seconds: Double, body: [UInt8]) {
        let sequence = (sequences[partition] ?? merger.position(of: partition)?.sequenceNumber ?? -1) + 1
        sequences[partition] = sequence
        let enqueued = Self.time(seconds)
        Array("o\(sequence)".utf8).withUnsafeBytes { offset in
            _ = fold(partition).fold(
                MessageHeader(sequenceNumber: sequence, offset: offset, enqueuedTime: enqueued, receivedAt: enqueued),
                copying: body)
        }
        post(partition)
    }

    func idle(_ partition: Int = 0, at seconds: Double) {
        fold(partition).idle(watermark: Self.time(seconds))
        post(partition)
    }

    private func post(_ partition: Int) {
        guard let delta = fold(partition).takeDelta() else { return }
        merger.merge(delta, now: Self.time(1_000_000))
    }

    /// Commits and returns the new journal entries.
    @discardableResult
    func commit(snapshot: Bool = false) -> [JournalEntry] {
        guard let draft = merger.takeCommit(snapshot: snapshot) else { return [] }
        if let whole = draft.snapshot { blobs = [whole] }
        blobs += draft.stateDeltas.map(\.bytes)
        journal += draft.journal
        notices += draft.notices
        return draft.journal
    }

    /// What a commit says, shortly: `create 60 ann count=4`.
    func step() -> [String] {
        commit().map { entry in
            let end = ((entry.finding.window?.end ?? entry.finding.firstSeen).milliseconds - Self.start) / 1_000
            let columns = (entry.finding.group + entry.finding.values).map(\.value.display).joined(separator: " ")
            return "\(entry.activity.rawValue) \(end) \(columns)" + (entry.isAlert ? " ALERT" : "")
        }
    }

    /// Restarts from what was committed, perhaps with other rules.
    func restart(_ newRules: [Rule]? = nil) throws -> Bench {
        let bench = try Bench(newRules ?? rules.rules, partitions: merger.partitions, options: options)
        try bench.merger.restore(RestoredState(snapshot: nil, deltas: blobs), now: Self.time(1_000_000))
        bench.blobs = blobs
        return bench
    }
}
