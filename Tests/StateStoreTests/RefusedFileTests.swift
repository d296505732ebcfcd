import GRDB
import StateStore
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file that is not ours, damaged or not writable is refused by name and left as it was.
///
/// Files are made with GRDB.
@Suite struct RefusedFileTests {
    let folder = TemporaryFolder()

    private var path: String { folder.file("state.db") }

    private func refusal() -> StateStoreError? {
        do {
            _ = try SQLiteStateStore(path: path)
            return nil
        } catch {
            return error
        }
    }

    private func makeDatabase(_ sql: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        try queue.close()
    }

    @Test func anotherProgramsDatabase() throws {
        try makeDatabase("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)")
        let before = contents(of: path)
        #expect(refusal()?.code == .notOurs)
        #expect(contents(of: path) == before)
        #expect(folder.names() == ["state.db", "state.db.lock"])
    }

    @Test func anotherApplicationID() throws {
        try makeDatabase("PRAGMA application_id = 77; PRAGMA user_version = 1; CREATE TABLE x (y)")
        #expect(refusal()?.code == .notOurs)
    }

    @Test func noDatabaseAtAll() throws {
        let text = Array("dear diary, ".utf8) + [UInt8](repeating: 120, count: 4096)
        write(text, to: path)
        #expect(refusal()?.code == .notOurs)
        #expect(contents(of: path) == text)
    }

    @Test func newerAndOlderVersions() async throws {
        try await SQLiteStateStore(path: path).close()
        try makeDatabase("PRAGMA user_version = 9")
        #expect(refusal()?.code == .newerVersion(found: 9, supported: 3))
        try makeDatabase("PRAGMA user_version = 0")
        #expect(refusal()?.code == .olderVersion(found: 0, supported: 3))
        try makeDatabase("PRAGMA user_version = 3")
        #expect(refusal() == nil)
    }

    @Test func aFileOfTheFirstFormIsCarriedOver() async throws {
        try await SQLiteStateStore(path: path).close()
        try makeDatabase(
            """
            DROP TABLE sink_letters; DROP TABLE gaps; ALTER TABLE positions DROP COLUMN created_ms;
            CREATE TABLE gaps (partition_id INTEGER NOT NULL, first_missing INTEGER NOT NULL,
                last_missing INTEGER NOT NULL, reason TEXT NOT NULL, detected_ns INTEGER NOT NULL,
                PRIMARY KEY (partition_id, first_missing, last_missing, reason));
            INSERT INTO gaps VALUES (3, 10, 19, 'discontinuity', 77);
            INSERT INTO source VALUES (1, 'n', 'h', 'g', 44);
            INSERT INTO positions VALUES (3, 20, '400', 1, 2, 3);
            PRAGMA user_version = 1
            """)
        do throws(StateStoreError) {
            _ = try SQLiteStateStore(path: path, mode: .readOnly)
            Issue.record("it was read in a form that it does not have")
        } catch {
            #expect(error.code == .olderVersion(found: 1, supported: 3))
            #expect(error.remedy.contains("hubwatch run"))
        }
        let store = try SQLiteStateStore(path: path)
        #expect(try await store.positions().map(\.createdMs) == [44])
        let gap = SequenceGap(
            partition: 3, firstMissing: 10, lastMissing: 19, cause: .discontinuity, policy: .earliest, detectedNs: 77)
        #expect(try await store.gaps(of: nil, limit: 9) == [gap])
        try await store.close()
        let again = try SQLiteStateStore(path: path, mode: .readOnly)
        #expect(try await again.gaps(of: 3, limit: 9) == [gap])
        try await again.close()
    }

    @Test func aFileOfTheSecondFormIsCarriedOver() async throws {
        let first = try SQLiteStateStore(path: path)
        _ = try await first.commit(transaction { $0.journal = [draft("a")] })
        try await first.close()
        try makeDatabase("DROP TABLE sink_letters; PRAGMA user_version = 2")
        let store = try SQLiteStateStore(path: path)
        #expect(try await store.journal(after: 0, limit: 9).map(\.draft) == [draft("a")])
        #expect(try await store.sinkLetters(of: nil, after: 0, limit: 9, includingResent: true).isEmpty)
        try await store.close()
    }

    @Test func anEmptyFileIsTaken() async throws {
        write([], to: path)
        let store = try SQLiteStateStore(path: path)
        #expect(try await store.load().isEmpty)
        #expect(folder.mode("state.db") == 0o600)
    }

    @Test func aDamagedFile() async throws {
        let store = try SQLiteStateStore(path: path)
        _ = try await store.commit(
            transaction { $0.journal = (0..<2000).map { draft("finding-\($0)", payload: "{\"n\":\($0)}") } })
        try await store.close()
        // Everything behind the first page: the header still says that the file is ours.
        var bytes = contents(of: path)
        for index in 4096..<bytes.count { bytes[index] = 0xa5 }
        write(bytes, to: path)
        do {
            let damaged = try SQLiteStateStore(path: path)
            _ = try await damaged.load()
            Issue.record("a damaged file was read")
        } catch {
            #expect(error.code == .corrupt, "\(error)")
            #expect(!error.isRetriable)
        }
    }

    @Test func integrityCheck() async throws {
        let store = try SQLiteStateStore(path: path)
        try await store.verify()
    }

    @Test func valuesOfAnotherTypeDoNotTrap() async throws {
        let store = try SQLiteStateStore(path: path)
        _ = try await store.commit(transaction { $0.positions = [position(0, 1)] })
        try await store.close()
        try makeDatabase("UPDATE positions SET sequence = 'many', broker_offset = x'ff00'")
        let edited = try SQLiteStateStore(path: path)
        do {
            _ = try await edited.load()
            Issue.record("a position that is no number was read")
        } catch {
            #expect(error.code == .corrupt)
        }
    }

    @Test func missingFolder() {
        let error = #expect(throws: StateStoreError.self) {
            _ = try SQLiteStateStore(path: folder.file("none/state.db"))
        }
        #expect(error?.code == .notFound)
    }

    @Test func aFolderInsteadOfAFile() {
        let error = #expect(throws: StateStoreError.self) { _ = try SQLiteStateStore(path: folder.path) }
        #expect(error?.code == .notFound)
        unlink(folder.path + ".lock")
    }

    @Test func readingCreatesNothing() {
        let error = #expect(throws: StateStoreError.self) { _ = try SQLiteStateStore(path: path, mode: .readOnly) }
        #expect(error?.code == .notFound)
        #expect(folder.names().isEmpty)
    }

    @Test func aFolderThatCannotBeWritten() async throws {
        if geteuid() == 0 {
            // Permissions do not stop root; the kernel's own file system does.
            let error = #expect(throws: StateStoreError.self) {
                _ = try SQLiteStateStore(path: "/sys/kernel/hubwatch.db")
            }
            #expect(error?.code == .readOnly || error?.code == .notFound)
        } else {
            chmod(folder.path, 0o500)
            defer { chmod(folder.path, 0o700) }
            #expect(refusal()?.code == .readOnly)
        }
    }

    @Test func messagesSayWhatWhereAndWhatToDo() {
        let codes: [StateStoreError.Code] = [
            .notOurs, .newerVersion(found: 2, supported: 1), .olderVersion(found: 0, supported: 1),
            .inUse(processID: 12), .inUse(processID: nil), .readOnly, .notFound, .diskFull, .corrupt, .ioFailure,
            .busy, .closed, .invalidArgument, .database,
        ]
        var seen: Set<String> = []
        for code in codes {
            let error = StateStoreError(code, path: "/x/state.db", detail: "why")
            #expect(error.description.contains("/x/state.db"))
            #expect(error.description.contains(error.remedy))
            #expect(!error.description.contains("\n"))
            #expect(seen.insert(error.description).inserted)
        }
    }
}
