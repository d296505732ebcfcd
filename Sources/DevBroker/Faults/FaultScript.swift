public import AMQPTypes

/// What a broker does wrong, when, and how often: a value, so that the same script makes the same faults.
///
/// One fault a line; `#` begins a comment:
///
///     # the partition is throttled three times, then taken
///     on attach   partition=0 nth=1..3           do throttle
///     on delivery partition=0 nth=100            do detach amqp:link:detach-forced
///     on delivery partition=1 nth=50             do stall
///     on delivery nth=500                        do cut bytes=100
///     on request  subject=partition for=2s       do silence
///     on time     at=5s                          do close amqp:connection:forced "redeployed"
///
/// `on EVENT [KEY=VALUE …] do ACTION [ARGUMENTS]`. Events: `open` (a connection), `attach` (a receiver), `delivery` (an event is
/// about to be sent to a receiver), `send` (a message arrived), `request` (to the management node), `token`, `time`.
///
/// **Which**: `hub`, `partition`, `group`, `position` (earliest, latest, offset, sequence, time), `subject` (hub, partition) and
/// `sequence` (of the event) choose the facts that a fault counts.
///
/// **When**: `nth=3`, `nth=2..5` or `nth=4..` among the counted facts, `every=10`; `after=5s` and `until=9s` since the script
/// began, `for=2s` since the fault's first time, `at=5s` for `time`. Without any of these: always.
///
/// **What**: see ``FaultAction``. A fault of a delivery comes before the event is sent; the event itself is not lost, except
/// with `skip`. Facts are counted in the order in which they happen at the broker, over all connections.
public struct FaultScript: Hashable, Sendable {
    /// The faults in the order of the text.
    public var faults: [Fault]

    /// Makes a script.
    public init(_ faults: [Fault] = []) { self.faults = faults }
}

/// One line of a ``FaultScript``.
public struct Fault: Hashable, Sendable {
    /// What a fault waits for.
    public enum Trigger: Hashable, Sendable {
        /// A fact of this kind.
        case fact(BrokerFact.Kind)
        /// A time since the script began.
        case time(Duration)
    }

    /// Which facts count; nil leaves a member open.
    public struct Filter: Hashable, Sendable {
        /// The hub's name.
        public var hub: String?
        /// The partition's id.
        public var partition: String?
        /// The consumer group.
        public var group: String?
        /// How the position is given.
        public var position: BrokerFact.PositionKind?
        /// What a question is about.
        public var subject: BrokerFact.Subject?
        /// The event's sequence number.
        public var sequenceNumber: Int64?

        /// Makes a filter that every fact passes.
        public init() {}
    }

    /// Which of the counted facts are faults, from 1.
    public struct Occurrences: Hashable, Sendable {
        /// The first.
        public var first = 1
        /// The last; nil for no end.
        public var last: Int?
        /// Of these, each so many.
        public var every = 1

        /// Makes the occurrences; without arguments all.
        public init(first: Int = 1, last: Int? = nil, every: Int = 1) {
            self.first = first
            self.last = last
            self.every = every
        }

        func contains(_ number: Int) -> Bool {
            number >= first && number <= last ?? .max && (number - first) % max(1, every) == 0
        }
    }

    /// What it waits for.
    public var trigger: Trigger
    /// Which facts count.
    public var filter = Filter()
    /// Which of them are faults.
    public var occurrences = Occurrences()
    /// Facts before this time since the script's begin do not count.
    public var after: Duration?
    /// Facts from this time on do not count.
    public var until: Duration?
    /// How long it goes on after its first time.
    public var span: Duration?
    /// What happens.
    public var action: FaultAction
    /// The line of the script, for reports; 0 without one.
    public var line = 0

    /// Makes a fault that happens on every fact of its kind.
    public init(on trigger: Trigger, do action: FaultAction) {
        self.trigger = trigger
        self.action = action
    }
}

/// What a broker can be made to do wrong.
public enum FaultAction: Hashable, Sendable {
    /// `refuse CONDITION ["TEXT"]`: an attach is answered without a terminus and detached; a message is rejected; a question or
    /// token is answered with an error.
    case refuse(AMQPCondition)
    /// `detach CONDITION ["TEXT"]`: the link ends; an attach is answered first. On `time`: every link, or those of `partition`.
    case detach(AMQPCondition)
    /// `close CONDITION ["TEXT"]`: the connection ends; on `time` every connection.
    case close(AMQPCondition)
    /// `throttle`: what the service does when it is busy, with its text: attaches, messages and questions are refused, links
    /// detached.
    case throttle
    /// `delay TIME`: an answer or a delivery waits.
    case delay(Duration)
    /// `silence`: no answer ever comes.
    case silence
    /// `stall [TIME]`: the link stays attached and delivers nothing any more, or for a time.
    case stall(Duration?)
    /// `cut [bytes=N]`: the socket is closed without a word, at once or after so many more bytes; on `time` every socket.
    case cut(afterBytes: Int)
    /// `repeat [N]`: the event is delivered so many times more.
    case `repeat`(Int)
    /// `rewind N`: delivery goes on from so many events earlier.
    case rewind(Int)
    /// `skip N`: so many events are passed over.
    case skip(Int)
    /// `garbage`: bytes that are no message are delivered in front of the event.
    case garbage
    /// `overrun N`: on `open`: links of the connection send so many events more than they are given credit for, each time.
    case overrun(Int)
}
