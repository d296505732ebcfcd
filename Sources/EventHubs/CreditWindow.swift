/// How much credit a partition's link may have: bounded in events and in bytes in flight.
///
/// Bytes in flight are the events that have arrived and are not consumed, plus the credit that is out, valued at an
/// estimate of the message size. The estimate rises quickly and falls slowly, so that a change to large messages is met
/// with less credit within a few batches.
///
/// **Bounds**: never more than `eventsMax` events unconsumed or granted; the estimate of bytes in flight stays within
/// `bytesMax`, except that one event may always be in flight: a partition must not starve because one message is large.
public struct CreditWindow: Hashable, Sendable {
    /// The most events granted or unconsumed.
    public let eventsMax: Int
    /// The most bytes in flight, by estimate.
    public var bytesMax: Int
    /// Whether credit is given only when none is out.
    ///
    /// Some brokers (RabbitMQ 3.10) send more than they may when credit arrives while they are sending.
    public let waitsUntilUsed: Bool
    /// Credit that is out: granted and not yet used by an arrival.
    public private(set) var granted = 0
    /// Events that have arrived and are not consumed.
    public private(set) var heldEvents = 0
    /// Their bytes.
    public private(set) var heldBytes = 0
    /// What a message is expected to weigh, in bytes.
    public private(set) var messageSizeEstimate: Int

    /// Makes a window.
    public init(
        eventsMax: Int, bytesMax: Int, messageSizeEstimate: Int = 16_384, waitsUntilUsed: Bool = false
    ) {
        self.waitsUntilUsed = waitsUntilUsed
        self.eventsMax = max(1, eventsMax)
        self.bytesMax = max(1, bytesMax)
        self.messageSizeEstimate = max(1, messageSizeEstimate)
    }

    /// A new link: no credit is out, nothing is held.
    public mutating func reset() {
        granted = 0
        heldEvents = 0
        heldBytes = 0
    }

    /// Events arrived.
    public mutating func received(events: Int, bytes: Int) {
        guard events > 0 else { return }
        granted = max(0, granted - events)
        heldEvents += events
        heldBytes += bytes
        let mean = max(1, bytes / events)
        let weight = mean > messageSizeEstimate ? 2 : 16
        messageSizeEstimate += (mean - messageSizeEstimate) / weight
        messageSizeEstimate = max(1, messageSizeEstimate)
    }

    /// Events were consumed; their room is free.
    public mutating func consumed(events: Int, bytes: Int) {
        heldEvents = max(0, heldEvents - events)
        heldBytes = max(0, heldBytes - bytes)
    }

    /// The credit to give now; zero until half of the window is free, so that flows stay rare.
    public mutating func grant() -> UInt32 {
        let room = max(0, bytesMax - heldBytes) / messageSizeEstimate
        let window = min(eventsMax - heldEvents, room)
        let target = max(window, heldEvents == 0 ? 1 : 0)
        let more = target - granted
        guard more > 0, granted == 0 || (!waitsUntilUsed && more * 2 >= target) else { return 0 }
        granted += more
        return UInt32(clamping: more)
    }
}
