public import Detection
import DiagnosticLogs
import FindingFormats
public import StateStore

/// Judges dead letters again, as a pseudo-partition outside the watermark.
public struct DeadLetterReplay: Sendable {
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
    }

    private let rules: CompiledRules
    private let store: any StateStore
    private let clock: WallClock

    /// Makes a replay over an open store.
    public init(rules: CompiledRules, store: any StateStore, clock: WallClock) {
        self.rules = rules
        self.store = store
        self.clock = clock
    }

    /// Replays the letters with these ids, or all that were not replayed.
    public func run(ids: [Int64]?) async throws -> Report {
        let state = try await store.load()
        let partitions = state.positions.map(\.partition).sorted()
        var merger = Merger(rules: rules, partitions: partitions)
        _ = try merger.restore(
            RestoredState(snapshot: state.snapshot, deltas: state.deltas.map(\.bytes)), now: clock.now())
        var report = Report()
        var replayed: [Int64] = []
        for letter in try await letters(ids) {
            report.letters += 1
            let delta = fold(letter)
            if let delta, delta.deadLetters.isEmpty {
                report.decoded += 1
                report.records += delta.counters.records
                replayed.append(letter.id)
                merger.merge(delta, now: clock.now())
            }
        }
        if let draft = merger.takeCommit() {
            let transaction = try CommitTranslation.transaction(draft, committed: clock.now(), identity: nil)
            report.findings = try await store.commit(transaction).journalIDs.count
        }
        _ = try await store.markReplayed(replayed, atNs: clock.now().nanoseconds)
        return report
    }

    private func letters(_ ids: [Int64]?) async throws -> [StoredDeadLetter] {
        var found: [StoredDeadLetter] = []
        if let ids {
            for id in ids { if let letter = try await store.deadLetter(id) { found.append(letter) } }
            return found
        }
        var after: Int64 = 0
        while true {
            let page = try await store.deadLetters(after: after, limit: 256, includingReplayed: false)
            guard let last = page.last else { return found }
            for letter in page { if let whole = try await store.deadLetter(letter.id) { found.append(whole) } }
            after = last.id
        }
    }

    /// One letter through a fold of its own: its negative partition keeps it outside positions and watermark.
    private func fold(_ letter: StoredDeadLetter) -> PartitionDelta? {
        let fold = PartitionFold(rules: rules, partition: -1 - letter.letter.partition)
        let offset = Array(letter.letter.offset.utf8)
        offset.withUnsafeBytes { offset in
            let header = MessageHeader(
                sequenceNumber: letter.letter.sequence, offset: offset,
                enqueuedTime: Timestamp(milliseconds: letter.letter.enqueuedMs),
                receivedAt: Timestamp(nanoseconds: letter.letter.receivedNs))
            _ = fold.fold(header, copying: letter.letter.bytes)
        }
        return fold.takeDelta()
    }
}
