public import EventHubs

/// Decides when a token is fetched, and what whoever asks gets meanwhile: one token serves every connection and audience.
///
/// **States**: *empty* → *valid* (in use until the refresh time) → *aging* (the next to ask starts a fetch) → *valid* again. A fetch
/// that fails is tried again after a back-off; the old token is given out while it lives. There is never more than one
/// fetch at a time, nor one before the back-off has passed, however many ask.
///
/// **Time**: `now` is the time since any fixed moment on a monotonic clock; tokens enter with the length of their life, so that a
/// wall clock that jumps cannot end or stretch them.
public struct TokenLedger: Sendable {
    /// What whoever asked gets.
    public enum Answer: Hashable, Sendable {
        /// This token.
        case use(CBSMachine.Token)
        /// Fetch one, report it, and ask again with ``settle(now:)``.
        case fetch
        /// What the fetch under way brings.
        case wait
        /// Nothing.
        case refuse(EventHubsError)
    }

    private struct Held: Sendable {
        var token: IssuedToken
        var expiration: Int64
        var end: Duration
        var refreshAt: Duration
    }

    private var held: Held?
    private var isFetching = false
    private var lastError: EventHubsError?
    private var nextAttempt: Duration?
    private var backoff: Backoff
    /// How soon to look again while a fetch is under way that another has started.
    private static let look = Duration.seconds(5)
    /// The shortest time between two fetches.
    private static let shortest = Duration.seconds(1)

    /// Makes an empty ledger.
    public init(backoff: Backoff = Backoff(first: .seconds(1), longest: .seconds(60))) { self.backoff = backoff }

    /// When the token in force ends; nil without one.
    public var end: Duration? { held?.end }

    /// Whether the last fetch failed.
    public var isFailing: Bool { lastError != nil }

    /// A token is wanted.
    public mutating func wanted(now: Duration) -> Answer {
        let live = live(now)
        if let live, now < live.refreshAt { return .use(token(live, now, askAgain: live.refreshAt - now)) }
        if isFetching { return live.map { .use(token($0, now, askAgain: Self.look)) } ?? .wait }
        if let nextAttempt, now < nextAttempt {
            if let live { return .use(token(live, now, askAgain: nextAttempt - now)) }
            return .refuse(error(waiting: nextAttempt - now))
        }
        isFetching = true
        return .fetch
    }

    /// The fetch brought a token.
    public mutating func issued(
        _ token: IssuedToken, now: Duration, wallSeconds: Int64, using generator: inout some RandomNumberGenerator
    ) {
        isFetching = false
        lastError = nil
        let isSame = held?.token.text == token.text
        // An issuer may give the same token again, and one that it keeps may be near its end: not to be asked in a circle.
        if isSame {
            nextAttempt = now + backoff.next(using: &generator)
        } else {
            backoff.reset()
            nextAttempt = nil
        }
        let margin = min(token.lifetime / 4, .seconds(900))
        let jitter = min(token.lifetime / 20, .seconds(120)) * Double.random(in: 0...1, using: &generator)
        var wait = token.lifetime - margin
        if let wish = token.refreshIn { wait = min(wait, wish) }
        held = Held(
            token: token, expiration: (wallSeconds + token.lifetime.components.seconds) * 1000,
            end: now + token.lifetime, refreshAt: now + max(wait - jitter, Self.shortest))
    }

    /// The fetch failed.
    public mutating func failed(
        _ error: EventHubsError, now: Duration, using generator: inout some RandomNumberGenerator
    ) {
        isFetching = false
        lastError = error
        nextAttempt = now + backoff.next(atLeast: error.retryAfter, using: &generator)
    }

    /// What whoever waited for a fetch gets, after it.
    public mutating func settle(now: Duration) -> Answer {
        if let live = live(now) {
            let askAgain = max(live.refreshAt, nextAttempt ?? .zero) - now
            return .use(token(live, now, askAgain: max(askAgain, Self.shortest)))
        }
        return .refuse(error(waiting: max(.zero, (nextAttempt ?? now) - now)))
    }

    /// The service did not take a token: it is not given out again, and another one is fetched, after a back-off.
    public mutating func refused(
        _ text: Secret, now: Duration, using generator: inout some RandomNumberGenerator
    ) {
        guard held?.token.text == text else { return }
        held = nil
        lastError = EventHubsError(
            .unauthorized, "The service did not take the token",
            remedy: "Check the role assignment and source.entra.scope", isRetriable: true, scope: .connection)
        nextAttempt = now + backoff.next(using: &generator)
    }

    private func live(_ now: Duration) -> Held? { held.flatMap { now < $0.end ? $0 : nil } }

    private func token(_ held: Held, _ now: Duration, askAgain: Duration) -> CBSMachine.Token {
        CBSMachine.Token(
            text: held.token.text, type: held.token.type, lifetime: held.end - now, expiration: held.expiration,
            refreshAfter: askAgain)
    }

    /// The last failure, for whoever comes before the next attempt.
    private func error(waiting: Duration) -> EventHubsError {
        var error =
            lastError
            ?? EventHubsError(.tokenExpired, "The token has ended", isRetriable: true, scope: .connection)
        if error.isRetriable { error.retryAfter = max(error.retryAfter ?? .zero, waiting) }
        return error
    }
}
