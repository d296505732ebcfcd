import StateStore
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Goal: who has a state file is told from outside, also after a process that was killed, and nothing is held up by the look.
///
/// Method: a store of this process; lock files as a killed process leaves them.
@Suite struct StateFileHolderTests {
    private let folder = TemporaryFolder()
    private var path: String { folder.file("state.db") }

    @Test func anOpenStoreIsSeenAndAClosedOneIsNot() async throws {
        #expect(StateFileHolder(statePath: path) == nil, "there is no file at all")
        let store = try SQLiteStateStore(path: path)
        #expect(StateFileHolder(statePath: path)?.processID == Int(getpid()))
        symlink(path, folder.file("alias.db"))
        #expect(StateFileHolder(statePath: folder.file("alias.db"))?.processID == Int(getpid()))
        try await store.close()
        #expect(StateFileHolder(statePath: path) == nil)
    }

    @Test(arguments: ["4242\n", "", "words\n"]) func aLockFileThatNobodyHoldsMeansNothing(text: String) throws {
        let file = fopen(path + ".lock", "w")
        fputs(text, file)
        if let file { fclose(file) }
        #expect(StateFileHolder(statePath: path) == nil)
        // The look has let go: a store can be opened, and closed by its end.
        _ = try SQLiteStateStore(path: path)
    }

    @Test func theSourceIsReadAlone() async throws {
        let store = try SQLiteStateStore(path: path)
        #expect(try await store.source() == nil)
        var transaction = StateTransaction(committedNs: 1)
        transaction.source = SourceIdentity(namespace: "ns", hub: "logs", consumerGroup: "g", createdMs: 5)
        _ = try await store.commit(transaction)
        #expect(try await store.source() == transaction.source)
        try await store.close()
    }
}
