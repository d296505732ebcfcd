import DiagnosticLogs
import Foundation
import Testing

@testable import StatusPage

/// Goal: the past that is plotted is what was seen, bounded, whatever the clock does.
///
/// Method: a stepped time; slots of one second and a ring of five.
@Suite struct StatusHistoryTests {
    private static let bounds = StatusHistory.Bounds(slots: 5, slotSeconds: 1, partitionsMax: 2)

    private static func observed(_ seen: [(seconds: Double, lag: [Int: Int64], records: Int64)]) -> StatusHistory {
        var history = StatusHistory(bounds: bounds)
        for one in seen {
            history.observed(
                .init(time: Timestamp(nanoseconds: Int64(one.seconds * 1e9)), lag: one.lag, records: one.records))
        }
        return history
    }

    @Test func nothingSeenIsNothing() {
        let history = StatusHistory()
        #expect(history.lag.values.isEmpty)
        #expect(history.rate.values.isEmpty)
        #expect(history.lag(of: 3).values.isEmpty)
    }

    @Test func aSlotKeepsItsPeak() {
        let history = Self.observed([
            (100.1, [0: 5, 1: 1], 10), (100.5, [0: 50, 1: 1], 20), (100.9, [0: 2, 1: 1], 30),
        ])
        #expect(history.lag(of: 0) == StatusSeries(startSeconds: 100, slotSeconds: 1, values: [50]))
        #expect(history.lag.values == [51])
    }

    @Test func slotsThatNobodyLookedAtAreUnknown() {
        let history = Self.observed([(100, [0: 5], 10), (103, [0: 7], 40)])
        #expect(history.lag(of: 0).values == [5, nil, nil, 7])
        #expect(history.rate.values == [nil, nil, nil, nil])
    }

    @Test func theRateIsWhatIsNewInASlot() {
        let history = Self.observed([(100, [0: 0], 10), (101, [0: 0], 40), (102, [0: 0], 40)])
        #expect(history.rate.values == [nil, 30, 0])
    }

    @Test func aSlotThatIsNotOverHasTheRateOfItsOwnTime() {
        var history = StatusHistory(bounds: .init(slots: 5, slotSeconds: 10))
        func look(_ seconds: Double, _ records: Int64, started: Double? = nil) {
            history.observed(
                .init(
                    time: Timestamp(nanoseconds: Int64(seconds * 1e9)), lag: [0: 0], records: records,
                    started: started.map { Timestamp(nanoseconds: Int64($0 * 1e9)) }))
        }
        // A burst within the first slot counts from the start of the run.
        look(103, 0, started: 102)
        look(107, 500)
        #expect(history.rate.values == [100])
        look(109.5, 750)
        #expect(history.rate.values == [100])
        // A moment after the last look is no measure; a second and a half is.
        look(110.05, 1000)
        #expect(history.rate.values == [100, 100])
        look(111, 1050)
        #expect(history.rate.values == [100, 200])
        look(119, 2650)
        look(125, 2650)
        #expect(history.rate.values == [100, 200, 0])
    }

    @Test func aRunThatBeganLongAgoHasNoRateBeforeTheSecondSlot() {
        var history = StatusHistory(bounds: Self.bounds)
        history.observed(
            .init(
                time: Timestamp(nanoseconds: 100_000_000_000), lag: [:], records: 9_000,
                started: Timestamp(nanoseconds: 0)))
        #expect(history.rate.values == [nil])
    }

    @Test func aSlotThatIsTheOldestNowHasNoRateOfAllTheTimeBefore() {
        var history = StatusHistory(bounds: Self.bounds)
        for second in 0..<8 {
            history.observed(
                .init(
                    time: Timestamp(nanoseconds: (100 + Int64(second)) * 1_000_000_000), lag: [:],
                    records: Int64(second * second * 100), started: Timestamp(nanoseconds: 99_000_000_000)))
        }
        #expect(history.rate.values == [nil, 700, 900, 1100, 1300])
    }

    @Test func theOldestSlotsFallOut() {
        let history = Self.observed((0..<8).map { (100 + Double($0), [0: Int64($0)], Int64($0)) })
        #expect(history.lag(of: 0) == StatusSeries(startSeconds: 103, slotSeconds: 1, values: [3, 4, 5, 6, 7]))
    }

    @Test func aLongSilenceLeavesNothingOld() {
        let history = Self.observed([(100, [0: 5], 10), (101, [0: 6], 10), (1_000_000_000, [0: 7], 10)])
        #expect(history.lag(of: 0).values == [nil, nil, nil, nil, 7])
    }

    @Test func aClockThatGoesBackCountsForTheNewestSlot() {
        let history = Self.observed([(100, [0: 5], 10), (50, [0: 9], 12), (101, [0: 1], 13)])
        #expect(history.lag(of: 0).values == [9, 1])
    }

    @Test func timesBeforeTheEpochAreSlotsToo() {
        let history = Self.observed([(-2.5, [0: 5], 1), (-1.5, [0: 6], 2)])
        #expect(history.lag(of: 0) == StatusSeries(startSeconds: -3, slotSeconds: 1, values: [5, 6]))
    }

    @Test func partitionsBeyondTheBoundArePartOfTheSumOnly() {
        var history = Self.observed([(100, [0: 1], 0), (100, [0: 1, 1: 2], 0)])
        history.observed(.init(time: Timestamp(nanoseconds: 100_000_000_000), lag: [0: 1, 1: 2, 2: 4], records: 0))
        #expect(history.known == [0, 1])
        #expect(history.lag.values == [7])
        #expect(history.lag(of: 2).values == [nil])
    }

    @Test func hugeLagsDoNotOverflow() {
        let history = Self.observed([(100, [0: .max, 1: .max], .max)])
        #expect(history.lag.values == [.max])
    }

    @Test(arguments: [(0, 0), (0, -1), (0, Int64.max), (.max, 1), (.min, 1)] as [(Int64, Int64)])
    func timesThatNoClockShowsAreRefused(_ start: Int64, slot: Int64) throws {
        let whole = StatusSeries(startSeconds: -103, slotSeconds: 60, values: [nil, .max])
        #expect(try JSONDecoder().decode(StatusSeries.self, from: JSONEncoder().encode(whole)) == whole)
        var wrong = whole
        (wrong.startSeconds, wrong.slotSeconds) = (start, slot)
        let json = try JSONEncoder().encode(wrong)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(StatusSeries.self, from: json) }
    }

    @Test func joiningKeepsPeaksAndTheEnd() {
        let series = StatusSeries(startSeconds: 0, slotSeconds: 10, values: [9, 1, nil, nil, 2, 3, 4])
        let joined = series.joined(most: 3)
        #expect(joined.values == [9, 1, 4])
        #expect(joined.slotSeconds == 30)
        #expect(joined.endSeconds == series.endSeconds)
        #expect(series.joined(most: 7) == series)
    }
}
