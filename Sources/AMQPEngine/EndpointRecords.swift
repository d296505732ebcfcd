/// What the engine knows about a session beside Proton.
final class SessionRecord {
    let handle: SessionHandle
    let session: OpaquePointer
    /// Set once our begin has been ordered.
    var isOpen = false
    /// Set once our end has been ordered: later orders are ignored.
    var isClosed = false
    var links: Set<LinkHandle> = []

    init(handle: SessionHandle, session: OpaquePointer) {
        self.handle = handle
        self.session = session
    }
}

/// What the engine knows about a link beside Proton.
final class LinkRecord {
    let handle: LinkHandle
    let session: SessionRecord
    let link: OpaquePointer
    let isSender: Bool
    /// Set once our attach has been ordered.
    var isOpen = false
    /// Set once our detach has been ordered: later orders are ignored, and what still arrives is dropped.
    var isClosed = false
    /// Deliveries that one of the ends has not settled, by the lower half of their handle.
    var unsettled: [UInt32: OpaquePointer] = [:]
    var nextNumber: UInt32 = 1
    /// Messages received in this turn.
    var pending: [Delivery] = []
    var lastBatchCount = 0
    /// The largest message we take.
    var messageSizeMax = Int.max
    /// The peer's attach frame, as the frame filter numbers them; for message formats.
    var attachNumber: UInt32 = 0
    var receivedCount: UInt32 = 0
    var sentCount: UInt32 = 0
    /// What the last credit event said, less what was sent since.
    var reportedCredit = 0
    var reportedDrain = false

    init(handle: LinkHandle, session: SessionRecord, link: OpaquePointer, isSender: Bool) {
        self.handle = handle
        self.session = session
        self.link = link
        self.isSender = isSender
    }

    /// The next delivery handle; zero is kept for deliveries that need none.
    func makeDeliveryHandle() -> DeliveryHandle {
        let number = nextNumber
        nextNumber = nextNumber == .max ? 1 : nextNumber + 1
        return DeliveryHandle(link: handle, number: number)
    }
}
