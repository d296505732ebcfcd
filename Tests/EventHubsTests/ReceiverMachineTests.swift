import AMQPTypes
import EventHubs
import Testing

/// Goal: a partition's link comes back after everything that can pass, stops for what cannot, and never folds an event twice
/// or steps over one unseen.
///
/// Method: scripts of facts and expected actions with stepped time, and a model that checks random scripts.
@Suite struct ReceiverMachineTests {
    typealias Action = ReceiverMachine.Action

    private var generator = SeededGenerator(seed: 3)
    private let forced = EventHubsError(
        condition: AMQPCondition(name: ErrorCondition.linkDetachForced), while: "reading")
    private let stolen = EventHubsError(condition: AMQPCondition(name: ErrorCondition.linkStolen), while: "reading")

    private func attached(after position: ReceiverMachine.Position? = nil) -> ReceiverMachine {
        var machine =
            position.map { ReceiverMachine(partition: "0", after: $0) }
            ?? ReceiverMachine(partition: "0", start: .earliest)
        _ = machine.connectionReady(now: .zero)
        _ = machine.attachAnswered(now: .zero)
        return machine
    }

    private func wake(in actions: [Action]) -> Duration? {
        for case .wake(let at) in actions { return at }
        return nil
    }

    @Test func attachesWhenTheConnectionIsReady() {
        var machine = ReceiverMachine(partition: "0", start: .earliest)
        #expect(machine.connectionReady(now: .zero) == [.attach(.earliest), .wake(at: .seconds(60))])
        #expect(machine.attachAnswered(now: .seconds(1)) == [.report(.attached(.earliest)), .startFlow])
        #expect(machine.isAttached)
        #expect(machine.attachAnswered(now: .seconds(1)) == [])
    }

    @Test mutating func goesOnAfterTheLastFoldedEvent() throws {
        var machine = attached()
        #expect(machine.received(sequenceNumber: 10, now: .zero) == .fold)
        #expect(machine.received(sequenceNumber: 11, now: .zero) == .fold)
        machine.folded(upTo: .init(sequenceNumber: 10, offset: "400"))
        let actions = machine.detachReceived(forced, now: .seconds(5), using: &generator)
        #expect(actions.first == .forgetLink && !actions.contains(.discardUnfolded))
        let at = try #require(wake(in: actions))
        #expect(machine.timeReached(now: at - .milliseconds(1), using: &generator) == [])
        #expect(
            machine.timeReached(now: at, using: &generator).prefix(2) == [
                .discardUnfolded, .attach(.offset("400", inclusive: false)),
            ])
        _ = machine.attachAnswered(now: at)
        // Event 11 was discarded and comes again.
        #expect(machine.received(sequenceNumber: 11, now: at) == .fold)
        #expect(machine.received(sequenceNumber: 11, now: at) == .drop)
    }

    @Test func withoutAnOffsetItGoesOnBySequenceNumber() {
        let machine = ReceiverMachine(partition: "0", after: .init(sequenceNumber: 7))
        #expect(machine.nextPosition == .sequenceNumber(7, inclusive: false))
    }

    @Test func reportsGapsWithTheirRange() {
        var machine = attached(after: .init(sequenceNumber: 7, offset: "70"))
        #expect(machine.received(sequenceNumber: 10, now: .zero) == .foldAfterGap(SequenceGap(first: 8, last: 9)))
        #expect(machine.received(sequenceNumber: 11, now: .zero) == .fold)
        #expect(machine.received(sequenceNumber: 20, now: .zero) == .foldAfterGap(SequenceGap(first: 12, last: 19)))
        #expect(SequenceGap(first: 12, last: 19).count == 8)
    }

    @Test mutating func aRecreatedHubIsNotSkippedInto() {
        var machine = attached(after: .init(sequenceNumber: 7, offset: "70"))
        guard case .refuse(let actions) = machine.received(sequenceNumber: 3, now: .zero) else {
            Issue.record("not refused")
            return
        }
        #expect(actions == [.discardUnfolded, .detach, .wake(at: .seconds(5))])
        #expect(machine.received(sequenceNumber: 4, now: .zero) == .drop)
        let after = machine.detachReceived(nil, now: .seconds(1), using: &generator)
        guard case .report(.positionRefused(let error, let position)) = after.last else {
            Issue.record("not reported: \(after)")
            return
        }
        #expect(error.summary.contains("sequence number 3, not 8"))
        #expect(position == .offset("70", inclusive: false))
        #expect(machine.isParked)
        // Nothing by itself; an order with a position ends it.
        #expect(machine.timeReached(now: .seconds(100_000), using: &generator) == [])
        #expect(machine.resumeOrdered(from: .earliest, now: .seconds(9)).first == .attach(.earliest))
    }

    @Test mutating func aStolenPartitionWaitsTenMinutes() throws {
        var machine = attached()
        let actions = machine.detachReceived(stolen, now: .zero, using: &generator)
        let at = try #require(wake(in: actions))
        #expect(at >= .seconds(600) && at <= .seconds(660))
        #expect(actions.contains(.discardUnfolded))
        #expect(machine.isParked)
        // A new connection does not wake it either.
        #expect(machine.connectionLost(forced, retryAfter: .zero) == [])
        #expect(machine.connectionReady(now: .seconds(5)) == [.wake(at: at)])
        #expect(machine.timeReached(now: .seconds(30), using: &generator) == [])
        #expect(machine.timeReached(now: at, using: &generator).first == .attach(.earliest))
    }

    @Test mutating func aStolenPartitionReturnsOnCommand() {
        var machine = attached()
        _ = machine.detachReceived(stolen, now: .zero, using: &generator)
        #expect(machine.resumeOrdered(now: .seconds(1)).first == .attach(.earliest))
    }

    @Test mutating func aRefusedPositionIsNotTriedBlindly() {
        var machine = ReceiverMachine(partition: "4", after: .init(sequenceNumber: 488, offset: "13953"))
        _ = machine.connectionReady(now: .zero)
        let condition = AMQPCondition(
            name: ErrorCondition.argumentError,
            description: "The supplied offset '13953' is invalid. The last offset in the system is '13952'")
        let error = EventHubsError(condition: condition, while: "reading")
        let actions = machine.detachReceived(error, now: .seconds(1), using: &generator)
        guard case .report(.positionRefused(let reported, .offset("13953", inclusive: false))) = actions.last else {
            Issue.record("not reported: \(actions)")
            return
        }
        #expect(reported.partition == "4")
        #expect(wake(in: actions) == nil)
        #expect(machine.timeReached(now: .seconds(9999), using: &generator) == [])
        #expect(machine.connectionReady(now: .seconds(9999)) == [])
    }

    @Test mutating func aFailureOfSettingsIsRetriedSlowly() throws {
        var machine = ReceiverMachine(partition: "0", start: .earliest)
        _ = machine.connectionReady(now: .zero)
        let gone = EventHubsError(condition: AMQPCondition(name: ErrorCondition.notFound), while: "reading")
        let at = try #require(wake(in: machine.detachReceived(gone, now: .zero, using: &generator)))
        #expect(at >= .seconds(60))
    }

    @Test mutating func refusalsBackOffUpToTheBound() throws {
        var machine = ReceiverMachine(partition: "0", start: .earliest)
        var now = Duration.zero
        _ = machine.connectionReady(now: now)
        var waits: [Duration] = []
        for _ in 0..<12 {
            let at = try #require(wake(in: machine.detachReceived(forced, now: now, using: &generator)))
            waits.append(at - now)
            now = at
            #expect(machine.timeReached(now: now, using: &generator).first == .attach(.earliest))
        }
        #expect(waits[0] <= .milliseconds(200))
        #expect(waits.allSatisfy { $0 <= .seconds(30) })
        #expect(waits[11] > .seconds(20))
    }

    @Test mutating func anUnansweredAttachIsGivenUp() throws {
        var machine = ReceiverMachine(partition: "0", start: .earliest)
        _ = machine.connectionReady(now: .zero)
        #expect(machine.timeReached(now: .seconds(59), using: &generator) == [])
        let actions = machine.timeReached(now: .seconds(60), using: &generator)
        #expect(actions.first == .detach)
        #expect(actions.contains(.forgetLink))
        #expect(try #require(wake(in: actions)) > .seconds(60))
    }

    @Test mutating func aStalledLinkIsReplacedAfterTheOldOneIsGone() {
        var machine = attached()
        let actions = machine.stalled(behind: 9, now: .seconds(40))
        #expect(actions == [.report(.stalled(behind: 9)), .discardUnfolded, .detach, .wake(at: .seconds(45))])
        #expect(machine.timeReached(now: .seconds(44), using: &generator) == [])
        #expect(
            machine.detachReceived(nil, now: .seconds(44), using: &generator).prefix(2) == [
                .forgetLink, .attach(.earliest),
            ])
    }

    @Test mutating func aTheftThatCrossesOurDetachIsATheft() {
        var machine = attached()
        _ = machine.stalled(behind: 9, now: .seconds(40))
        let actions = machine.detachReceived(stolen, now: .seconds(41), using: &generator)
        #expect(actions.first == .forgetLink)
        #expect(!actions.contains { if case .attach = $0 { true } else { false } }, "it would steal the link back")
        #expect(machine.isParked)
        #expect((wake(in: actions) ?? .zero) >= .seconds(641))
        var stopping = attached()
        _ = stopping.stopOrdered(now: .zero)
        #expect(stopping.detachReceived(stolen, now: .zero, using: &generator) == [.forgetLink, .report(.stopped)])
    }

    @Test mutating func anUnansweredDetachIsForgotten() {
        var machine = attached()
        _ = machine.stalled(behind: 9, now: .zero)
        #expect(
            machine.timeReached(now: .seconds(5), using: &generator).prefix(2) == [.forgetLink, .attach(.earliest)])
    }

    @Test mutating func aLostConnectionIsReportedAndAttachedAgain() {
        var machine = attached()
        let actions = machine.connectionLost(forced, retryAfter: .seconds(2))
        #expect(actions.first == .forgetLink && actions.count == 2)
        #expect(machine.connectionReady(now: .seconds(2)).prefix(2) == [.discardUnfolded, .attach(.earliest)])
        #expect(machine.received(sequenceNumber: 1, now: .seconds(2)) == .drop)
    }

    /// Each link is taken away after its events have arrived and before they are folded.
    @Test mutating func whatALostLinkBroughtIsFoldedSoThatThePartitionGetsOn() throws {
        var machine = attached()
        var now = Duration.zero
        for number in Int64(0)..<20 {
            let isConnection = number.isMultiple(of: 3)
            let actions =
                isConnection
                ? machine.connectionLost(forced, retryAfter: .seconds(1))
                : machine.detachReceived(forced, now: now, using: &generator)
            #expect(!actions.contains(.discardUnfolded))
            #expect(machine.received(sequenceNumber: number, now: now) == .fold)
            machine.folded(upTo: .init(sequenceNumber: number))
            now += .seconds(40)
            let again =
                isConnection
                ? machine.connectionReady(now: now) : machine.timeReached(now: now, using: &generator)
            #expect(again.contains(.attach(.sequenceNumber(number, inclusive: false))))
            #expect(machine.received(sequenceNumber: number + 1, now: now) == .drop, "nothing after the attach is out")
            _ = machine.attachAnswered(now: now)
        }
    }

    @Test mutating func whatAStolenLinkBroughtIsNotFolded() {
        var machine = attached()
        #expect(machine.detachReceived(stolen, now: .zero, using: &generator).contains(.discardUnfolded))
        #expect(machine.received(sequenceNumber: 0, now: .zero) == .drop)
    }

    @Test mutating func aStopDiscardsWhatALostLinkBrought() {
        var machine = attached()
        _ = machine.detachReceived(forced, now: .zero, using: &generator)
        #expect(machine.stopOrdered(now: .zero) == [.discardUnfolded, .report(.stopped)])
        #expect(machine.received(sequenceNumber: 0, now: .zero) == .drop)
    }

    @Test mutating func stopsForGood() {
        var machine = attached()
        #expect(machine.stopOrdered(now: .zero).prefix(2) == [.discardUnfolded, .detach])
        #expect(machine.detachReceived(nil, now: .seconds(1), using: &generator) == [.forgetLink, .report(.stopped)])
        #expect(machine.isStopped)
        #expect(machine.connectionReady(now: .seconds(2)) == [])
        #expect(machine.resumeOrdered(now: .seconds(2)) == [])
        var offline = ReceiverMachine(partition: "0", start: .earliest)
        #expect(offline.stopOrdered(now: .zero) == [.report(.stopped)])
    }

    @Test func aConnectionLostWhileStoppingStops() {
        var machine = attached()
        _ = machine.stopOrdered(now: .zero)
        #expect(machine.connectionLost(forced, retryAfter: .zero) == [.forgetLink, .report(.stopped)])
    }

    /// The model: at most one link, opened only when none is there; folded numbers strictly rise.
    @Test(arguments: 0..<60) func randomScriptsKeepTheRules(seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        var machine = ReceiverMachine(partition: "0", start: .earliest)
        var hasLink = false
        var now = Duration.zero
        var lastFolded: Int64 = -1
        var nextOnLink: Int64 = 0
        func obey(_ actions: [Action]) {
            for action in actions {
                switch action {
                case .attach(let position):
                    #expect(!hasLink, "seed \(seed): two links")
                    hasLink = true
                    if case .sequenceNumber(let number, inclusive: false) = position { nextOnLink = number + 1 }
                    if case .earliest = position { nextOnLink = 0 }
                case .forgetLink: hasLink = false
                case .startFlow, .detach, .discardUnfolded, .report, .wake: break
                }
            }
        }
        for _ in 0..<400 {
            now += .milliseconds(Int.random(in: 0...20_000, using: &chance))
            switch Int.random(in: 0..<11, using: &chance) {
            case 0: obey(machine.connectionReady(now: now))
            case 1: obey(machine.connectionLost(forced, retryAfter: .seconds(1)))
            case 2, 3: obey(machine.attachAnswered(now: now))
            case 4:
                obey(machine.detachReceived(Bool.random(using: &chance) ? forced : stolen, now: now, using: &chance))
            case 5: obey(machine.timeReached(now: now, using: &chance))
            case 6: obey(machine.stalled(behind: 1, now: now))
            case 7: obey(machine.resumeOrdered(now: now))
            default:
                switch machine.received(sequenceNumber: nextOnLink, now: now) {
                case .fold:
                    #expect(nextOnLink == lastFolded + 1, "seed \(seed)")
                    machine.folded(upTo: .init(sequenceNumber: nextOnLink))
                    lastFolded = nextOnLink
                    nextOnLink += 1
                case .drop: break
                case .foldAfterGap, .refuse: Issue.record("seed \(seed): gap or refusal at \(nextOnLink)")
                }
            }
        }
    }
}
