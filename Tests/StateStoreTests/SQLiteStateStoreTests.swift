import GRDB
import StateStore
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The embedded store keeps what it answered for.
///
/// Every case uses a file of its own in a temporary folder.
@Suite struct SQLiteStateStoreTests {
    let folder = TemporaryFolder()

    private var path: String { folder.file("state.db") }

    private func code(_ body: () throws -> Void) -> StateStoreError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? StateStoreError)?.code
        }
    }

    @Test func conformsToTheProtocol() async throws {
        // Two stores live at once in the suite (old and reopened): the old one is closed first, then replaced.
        let store = ReopeningStore(path: path)
        try await Conformance(store: store, reopen: { try await store.reopen() }).runAll()
    }

    @Test func memoryConformsToo() async throws {
        let store = InMemoryStateStore()
        try await Conformance(store: store, reopen: { store }).runAll()
    }

    @Test func filesAreForTheirOwnerOnly() async throws {
        let old = umask(0)
        defer { umask(old) }
        let store = try SQLiteStateStore(path: path)
        _ = try await store.commit(transaction { $0.journal = [draft("a")] })
        #expect(folder.names() == ["state.db", "state.db-shm", "state.db-wal", "state.db.lock"])
        for name in folder.names() { #expect(folder.mode(name) == 0o600, "\(name)") }
        try await store.close()
        chmod(path, 0o644)
        let again = try SQLiteStateStore(path: path)
        #expect(folder.mode("state.db") == 0o600)
        try await again.close()
        #expect(folder.names() == ["state.db", "state.db.lock"])
    }

    @Test func flushesEveryCommit() async throws {
        let store = try SQLiteStateStore(path: path)
        let durability = try await store.durability()
        #expect(durability.synchronous == 2)
        #expect(durability.journalMode == "wal")
    }

    @Test func keepsASecondWriterOff() async throws {
        let store = try SQLiteStateStore(path: path)
        _ = try await store.commit(transaction { $0.positions = [position(0, 1)] })
        #expect(code { _ = try SQLiteStateStore(path: path) } == .inUse(processID: Int(getpid())))
        symlink(path, folder.file("alias.db"))
        #expect(code { _ = try SQLiteStateStore(path: folder.file("alias.db")) } == .inUse(processID: Int(getpid())))
        // Looking is allowed meanwhile, changing is not.
        let reader = try SQLiteStateStore(path: path, mode: .readOnly)
        #expect(try await reader.positions().count == 1)
        _ = try await store.commit(transaction { $0.positions = [position(1, 1)] })
        #expect(try await reader.positions().count == 2)
        await #expect(throws: StateStoreError.self) { try await reader.resetPositions(of: nil) }
        try await reader.close()
        try await store.close()
        let next = try SQLiteStateStore(path: path)
        #expect(try await next.positions().count == 2)
    }

    @Test func saysWhenItIsClosed() async throws {
        let store = try SQLiteStateStore(path: path)
        try await store.close()
        do {
            _ = try await store.commit(transaction { $0.journal = [draft("a")] })
            Issue.record("a closed store took a commit")
        } catch {
            #expect(error.code == .closed)
        }
        do {
            _ = try await store.load()
            Issue.record("a closed store was read")
        } catch {
            #expect(error.code == .closed)
        }
    }

    @Test func aCancelledTaskStillCommits() async throws {
        let store = try SQLiteStateStore(path: path)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await store.commit(transaction { $0.journal = [draft("a")] })
        }
        #expect(try await task.value.journalIDs == [1])
    }

    @Test func reservedNamesAreRefused() async throws {
        let store = try SQLiteStateStore(path: path)
        await #expect(throws: StateStoreError.self) {
            _ = try await store.commit(transaction { $0.meta = ["store.journal_rows": "7"] })
        }
    }

    @Test func boundsTheDeadLetters() async throws {
        let store = try SQLiteStateStore(path: path, bounds: DeadLetterBounds(rowsMaximum: 4, bytesMaximum: 10))
        let first = try await store.commit(
            transaction { $0.deadLetters = (1...6).map { letter($0, bytes: [1, 2, 3, 4]) } })
        #expect(first.deadLettersStored == 2)
        #expect(first.deadLettersWithoutBytes == 2)
        #expect(first.deadLettersOverflowed == 2)
        let listed = try await store.deadLetters(after: 0, limit: 9, includingReplayed: true)
        #expect(listed.map(\.bytesKept) == [true, true, false, false])
        #expect(listed.map(\.bytesCount) == [4, 4, 4, 4])
        // Replayed letters make room, oldest first.
        #expect(try await store.markReplayed([1, 3], atNs: 5) == 2)
        let second = try await store.commit(transaction { $0.deadLetters = [letter(7, bytes: [9, 9, 9, 9])] })
        #expect(second.deadLettersStored == 1)
        let now = try await store.deadLetters(after: 0, limit: 9, includingReplayed: true)
        #expect(now.map(\.letter.sequence) == [2, 3, 4, 7])
        let counts = try await store.deadLetterCounts()
        #expect(counts.stored == 4 && counts.replayed == 1 && counts.withoutBytes == 2)
        #expect(counts.bytes == 8 && counts.overflowed == 2)
    }

    @Test func aFullDiskLosesNothing() async throws {
        let store = try SQLiteStateStore(
            path: path, mode: .exclusive, bounds: DeadLetterBounds(), pagesMaximum: 120)
        let big = [UInt8](repeating: 7, count: 40_000)
        var stored: Int64 = 0
        var failure: StateStoreError?
        for sequence in Int64(1)...60 {
            do {
                _ = try await store.commit(
                    transaction {
                        $0.positions = [position(0, sequence)]
                        $0.deltas = [StateDelta(partition: 0, bytes: big)]
                        $0.journal = [draft("f\(sequence)")]
                    })
                stored = sequence
            } catch {
                failure = error
                break
            }
        }
        #expect(failure?.code == .diskFull)
        #expect(failure?.isRetriable == true)
        #expect(stored > 0)
        var state = try await store.load()
        #expect(state.positions.map(\.sequence) == [stored])
        #expect(Int64(state.deltas.count) == stored && state.lastJournalID == stored)
        // Room again: the same transaction goes through.
        _ = try await store.commit(transaction { $0.snapshot = StateSnapshot(bytes: [1]) })
        _ = try await store.commit(
            transaction {
                $0.positions = [position(0, stored + 1)]
                $0.deltas = [StateDelta(partition: 0, bytes: big)]
                $0.journal = [draft("f\(stored + 1)")]
            })
        state = try await store.load()
        #expect(state.positions.map(\.sequence) == [stored + 1])
        #expect(state.lastJournalID == stored + 1)
    }
}

/// A store that can be closed and opened again under the hands of the conformance suite.
final class ReopeningStore: StateStore {
    private let path: String
    private let current = Mutex<SQLiteStateStore?>(nil)

    init(path: String) { self.path = path }

    private func store() throws(StateStoreError) -> SQLiteStateStore {
        if let store = current.withLock({ $0 }) { return store }
        let opened = try SQLiteStateStore(path: path)
        current.withLock { $0 = opened }
        return opened
    }

    func reopen() async throws(StateStoreError) -> any StateStore {
        try await store().close()
        current.withLock { $0 = nil }
        return self
    }

    func load() async throws(StateStoreError) -> LoadedState { try await store().load() }
    func commit(_ transaction: StateTransaction) async throws(StateStoreError) -> CommitReceipt {
        try await store().commit(transaction)
    }
    func positions() async throws(StateStoreError) -> [PartitionPosition] { try await store().positions() }
    func setPosition(_ position: PartitionPosition, keepingState: Bool) async throws(StateStoreError) {
        try await store().setPosition(position, keepingState: keepingState)
    }
    func resetPositions(of partitions: [Int]?) async throws(StateStoreError) {
        try await store().resetPositions(of: partitions)
    }
    func gaps(of partition: Int?, limit: Int) async throws(StateStoreError) -> [SequenceGap] {
        try await store().gaps(of: partition, limit: limit)
    }
    func journal(after id: Int64, limit: Int) async throws(StateStoreError) -> [JournalRow] {
        try await store().journal(after: id, limit: limit)
    }
    func journalUsage() async throws(StateStoreError) -> JournalUsage { try await store().journalUsage() }
    func pruneJournal(_ retention: JournalRetention, nowNs: Int64) async throws(StateStoreError) -> Int {
        try await store().pruneJournal(retention, nowNs: nowNs)
    }
    func cursor(of sink: String) async throws(StateStoreError) -> SinkCursor? { try await store().cursor(of: sink) }
    func advanceCursor(_ cursor: SinkCursor) async throws(StateStoreError) {
        try await store().advanceCursor(cursor)
    }
    func removeCursor(of sink: String) async throws(StateStoreError) { try await store().removeCursor(of: sink) }
    func deadLetters(
        after id: Int64, limit: Int, includingReplayed: Bool
    ) async throws(StateStoreError) -> [StoredDeadLetter] {
        try await store().deadLetters(after: id, limit: limit, includingReplayed: includingReplayed)
    }
    func deadLetter(_ id: Int64) async throws(StateStoreError) -> StoredDeadLetter? {
        try await store().deadLetter(id)
    }
    func markReplayed(_ ids: [Int64], atNs: Int64) async throws(StateStoreError) -> Int {
        try await store().markReplayed(ids, atNs: atNs)
    }
    func deadLetterCounts() async throws(StateStoreError) -> DeadLetterCounts {
        try await store().deadLetterCounts()
    }
    func close() async throws(StateStoreError) { try await store().close() }
}
