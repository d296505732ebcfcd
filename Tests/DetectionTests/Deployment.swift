import DiagnosticLogs

@testable import Detection

/// An instance with its store, driven step by step: folds, a merger, commits, crashes.
struct Deployment {
    let rules: CompiledRules
    let stream: ModelStream
    let options: MergerOptions
    /// How far behind the last message time goes on, in milliseconds.
    var tail: Int64 = 400_000
    private(set) var journal: [JournalEntry] = []
    private var journalKeys: Set<String> = []
    private(set) var notices: [OperationalNotice] = []
    private var snapshot: [UInt8]?
    private var deltas: [[UInt8]] = []
    private(set) var merger: Merger
    private var folds: [PartitionFold] = []
    private var next: [Int]
    private var queues: [[PartitionDelta]]

    init(_ rules: CompiledRules, _ stream: ModelStream, options: MergerOptions = MergerOptions()) throws {
        self.rules = rules
        self.stream = stream
        self.options = options
        merger = Merger(rules: rules, partitions: Array(stream.events.indices), options: options)
        next = stream.events.map { _ in 0 }
        queues = stream.events.map { _ in [] }
        try start()
    }

    private let now = Timestamp(nanoseconds: 4_000_000_000_000_000_000)

    /// Loads what was committed and goes on from there.
    ///
    /// What was folded and not committed is folded again.
    mutating func start() throws {
        merger = Merger(rules: rules, partitions: Array(stream.events.indices), options: options)
        try merger.restore(RestoredState(snapshot: snapshot, deltas: deltas), now: now)
        queues = stream.events.map { _ in [] }
        folds = stream.events.indices.map {
            PartitionFold(rules: rules, partition: $0, resumingAt: merger.position(of: $0), limits: options.limits)
        }
        for partition in stream.events.indices {
            let folded = merger.position(of: partition)?.sequenceNumber ?? -1
            let behind = stream.events[partition].firstIndex { $0.sequence > folded }
            // One message comes again: it must be ignored.
            next[partition] = max(0, (behind ?? stream.events[partition].count) - 1)
        }
    }

    var isDone: Bool { stream.events.indices.allSatisfy { next[$0] >= stream.events[$0].count && queues[$0].isEmpty } }

    mutating func foldSome(_ partition: Int, _ count: Int) {
        for _ in 0..<min(count, max(0, stream.events[partition].count - next[partition])) {
            let event = stream.events[partition][next[partition]]
            let enqueued = Timestamp(milliseconds: event.enqueued)
            Array("\(event.sequence)".utf8).withUnsafeBytes { offset in
                _ = folds[partition].fold(
                    MessageHeader(
                        sequenceNumber: event.sequence, offset: offset, enqueuedTime: enqueued, receivedAt: enqueued),
                    copying: event.body)
            }
            next[partition] += 1
        }
        if let delta = folds[partition].takeDelta() { queues[partition].append(delta) }
    }

    mutating func mergeOne(_ partition: Int) {
        guard !queues[partition].isEmpty else { return }
        merger.merge(queues[partition].removeFirst(), now: now)
    }

    mutating func commit(snapshot wantsSnapshot: Bool = false) {
        guard let draft = merger.takeCommit(snapshot: wantsSnapshot) else { return }
        if let whole = draft.snapshot {
            snapshot = whole
            deltas = []
        }
        deltas += draft.stateDeltas.map(\.bytes)
        for entry in draft.journal where journalKeys.insert(entry.key).inserted { journal.append(entry) }
        notices += draft.notices
    }

    /// Tells every partition that it is idle, far enough ahead to close every window with a record in it.
    mutating func finish() {
        let last = stream.events.joined().map(\.enqueued).max() ?? 0
        for partition in folds.indices {
            folds[partition].idle(watermark: Timestamp(milliseconds: last + tail))
            if let delta = folds[partition].takeDelta() { merger.merge(delta, now: now) }
        }
        merger.advance(now: now)
        commit()
    }

    /// All partitions in turn, everything in one commit.
    mutating func runInOnePass() {
        for partition in stream.events.indices {
            foldSome(partition, Int.max)
            mergeOne(partition)
        }
        finish()
    }

    /// Random steps until all is merged: partial folds, merges out of step, commits, snapshots, crashes.
    mutating func runAtRandom(seed: UInt64, crashes: Int = 6) throws {
        var generator = SeededGenerator(seed: seed)
        var crashesLeft = crashes
        while !isDone {
            let partition = Int.random(in: 0..<stream.events.count, using: &generator)
            switch Int.random(in: 0..<20, using: &generator) {
            case 0..<8: foldSome(partition, Int.random(in: 1...9, using: &generator))
            case 8..<16: mergeOne(partition)
            case 16..<18: commit()
            case 18: commit(snapshot: true)
            default:
                guard crashesLeft > 0 else { continue }
                crashesLeft -= 1
                try start()
            }
        }
        if Bool.random(using: &generator) {
            commit()
            try start()
        }
        while !isDone { for partition in folds.indices { foldSome(partition, 10); mergeOne(partition) } }
        finish()
    }

    /// The findings as they stand in the end.
    var closed: Set<ClosedFinding> {
        var last: [String: Finding] = [:]
        for entry in journal where entry.isFinal { last[entry.finding.id] = entry.finding }
        return Set(last.values.map { ClosedFinding($0) })
    }

    var closedIDs: Set<String> { Set(journal.filter(\.isFinal).map(\.finding.id)) }
}
