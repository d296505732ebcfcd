extension ReceiverMachine {
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
}
