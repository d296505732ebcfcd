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
/// **Position**: the last event that was *folded*, never the last that arrived. What a lost link has brought may be folded until
/// the next link is attached: a service that takes links away faster than they are read must not keep a partition from getting
/// on. Then the rest is discarded and read again. A stolen link's events are discarded at once: their new reader has them.
///
/// **Time**: `now` is the time since any fixed moment on a monotonic clock; chance comes from the caller's generator.
public struct ReceiverMachine: Sendable {
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
    /// Whether events of a lost link may still be folded.
    private var mayFoldArrived = false
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
            mayFoldArrived = true
            return [.forgetLink, .report(.lost(named(error), retryAfter: retryAfter))]
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
        var actions: [Action] = [.forgetLink]
        switch error.code {
        case .stolen:
            if attachedSince != nil { actions.append(.discardUnfolded) }
            // Jitter, so that two instances that stole from each other do not return together.
            let pause = timing.stolenPause * Double.random(in: 1...1.1, using: &generator)
            state = .stolen(until: now + pause)
            actions += [.report(.stolen(error, retryAfter: pause)), .wake(at: now + pause)]
        case .positionRefused:
            if attachedSince != nil { actions.append(.discardUnfolded) }
            state = .halted
            actions.append(.report(.positionRefused(error, nextPosition)))
        default:
            // A link that lasted was a success; one that is taken away at once is an attempt like any other.
            if let since = attachedSince, now - since > timing.backoff.longest { backoff.reset() }
            let wait = backoff.next(
                atLeast: error.isRetriable ? error.retryAfter : timing.settingsPause, using: &generator)
            state = .waiting(until: now + wait)
            mayFoldArrived = attachedSince != nil
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
        defer { mayFoldArrived = false }
        return (mayFoldArrived ? [.discardUnfolded] : []) + [.attach(nextPosition), .wake(at: deadline)]
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
        guard isAttached || mayFoldArrived else { return .drop }
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
            mayFoldArrived = false
            guard isAttached else {
                state = .halted
                return .refuse(actions: [.discardUnfolded, .report(.positionRefused(error, nextPosition))])
            }
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
            defer { mayFoldArrived = false }
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
            defer { mayFoldArrived = false }
            return (mayFoldArrived ? [.discardUnfolded] : []) + [.report(.stopped)]
        case .stopped:
            return []
        }
    }
}
