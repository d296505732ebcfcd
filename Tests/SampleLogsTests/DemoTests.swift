import Foundation
import Testing

@testable import SampleLogs

/// Goal: the canned sample of a first run holds what the first run promises to show.
///
/// Method: read it back whole and judge it like any other.
@Suite("Demo sample")
struct DemoTests {
    @Test("20,000 records, under 40 MB, three listings by three tools, two thefts, all in the last 50 minutes")
    func contents() throws {
        let read = ReadBack(try LogGenerator.demo(start: eight))
        #expect(read.unread.isEmpty)
        #expect(read.records.count == 20_000)
        #expect((20_000_000..<40_000_000).contains(read.expected.bytes))
        #expect(Set(read.keyListings.values.flatMap { $0 }.map { $0.claims["appid"] as? String }).count == 3)
        #expect(read.keyListings.keys.sorted() == read.expected.keyListings.map(\.correlationID).sorted())
        #expect(read.keyCounts.filter { $0.value.count >= 100 }.count == 2)
        #expect(read.expected.modelThefts.allSatisfy { $0.messages >= 20 })
        let earliest = eight.advanced(byNanoseconds: -50 * 60 * 1_000_000_000)
        for facts in read.facts {
            #expect(facts.firstEventTime >= earliest && facts.lastEventTime < eight)
        }
    }

    @Test("Its findings do not depend on when it is made", arguments: [0, 1_700_000_001, 4_000_000_000] as [Int64])
    func anyStart(seconds: Int64) throws {
        let read = ReadBack(try LogGenerator.demo(seed: 7, start: EventTime(seconds: seconds)))
        #expect(read.keyListings.count == 3)
        #expect(read.keyCounts.filter { $0.value.count >= 100 }.count == 2)
    }
}
