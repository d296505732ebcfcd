/// Keeps one connection to the broker: connects, authorizes, notices the end, waits, connects again.
///
/// **States**: *idle* → *connecting* (TCP, TLS, SASL, open) → *authorizing* (tokens) → *ready*; from each of these a
/// failure leads to *waiting* and back to *connecting*. An order to stop leads through *closing* to *closed*.
///
/// **Time**: `now` is the time since any fixed moment on a monotonic clock; chance comes from the caller's generator.
public struct ConnectionMachine: Sendable {
    /// How long the machine waits for what.
    public struct Timing: Hashable, Sendable {
        /// For the connection to be open and authorized.
        public var openTimeout: Duration
        /// For the peer's answer to our close.
        public var closeTimeout: Duration
        /// Before something is tried again that only a change of settings can repair.
        public var settingsPause: Duration
        /// Between attempts that may succeed.
        public var backoff: Backoff

        /// Makes timing; the defaults are those of production.
        public init(
            openTimeout: Duration = .seconds(60), closeTimeout: Duration = .seconds(5),
            settingsPause: Duration = .seconds(60), backoff: Backoff = Backoff()
        ) {
            self.openTimeout = openTimeout
            self.closeTimeout = closeTimeout
            self.settingsPause = settingsPause
            self.backoff = backoff
        }
    }

    /// What the shell must do, in order.
    public enum Action: Hashable, Sendable {
        /// Make a channel and open the connection.
        case connect
        /// Begin the session and put the tokens.
        case authorize
        /// Tell the links that they may attach.
        case announceReady
        /// Tell the links that they are gone, and everybody why.
        case announceLost(EventHubsError, retryAfter: Duration)
        /// Give the channel up.
        case dropChannel
        /// Close the connection in order.
        case close
        /// Call `timeReached` at this time.
        case wake(at: Duration)
        /// Nothing more will happen.
        case finished
    }

    private enum State: Sendable {
        case idle
        case connecting(deadline: Duration)
        case authorizing(deadline: Duration)
        case ready(since: Duration)
        case waiting(until: Duration)
        case closing(deadline: Duration)
        case closed
    }

    private let peer: String
    private let timing: Timing
    private var state: State = .idle
    private var backoff: Backoff
    /// Why we gave the channel up, until its end is reported.
    private var ownReason: EventHubsError?

    /// Makes a machine; `peer` is the broker's name in errors.
    public init(peer: String, timing: Timing = Timing()) {
        self.peer = peer
        self.timing = timing
        backoff = timing.backoff
    }

    /// Whether links may attach.
    public var isReady: Bool { if case .ready = state { true } else { false } }

    /// Whether a channel is wanted.
    public var isConnecting: Bool { if case .connecting = state { true } else { false } }

    /// Whether nothing will happen any more.
    public var isClosed: Bool { if case .closed = state { true } else { false } }

    /// Somebody needs the connection.
    public mutating func startOrdered(now: Duration) -> [Action] {
        guard case .idle = state else { return [] }
        return connect(now: now)
    }

    private mutating func connect(now: Duration) -> [Action] {
        let deadline = now + timing.openTimeout
        state = .connecting(deadline: deadline)
        ownReason = nil
        return [.connect, .wake(at: deadline)]
    }

    /// The peer's open arrived.
    public mutating func opened() -> [Action] {
        guard case .connecting(let deadline) = state else { return [] }
        state = .authorizing(deadline: deadline)
        return [.authorize]
    }

    /// Every token is accepted, or none is needed.
    public mutating func authorized(now: Duration) -> [Action] {
        guard case .authorizing = state else { return [] }
        state = .ready(since: now)
        return [.announceReady]
    }

    /// Something that the connection cannot go on with: a refused login or token, a lost `$cbs` link.
    public mutating func failed(_ error: EventHubsError) -> [Action] {
        switch state {
        case .connecting, .authorizing, .ready:
            if ownReason == nil { ownReason = error }
            return [.dropChannel]
        case .idle, .waiting, .closing, .closed:
            return []
        }
    }

    /// The channel is gone, or could not be made.
    public mutating func channelLost(
        _ error: EventHubsError?, now: Duration, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        switch state {
        case .connecting, .authorizing, .ready:
            if case .ready(let since) = state, now - since > timing.backoff.longest { backoff.reset() }
            let error =
                ownReason ?? error
                ?? EventHubsError(
                    .connectionLost, "\(peer) closed the connection without a reason", isRetriable: true,
                    scope: .connection)
            ownReason = nil
            let wait = backoff.next(
                atLeast: error.isRetriable ? error.retryAfter : timing.settingsPause, using: &generator)
            state = .waiting(until: now + wait)
            return [.announceLost(error, retryAfter: wait), .wake(at: now + wait)]
        case .closing:
            state = .closed
            return [.finished]
        case .idle, .waiting, .closed:
            return []
        }
    }

    /// A time asked for with `wake` has come; harmless when it is too early.
    public mutating func timeReached(now: Duration) -> [Action] {
        switch state {
        case .connecting(let deadline), .authorizing(let deadline):
            guard now >= deadline, ownReason == nil else { return [] }
            return failed(
                EventHubsError(
                    .timedOut, "\(peer) did not complete the connection within \(timing.openTimeout)",
                    remedy:
                        "Check that host and port are an AMQP 1.0 endpoint and that TLS is set as the broker has it",
                    isRetriable: true, scope: .connection))
        case .waiting(let until):
            return now >= until ? connect(now: now) : []
        case .closing(let deadline):
            return now >= deadline ? [.dropChannel] : []
        case .idle, .ready, .closed:
            return []
        }
    }

    /// Close in order and do not come back.
    public mutating func stopOrdered(now: Duration) -> [Action] {
        switch state {
        case .authorizing, .ready:
            let deadline = now + timing.closeTimeout
            state = .closing(deadline: deadline)
            return [.close, .wake(at: deadline)]
        case .connecting:
            state = .closing(deadline: now)
            return [.dropChannel]
        case .idle, .waiting:
            state = .closed
            return [.finished]
        case .closing, .closed:
            return []
        }
    }
}
