import AMQPTypes
import EventHubs
import Testing

/// Goal: a connection is authorized once all its tokens are accepted, stays so, and says why when it cannot be.
///
/// Method: scripts of facts and expected actions, with stepped time and a seeded generator.
@Suite struct CBSMachineTests {
    private var generator = SeededGenerator(seed: 1)
    private let token = CBSMachine.Token(text: Secret("t"), lifetime: .seconds(3600), expiration: 5)

    private func request(in actions: [CBSMachine.Action]) -> CBSRequest? {
        for case .send(let request) in actions { return request }
        return nil
    }

    private func wake(in actions: [CBSMachine.Action]) -> Duration? {
        for case .wake(let at) in actions { return at }
        return nil
    }

    private func accept(_ request: CBSRequest?) -> CBSReply {
        CBSReply(correlationID: request?.messageID, status: .accepted)
    }

    /// A machine whose only audience is valid since 0.
    private mutating func authorized(_ token: CBSMachine.Token) throws -> (machine: CBSMachine, wake: Duration) {
        var machine = CBSMachine(audiences: ["a"])
        _ = machine.linksReady(now: .zero)
        let sent = request(in: machine.tokenMade(token, audience: "a", now: .zero))
        let actions = machine.replyReceived(accept(sent), now: .zero, using: &generator)
        #expect(actions.contains(.authorized))
        return (machine, try #require(wake(in: actions)))
    }

    @Test mutating func authorizesWhenEveryAudienceIsAccepted() throws {
        var machine = CBSMachine(audiences: ["a", "b"])
        #expect(machine.linksReady(now: .zero) == [.makeToken(audience: "a"), .makeToken(audience: "b")])
        let first = machine.tokenMade(token, audience: "a", now: .zero)
        let a = try #require(request(in: first))
        #expect(a.audience == "a" && a.token == Secret("t") && a.expiration == 5 && a.type == .sas)
        #expect(wake(in: first) == .seconds(30))
        let b = try #require(request(in: machine.tokenMade(token, audience: "b", now: .zero)))
        #expect(a.messageID != b.messageID)
        #expect(!machine.replyReceived(accept(b), now: .seconds(1), using: &generator).contains(.authorized))
        #expect(machine.replyReceived(accept(a), now: .seconds(1), using: &generator).contains(.authorized))
        // A repeated reply changes nothing.
        #expect(machine.replyReceived(accept(a), now: .seconds(1), using: &generator) == [])
    }

    @Test mutating func renewsBeforeTheEndAndAuthorizesOnlyOnce() throws {
        var (machine, wake) = try authorized(token)
        #expect(wake > .seconds(2800) && wake < .seconds(3001))
        #expect(machine.timeReached(now: wake - .seconds(1), using: &generator) == [])
        #expect(machine.timeReached(now: wake, using: &generator) == [.makeToken(audience: "a")])
        let again = request(in: machine.tokenMade(token, audience: "a", now: wake))
        let actions = machine.replyReceived(accept(again), now: wake, using: &generator)
        #expect(!actions.contains(.authorized))
        #expect(actions.count == 1)
    }

    @Test mutating func aFailedRenewalIsTriedAgainWhileTheOldTokenLasts() throws {
        var (machine, wake) = try authorized(token)
        _ = machine.timeReached(now: wake, using: &generator)
        let busy = EventHubsError(.throttled, "busy", isRetriable: true, scope: .request, retryAfter: .seconds(4))
        let actions = machine.tokenFailed(busy, audience: "a", now: wake, using: &generator)
        let retry = try #require(self.wake(in: actions))
        #expect(retry >= wake + .seconds(4))
        #expect(machine.timeReached(now: retry, using: &generator) == [.makeToken(audience: "a")])
        // Near the end there is no room for another attempt.
        let late = machine.tokenFailed(busy, audience: "a", now: .seconds(3599), using: &generator)
        #expect(late == [.fail(busy)])
    }

    @Test mutating func aRefusedTokenFailsWithTheServicesReason() throws {
        var machine = CBSMachine(audiences: ["a"])
        _ = machine.linksReady(now: .zero)
        let sent = request(in: machine.tokenMade(token, audience: "a", now: .zero))
        let status = ResponseStatus(
            code: 401, description: "InvalidSignature: The token has an invalid signature.",
            condition: ErrorCondition.authFailed)
        let reply = CBSReply(correlationID: sent?.messageID, status: status)
        guard case .fail(let error)? = machine.replyReceived(reply, now: .zero, using: &generator).first else {
            Issue.record("no failure")
            return
        }
        #expect(error.code == .unauthorized)
        #expect(!error.isRetriable)
        #expect(error.remedy.contains("SharedAccessKey"))
        #expect("\(error)".contains("InvalidSignature"))
    }

    @Test mutating func anAnswerThatNeverComesFails() throws {
        var machine = CBSMachine(audiences: ["a"])
        _ = machine.linksReady(now: .zero)
        let deadline = try #require(wake(in: machine.tokenMade(token, audience: "a", now: .zero)))
        #expect(machine.timeReached(now: deadline - .milliseconds(1), using: &generator) == [])
        guard case .fail(let error)? = machine.timeReached(now: deadline, using: &generator).first else {
            Issue.record("no failure")
            return
        }
        #expect(error.code == .timedOut)
        #expect(error.isRetriable)
    }

    @Test mutating func aFinishedTokenEndsWithAnExplanation() throws {
        let finished = CBSMachine.Token(text: Secret("t"), lifetime: .seconds(100), isRenewable: false)
        var (machine, wake) = try authorized(finished)
        #expect(wake == .seconds(100))
        #expect(machine.timeReached(now: .seconds(99), using: &generator) == [])
        guard case .fail(let error)? = machine.timeReached(now: wake, using: &generator).first else {
            Issue.record("no failure")
            return
        }
        #expect(error.code == .tokenExpired)
    }

    @Test mutating func foreignRepliesAndAudiencesAreIgnored() {
        var machine = CBSMachine(audiences: ["a"])
        _ = machine.linksReady(now: .zero)
        #expect(machine.tokenMade(token, audience: "x", now: .zero) == [])
        let reply = CBSReply(correlationID: .string("put-token-9"), status: .accepted)
        #expect(machine.replyReceived(reply, now: .zero, using: &generator) == [])
        #expect(
            machine.replyReceived(CBSReply(correlationID: nil, status: .accepted), now: .zero, using: &generator) == [])
    }
}
