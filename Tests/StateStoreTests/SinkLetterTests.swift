import StateStore
import Testing

/// Goal: what a sink gave up on is kept with its finding, counted, and marked when it is sent after all.
///
/// Method: the SQLite store in a folder of its own.
@Suite struct SinkLetterTests {
    private let folder = TemporaryFolder()

    private func letter(_ sink: String, _ id: Int64, reason: String = "400 Bad Request") -> SinkLetter {
        SinkLetter(
            sink: sink, row: JournalRow(id: id, draft: draft("finding-\(id)")), reason: reason, attempts: 3,
            givenUpNs: 7)
    }

    @Test func aLetterAndTheCursorBehindItAreOneTransaction() async throws {
        let path = folder.file("state.db")
        let store = try SQLiteStateStore(path: path)
        #expect(
            try await store.giveUp([letter("soc", 4), letter("soc", 5)], SinkCursor(sink: "soc", journalID: 5)) == 0)
        #expect(try await store.giveUp([letter("chat", 5)], SinkCursor(sink: "chat", journalID: 5)) == 0)
        // A cursor that goes back refuses the letters as well.
        await #expect(throws: StateStoreError.self) {
            try await store.giveUp([letter("soc", 3)], SinkCursor(sink: "soc", journalID: 3))
        }
        // Given again after a crash: once.
        #expect(try await store.giveUp([letter("soc", 5)], SinkCursor(sink: "soc", journalID: 5)) == 0)
        try await store.close()

        let again = try SQLiteStateStore(path: path)
        #expect(try await again.cursor(of: "soc")?.journalID == 5)
        let all = try await again.sinkLetters(of: nil, after: 0, limit: 10, includingResent: true)
        #expect(all.map(\.letter) == [letter("soc", 4), letter("soc", 5), letter("chat", 5)])
        let soc = try await again.sinkLetters(of: "soc", after: all[0].id, limit: 10, includingResent: false)
        #expect(soc.map(\.letter.row.id) == [5])
        #expect(try await again.markResent([all[0].id, 999, all[0].id], atNs: 70) == 1)
        let open = try await again.sinkLetters(of: "soc", after: 0, limit: 10, includingResent: false)
        #expect(open.map(\.letter.row.id) == [5])
        let counts = try await again.sinkLetterCounts()
        #expect(counts == ["soc": SinkLetterCounts(stored: 2, resent: 1), "chat": SinkLetterCounts(stored: 1)])
        try await again.close()
    }

    @Test func beyondTheBoundLettersAreCountedAndOnesThatWereSentAgainMakeRoom() async throws {
        let store = try SQLiteStateStore(
            path: folder.file("state.db"), mode: .exclusive, bounds: DeadLetterBounds(),
            sinkLetterBounds: SinkLetterBounds(rowsMaximum: 2, bytesMaximum: 1_000))
        let over = try await store.giveUp(
            [letter("soc", 1), letter("soc", 2), letter("soc", 3)], SinkCursor(sink: "soc", journalID: 3))
        #expect(over == 1)
        let kept = try await store.sinkLetters(of: nil, after: 0, limit: 10, includingResent: true)
        #expect(kept.map(\.letter.row.id) == [1, 2])
        #expect(try await store.markResent([kept[0].id], atNs: 1) == 1)
        #expect(try await store.giveUp([letter("soc", 4)], SinkCursor(sink: "soc", journalID: 4)) == 0)
        let now = try await store.sinkLetters(of: nil, after: 0, limit: 10, includingResent: true)
        #expect(now.map(\.letter.row.id) == [2, 4])
        #expect(try await store.sinkLetterCounts()["soc"] == SinkLetterCounts(stored: 2, overflowed: 1))
        // The counter is the store's own and is in nobody's way.
        #expect(try await store.load().meta.isEmpty)
        try await store.close()
    }
}
