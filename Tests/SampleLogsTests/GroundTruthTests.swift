import Foundation
import Testing

@testable import SampleLogs

/// Goal: the ground truth says exactly what a reader who knows nothing of the generator finds in the bytes.
///
/// Method: read the bodies back with Foundation's parser, judge both seed rules by plain counting, compare.
@Suite("Ground truth")
struct GroundTruthTests {
    private func compare(_ read: ReadBack) {
        let listings = read.keyListings
        #expect(listings.keys.sorted() == read.expected.keyListings.map(\.correlationID).sorted())
        for listing in read.expected.keyListings {
            let records = listings[listing.correlationID] ?? []
            #expect(records.count == 1)
            guard let record = records.first else { continue }
            #expect(listing.success == RecordPosition(message: record.message, record: record.index))
            #expect(record.text("resourceId") == listing.resourceID)
            #expect(record.claims["appid"] as? String == listing.applicationID)
            #expect(record.text("time") == listing.eventTime.text)
            let start = read.records.first {
                $0.text("correlationId") == listing.correlationID && $0.text("resultType") == "Start"
            }
            #expect(start.map { RecordPosition(message: $0.message, record: $0.index) } == listing.start)
        }

        let counts = read.keyCounts
        let over = counts.filter { $0.value.count >= 100 }
        let thefts = read.expected.modelThefts.filter { $0.responseLengthMax == nil }
        #expect(over.keys.sorted() == thefts.map { "\($0.resourceGroup)/\($0.resourceName)" }.sorted())
        for theft in read.expected.modelThefts {
            let records = counts["\(theft.resourceGroup)/\(theft.resourceName)"] ?? []
            #expect(records.count == theft.count)
            #expect(theft.written == theft.count)
            #expect(Set(records.map(\.message)).count == theft.messages)
            #expect(records.map { $0.text("time") }.min() == theft.firstEventTime.text)
            #expect(records.map { $0.text("time") }.max() == theft.lastEventTime.text)
            #expect(theft.lastEventTime.nanoseconds - theft.firstEventTime.nanoseconds <= 2_700_000_000_000)
            let positions = records.map { RecordPosition(message: $0.message, record: $0.index) }
            #expect(positions.first == theft.first)
            #expect(positions.last == theft.last)
            #expect((positions.count >= 100 ? positions[99] : nil) == theft.hundredth)
            let lengths = records.compactMap { ($0.member("properties") as? [String: Any])?["responseLength"] as? Int }
            #expect(lengths.max() == theft.responseLengthMax)
        }
    }

    @Test("The standard plan, 20 seeds", arguments: 1...20 as ClosedRange<UInt64>)
    func standardPlan(seed: UInt64) throws {
        let read = try ReadBack(configuration(seed: seed, records: 3_000))
        #expect(read.unread.isEmpty)
        #expect(read.records.count == 3_000)
        #expect(read.expected.keyListings.count == 3)
        #expect(read.expected.modelThefts.map(\.count).contains(100))
        compare(read)
    }

    @Test("With every quirk, planted records are still all there", arguments: 1...10 as ClosedRange<UInt64>)
    func withQuirks(seed: UInt64) throws {
        var configuration = configuration(seed: seed, records: 4_000)
        configuration.quirks = try QuirkRates(parsing: "all=0.02")
        configuration.attacks = AttackPlan(keyListings: 7, modelThefts: 3, largeTransfers: 2, nearMisses: true)
        configuration.keepsBodiesOnOneLine = seed % 2 == 0
        let read = try ReadBack(configuration)
        #expect(!read.unread.isEmpty)
        compare(read)
    }

    @Test("Attacks outside the mix, and more of them than records")
    func withoutRoom() throws {
        var configuration = configuration(seed: 5, records: 10)
        configuration.mix = try LogMix(parsing: "signin=1")
        let read = try ReadBack(configuration)
        #expect(read.records.count == read.expected.records)
        #expect(read.records.count > 300)
        compare(read)
    }

    @Test("Near misses are planted and are not findings")
    func nearMisses() throws {
        let read = try ReadBack(configuration(seed: 9, records: 3_000))
        let kinds = Set(read.expected.nearMisses.map(\.kind))
        #expect(kinds == [.ninetyNineListings, .otherOperation, .portal, .portalUpperCase, .forbidden, .storage])
        for miss in read.expected.nearMisses {
            let records = read.records.filter { record in
                guard record.text("resourceId") == miss.resourceID else { return false }
                return miss.correlationID.map { record.text("correlationId") == $0 } ?? true
            }
            #expect(records.count == miss.records)
            #expect(miss.correlationID.map { read.keyListings[$0] == nil } ?? true)
        }
        #expect(read.keyCounts.values.map(\.count).contains(99))
    }

    @Test("Background listings of one account stay far below the threshold, in an Audit-only sample too")
    func backgroundBound() throws {
        var configuration = configuration(seed: 3, records: 20_000)
        configuration.mix = try LogMix(parsing: "audit=1")
        configuration.attacks = .none
        let read = try ReadBack(configuration)
        let most = read.keyCounts.values.map(\.count).max() ?? 0
        #expect(most == ExpectedFindings.backgroundListKeysMax)
    }

    @Test("Without a plan nothing is expected and nothing is there")
    func noAttacks() throws {
        var configuration = configuration(seed: 4, records: 5_000)
        configuration.attacks = .none
        let read = try ReadBack(configuration)
        compare(read)
        #expect(read.keyListings.isEmpty)
    }

    @Test("The JSON document says the same")
    func document() throws {
        let read = try ReadBack(configuration(seed: 2, records: 2_000))
        let value = try JSONSerialization.jsonObject(with: Data(read.expected.json())) as? [String: Any]
        let document = try #require(value)
        #expect(document["format"] as? String == "hubwatch.expected-findings/1")
        #expect(document["records"] as? Int == 2_000)
        let thefts = try #require(document["modelThefts"] as? [[String: Any]])
        #expect(thefts.map { $0["count"] as? Int } == read.expected.modelThefts.map(\.count))
        let listings = try #require(document["keyListings"] as? [[String: Any]])
        #expect(listings.map { $0["correlationId"] as? String } == read.expected.keyListings.map(\.correlationID))
        let success = listings.first?["success"] as? [String: Int]
        #expect(success?["message"] == read.expected.keyListings.first?.success?.message)
    }
}
