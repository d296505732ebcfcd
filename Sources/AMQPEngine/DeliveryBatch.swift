/// Memory that received messages are put into, many to a slab.
///
/// **Shape**: one block, about 1 MB, made once and reused when nobody but the engine holds the slab. The engine writes
/// each byte range once before it hands it out, and does not touch it again while anyone holds the slab.
/// **Isolation**: readable from any thread by whoever was handed a range of it, hence `Sendable`; written on the
/// engine's loop only.
public final class DeliverySlab: @unchecked Sendable {
    /// How many bytes behind every message may be read as well, as wide instructions do.
    ///
    /// They belong to that message alone.
    public static let spareByteCount = 64

    let base: UnsafeMutableRawPointer
    let capacity: Int
    var used = 0

    init(capacity: Int) {
        self.capacity = capacity
        base = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 64)
        // Not written here: pages that no message reaches stay untouched. Every range is written before it is handed
        // out.
    }

    deinit {
        base.deallocate()
    }

    /// The bytes of a range that came with the slab; an empty buffer for one that did not.
    ///
    /// Valid while the slab is held.
    public func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        guard range.lowerBound >= 0, range.upperBound <= capacity else {
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        return UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count)
    }

    /// Room for a message of a size with its spare bytes, or nil when the slab is full.
    @inline(__always)
    func reserve(_ count: Int) -> Int? {
        guard count <= capacity - Self.spareByteCount - used else { return nil }
        let start = used
        // 16-byte steps keep the start of every message aligned for vector loads.
        used = min((start + count + Self.spareByteCount + 15) & ~15, capacity)
        return start
    }
}

/// One received message.
///
/// **Shape**: a trivial value; the bytes are in the slab of the batch.
public struct Delivery: Hashable, Sendable {
    /// Where the encoded message is in the slab.
    ///
    /// ``DeliverySlab/spareByteCount`` readable bytes follow it.
    public let range: Range<Int>
    /// Where the delivery tag is in the slab; empty tags take no room.
    public let tagRange: Range<Int>
    /// For settling it; meaningless when ``settled``.
    public let handle: DeliveryHandle
    /// The message format of the transfer; 0 is the standard one.
    public let messageFormat: UInt32
    /// Whether the sender settled it already, so that nothing is owed.
    public let settled: Bool
}

/// The messages that one link received in one turn.
public struct DeliveryBatch: Sendable {
    /// The memory that they are in; holding it keeps it from reuse.
    public let slab: DeliverySlab
    /// The messages in the order of the link.
    public let deliveries: [Delivery]

    /// The encoded message of a delivery of this batch; valid while the slab is held.
    public func bytes(of delivery: Delivery) -> UnsafeRawBufferPointer {
        slab.bytes(delivery.range)
    }

    /// A copy of the tag of a delivery of this batch.
    public func tag(of delivery: Delivery) -> [UInt8] {
        delivery.tagRange.isEmpty ? [] : [UInt8](slab.bytes(delivery.tagRange))
    }
}
