import DiagnosticLogs
import EventHubs
import Testing

@testable import HubwatchRuntime

/// Goal: bounds of a replay mean what the command line says, and every other text is refused.
@Suite struct PositionTests {
    private static let noon = Timestamp(milliseconds: 1_769_860_800_000)

    @Test(arguments: [
        ("earliest", ReplayStart.earliest), ("CHECKPOINT", .checkpoint), ("offset:4312", .offset("4312")),
        ("sequence:17", .sequence(17)), ("17", .sequence(17)), ("time:2026-01-31T12:00:00Z", .time(noon)),
        ("2026-01-31T12:00:00Z", .time(noon)), ("offset:a:b", .offset("a:b")),
    ])
    func startsAreRead(text: String, start: ReplayStart) throws { #expect(try ReplayStart(parsing: text) == start) }

    @Test(arguments: ["", "latest", "sequence:-1", "sequence:", "offset:", "time:17", "time:yesterday", "-3", "x:1"])
    func otherStartsAreRefused(text: String) {
        #expect(throws: ReplayError.self) { try ReplayStart(parsing: text) }
    }

    @Test func endsAreRead() throws {
        #expect(try ReplayEnd(parsing: "latest") == .latest)
        #expect(try ReplayEnd(parsing: "sequence:9") == .sequence(9))
        #expect(try ReplayEnd(parsing: "time:2026-01-31T12:00:00Z") == .time(Self.noon))
        #expect(throws: ReplayError.self) { try ReplayEnd(parsing: "earliest") }
        #expect(throws: ReplayError.self) { try ReplayEnd(parsing: "offset:1") }
    }

    @Test func partitionsMayHaveBoundsOfTheirOwn() throws {
        let bounds = try PartitionBounds(parsing: "sequence:5,3=earliest,0=offset:9", default: .earliest) {
            text throws(ReplayError) in try ReplayStart(parsing: text)
        }
        #expect(bounds[1] == .sequence(5))
        #expect(bounds[3] == .earliest)
        #expect(bounds[0] == .offset("9"))
        #expect("\(bounds)" == "sequence:5,0=offset:9,3=earliest")
    }

    @Test(arguments: ["earliest,earliest", "1=earliest,1=earliest", "-1=earliest", "1=", "earliest,", ""])
    func contradictionsAreRefused(text: String) {
        #expect(throws: ReplayError.self) {
            try PartitionBounds(parsing: text, default: .earliest) { text throws(ReplayError) in
                try ReplayStart(parsing: text)
            }
        }
    }
}

/// Goal: exactly the messages of a span belong to it, and its end is told as soon as it can be known.
@Suite struct SpanTests {
    private static let asked = Timestamp(milliseconds: 1_000_000)

    private static func span(
        from: ReplayStart = .earliest, after: Int64? = nil, to: ReplayEnd, last: Int64 = 9, lastTime: Int64 = 900_000,
        isEmpty: Bool = false
    ) -> PartitionSpan {
        var properties = PartitionProperties(hub: "h", id: "0")
        properties.lastSequenceNumber = last
        properties.lastEnqueuedTime = lastTime
        properties.isEmpty = isEmpty
        return PartitionSpan(
            from: from, resumingAfter: after, to: to, properties, askedAt: asked, skew: .seconds(5))
    }

    /// A span that expectations may ask.
    private final class Reader {
        private var span: PartitionSpan
        init(_ span: PartitionSpan) { self.span = span }
        var isDone: Bool { span.isDone }
        var endWatermark: Timestamp? { span.endWatermark }
        func takes(sequence: Int64, enqueued: Timestamp) -> Bool {
            span.takes(sequence: sequence, enqueued: enqueued)
        }
    }

    @Test func latestEndsWithTheLastMessageOfTheBeginning() {
        let span = Reader(Self.span(to: .latest))
        #expect(span.takes(sequence: 8, enqueued: Self.asked) && !span.isDone)
        #expect(span.takes(sequence: 9, enqueued: Self.asked) && span.isDone)
        #expect(!span.takes(sequence: 10, enqueued: Self.asked))
        #expect(span.endWatermark == Timestamp(milliseconds: 995_000))
    }

    @Test func aTimeEndsInFrontOfTheFirstMessageAtIt() {
        let span = Reader(Self.span(to: .time(Timestamp(milliseconds: 500_000))))
        #expect(span.takes(sequence: 3, enqueued: Timestamp(milliseconds: 499_999)) && !span.isDone)
        #expect(!span.takes(sequence: 4, enqueued: Timestamp(milliseconds: 500_000)) && span.isDone)
        #expect(span.endWatermark == Timestamp(milliseconds: 500_000))
    }

    @Test func aTimeThatHasNotComeEndsWithWhatIsThere() {
        let span = Reader(Self.span(to: .time(Timestamp(milliseconds: 5_000_000))))
        #expect(span.takes(sequence: 9, enqueued: Timestamp(milliseconds: 900_000)) && span.isDone)
        #expect(span.endWatermark == Timestamp(milliseconds: 995_000))
    }

    @Test func aSequenceNumberIsTheLastOneAndLeavesTheTimeOpen() {
        let span = Reader(Self.span(to: .sequence(4)))
        #expect(span.takes(sequence: 4, enqueued: Self.asked) && span.isDone)
        #expect(span.endWatermark == nil)
        #expect(Self.span(to: .sequence(40)).last == 9)
        #expect(Self.span(to: .sequence(40)).endWatermark != nil)
    }

    @Test func missingNumbersAtTheEndEndItToo() {
        let span = Reader(Self.span(to: .sequence(4)))
        #expect(span.takes(sequence: 3, enqueued: Self.asked))
        #expect(!span.takes(sequence: 6, enqueued: Self.asked) && span.isDone)
    }

    @Test func nothingToReadIsKnownAtOnce() {
        #expect(Self.span(to: .latest, last: -1).isDone)
        #expect(Self.span(to: .latest, isEmpty: true).isDone)
        #expect(Self.span(after: 9, to: .latest).isDone)
        #expect(!Self.span(after: 8, to: .latest).isDone)
        #expect(Self.span(from: .sequence(10), to: .latest).isDone)
        #expect(Self.span(from: .sequence(5), to: .sequence(4)).isDone)
        #expect(Self.span(from: .time(Timestamp(milliseconds: 900_001)), to: .latest).isDone)
        let time = Timestamp(milliseconds: 600_000)
        #expect(Self.span(from: .time(time), to: .time(time)).isDone)
    }
}

/// Goal: percentage, speed and remaining time follow from the looks alone.
@Suite struct ProgressTests {
    @Test func speedAndRestFollowTheLooks() {
        var meter = ProgressMeter()
        let first = meter.look(ReplayProgress(done: 0, total: 1000), at: .zero)
        #expect(first == ProgressMeter.Reading(percent: 0, rate: nil, left: nil))
        let second = meter.look(ReplayProgress(done: 100, total: 1000), at: .seconds(1))
        #expect(second == ProgressMeter.Reading(percent: 10, rate: 100, left: .seconds(9)))
        let last = meter.look(ReplayProgress(done: 1000, total: 1000), at: .seconds(2))
        #expect(last.percent == 100 && last.left == .zero)
    }

    @Test func theSpeedForgetsWhatIsLongPast() {
        var meter = ProgressMeter()
        for second in 0...5 {
            _ = meter.look(ReplayProgress(done: Int64(second) * 1000, total: 100_000), at: .seconds(second))
        }
        var reading = ProgressMeter.Reading()
        for second in 6...30 {
            reading = meter.look(
                ReplayProgress(done: 5000 + Int64(second - 5) * 10, total: 100_000), at: .seconds(second))
        }
        #expect(reading.rate == 10)
    }

    @Test func nothingIsGuessedWithoutAWhole() {
        var meter = ProgressMeter()
        _ = meter.look(ReplayProgress(done: 0, total: nil), at: .zero)
        let reading = meter.look(ReplayProgress(done: 50, total: nil), at: .seconds(1))
        #expect(reading.percent == nil && reading.left == nil && reading.rate == 50)
        #expect(ReplayProgress(done: 0, total: 0).share == 1)
    }

    @Test func aStandstillHasNoRest() {
        var meter = ProgressMeter()
        _ = meter.look(ReplayProgress(done: 5, total: 10), at: .zero)
        let still = meter.look(ReplayProgress(done: 5, total: 10), at: .seconds(1))
        #expect(still.left == nil)
        // Two looks at the same instant give no speed.
        var other = ProgressMeter()
        _ = other.look(ReplayProgress(done: 5, total: 10), at: .zero)
        let same = other.look(ReplayProgress(done: 6, total: 10), at: .zero)
        #expect(same.rate == nil)
    }

    @Test func thePartOfAPartitionThatATimeEndsIsEstimated() {
        let half = ReplayProgress.partition(
            first: 100, current: (199, 1000), last: (1099, 10_000), before: 5500, isDone: false)
        #expect(half == ReplayProgress(done: 100, total: 550))
        let whole = ReplayProgress.partition(
            first: 100, current: nil, last: (1099, 10_000), before: nil, isDone: false)
        #expect(whole == ReplayProgress(done: 0, total: 1000))
        let done = ReplayProgress.partition(
            first: 100, current: (400, 5400), last: (1099, 10_000), before: 5500, isDone: true)
        #expect(done.share == 1)
        let hostile = ReplayProgress.partition(
            first: .min, current: (.max, .max), last: (.max, .min), before: .min, isDone: false)
        #expect(hostile == ReplayProgress(done: 0, total: 0))
    }
}
