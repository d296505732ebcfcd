import AMQPTypes
import EventHubs
import Testing

/// Goal: whoever makes tokens may want to be asked earlier; a peer that repeats a token does not bring it into an error.
///
/// Method: scripts of facts and expected actions.
@Suite struct CBSRenewalTests {
    private var generator = SeededGenerator(seed: 2)

    private mutating func answered(
        _ token: CBSMachine.Token, _ status: ResponseStatus
    ) -> (machine: CBSMachine, actions: [CBSMachine.Action]) {
        var machine = CBSMachine(audiences: ["a"])
        _ = machine.linksReady(now: .zero)
        _ = machine.tokenMade(token, audience: "a", now: .zero)
        let reply = CBSReply(correlationID: .string("put-token-1"), status: status)
        let actions = machine.replyReceived(reply, now: .seconds(1), using: &generator)
        return (machine, actions)
    }

    @Test mutating func theShellsWishComesFirst() {
        let token = CBSMachine.Token(
            text: Secret("t"), type: .jwt, lifetime: .seconds(3600), refreshAfter: .seconds(7))
        let (machine, actions) = answered(token, .accepted)
        #expect(actions == [.wake(at: .seconds(7)), .authorized])
        var renewed = machine
        #expect(renewed.timeReached(now: .seconds(7), using: &generator) == [.makeToken(audience: "a")])
    }

    @Test mutating func aLaterWishChangesNothing() {
        let token = CBSMachine.Token(
            text: Secret("t"), type: .jwt, lifetime: .seconds(100), refreshAfter: .seconds(5000))
        let (_, actions) = answered(token, .accepted)
        guard case .wake(let at)? = actions.first else {
            Issue.record("it is never renewed")
            return
        }
        #expect(at < .seconds(100))
    }

    @Test mutating func aTokenThatThePeerRepeatsIsHidden() {
        let token = CBSMachine.Token(text: Secret("CANARY.token"), type: .jwt, lifetime: .seconds(100))
        let status = ResponseStatus(
            code: 401, description: "InvalidToken: 'CANARY.token' is none", condition: ErrorCondition.authFailed)
        let (_, actions) = answered(token, status)
        #expect(!"\(actions)".contains("CANARY") && "\(actions)".contains("(hidden)"))
    }
}
