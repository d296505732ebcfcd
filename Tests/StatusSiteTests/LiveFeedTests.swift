import StatusPage
import Testing

@testable import StatusSite

/// Goal: a reader that does not read costs nothing and disturbs nobody.
///
/// Method: streams are read, or not, between drawings that are made by hand.
@Suite struct LiveFeedTests {
    private static func drawing(_ number: Int) -> PageDrawing {
        var view = StatusView()
        view.alerts = Int64(number)
        let none = StatusSeries(slotSeconds: 1)
        return StatusPage(view, RecentActivity(lag: none, rate: none)).drawing()
    }

    private static func text(_ bytes: [UInt8]?) -> String { bytes.map { String(decoding: $0, as: UTF8.self) } ?? "" }

    @Test func aReaderGetsThePageAndThenWhatChanges() async throws {
        let feed = LiveFeed(readersMax: 2)
        await feed.send(Self.drawing(7))
        var iterator = try #require(await feed.subscribe()).makeAsyncIterator()
        let first = Self.text(await iterator.next())
        for name in PageSection.Name.allCases { #expect(first.contains("data: \(name.rawValue)\n")) }
        await feed.send(Self.drawing(7))
        #expect(Self.text(await iterator.next()) == ": \n\n")
        await feed.send(Self.drawing(8))
        let third = Self.text(await iterator.next())
        #expect(third.contains("data: figures\n") && !third.contains("data: rules\n"))
    }

    @Test func aSlowReaderIsDroppedAndTheOthersNoticeNothing() async throws {
        let feed = LiveFeed(readersMax: 2)
        let slow = try #require(await feed.subscribe())
        var quick = try #require(await feed.subscribe()).makeAsyncIterator()
        #expect(await feed.subscribe() == nil)
        _ = await quick.next()
        for number in 0..<20 {
            await feed.send(Self.drawing(number))
            #expect(Self.text(await quick.next()).contains("data: figures\n"))
        }
        #expect(await feed.readers == 1)
        // Its place is free, and what was kept for it is bounded.
        #expect(await feed.subscribe() != nil)
        var kept = 0
        for await _ in slow { kept += 1 }
        #expect(kept <= 4)
    }

    @Test func aStopEndsEveryStream() async throws {
        let feed = LiveFeed(readersMax: 2)
        let stream = try #require(await feed.subscribe())
        await feed.stop()
        var count = 0
        for await _ in stream { count += 1 }
        #expect(count == 1)
        #expect(await feed.subscribe() == nil)
    }
}
