import Redaction
import StateStore
import Testing

/// What every `StateStore` must do, as functions over any implementation.
///
/// `reopen` closes the store and opens the same data again, as a restart does.
struct Conformance {
    let store: any StateStore
    let reopen: () async throws -> any StateStore

    func runAll() async throws {
        try await startsEmpty()
        try await keepsEverythingOverARestart()
        try await replacesDeltasBySnapshots()
        try await recordsAFindingOnce()
        try await prunesOnlyWhatIsDelivered()
        try await movesPositionsByHand()
        try await keepsDeadLetters()
    }

    private func startsEmpty() async throws {
        let state = try await store.load()
        #expect(state.isEmpty)
        #expect(state == LoadedState())
        #expect(try await store.journal(after: 0, limit: 10).isEmpty)
        #expect(try await store.journalUsage() == JournalUsage())
        #expect(try await store.commit(StateTransaction(committedNs: 1)) == CommitReceipt())
        #expect(try await store.load().isEmpty)
    }

    private func keepsEverythingOverARestart() async throws {
        let source = SourceIdentity(namespace: "n", hub: "h", consumerGroup: "$Default", createdMs: 44)
        let first = transaction(100) {
            $0.source = source
            $0.positions = [position(3, 10, created: 44), position(1, .max)]
            $0.deltas = [StateDelta(partition: 3, bytes: [9]), StateDelta(partition: 1, bytes: [])]
            $0.activations = [
                RuleActivation(ruleID: "r", version: "v", partition: 1, sequence: 0, activatedNs: 3)
            ]
            $0.gaps = [
                SequenceGap(
                    partition: 1, firstMissing: 2, lastMissing: 4, cause: .retention, policy: .earliest, detectedNs: 5,
                    createdMs: 44),
                SequenceGap(
                    partition: 3, firstMissing: .max, lastMissing: nil, cause: .recreated, policy: .latest,
                    detectedNs: 4,
                    createdMs: 44, recreatedMs: 45),
            ]
            $0.meta = ["instance": "a", "gone": "b"]
        }
        let receipt = try await store.commit(first)
        #expect(receipt.lastDeltaID == 2)
        // A version that is announced again keeps its first activation.
        _ = try await store.commit(
            transaction(200) {
                $0.positions = [position(3, 11, created: 45)]
                $0.deltas = [StateDelta(partition: 3, bytes: [8])]
                $0.activations = [
                    RuleActivation(ruleID: "r", version: "v", partition: 1, sequence: 77, activatedNs: 4)
                ]
                $0.meta = ["gone": nil]
            })
        let before = try await store.load()
        let store = try await reopen()
        let state = try await store.load()
        #expect(state == before)
        #expect(state.source == source)
        #expect(state.positions.map(\.partition) == [1, 3])
        #expect(state.positions.map(\.sequence) == [.max, 11])
        #expect(state.positions.map(\.updatedNs) == [100, 200])
        #expect(state.deltas.map(\.bytes) == [[9], [], [8]])
        #expect(state.deltas.map(\.id) == [1, 2, 3])
        #expect(state.activations.map(\.sequence) == [0])
        #expect(state.meta == ["instance": "a"])
        #expect(state.positions.map(\.createdMs) == [nil, 45])
        #expect(try await store.gaps(of: nil, limit: 5) == first.gaps)
        #expect(try await store.gaps(of: nil, limit: 1) == [first.gaps[0]])
        #expect(try await store.gaps(of: 3, limit: 5) == [first.gaps[1]])
    }

    private func replacesDeltasBySnapshots() async throws {
        let store = try await reopen()
        // Compaction behind the writer: the snapshot holds the first two of three deltas, the fourth comes with it.
        let receipt = try await store.commit(
            transaction {
                $0.snapshot = StateSnapshot(bytes: [1, 1], covers: .through(2))
                $0.deltas = [StateDelta(partition: 1, bytes: [7])]
            })
        #expect(receipt.lastDeltaID == 4)
        var state = try await store.load()
        #expect(state.snapshot == [1, 1])
        #expect(state.deltas.map(\.id) == [3, 4])
        // A snapshot of everything takes its own transaction's deltas in.
        _ = try await store.commit(
            transaction {
                $0.snapshot = StateSnapshot(bytes: [2])
                $0.deltas = [StateDelta(partition: 1, bytes: [6])]
            })
        state = try await store.load()
        #expect(state.snapshot == [2])
        #expect(state.deltas.isEmpty)
        let last = try await store.commit(transaction { $0.deltas = [StateDelta(partition: 1, bytes: [5])] })
        #expect(last.lastDeltaID > 4)
        #expect(try await reopen().load().deltas.map(\.bytes) == [[5]])
    }

    private func recordsAFindingOnce() async throws {
        let store = try await reopen()
        let first = try await store.commit(
            transaction { $0.journal = [draft("a"), draft("b", payload: "{\"x\":1}")] })
        #expect(first.journalIDs.count == 2)
        #expect(first.alreadyJournaled.isEmpty)
        let second = try await store.commit(
            transaction {
                $0.journal = [
                    draft("a", payload: "other"), draft("a", .update), draft("a", .update, revision: 1),
                    draft("a", .update), draft("c", status: .shadow),
                ]
            })
        #expect(second.journalIDs.count == 3)
        #expect(second.alreadyJournaled.map(\.findingID) == ["a", "a"])
        let rows = try await reopen().journal(after: 0, limit: 100)
        #expect(rows.map(\.id) == first.journalIDs + second.journalIDs)
        #expect(rows.map(\.draft.key.findingID) == ["a", "b", "a", "a", "c"])
        #expect(rows.map(\.draft.key.revision) == [0, 0, 0, 1, 0])
        #expect(rows.first?.draft.payload == Array("{}".utf8))
        #expect(rows.last?.draft.status == .shadow)
        let part = try await store.journal(after: first.journalIDs[0], limit: 2)
        #expect(part.map(\.id) == Array(rows.map(\.id)[1...2]))
        #expect(try await store.journal(after: 0, limit: -1).isEmpty)
    }

    private func prunesOnlyWhatIsDelivered() async throws {
        let store = try await reopen()
        let ids = try await store.journal(after: 0, limit: 100).map(\.id)
        #expect(try await store.cursor(of: "file") == nil)
        let cursor = SinkCursor(sink: "file", journalID: ids[2], inode: .max, length: 1 << 40)
        try await store.advanceCursor(cursor)
        try await store.advanceCursor(SinkCursor(sink: "slow", journalID: ids[0]))
        #expect(try await reopen().cursor(of: "file") == cursor)
        await #expect(throws: StateStoreError.self) {
            try await store.advanceCursor(SinkCursor(sink: "file", journalID: ids[1]))
        }
        let usage = try await store.journalUsage()
        #expect(usage.rows == 5)
        #expect(usage.owed == ["file": 2, "slow": 4])
        #expect(usage.owedBytes == ["file": 4, "slow": 13])
        let everything = JournalRetention(ageMinimumNs: 0, ageMaximumNs: 1, bytesMaximum: 0)
        let young = JournalRetention(ageMinimumNs: 1_000, ageMaximumNs: 1_000, bytesMaximum: 0)
        #expect(try await store.pruneJournal(young, nowNs: 1_000) == 0)
        #expect(try await store.pruneJournal(everything, nowNs: 1_000) == 1)
        try await store.removeCursor(of: "slow")
        #expect(try await store.pruneJournal(everything, nowNs: 1_000) == 2)
        #expect(try await store.journal(after: 0, limit: 100).map(\.id) == Array(ids[3...]))
        // Ids are not used twice, also when the newest rows were removed.
        try await store.advanceCursor(SinkCursor(sink: "file", journalID: ids[4]))
        #expect(try await store.pruneJournal(everything, nowNs: 1_000) == 2)
        let emptied = try await reopen().journalUsage()
        #expect(
            emptied
                == JournalUsage(
                    rows: 0, bytes: 0, oldestID: 0, newestID: ids[4], owed: ["file": 0], owedBytes: ["file": 0]))
        let next = try await reopen().commit(transaction { $0.journal = [draft("z")] })
        #expect(next.journalIDs == [ids[4] + 1])
        #expect(try await store.load().lastJournalID == ids[4] + 1)
    }

    private func movesPositionsByHand() async throws {
        let store = try await reopen()
        _ = try await store.commit(transaction { $0.deltas = [StateDelta(partition: 1, bytes: [4])] })
        try await store.setPosition(position(1, 5), keepingState: true)
        var state = try await store.load()
        #expect(state.positions.first?.sequence == 5)
        #expect(state.snapshot != nil && !state.deltas.isEmpty)
        try await store.setPosition(position(1, 2), keepingState: false)
        state = try await store.load()
        #expect(state.positions.map(\.sequence) == [2, 11])
        #expect(state.snapshot == nil && state.deltas.isEmpty)
        try await store.resetPositions(of: [1])
        #expect(try await store.positions().map(\.partition) == [3])
        try await store.resetPositions(of: nil)
        state = try await reopen().load()
        #expect(state.positions.isEmpty && state.source == nil)
        #expect(state.lastJournalID > 0 && !state.cursors.isEmpty)
    }

    private func keepsDeadLetters() async throws {
        let store = try await reopen()
        let receipt = try await store.commit(
            transaction { $0.deadLetters = [letter(1), letter(2, reason: "truncated", bytes: [])] })
        #expect(receipt.deadLettersStored == 2)
        let listed = try await reopen().deadLetters(after: 0, limit: 10, includingReplayed: false)
        #expect(listed.map(\.letter.sequence) == [1, 2])
        #expect(listed.map(\.bytesCount) == [3, 0])
        #expect(listed.allSatisfy { $0.letter.bytes.isEmpty && $0.bytesKept && $0.replayedNs == nil })
        #expect(listed.map(\.letter.bytePosition) == [4, nil])
        #expect(try await store.deadLetter(listed[0].id)?.letter == letter(1))
        #expect(try await store.deadLetter(999) == nil)
        #expect(try await store.markReplayed([listed[0].id, 999, listed[0].id], atNs: 50) == 1)
        #expect(try await store.markReplayed([listed[0].id], atNs: 60) == 0)
        #expect(try await store.deadLetter(listed[0].id)?.replayedNs == 50)
        let open = try await store.deadLetters(after: 0, limit: 10, includingReplayed: false)
        #expect(open.map(\.letter.sequence) == [2])
        #expect(try await store.deadLetters(after: listed[0].id, limit: 1, includingReplayed: true).count == 1)
        let counts = try await reopen().deadLetterCounts()
        let expected = DeadLetterCounts(
            stored: 2, replayed: 1, bytes: 3, byReason: ["notAnObject": 1, "truncated": 1])
        #expect(counts == expected)
        #expect(try await store.load().deadLetters == expected)
    }
}
