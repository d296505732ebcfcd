import Detection
import FindingFormats
import Testing

@testable import StatusPage

/// Goal: rows of the journal become one thing a finding, in the order in which findings were first heard of.
///
/// Method: rows are stepped by hand.
@Suite struct FindingShelfTests {
    @Test func aFindingIsOneThingThroughItsLife() throws {
        var shelf = FindingShelf()
        shelf.journaled(row: 1, SampleStatus.window(.create))
        shelf.journaled(row: 2, SampleStatus.match)
        let open = try #require(shelf.newestFirst.last)
        #expect(!open.isFinal)
        shelf.journaled(row: 3, SampleStatus.window(.close))
        #expect(shelf.newestFirst.count == 2)
        let closed = try #require(shelf.newestFirst.last)
        #expect(closed.id == open.id)
        #expect(closed.isFinal)
        // It stays the alert that it was, at the time at which it was first decided.
        #expect(closed.isAlert)
        #expect(closed.decidedMs == open.decidedMs)
        #expect(closed.latencyMs == open.latencyMs)
    }

    @Test func rowsThatWereTakenChangeNothing() {
        var shelf = FindingShelf(after: 5)
        let changes = [(5, SampleStatus.match), (6, SampleStatus.match), (6, SampleStatus.window(.create))].map {
            shelf.journaled(row: $0.0, $0.1)
        }
        #expect(changes == [false, true, false])
        #expect(shelf.newestFirst.count == 1)
        #expect(shelf.lastRow == 6)
    }

    @Test func aRowThatIsNoFindingIsCounted() {
        var shelf = FindingShelf()
        shelf.journaled(row: 1, nil)
        #expect(shelf.unreadableRows == 1)
        #expect(shelf.newestFirst.isEmpty)
        #expect(shelf.lastRow == 1)
    }

    @Test func theOldestLeavesFirst() {
        var shelf = FindingShelf(limit: 3)
        for row in 1...10 { shelf.journaled(row: Int64(row), SampleStatus.entry("f\(row)")) }
        #expect(shelf.newestFirst.map(\.id) == ["f10", "f9", "f8"])
    }
}
