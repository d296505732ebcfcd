import AMQPTypes
import EventHubs
import Testing

/// Goal: credit, back-off, continuity and the watchdog keep their bounds.
///
/// Method: scripts, and random scripts against the stated invariants.
@Suite struct FlowTests {
    @Test func creditIsBoundedByEvents() {
        var window = CreditWindow(eventsMax: 100, bytesMax: 1 << 30)
        #expect(window.grant() == 100)
        #expect(window.grant() == 0)
        window.received(events: 40, bytes: 400)
        #expect(window.grant() == 0)
        window.consumed(events: 40, bytes: 400)
        #expect(window.grant() == 0)  // Less than half is owed.
        window.received(events: 20, bytes: 200)
        window.consumed(events: 20, bytes: 200)
        #expect(window.grant() == 60)
    }

    @Test func creditCanWaitUntilItIsUsed() {
        var window = CreditWindow(eventsMax: 10, bytesMax: 1 << 20, waitsUntilUsed: true)
        #expect(window.grant() == 10)
        window.received(events: 9, bytes: 9)
        window.consumed(events: 9, bytes: 9)
        #expect(window.grant() == 0)
        window.received(events: 1, bytes: 1)
        window.consumed(events: 1, bytes: 1)
        #expect(window.grant() == 10)
    }

    @Test func creditIsBoundedByBytes() {
        var window = CreditWindow(eventsMax: 1000, bytesMax: 1 << 20, messageSizeEstimate: 65_536)
        #expect(window.grant() == 16)
        window.received(events: 16, bytes: 16 << 20)
        #expect(window.messageSizeEstimate > 500_000)
        window.consumed(events: 15, bytes: 15 << 20)
        #expect(window.grant() == 0)
        window.consumed(events: 1, bytes: 1 << 20)
        #expect(window.grant() == 1)
    }

    @Test func nothingConsumedMeansNoCredit() {
        var window = CreditWindow(eventsMax: 10, bytesMax: 1000, messageSizeEstimate: 100)
        #expect(window.grant() == 10)
        window.received(events: 10, bytes: 1000)
        for _ in 0..<10 { #expect(window.grant() == 0) }
        window.reset()
        #expect(window.grant() > 0)
    }

    @Test func oneMessageLargerThanTheBoundStillFlows() {
        var window = CreditWindow(eventsMax: 10, bytesMax: 1000, messageSizeEstimate: 1_000_000)
        #expect(window.grant() == 1)
        window.received(events: 1, bytes: 1_000_000)
        #expect(window.grant() == 0)
        window.consumed(events: 1, bytes: 1_000_000)
        #expect(window.grant() == 1)
    }

    @Test(arguments: 0..<30) func creditNeverExceedsItsBounds(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var window = CreditWindow(eventsMax: 300, bytesMax: 4 << 20)
        var held: [Int] = []
        var out = 0
        for _ in 0..<500 {
            out += Int(window.grant())
            #expect(out + held.count <= 300 || (out == 1 && held.isEmpty), "seed \(seed)")
            let arrivals = Int.random(in: 0...out, using: &generator)
            let size = [100, 10_000, 1_000_000].randomElement(using: &generator) ?? 1
            out -= arrivals
            window.received(events: arrivals, bytes: arrivals * size)
            held += Array(repeating: size, count: arrivals)
            let done = Int.random(in: 0...held.count, using: &generator)
            window.consumed(events: done, bytes: held.prefix(done).reduce(0, +))
            held.removeFirst(done)
            #expect(window.heldEvents == held.count)
            #expect(window.heldBytes == held.reduce(0, +))
        }
        // Nothing held and nothing out: there is always credit.
        window.received(events: out, bytes: out)
        window.consumed(events: out + held.count, bytes: .max)
        #expect(window.grant() > 0, "seed \(seed)")
    }

    @Test(arguments: 0..<20) func backoffStaysInItsBounds(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var backoff = Backoff(first: .milliseconds(100), longest: .seconds(10), jitter: 0.5)
        var expected = 0.1
        for _ in 0..<2000 {
            let wait = backoff.next(using: &generator) / .seconds(1)
            #expect(wait <= expected + 1e-9 && wait >= expected / 2 - 1e-9, "seed \(seed)")
            expected = min(expected * 2, 10)
        }
        #expect(backoff.next(atLeast: .seconds(99), using: &generator) == .seconds(99))
        backoff.reset()
        #expect(backoff.next(using: &generator) <= .milliseconds(100))
    }

    @Test func continuityJudgesNumbers() {
        var continuity = SequenceContinuity()
        #expect(continuity.observe(5) == .next)
        #expect(continuity.observe(6) == .next)
        #expect(continuity.observe(6) == .repeated)
        #expect(continuity.observe(9) == .gap(SequenceGap(first: 7, last: 8)))
        #expect(continuity.observe(2) == .repeated)
        continuity.attached(after: 9)
        #expect(continuity.observe(9) == .restarted(expected: 10))
        continuity.attached(after: .max)
        #expect(continuity.observe(.min) == .restarted(expected: .min))
        continuity.attached(after: .min)
        #expect(continuity.observe(.max) == .gap(SequenceGap(first: .min + 1, last: .max - 1)))
        #expect(SequenceGap(first: .min, last: .max).count == .max)
    }

    @Test func theWatchdogNoticesAStalledLinkOnly() {
        var watchdog = ProgressWatchdog(deadline: .seconds(30))
        watchdog.attached(after: 10, now: .zero)
        #expect(watchdog.verdict(now: .seconds(500)) == .fine)
        watchdog.lastEnqueuedLearned(10, now: .seconds(500))
        #expect(watchdog.verdict(now: .seconds(900)) == .fine)
        watchdog.lastEnqueuedLearned(15, now: .seconds(1000))
        #expect(watchdog.verdict(now: .seconds(1029)) == .fine)
        #expect(watchdog.verdict(now: .seconds(1030)) == .stalled(behind: 5))
        watchdog.received(upTo: 12, now: .seconds(1031))
        #expect(watchdog.verdict(now: .seconds(1060)) == .fine)
        #expect(watchdog.verdict(now: .seconds(1061)) == .stalled(behind: 3))
        watchdog.heldBack(now: .seconds(1061))
        #expect(watchdog.verdict(now: .seconds(1090)) == .fine)
        watchdog.received(upTo: 15, now: .seconds(1090))
        #expect(watchdog.verdict(now: .seconds(5000)) == .fine)
        watchdog.detached()
        watchdog.lastEnqueuedLearned(99, now: .seconds(5000))
        #expect(watchdog.verdict(now: .seconds(9000)) == .fine)
    }

    @Test func theWatchdogKnowsAPartitionThatWasNeverRead() {
        var watchdog = ProgressWatchdog(deadline: .seconds(30))
        watchdog.attached(after: nil, now: .zero)
        watchdog.lastEnqueuedLearned(-1, now: .seconds(1))
        #expect(watchdog.verdict(now: .seconds(99)) == .fine)
        watchdog.lastEnqueuedLearned(3, now: .seconds(100))
        #expect(watchdog.behind == 1)
    }
}
