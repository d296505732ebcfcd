public import EventHubs
public import NIOCore

/// What the consumer of a partition says after each batch.
public enum ConsumerVerdict: Hashable, Sendable {
    /// Go on: the batch is folded, its room may be filled again.
    case proceed
    /// The batch is folded, but take nothing more until ``PartitionControl/resume()``.
    case hold
}

/// Folds one partition.
///
/// **Isolation**: every method is called on the partition's event loop, which is the loop of its connection; hence neither
/// `Sendable` nor `async`. What takes long keeps the loop from heartbeats: fold, and return.
public protocol PartitionConsumer: AnyObject {
    /// Orders for the partition, given before anything else: its first attach may be refused.
    func controlled(by control: PartitionControl)

    /// The link is open; events follow.
    func attached(_ attachment: PartitionAttachment)

    /// Events arrived, in order. They are folded when this returns: the position moves to the last of them.
    func received(_ batch: EventBatch) -> ConsumerVerdict

    /// Numbers are missing between the last batch and the next one.
    func missing(_ gap: SequenceGap)

    /// Redelivered events were dropped, because they had been folded.
    func dropped(repeatedEvents count: Int)

    /// No more events will come, for now or for good, but for one case: what a lost link has brought may still follow until the
    /// next one is attached. Otherwise what had arrived and was not folded is discarded.
    func detached(_ reason: PartitionDetachReason)

    /// The service was asked, and the last event that it has is the last one folded.
    ///
    /// - Parameters:
    ///   - properties: the service's answer.
    ///   - askedAt: when the question was sent, in nanoseconds since 1970, on this machine's clock.
    func idle(_ properties: PartitionProperties, askedAt: Int64)

    /// The service was asked and has more than was folded; for lag only.
    func behind(_ properties: PartitionProperties, askedAt: Int64)
}

extension PartitionConsumer {
    /// Does nothing.
    public func controlled(by control: PartitionControl) {}
    /// Does nothing.
    public func missing(_ gap: SequenceGap) {}
    /// Does nothing.
    public func dropped(repeatedEvents count: Int) {}
    /// Does nothing.
    public func idle(_ properties: PartitionProperties, askedAt: Int64) {}
    /// Does nothing.
    public func behind(_ properties: PartitionProperties, askedAt: Int64) {}
}

/// A link that is open.
public struct PartitionAttachment: Sendable {
    /// The partition's id.
    public var partition: String
    /// The hub as the service described it last; nil for plain brokers.
    public var hub: HubProperties?
    /// Where reading starts.
    public var position: EventPosition
    /// The loop that the consumer is called on.
    public var eventLoop: any EventLoop
    /// Orders for this partition.
    public var control: PartitionControl
}

/// Why a partition delivers nothing any more.
public enum PartitionDetachReason: Sendable {
    /// Another receiver took it. It is tried again after the pause, or on ``PartitionControl/retry(from:)``.
    case stolen(EventHubsError, retryAfter: Duration)
    /// The link or its connection broke; another attempt follows by itself.
    case lost(EventHubsError, retryAfter: Duration)
    /// The link was open but delivered nothing although there are more events; it is attached again at once.
    case stalled(behind: Int64)
    /// The broker refuses the position, or the hub is another one: nothing happens until
    /// ``PartitionControl/retry(from:)`` with a position.
    case positionRefused(EventHubsError, EventPosition)
    /// The client is shutting down.
    case shutdown
}

/// Orders for one partition, from any thread.
public struct PartitionControl: Sendable {
    private let receiver: NIOLoopBound<PartitionReceiver>
    /// The loop that the partition lives on.
    public let eventLoop: any EventLoop

    init(_ receiver: PartitionReceiver, on loop: any EventLoop) {
        self.receiver = NIOLoopBound(receiver, eventLoop: loop)
        eventLoop = loop
    }

    /// Goes on after ``ConsumerVerdict/hold``.
    public func resume() {
        eventLoop.execute { [receiver] in receiver.value.resumeOrdered() }
    }

    /// Plain brokers: accepts every message up to this number; call it when they are committed.
    public func release(upTo sequenceNumber: Int64) {
        eventLoop.execute { [receiver] in receiver.value.release(upTo: sequenceNumber) }
    }

    /// Bytes that have arrived and are not folded, and bytes that are allowed to arrive besides, by estimate.
    ///
    /// To be asked on the partition's loop.
    public var bytesInFlight: (held: Int, granted: Int) {
        let window = receiver.value.window
        return (window.heldBytes, window.granted * window.messageSizeEstimate)
    }

    /// Tries a stolen, waiting or refused partition again now; with a position, goes on from there, also when the link is open.
    public func retry(from position: EventPosition? = nil) {
        eventLoop.execute { [receiver] in receiver.value.retryOrdered(from: position) }
    }
}

/// Where the reading of a partition begins.
public enum PartitionStart: Hashable, Sendable {
    /// Nothing is stored: begin here.
    case first(EventPosition)
    /// Go on after this event.
    case after(sequenceNumber: Int64, offset: String?)
}

/// Supplies what a client reads into.
public protocol PartitionConsumerSource: Sendable {
    /// Where to begin. A store that cannot be reached is not "no position": wait in here, or throw to stop the client.
    func start(of partition: String) async throws(EventHubsError) -> PartitionStart

    /// The consumer of a partition; called once for each, on the loop that it will be called on.
    func makeConsumer(for partition: String, on eventLoop: any EventLoop) -> any PartitionConsumer

    /// The hub's properties were read, for the first time or again; look at its partitions and its time of creation.
    func hubDescribed(_ hub: HubProperties) async

    /// A connection came up or went down.
    func connectionChanged(_ change: ConnectionChange)
}

extension PartitionConsumerSource {
    /// Does nothing.
    public func hubDescribed(_ hub: HubProperties) async {}
    /// Does nothing.
    public func connectionChanged(_ change: ConnectionChange) {}
}

/// What happened to a connection, for logs and health.
public struct ConnectionChange: Sendable {
    /// What happened.
    public enum Kind: Sendable {
        /// It is open and authorized.
        case ready
        /// It is gone; another attempt follows after the wait.
        case lost(EventHubsError, retryAfter: Duration)
        /// A token was put for an audience; it ends at a time in milliseconds since 1970.
        case authorized(audience: String, until: Int64)
    }

    /// The connection's number, counted from 0.
    public var connection: Int
    /// What happened.
    public var kind: Kind
}
