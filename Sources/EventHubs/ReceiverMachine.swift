/// Runs the receiver link of one partition: attaches it, keeps its position, decides what follows each kind of end.
///
/// **States**
/// - *offline*: the connection is not ready; → *attaching* when it is.
/// - *attaching*: the attach is out; → *attached*, or to one of the waiting states when it is refused or not answered.
/// - *attached*: events flow; → *detaching* on a stall or a stop, → a waiting state on a detach by the peer.
/// - *detaching*: our detach is out; the new link is not opened before the old one is gone, because the broker counts both.
/// - *waiting*: a retry at a known time.
/// - *stolen*: another receiver has the partition. An equal owner level steals, so attaching again at once would make
///   two instances take turns for ever: the machine waits for the pause (ten minutes) or for an order.
/// - *halted*: the position is refused or belongs to another hub; only an order with a position ends it.
/// - *stopped*: for good.
///
/// **Position**: the last event that was *folded*, never the last that arrived. Whatever arrived beyond it is discarded with
/// the link and read again.
///
/// **Time**: `now` is the time since any fixed moment on a monotonic clock; chance comes from the caller's generator.
public struct ReceiverMachine: Sendable {
    /// How long the machine waits for what.
    public struct Timing: Hashable, Sendable {
        /// For the answer to an attach.
        public var attachTimeout: Duration
        /// For the answer to our detach, before the link is forgotten.
        public var detachTimeout: Duration
        /// Before a stolen partition is tried again.
        public var stolenPause: Duration
        /// Before something is tried again that only a change of settings can repair.
        public var settingsPause: Duration
        /// Between attempts that may succeed.
        public var backoff: Backoff

        /// Makes timing; the defaults are those of production.
        public init(
            attachTimeout: Duration = .seconds(60), detachTimeout: Duration = .seconds(5),
            stolenPause: Duration = .seconds(600), settingsPause: Duration = .seconds(60), backoff: Backoff = Backoff()
        ) {
            self.attachTimeout = attachTimeout
            self.detachTimeout = detachTimeout
            self.stolenPause = stolenPause
            self.settingsPause = settingsPause
            self.backoff = backoff
        }
    }

    /// What the shell must do, in order.
    public enum Action: Hashable, Sendable {
        /// Attach a link that starts here.
        case attach(EventPosition)
        /// Give the first credit.
        case startFlow
        /// Detach the link, closing it.
        case detach
        /// Forget the link without waiting for the peer any longer.
        case forgetLink
        /// Throw away what has arrived and is not folded.
        case discardUnfolded
        /// Tell the consumer.
        case report(Report)
        /// Call `timeReached` at this time.
        case wake(at: Duration)
    }

    /// What the consumer is told.
    public enum Report: Hashable, Sendable {
        /// Events will come, after this position.
        case attached(EventPosition)
        /// The link ended; another attempt follows by itself.
        case lost(EventHubsError, retryAfter: Duration)
        /// Another receiver has the partition.
        case stolen(EventHubsError, retryAfter: Duration)
        /// The broker does not accept the position: somebody must decide where to go on.
        case positionRefused(EventHubsError, EventPosition)
        /// Numbers are missing.
        case gap(SequenceGap)
        /// The link stood still this many events behind and is attached again.
        case stalled(behind: Int64)
        /// The machine has stopped as ordered.
        case stopped
    }

    /// The last folded event.
    public struct Position: Hashable, Sendable {
        /// Its sequence number.
        public var sequenceNumber: Int64
        /// Its offset, where known.
        public var offset: String?

        /// Makes a position.
        public init(sequenceNumber: Int64, offset: String? = nil) {
            self.sequenceNumber = sequenceNumber
            self.offset = offset
        }

        /// Where reading goes on after it.
        ///
        /// Exclusive always: offsets are opaque, and one past the end is an error.
        public var next: EventPosition {
            offset.map { .offset($0, inclusive: false) } ?? .sequenceNumber(sequenceNumber, inclusive: false)
        }
    }

    private enum AfterDetach: Sendable {
        case attachAgain
        case halt(EventHubsError)
        case stop
    }

    private enum State: Sendable {
        case offline
        case attaching(deadline: Duration)
        case attached(since: Duration)
        case detaching(then: AfterDetach, deadline: Duration)
        case waiting(until: Duration)
        case stolen(until: Duration)
        case halted
        case stopped
    }

    private let partition: String
    private let timing: Timing
    private var state: State = .offline
    private var isConnected = false
    private var backoff: Backoff
    private var start: EventPosition
    private var continuity = SequenceContinuity()
    /// The last folded event; nil before the first.
    public private(set) var position: Position?

    /// Makes a machine that starts somewhere.
    ///
    /// - Parameter start: where to read from while nothing has been folded. Resolve `latest` to a sequence number first: it
    ///   moves with every attach.
    public init(partition: String, start: EventPosition, timing: Timing = Timing()) {
        self.partition = partition
        self.start = start
        self.timing = timing
        backoff = timing.backoff
    }

    /// Makes a machine that goes on after an event.
    public init(partition: String, after position: Position, timing: Timing = Timing()) {
        self.init(partition: partition, start: position.next, timing: timing)
        self.position = position
    }

    /// Where the next attach would start.
    public var nextPosition: EventPosition { position?.next ?? start }

    /// Whether events are expected now.
    public var isAttached: Bool { attachedSince != nil }

    private var attachedSince: Duration? { if case .attached(let since) = state { since } else { nil } }

    /// Whether nothing happens any more.
    public var isStopped: Bool { if case .stopped = state { true } else { false } }

    /// Whether the machine waits for an order or a long pause: nothing is expected of the link.
    public var isParked: Bool {
        switch state {
        case .stolen, .halted, .stopped: true
        case .offline, .attaching, .attached, .detaching, .waiting: false
        }
    }
}

extension ReceiverMachine {
    /// The connection is open and authorized.
    public mutating func connectionReady(now: Duration) -> [Action] {
        isConnected = true
        switch state {
        case .offline: return attach(now: now)
        case .waiting(let until), .stolen(let until): return [.wake(at: until)]
        case .attaching, .attached, .detaching, .halted, .stopped: return []
        }
    }

    /// The connection is gone, and the link with it.
    ///
    /// The connection's own backoff decides when it comes back; the link attaches as soon as it does.
    public mutating func connectionLost(_ error: EventHubsError, retryAfter: Duration) -> [Action] {
        isConnected = false
        switch state {
        case .attached:
            state = .offline
            return [.forgetLink, .discardUnfolded, .report(.lost(named(error), retryAfter: retryAfter))]
        case .attaching, .waiting:
            state = .offline
            return [.forgetLink]
        case .detaching(let then, _):
            return linkIsGone(then, now: nil)
        case .offline, .stolen, .halted, .stopped:
            return []
        }
    }

    /// The peer's answer to our attach, with a source: the link is open.
    public mutating func attachAnswered(now: Duration) -> [Action] {
        guard case .attaching = state else { return [] }
        state = .attached(since: now)
        continuity.attached(after: position?.sequenceNumber ?? startKnowledge)
        return [.report(.attached(nextPosition)), .startFlow]
    }

    /// What the start position tells about the event before the first one.
    private var startKnowledge: Int64? {
        switch start {
        case .sequenceNumber(let number, inclusive: false): number
        case .sequenceNumber(let number, inclusive: true): number > .min ? number - 1 : nil
        case .earliest, .latest, .offset, .enqueuedTime: nil
        }
    }

    /// The link ended by the peer, refused or later, or our own detach was answered.
    public mutating func detachReceived(
        _ error: EventHubsError?, now: Duration, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        switch state {
        case .attaching, .attached:
            return ended(named(error ?? Self.closedWithoutReason), now: now, using: &generator)
        case .detaching(.attachAgain, _) where error?.code == .stolen:
            // Taken while we gave the link back: attaching again now would steal it from its new reader.
            return ended(named(error ?? Self.closedWithoutReason), now: now, using: &generator)
        case .detaching(let then, _):
            return linkIsGone(then, now: now)
        case .offline, .waiting, .stolen, .halted, .stopped:
            return []
        }
    }

    private static let closedWithoutReason = EventHubsError(
        .forcedClose, "The broker closed the link without a reason", isRetriable: true, scope: .link)

    private mutating func ended(
        _ error: EventHubsError, now: Duration, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        let attachedSince = attachedSince
        var actions: [Action] = attachedSince != nil ? [.forgetLink, .discardUnfolded] : [.forgetLink]
        switch error.code {
        case .stolen:
            // Jitter, so that two instances that stole from each other do not return together.
            let pause = timing.stolenPause * Double.random(in: 1...1.1, using: &generator)
            state = .stolen(until: now + pause)
            actions += [.report(.stolen(error, retryAfter: pause)), .wake(at: now + pause)]
        case .positionRefused:
            state = .halted
            actions.append(.report(.positionRefused(error, nextPosition)))
        default:
            // A link that lasted was a success; one that is taken away at once is an attempt like any other.
            if let since = attachedSince, now - since > timing.backoff.longest { backoff.reset() }
            let wait = backoff.next(
                atLeast: error.isRetriable ? error.retryAfter : timing.settingsPause, using: &generator)
            state = .waiting(until: now + wait)
            actions += [.report(.lost(error, retryAfter: wait)), .wake(at: now + wait)]
        }
        return actions
    }

    /// A time asked for with `wake` has come; harmless when it is too early.
    public mutating func timeReached(
        now: Duration, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        switch state {
        case .attaching(let deadline):
            guard now >= deadline else { return [] }
            let error = EventHubsError(
                .timedOut, "The broker did not answer the attach within \(timing.attachTimeout)", isRetriable: true,
                scope: .link)
            return [.detach] + ended(named(error), now: now, using: &generator)
        case .detaching(let then, let deadline):
            guard now >= deadline else { return [] }
            return linkIsGone(then, now: now)
        case .waiting(let until), .stolen(let until):
            guard now >= until else { return [] }
            guard isConnected else {
                state = .offline
                return []
            }
            return attach(now: now)
        case .offline, .attached, .halted, .stopped:
            return []
        }
    }

    private mutating func attach(now: Duration) -> [Action] {
        let deadline = now + timing.attachTimeout
        state = .attaching(deadline: deadline)
        return [.attach(nextPosition), .wake(at: deadline)]
    }

    private mutating func linkIsGone(_ then: AfterDetach, now: Duration?) -> [Action] {
        switch then {
        case .attachAgain:
            state = .offline
            guard isConnected, let now else { return [.forgetLink] }
            return [.forgetLink] + attach(now: now)
        case .halt(let error):
            state = .halted
            return [.forgetLink, .report(.positionRefused(error, nextPosition))]
        case .stop:
            state = .stopped
            return [.forgetLink, .report(.stopped)]
        }
    }

    private func named(_ error: EventHubsError) -> EventHubsError {
        var error = error
        error.partition = error.partition ?? partition
        return error
    }
}

extension ReceiverMachine {
    /// What to do with an event that arrived.
    public enum Arrival: Hashable, Sendable {
        /// Fold it.
        case fold
        /// Fold it, and report the numbers missing before it.
        case foldAfterGap(SequenceGap)
        /// It was folded before; drop it and count it.
        case drop
        /// The hub is another one: fold nothing, and carry out `actions`.
        case refuse(actions: [Action])
    }

    /// Judges an event by its sequence number, in arrival order.
    public mutating func received(sequenceNumber: Int64, now: Duration) -> Arrival {
        guard case .attached = state else { return .drop }
        switch continuity.observe(sequenceNumber) {
        case .next: return .fold
        case .gap(let gap): return .foldAfterGap(gap)
        case .repeated: return .drop
        case .restarted(let expected):
            let error = EventHubsError(
                .positionRefused,
                "The first event after the resume has sequence number \(sequenceNumber), not \(expected): this is another "
                    + "hub under the same name, or its log was rewound",
                remedy: "Set the position with `hubwatch checkpoints set` or `reset`", partition: partition,
                scope: .link)
            let deadline = now + timing.detachTimeout
            state = .detaching(then: .halt(error), deadline: deadline)
            return .refuse(actions: [.discardUnfolded, .detach, .wake(at: deadline)])
        }
    }

    /// A batch is folded, up to this event.
    public mutating func folded(upTo position: Position) {
        guard position.sequenceNumber > self.position?.sequenceNumber ?? .min else { return }
        self.position = position
        backoff.reset()
    }

    /// The watchdog found that the link delivers nothing although there is more.
    public mutating func stalled(behind: Int64, now: Duration) -> [Action] {
        guard case .attached = state else { return [] }
        let deadline = now + timing.detachTimeout
        state = .detaching(then: .attachAgain, deadline: deadline)
        return [.report(.stalled(behind: behind)), .discardUnfolded, .detach, .wake(at: deadline)]
    }
}

extension ReceiverMachine {
    /// Try again now: after a theft, a refusal or during a wait.
    ///
    /// With a position, go on from there instead, also when the link is open.
    public mutating func resumeOrdered(from position: EventPosition? = nil, now: Duration) -> [Action] {
        switch state {
        case .stolen, .waiting, .halted, .offline:
            if let position {
                self.position = nil
                start = position
            }
            backoff.reset()
            guard isConnected else {
                state = .offline
                return []
            }
            return attach(now: now)
        case .attaching, .attached:
            guard let position else { return [] }
            self.position = nil
            start = position
            let deadline = now + timing.detachTimeout
            state = .detaching(then: .attachAgain, deadline: deadline)
            return [.discardUnfolded, .detach, .wake(at: deadline)]
        case .detaching(.attachAgain, let deadline), .detaching(.halt, let deadline):
            guard let position else { return [] }
            self.position = nil
            start = position
            state = .detaching(then: .attachAgain, deadline: deadline)
            return []
        case .detaching(.stop, _), .stopped:
            return []
        }
    }

    /// Stop for good; what has arrived is discarded.
    public mutating func stopOrdered(now: Duration) -> [Action] {
        switch state {
        case .attaching, .attached:
            let deadline = now + timing.detachTimeout
            state = .detaching(then: .stop, deadline: deadline)
            return [.discardUnfolded, .detach, .wake(at: deadline)]
        case .detaching(_, let deadline):
            state = .detaching(then: .stop, deadline: deadline)
            return []
        case .offline, .waiting, .stolen, .halted:
            state = .stopped
            return [.report(.stopped)]
        case .stopped:
            return []
        }
    }
}
