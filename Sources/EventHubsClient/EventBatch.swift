public import AMQPEngine

/// One event of a partition, in the memory of its batch.
public struct ReceivedEvent: Sendable {
    /// Where the content is.
    public enum Body: Sendable {
        /// In the batch's slab, in one piece.
        case contiguous(Range<Int>)
        /// Joined from several data sections, because the content is all of them in order.
        case joined(PaddedBytes)
        /// There is nothing that could be folded; the reason.
        case unusable(UnusableReason)
    }

    /// Why an event's content cannot be folded.
    public enum UnusableReason: Hashable, Sendable {
        /// The message is not valid AMQP; what is wrong and at which byte.
        case malformed(String)
        /// There is no body section.
        case noBody
        /// The body is neither bytes nor text: a sequence, or a value of another type.
        case notBytes
        /// The service's sequence number is missing; the event has the number of the one before it.
        case noSequenceNumber
    }

    /// The sequence number; for plain brokers a running number.
    public var sequenceNumber: Int64
    /// Where the offset's text is; empty for plain brokers.
    public var offset: Range<Int>
    /// When the broker took the event, in milliseconds since 1970; for plain brokers when it arrived here.
    public var enqueuedTimeMilliseconds: Int64
    /// Where the partition key's text is.
    public var partitionKey: Range<Int>?
    /// The content.
    public var body: Body
    /// The whole encoded message.
    public var message: Range<Int>

    /// Whether the sequence number is the event's own.
    public var hasSequenceNumber: Bool {
        if case .unusable(.noSequenceNumber) = body { false } else { true }
    }
}

/// Bytes outside of a slab, with the readable margin behind them that slabs have.
public struct PaddedBytes: Sendable {
    /// The bytes and, behind them, zeros.
    private var storage: [UInt8]
    /// How many bytes there are.
    public let count: Int

    /// Copies pieces one after the other.
    init(joining pieces: [UnsafeRawBufferPointer]) {
        count = pieces.reduce(0) { $0 + $1.count }
        storage = []
        storage.reserveCapacity(count + DeliverySlab.spareByteCount)
        for piece in pieces { storage.append(contentsOf: piece) }
        storage.append(contentsOf: repeatElement(0, count: DeliverySlab.spareByteCount))
    }

    /// The bytes; 64 more are readable behind them.
    public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try storage.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
    }
}

/// Events of one partition, in order, as they arrived together.
///
/// **Bounds**: what is read of a range is valid while the batch is held; 64 bytes behind every body may be read as well.
public struct EventBatch: Sendable {
    /// The memory that the ranges are in.
    public let slab: DeliverySlab
    /// The events, sequence numbers rising.
    public let events: [ReceivedEvent]
    /// When they arrived here, in nanoseconds since 1970.
    public let receivedAt: Int64
    /// The partition's last sequence number as of the last event, where the service says so.
    public let lastEnqueuedSequenceNumber: Int64?
    /// When that event was enqueued, in milliseconds since 1970.
    public let lastEnqueuedTimeMilliseconds: Int64?
    /// The events' message ids, for plain brokers only: there they are what duplicates are known by.
    public let messageIDs: [String?]

    /// The first events alone, in the same memory.
    public func prefix(_ count: Int) -> EventBatch {
        guard count < events.count else { return self }
        return EventBatch(
            slab: slab, events: Array(events.prefix(count)), receivedAt: receivedAt,
            lastEnqueuedSequenceNumber: lastEnqueuedSequenceNumber,
            lastEnqueuedTimeMilliseconds: lastEnqueuedTimeMilliseconds, messageIDs: Array(messageIDs.prefix(count)))
    }

    /// The content of an event; nil when it is unusable.
    public func withBody<R>(of event: ReceivedEvent, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R? {
        switch event.body {
        case .contiguous(let range): try body(slab.bytes(range))
        case .joined(let bytes): try bytes.withBytes(body)
        case .unusable: nil
        }
    }

    /// The encoded message of an event.
    public func message(of event: ReceivedEvent) -> UnsafeRawBufferPointer { slab.bytes(event.message) }

    /// A text of an event: its offset or partition key.
    public func text(_ range: Range<Int>) -> String { String(decoding: slab.bytes(range), as: UTF8.self) }
}
