import Detection
import DiagnosticLogs
import Testing

/// The engine over the partitions of a hub: a fold for each, and one merger that hears of them in an order drawn by seed.
struct InterleavedRun {
    /// Every journal entry whose values are final, in the order of the journal.
    private(set) var final: [Finding] = []
    /// Sums over all partitions.
    private(set) var counters = FoldCounters()
    /// Commits taken.
    private(set) var commits = 0
    /// Deltas merged.
    private(set) var deltas = 0

    private var merger: Merger
    private var folds: [PartitionFold]
    private var waiting: [[PartitionDelta]]
    private var random: SeededGenerator

    /// Runs all messages, then lets every partition be idle until a time, so that the windows up to it close.
    init(_ rules: [Rule], over messages: PartitionedMessages, idleUntil end: Int64, seed: UInt64) throws {
        let compiled = try CompiledRules(rules)
        let count = messages.partitions.count
        merger = Merger(rules: compiled, partitions: Array(0..<count))
        folds = (0..<count).map { PartitionFold(rules: compiled, partition: $0) }
        waiting = Array(repeating: [], count: count)
        random = SeededGenerator(seed: seed)
        var next = Array(repeating: 0, count: count)
        while true {
            let open = (0..<count).filter { next[$0] < messages.partitions[$0].count }
            guard !open.isEmpty else { break }
            let partition = random.pick(open)
            let batch = messages.partitions[partition][next[partition]...].prefix(1 + Int(random.next() % 12))
            for message in batch { fold(message, into: partition) }
            next[partition] += batch.count
            if random.oneIn(2) { takeDelta(of: partition) }
            if random.oneIn(2) { mergeSome() }
            if random.oneIn(20) { commit() }
        }
        for partition in 0..<count {
            folds[partition].idle(watermark: Self.timestamp(end))
            takeDelta(of: partition)
        }
        while waiting.contains(where: { !$0.isEmpty }) { mergeSome() }
        commit()
        counters = merger.counters
    }

    private func fold(_ message: PartitionedMessages.Message, into partition: Int) {
        let time = Self.timestamp(message.enqueuedMilliseconds)
        let offset = Array("\(message.sequence * 100)".utf8)
        offset.withUnsafeBytes { offset in
            let header = MessageHeader(
                sequenceNumber: message.sequence, offset: offset, enqueuedTime: time, receivedAt: time)
            _ = folds[partition].fold(header, copying: message.body)
        }
    }

    private mutating func takeDelta(of partition: Int) {
        if let delta = folds[partition].takeDelta() { waiting[partition].append(delta) }
    }

    /// Merges the deltas that wait for one partition, or only the first of them.
    private mutating func mergeSome() {
        let open = waiting.indices.filter { !waiting[$0].isEmpty }
        guard !open.isEmpty else { return }
        let partition = random.pick(open)
        let count = random.oneIn(2) ? 1 : waiting[partition].count
        for delta in waiting[partition].prefix(count) {
            merger.merge(delta, now: delta.position?.watermark ?? Timestamp(nanoseconds: 0))
            deltas += 1
        }
        waiting[partition].removeFirst(count)
    }

    private mutating func commit() {
        guard let draft = merger.takeCommit() else { return }
        commits += 1
        final += draft.journal.filter(\.isFinal).map(\.finding)
        // Nothing comes behind the watermark here, so nothing may be refused, dropped or taken back.
        #expect(draft.notices.isEmpty, "\(draft.notices)")
        #expect(draft.deadLetters.isEmpty)
    }

    private static func timestamp(_ milliseconds: Int64) -> Timestamp {
        Timestamp(nanoseconds: milliseconds * 1_000_000)
    }
}

extension Finding {
    /// The row behind the finding as `duckdb_windows.py` writes rows.
    func line(query: String) -> String {
        let end = (window?.end.milliseconds).map { "\($0)" } ?? "none"
        let cells = (group + values).map { "\($0.name)=\($0.value.written)" }.sorted {
            Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8))
        }
        return ([query, end] + cells).joined(separator: "\t")
    }
}

extension Value {
    /// A value with its type; times are whole milliseconds, as the queries return them.
    fileprivate var written: String {
        switch self {
        case .null: "null"
        case .boolean(let flag): flag ? "true" : "false"
        case .long(let number), .datetime(let number): "i\(number)"
        case .double(let number): "d" + String(number.bitPattern, radix: 16)
        case .string(let text): "s" + text
        case .bag(let members): "[" + members.map(\.written).sorted().joined(separator: ",") + "]"
        }
    }
}
