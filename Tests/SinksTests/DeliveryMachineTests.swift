import Sinks
import Testing

/// Goal: retries, pauses and giving up follow the policy, whatever the receiver does.
///
/// Method: facts in, actions out; no clock but the numbers given, no chance but a constant.
@Suite struct DeliveryMachineTests {
    /// Takes nothing off any pause.
    private struct NoJitter: RandomNumberGenerator {
        mutating func next() -> UInt64 { 0 }
    }

    private static let gone = DeliveryFailure(.unavailable, "gone")
    private var chance = NoJitter()

    private func machine(
        pauseMax: Duration = .seconds(60), giveUpAfter: Duration = .seconds(3600),
        overflow: DeliveryPolicy.Overflow = .deadLetter
    ) -> DeliveryMachine {
        DeliveryMachine(
            DeliveryPolicy(
                pauseFirst: .seconds(1), pauseMax: pauseMax, jitter: 0.3, retryAfterMax: .seconds(600),
                giveUpAfter: giveUpAfter, overflow: overflow, owedBytesMax: 1_000))
    }

    @Test mutating func pausesDoubleUpToTheLongestAndASuccessStartsOver() {
        var machine = machine(pauseMax: .seconds(10))
        #expect(machine.next(age: .zero, now: .zero) == .attempt)
        var now = Duration.zero
        var pauses: [Duration] = []
        for _ in 0..<6 {
            guard case .wait(let pause) = machine.failed(Self.gone, age: .zero, now: now, using: &chance) else {
                Issue.record("expected a pause")
                return
            }
            pauses.append(pause)
            #expect(machine.next(age: .zero, now: now + pause - .nanoseconds(1)) == .wait(.nanoseconds(1)))
            now += pause
            #expect(machine.next(age: .zero, now: now) == .attempt)
        }
        #expect(pauses == [1, 2, 4, 8, 10, 10].map { .seconds($0) })
        #expect(machine.attempts == 6 && machine.lastFailure == Self.gone)
        machine.accepted()
        #expect(machine.attempts == 0 && machine.lastFailure == nil)
        #expect(machine.failed(Self.gone, age: .zero, now: now, using: &chance) == .wait(.seconds(1)))
    }

    @Test func chanceTakesNoMoreOffThanItsShare() {
        var generator = Seeded(state: 5)
        for _ in 0..<200 {
            var machine = machine()
            guard case .wait(let pause) = machine.failed(Self.gone, age: .zero, now: .zero, using: &generator) else {
                Issue.record("expected a pause")
                return
            }
            #expect(pause <= .seconds(1) && pause >= .milliseconds(700))
        }
    }

    @Test(arguments: [(0, 1), (30, 30), (600, 600), (86_400, 600)])
    mutating func whatTheReceiverAsksForCountsWithinItsBound(asked: Int, waited: Int) {
        var machine = machine()
        let failure = DeliveryFailure(.unavailable, "429", retryAfter: .seconds(asked))
        #expect(machine.failed(failure, age: .zero, now: .zero, using: &chance) == .wait(.seconds(waited)))
    }

    @Test mutating func aRefusedFindingIsGivenUpAtOnceAndTheNextOneIsTried() {
        var machine = machine()
        _ = machine.failed(Self.gone, age: .zero, now: .zero, using: &chance)
        let refused = DeliveryFailure(.refused, "400 Bad Request")
        #expect(machine.failed(refused, age: .zero, now: .seconds(1), using: &chance) == .giveUp(.refused))
        #expect(machine.next(age: .zero, now: .seconds(1)) == .attempt)
    }

    @Test mutating func everyFindingGetsTheStatedTimeAndNoMore() {
        var machine = machine(giveUpAfter: .seconds(100))
        #expect(machine.failed(Self.gone, age: .seconds(5), now: .seconds(1_000), using: &chance) == .wait(.seconds(1)))
        // Old enough, but the receiver has not failed for long enough: hubwatch itself may have been down.
        #expect(machine.next(age: .seconds(5_000), now: .seconds(1_099)) == .attempt)
        // Failing long enough, but the finding is young.
        #expect(machine.next(age: .seconds(99), now: .seconds(1_100)) == .attempt)
        // Both: without another attempt, so that an old backlog does not take a pause each.
        #expect(machine.next(age: .seconds(100), now: .seconds(1_100)) == .giveUp(.tooOld))
        #expect(machine.failed(Self.gone, age: .seconds(100), now: .seconds(1_100), using: &chance) == .giveUp(.tooOld))
    }

    @Test func whatIsOwedBeyondTheBoundIsGivenUpDownToThreeQuarters() {
        #expect(machine().excess(owedBytes: 999) == 0)
        #expect(machine().excess(owedBytes: 1_000) == 250)
        #expect(machine().excess(owedBytes: 1_750) == 1_000)
        #expect(machine(overflow: .stop).excess(owedBytes: 1_750) == 0)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func anyHistoryKeepsTheBounds(seed: UInt64) {
        var generator = Seeded(state: seed)
        var machine = machine(pauseMax: .seconds(30), giveUpAfter: .seconds(300))
        var now = Duration.zero
        var failingSince: Duration?
        for _ in 0..<500 {
            let age = Duration.seconds(Int.random(in: 0...600, using: &generator))
            switch machine.next(age: age, now: now) {
            case .attempt:
                if Int.random(in: 0..<4, using: &generator) == 0 {
                    machine.accepted()
                    failingSince = nil
                } else {
                    failingSince = failingSince ?? now
                    _ = machine.failed(Self.gone, age: age, now: now, using: &generator)
                }
            case .wait(let pause): #expect(pause > .zero && pause <= .seconds(30))
            case .giveUp(let reason):
                #expect(reason == .tooOld && age >= .seconds(300))
                #expect(failingSince.map { now - $0 >= .seconds(300) } == true, "seed \(seed)")
            }
            now += .seconds(Int.random(in: 0...20, using: &generator))
        }
    }
}
