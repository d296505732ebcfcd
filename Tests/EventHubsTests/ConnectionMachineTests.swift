import EventHubs
import Testing

/// Goal: a connection comes back after every end, with back-off, says why, and stops when ordered.
///
/// Method: scripts of facts and expected actions, and random scripts in which at most one channel may exist.
@Suite struct ConnectionMachineTests {
    typealias Action = ConnectionMachine.Action

    private var generator = SeededGenerator(seed: 5)
    private let broken = EventHubsError(.connectionLost, "broken", isRetriable: true, scope: .connection)
    private let refused = EventHubsError(.unauthorized, "refused")

    private func ready() -> ConnectionMachine {
        var machine = ConnectionMachine(peer: "broker:5671")
        _ = machine.startOrdered(now: .zero)
        _ = machine.opened()
        _ = machine.authorized(now: .zero)
        return machine
    }

    private func wake(in actions: [Action]) -> Duration? {
        for case .wake(let at) in actions { return at }
        return nil
    }

    @Test func connectsAuthorizesAndIsReady() {
        var machine = ConnectionMachine(peer: "broker:5671")
        #expect(machine.startOrdered(now: .zero) == [.connect, .wake(at: .seconds(60))])
        #expect(machine.startOrdered(now: .zero) == [])
        #expect(machine.isConnecting)
        #expect(machine.opened() == [.authorize])
        #expect(machine.authorized(now: .seconds(1)) == [.announceReady])
        #expect(machine.isReady)
        #expect(machine.timeReached(now: .seconds(61)) == [])
    }

    @Test mutating func comesBackAfterALoss() throws {
        var machine = ready()
        let actions = machine.channelLost(broken, now: .seconds(1), using: &generator)
        guard case .announceLost(let error, let wait)? = actions.first else {
            Issue.record("not announced: \(actions)")
            return
        }
        #expect(error == broken)
        let at = try #require(self.wake(in: actions))
        #expect(at == .seconds(1) + wait)
        #expect(machine.timeReached(now: at - .milliseconds(1)) == [])
        #expect(machine.timeReached(now: at).first == .connect)
    }

    @Test mutating func failuresBackOffAndALastingConnectionForgetsThem() throws {
        var machine = ready()
        var now = Duration.zero
        var waits: [Duration] = []
        for _ in 0..<12 {
            let at = try #require(wake(in: machine.channelLost(broken, now: now, using: &generator)))
            waits.append(at - now)
            now = at
            #expect(machine.timeReached(now: now).first == .connect)
        }
        #expect(waits[11] > .seconds(20) && waits[11] <= .seconds(30))
        _ = machine.opened()
        _ = machine.authorized(now: now)
        let later = now + .seconds(3600)
        let at = try #require(wake(in: machine.channelLost(broken, now: later, using: &generator)))
        #expect(at - later <= .milliseconds(200))
    }

    @Test mutating func ourOwnReasonIsReportedNotTheBrokenSocket() throws {
        var machine = ConnectionMachine(peer: "broker:5671")
        _ = machine.startOrdered(now: .zero)
        _ = machine.opened()
        #expect(machine.failed(refused) == [.dropChannel])
        let actions = machine.channelLost(broken, now: .seconds(1), using: &generator)
        guard case .announceLost(let error, let wait)? = actions.first else {
            Issue.record("not announced: \(actions)")
            return
        }
        #expect(error == refused)
        #expect(wait >= .seconds(60))
    }

    @Test mutating func aPeerThatNeverAnswersIsGivenUp() {
        var machine = ConnectionMachine(peer: "broker:5671")
        _ = machine.startOrdered(now: .zero)
        #expect(machine.timeReached(now: .seconds(59)) == [])
        #expect(machine.timeReached(now: .seconds(60)) == [.dropChannel])
        #expect(machine.timeReached(now: .seconds(61)) == [])
        guard
            case .announceLost(let error, _)? = machine.channelLost(broken, now: .seconds(61), using: &generator).first
        else {
            Issue.record("not announced")
            return
        }
        #expect(error.code == .timedOut)
        #expect(error.summary.contains("broker:5671"))
    }

    @Test mutating func stopsInOrder() {
        var machine = ready()
        #expect(machine.stopOrdered(now: .zero) == [.close, .wake(at: .seconds(5))])
        #expect(machine.failed(broken) == [])
        #expect(machine.timeReached(now: .seconds(5)) == [.dropChannel])
        #expect(machine.channelLost(nil, now: .seconds(5), using: &generator) == [.finished])
        #expect(machine.isClosed)
        #expect(machine.startOrdered(now: .seconds(6)) == [])
    }

    @Test mutating func stopsWhileConnectingWaitingAndIdle() throws {
        var connecting = ConnectionMachine(peer: "b")
        _ = connecting.startOrdered(now: .zero)
        #expect(connecting.stopOrdered(now: .zero) == [.dropChannel])
        #expect(connecting.channelLost(nil, now: .zero, using: &generator) == [.finished])
        var waiting = ready()
        _ = waiting.channelLost(broken, now: .zero, using: &generator)
        #expect(waiting.stopOrdered(now: .zero) == [.finished])
        #expect(waiting.timeReached(now: .seconds(100)) == [])
        var idle = ConnectionMachine(peer: "b")
        #expect(idle.stopOrdered(now: .zero) == [.finished])
    }

    @Test(arguments: 0..<40) func thereIsNeverMoreThanOneChannel(seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        var machine = ConnectionMachine(peer: "b")
        var hasChannel = false
        var now = Duration.zero
        for _ in 0..<300 {
            now += .milliseconds(Int.random(in: 0...20_000, using: &chance))
            var actions: [Action] = []
            switch Int.random(in: 0..<7, using: &chance) {
            case 0: actions = machine.startOrdered(now: now)
            case 1: if hasChannel { actions = machine.opened() }
            case 2: if hasChannel { actions = machine.authorized(now: now) }
            case 3: actions = machine.failed(refused)
            case 4, 5:
                guard hasChannel else { break }
                hasChannel = false
                actions = machine.channelLost(Bool.random(using: &chance) ? broken : nil, now: now, using: &chance)
            default: actions = machine.timeReached(now: now)
            }
            for action in actions where action == .connect {
                #expect(!hasChannel, "seed \(seed): two channels")
                hasChannel = true
            }
        }
    }
}
