import StateStore

/// A journal and cursors in memory, whose cursor a test may set to anything. The rest of the store is not there.
actor MemoryJournal: StateStore {
    private(set) var rows: [JournalRow] = []
    private var cursors: [String: SinkCursor] = [:]
    /// Calls that fail with this before anything works again.
    private var failures: [StateStoreError.Code] = []

    init(_ rows: [JournalRow] = []) { self.rows = rows }

    func append(_ drafts: [JournalDraft]) {
        for draft in drafts { rows.append(JournalRow(id: (rows.last?.id ?? 0) + 1, draft: draft)) }
    }

    func set(_ cursor: SinkCursor?, of sink: String) { cursors[sink] = cursor }

    /// Cursors that are stored before every further one fails; nil for all.
    private var cursorsLeft: Int?

    func failFrom(_ count: Int?) { cursorsLeft = count }

    func failNext(_ codes: [StateStoreError.Code]) { failures = codes }

    private func check() throws(StateStoreError) {
        guard !failures.isEmpty else { return }
        throw StateStoreError(failures.removeFirst(), path: "memory")
    }

    func journal(after id: Int64, limit: Int) async throws(StateStoreError) -> [JournalRow] {
        Array(rows.filter { $0.id > id }.prefix(limit))
    }

    func cursor(of sink: String) async throws(StateStoreError) -> SinkCursor? { cursors[sink] }

    func advanceCursor(_ cursor: SinkCursor) async throws(StateStoreError) {
        try check()
        if let left = cursorsLeft {
            guard left > 0 else { throw StateStoreError(.ioFailure, path: "memory") }
            cursorsLeft = left - 1
        }
        if let old = cursors[cursor.sink], old.journalID > cursor.journalID {
            throw StateStoreError(.invalidArgument, path: "memory")
        }
        cursors[cursor.sink] = cursor
    }

    func removeCursor(of sink: String) async throws(StateStoreError) { cursors[sink] = nil }

    func journalUsage() async throws(StateStoreError) -> JournalUsage {
        JournalUsage(rows: Int64(rows.count), newestID: rows.last?.id ?? 0)
    }

    private func absent() -> StateStoreError { StateStoreError(.invalidArgument, path: "memory", detail: "not there") }

    func load() async throws(StateStoreError) -> LoadedState { throw absent() }
    func commit(_ transaction: StateTransaction) async throws(StateStoreError) -> CommitReceipt { throw absent() }
    func positions() async throws(StateStoreError) -> [PartitionPosition] { throw absent() }
    func setPosition(_ position: PartitionPosition, keepingState: Bool) async throws(StateStoreError) { throw absent() }
    func resetPositions(of partitions: [Int]?) async throws(StateStoreError) { throw absent() }
    func gaps(of partition: Int?, limit: Int) async throws(StateStoreError) -> [SequenceGap] { throw absent() }
    func pruneJournal(_ retention: JournalRetention, nowNs: Int64) async throws(StateStoreError) -> Int {
        throw absent()
    }
    func deadLetters(
        after id: Int64, limit: Int, includingReplayed: Bool
    ) async throws(StateStoreError) -> [StoredDeadLetter] { throw absent() }
    func deadLetter(_ id: Int64) async throws(StateStoreError) -> StoredDeadLetter? { throw absent() }
    func markReplayed(_ ids: [Int64], atNs: Int64) async throws(StateStoreError) -> Int { throw absent() }
    func deadLetterCounts() async throws(StateStoreError) -> DeadLetterCounts { throw absent() }
    func close() async throws(StateStoreError) {}
}
