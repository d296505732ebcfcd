import StateStore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension FuzzTarget {
    /// The state file with damaged bytes: refused with an error, or read, written and closed as any other.
    static let statefile = FuzzTarget(
        name: "statefile", summary: "edits of a SQLite state file", lengthMax: 200
    ) {
        let folder = try StateFolder()
        return .later { try await folder.check($0) }
    }
}

/// A folder with one state file, written anew for each input.
private final class StateFolder: Sendable {
    private let folder: String

    init() throws {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/hubwatch-fuzz-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Disagreement("no folder in \(parent)") }
        folder = String(cString: made)
    }

    deinit {
        removeFiles()
        unlink(path + ".sound")
        rmdir(folder)
    }

    private var path: String { "\(folder)/state.db" }

    private func removeFiles() {
        for suffix in ["", "-wal", "-shm", "-journal", ".lock"] { unlink(path + suffix) }
    }

    func check(_ input: [UInt8]) async throws {
        let bytes = ByteEdits(input).applied(to: try await sound())
        removeFiles()
        try write(bytes)
        do throws(StateStoreError) {
            let store = try SQLiteStateStore(path: path)
            let failure = await use(store)
            try await store.close()
            if let failure { throw failure }
        } catch {
            // A message must say what and where: it is all that a person has in front of a damaged file.
            try require(error.path.hasSuffix("state.db") && !error.remedy.isEmpty, "\(error)")
        }
    }

    /// All that a process asks of a store; each question may be refused, and none may stop the process.
    private func use(_ store: SQLiteStateStore) async -> StateStoreError? {
        var failure: StateStoreError?
        do throws(StateStoreError) { try await store.verify() } catch { failure = error }
        do throws(StateStoreError) { _ = try await store.load() } catch { failure = error }
        do throws(StateStoreError) { _ = try await store.gaps(of: nil, limit: 10) } catch { failure = error }
        do throws(StateStoreError) { _ = try await store.journal(after: 0, limit: 10) } catch { failure = error }
        do throws(StateStoreError) { _ = try await store.journalUsage() } catch { failure = error }
        do throws(StateStoreError) {
            for letter in try await store.deadLetters(after: 0, limit: 10, includingReplayed: true) {
                _ = try await store.deadLetter(letter.id)
            }
        } catch { failure = error }
        do throws(StateStoreError) { _ = try await store.commit(Self.transaction(2)) } catch { failure = error }
        return failure
    }

    /// The bytes of a file as the store itself writes it.
    private func sound() async throws -> [UInt8] {
        if let bytes = read(path + ".sound") { return bytes }
        removeFiles()
        let store = try SQLiteStateStore(path: path)
        _ = try await store.commit(Self.transaction(1))
        try await store.close()
        guard let bytes = read(path) else { throw Disagreement("cannot read \(path)") }
        rename(path, path + ".sound")
        return bytes
    }

    private static func transaction(_ number: Int64) -> StateTransaction {
        var transaction = StateTransaction(committedNs: number)
        transaction.positions = [
            PartitionPosition(partition: 0, sequence: number, offset: "10", enqueuedMs: 1, watermarkNs: 2)
        ]
        transaction.deltas = [StateDelta(partition: 0, bytes: [1, 2, 3])]
        transaction.journal = [
            JournalDraft(
                key: JournalKey(findingID: "f\(number)", activity: .create), ruleID: "r", isAlert: true,
                status: .active,
                payload: Array("{}".utf8), decidedNs: 3)
        ]
        transaction.deadLetters = [
            DeadLetter(
                partition: 0, sequence: 1, offset: "9", enqueuedMs: 1, receivedNs: 1, reason: "malformed",
                bytePosition: 0, bytes: [4, 5])
        ]
        transaction.activations = [
            RuleActivation(ruleID: "r", version: "v", partition: 0, sequence: -1, activatedNs: 1)
        ]
        transaction.gaps = [
            SequenceGap(
                partition: 0, firstMissing: 1, lastMissing: 2, cause: .retention, policy: .earliest, detectedNs: 1)
        ]
        transaction.source = SourceIdentity(namespace: "n", hub: "h", consumerGroup: "c", createdMs: 1)
        transaction.meta = ["key": "value"]
        return transaction
    }

    private func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return bytes
    }

    private func write(_ bytes: [UInt8]) throws {
        guard let file = fopen(path, "w") else { throw Disagreement("cannot write \(path)") }
        defer { fclose(file) }
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw Disagreement("cannot write \(path)") }
    }
}
