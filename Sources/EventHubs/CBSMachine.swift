import AMQPTypes

/// Keeps the tokens of one connection valid: puts one for each audience, and again before it ends.
///
/// **States** of an audience: *idle* (no links yet) → *making* (the shell was asked for a token) → *asked* (the request is
/// out) → *valid* → *making* again at the refresh time. A refused token is final until ``linksReady(now:)``; a failure that
/// may pass is tried again until the old token ends.
///
/// **Time**: `now` is the time since any fixed moment on a monotonic clock. A token's life enters as a length, so that a
/// wall clock that jumps cannot end or stretch it.
public struct CBSMachine: Sendable {
    /// A token from the shell.
    public struct Token: Hashable, Sendable {
        /// The text.
        public var text: Secret
        /// The kind.
        public var type: CBSRequest.TokenType
        /// How long it is still valid.
        public var lifetime: Duration
        /// When it ends, in milliseconds since 1970, for the service.
        public var expiration: Int64?
        /// Whether the shell can make another one.
        public var isRenewable: Bool
        /// When the shell wants to be asked again, should that be earlier than the machine would; nil: as the machine sees fit.
        public var refreshAfter: Duration?

        /// Makes a token.
        public init(
            text: Secret, type: CBSRequest.TokenType = .sas, lifetime: Duration, expiration: Int64? = nil,
            isRenewable: Bool = true, refreshAfter: Duration? = nil
        ) {
            self.text = text
            self.type = type
            self.lifetime = lifetime
            self.expiration = expiration
            self.isRenewable = isRenewable
            self.refreshAfter = refreshAfter
        }
    }

    /// What the shell must do.
    public enum Action: Hashable, Sendable {
        /// Make a token and report it with `tokenMade` or `tokenFailed`.
        case makeToken(audience: String)
        /// Send the request on the `$cbs` sender.
        case send(CBSRequest)
        /// Every audience is valid for the first time: links may attach.
        case authorized
        /// Call `timeReached` at this time.
        case wake(at: Duration)
        /// The connection cannot be authorized: close it and report.
        case fail(EventHubsError)
    }

    private enum State: Sendable {
        case idle
        case making(validUntil: Duration?)
        case asked(id: String, token: Token, since: Duration, deadline: Duration, validUntil: Duration?)
        case valid(until: Duration, refreshAt: Duration, isRenewable: Bool)
        case retrying(at: Duration, validUntil: Duration)
    }

    private struct Audience: Sendable {
        var name: String
        var state: State = .idle
        var backoff: Backoff
        var wasAuthorized = false
    }

    private var audiences: [Audience]
    private var requests = 0
    private var isAuthorized = false
    private let replyTimeout: Duration

    /// Makes a machine for the audiences of a connection.
    public init(audiences: [String], replyTimeout: Duration = .seconds(30), backoff: Backoff = Backoff()) {
        self.audiences = audiences.map { Audience(name: $0, backoff: backoff) }
        self.replyTimeout = replyTimeout
    }

    /// The `$cbs` links are open, for the first time or again.
    public mutating func linksReady(now: Duration) -> [Action] {
        var actions: [Action] = []
        for i in audiences.indices {
            audiences[i].state = .making(validUntil: nil)
            actions.append(.makeToken(audience: audiences[i].name))
        }
        return actions
    }

    /// The shell made a token.
    public mutating func tokenMade(_ token: Token, audience: String, now: Duration) -> [Action] {
        guard let i = index(of: audience), case .making(let validUntil) = audiences[i].state else { return [] }
        requests += 1
        let id = "put-token-\(requests)"
        let deadline = now + replyTimeout
        audiences[i].state = .asked(id: id, token: token, since: now, deadline: deadline, validUntil: validUntil)
        let request = CBSRequest(
            messageID: .string(id), replyTo: EventHubAddress.cbs.path, type: token.type, audience: audience,
            token: token.text, expiration: token.expiration)
        return [.send(request), .wake(at: deadline)]
    }

    /// The shell could not make a token.
    public mutating func tokenFailed(
        _ error: EventHubsError, audience: String, now: Duration, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        guard let i = index(of: audience), case .making(let validUntil) = audiences[i].state else { return [] }
        return retryOrFail(i, error, validUntil: validUntil, now: now, using: &generator)
    }

    /// A reply came on the `$cbs` receiver.
    public mutating func replyReceived(
        _ reply: CBSReply, now: Duration, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        let found = audiences.indices.first { i in
            guard case .asked(let id, _, _, _, _) = audiences[i].state else { return false }
            return reply.correlationID?.text == id
        }
        guard let i = found, case .asked(_, let token, let since, _, let validUntil) = audiences[i].state else {
            return []
        }
        guard reply.status.isSuccess else {
            var status = reply.status
            // A peer may repeat what it was sent; no real token is so short that it is found by chance.
            if token.text.revealed.utf8.count >= 8 {
                status.description = status.description?.replacing(token.text.revealed, with: "(hidden)")
            }
            let error = EventHubsError(
                condition: status.errorCondition, while: "authorization for \(audiences[i].name)")
            return retryOrFail(i, error, validUntil: validUntil, now: now, using: &generator)
        }
        audiences[i].backoff.reset()
        audiences[i].wasAuthorized = true
        let end = since + token.lifetime
        var refresh = Self.refreshTime(since: since, lifetime: token.lifetime, using: &generator)
        if let wish = token.refreshAfter { refresh = min(refresh, since + wish) }
        audiences[i].state = .valid(until: end, refreshAt: refresh, isRenewable: token.isRenewable)
        var actions: [Action] = [.wake(at: token.isRenewable ? refresh : end)]
        if !isAuthorized, audiences.allSatisfy(\.wasAuthorized) {
            isAuthorized = true
            actions.append(.authorized)
        }
        return actions
    }

    /// Refresh with a fifth of the life left, at most ten minutes before the end, and up to a twentieth earlier by chance.
    static func refreshTime(
        since: Duration, lifetime: Duration, using generator: inout some RandomNumberGenerator
    ) -> Duration {
        let margin = min(lifetime / 5, .seconds(600))
        let jitter = min(lifetime / 20, .seconds(60)) * Double.random(in: 0...1, using: &generator)
        return since + lifetime - margin - jitter
    }

    /// A time asked for with `wake` has come; harmless when it is too early.
    public mutating func timeReached(
        now: Duration, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        var actions: [Action] = []
        for i in audiences.indices {
            actions += timeReached(i, now: now, using: &generator)
        }
        return actions
    }

    private mutating func timeReached(
        _ i: Int, now: Duration, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        let name = audiences[i].name
        switch audiences[i].state {
        case .idle, .making:
            return []
        case .asked(_, _, _, let deadline, let validUntil):
            guard now >= deadline else { return [] }
            let error = EventHubsError(
                .timedOut, "No answer to the authorization request for \(name) within \(replyTimeout)",
                isRetriable: true, scope: .connection)
            return retryOrFail(i, error, validUntil: validUntil, now: now, using: &generator)
        case .valid(let until, let refreshAt, let isRenewable):
            if isRenewable, now >= refreshAt {
                audiences[i].state = .making(validUntil: until)
                return [.makeToken(audience: name)]
            }
            return !isRenewable && now >= until ? [.fail(Self.expired(name))] : []
        case .retrying(let at, let validUntil):
            guard now >= at else { return [] }
            audiences[i].state = .making(validUntil: validUntil)
            return [.makeToken(audience: name)]
        }
    }

    /// Tries again while an older token lasts; without one the connection is of no use.
    private mutating func retryOrFail(
        _ i: Int, _ error: EventHubsError, validUntil: Duration?, now: Duration,
        using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        let wait = audiences[i].backoff.next(atLeast: error.retryAfter, using: &generator)
        guard error.isRetriable, let validUntil, now + wait < validUntil else {
            audiences[i].state = .idle
            return [.fail(error)]
        }
        audiences[i].state = .retrying(at: now + wait, validUntil: validUntil)
        return [.wake(at: now + wait)]
    }

    private func index(of audience: String) -> Int? { audiences.firstIndex { $0.name == audience } }

    private static func expired(_ audience: String) -> EventHubsError {
        EventHubsError(
            .tokenExpired, "The shared access signature for \(audience) has expired and cannot be renewed",
            remedy: "Give a new token, or a connection string with a key, from which tokens are made as needed")
    }
}
