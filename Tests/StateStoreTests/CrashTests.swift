import StateStore
import Testing

/// After a crash the file holds all of a commit or none of it, and every commit that was answered.
///
/// A crash is a copy of the database and of its log, cut at some byte: what a process, killed at that moment of a
/// write, leaves behind.
@Suite struct CrashTests {
    let folder = TemporaryFolder()

    private func commit(_ number: Int64, _ store: any StateStore) async throws {
        _ = try await store.commit(
            transaction {
                $0.positions = [position(0, number), position(1, number)]
                $0.deltas = [StateDelta(partition: 0, bytes: [UInt8](repeating: UInt8(number), count: 3_000))]
                $0.journal = [draft("finding\(number)")]
                $0.deadLetters = [letter(number)]
            })
    }

    /// The number of the last commit that a state holds; nil when its parts disagree.
    private func commits(in state: LoadedState) -> Int64? {
        let number = state.lastJournalID
        let positions = number == 0 ? [] : [number, number]
        guard state.positions.map(\.sequence) == positions, Int64(state.deltas.count) == number,
            state.deadLetters.stored == number
        else { return nil }
        return number
    }

    @Test func anyCutOfTheLogIsAPrefixOfTheCommits() async throws {
        let total: Int64 = 5
        let store = try SQLiteStateStore(path: folder.file("state.db"))
        var lengths: [Int] = []
        for number in 1...total {
            try await commit(number, store)
            lengths.append(contents(of: folder.file("state.db-wal")).count)
        }
        let (base, log) = (contents(of: folder.file("state.db")), contents(of: folder.file("state.db-wal")))
        try await store.close()
        let crashed = TemporaryFolder()
        // Frames are a page and 24 bytes: the step walks over every place inside them.
        for length in stride(from: 0, through: log.count, by: 2_053) + [log.count] {
            for name in crashed.names() { crashed.remove(name) }
            write(base, to: crashed.file("state.db"))
            write(Array(log.prefix(length)), to: crashed.file("state.db-wal"))
            let reopened = try SQLiteStateStore(path: crashed.file("state.db"))
            let found = commits(in: try await reopened.load())
            let answered = Int64(lengths.filter { $0 <= length }.count)
            #expect(found != nil && (found ?? -1) >= answered, "log cut to \(length) of \(log.count) bytes")
            // And it goes on from there.
            try await commit(total + 1, reopened)
            try await reopened.close()
        }
    }

    @Test func aProcessThatNeverClosedLeavesEverything() async throws {
        let store = try SQLiteStateStore(path: folder.file("state.db"))
        for number in 1...Int64(3) { try await commit(number, store) }
        let crashed = TemporaryFolder()
        for name in ["state.db", "state.db-wal", "state.db-shm", "state.db.lock"] {
            write(contents(of: folder.file(name)), to: crashed.file(name))
        }
        // The dead process left its id in the lock file, and no lock.
        let reopened = try SQLiteStateStore(path: crashed.file("state.db"))
        #expect(commits(in: try await reopened.load()) == 3)
        for name in crashed.names() { #expect(crashed.mode(name) == 0o600, "\(name)") }
    }
}
