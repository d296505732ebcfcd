import AMQPTypes
import CProton

extension AMQPEngine {
    /// Handles one delivery event: a message (or part of one) on a receiving link, or news of one that we sent.
    @inline(__always)
    func handle(delivery: OpaquePointer) {
        guard let link = pn_delivery_link(delivery) else { return }
        let record: LinkRecord
        if let cached = cachedLink, cached.link == link {
            record = cached
        } else if let found = linksByPointer[link] {
            cachedLink = found
            record = found
        } else {
            return
        }
        if record.isSender {
            updated(delivery, on: record)
        } else if pn_link_current(link) == delivery {
            received(delivery, on: record)
        } else if pn_delivery_updated(delivery) {
            updated(delivery, on: record)
        }
    }

    // MARK: Receiving

    private func received(_ delivery: OpaquePointer, on record: LinkRecord) {
        let size = pn_delivery_pending(delivery)
        if record.isClosed {
            discard(delivery, on: record)
            return
        }
        guard pn_link_credit(record.link) > 0 else {
            // Proton counts the credit but does not hold the peer to it; memory is bounded by it.
            let text = "A message arrived without credit."
            detach(record.handle, AMQPCondition(name: "amqp:link:transfer-limit-exceeded", description: text))
            discard(delivery, on: record)
            return
        }
        if size > record.messageSizeMax {
            let text =
                "The received message exceeds the limit (\(record.messageSizeMax) bytes) currently allowed on the link."
            detach(record.handle, AMQPCondition(name: "amqp:link:message-size-exceeded", description: text))
            discard(delivery, on: record)
            return
        }
        // Proton keeps the parts; the whole is copied once, when it is there.
        if pn_delivery_partial(delivery) { return }
        record.receivedCount &+= 1
        let format = incoming.takeFormat(attach: record.attachNumber, delivery: record.receivedCount)
        if pn_delivery_aborted(delivery) {
            // The sender took it back. It used one credit, which is given again.
            finish(delivery, on: record)
            pn_link_flow(record.link, 1)
            return
        }
        take(delivery, size: size, format: format, on: record)
    }

    @inline(__always)
    private func take(_ delivery: OpaquePointer, size: Int, format: UInt32, on record: LinkRecord) {
        let tag = pn_delivery_tag(delivery)
        let needed = size + (tag.start == nil ? 0 : tag.size)
        let settled = pn_delivery_settled(delivery)
        let handle = settled ? DeliveryHandle(link: record.handle, number: 0) : record.makeDeliveryHandle()
        if slabs.holds(needed) {
            var reserved = slabs.current.reserve(needed)
            if reserved == nil {
                publishAllBatches()
                slabs.advance()
                reserved = slabs.current.reserve(needed)
            }
            let place = Self.copy(record.link, size, tag, to: slabs.current, at: reserved ?? 0)
            if record.pending.isEmpty {
                linksWithMessages.append(record)
                record.pending.reserveCapacity(record.lastBatchCount)
            }
            record.pending.append(
                Delivery(
                    range: place.message, tagRange: place.tag, handle: handle, messageFormat: format, settled: settled))
        } else {
            // A message larger than a slab gets its own.
            publishBatch(of: record)
            let slab = DeliverySlab(capacity: needed + DeliverySlab.spareByteCount)
            let place = Self.copy(record.link, size, tag, to: slab, at: slab.reserve(needed) ?? 0)
            let message = Delivery(
                range: place.message, tagRange: place.tag, handle: handle, messageFormat: format, settled: settled)
            publish(.deliveries(record.handle, DeliveryBatch(slab: slab, deliveries: [message])))
        }
        if settled {
            finish(delivery, on: record)
        } else {
            record.unsettled[handle.number] = delivery
            pn_delivery_set_context(delivery, UnsafeMutableRawPointer(bitPattern: UInt(handle.number)))
            _ = pn_link_advance(record.link)
        }
    }

    /// Copies the current message of a link, its tag behind it, and zeros behind both, to a reserved place.
    ///
    /// The message comes first: its start is aligned.
    @inline(__always)
    private static func copy(
        _ link: OpaquePointer, _ size: Int, _ tag: pn_delivery_tag_t, to slab: DeliverySlab, at start: Int
    ) -> (message: Range<Int>, tag: Range<Int>) {
        var end = start
        if size > 0 {
            let destination = (slab.base + start).assumingMemoryBound(to: CChar.self)
            end += max(Int(pn_link_recv(link, destination, size)), 0)
        }
        let message = start..<end
        if let bytes = tag.start, tag.size > 0 {
            (slab.base + end).copyMemory(from: bytes, byteCount: tag.size)
            end += tag.size
        }
        (slab.base + end).initializeMemory(as: UInt8.self, repeating: 0, count: DeliverySlab.spareByteCount)
        return (message, message.upperBound..<end)
    }

    /// Steps past a received delivery that nothing is owed for.
    @inline(__always)
    private func finish(_ delivery: OpaquePointer, on record: LinkRecord) {
        _ = pn_link_advance(record.link)
        pn_delivery_settle(delivery)
    }

    /// Throws away what arrives on a link that we have detached.
    private func discard(_ delivery: OpaquePointer, on record: LinkRecord) {
        withUnsafeTemporaryAllocation(byteCount: 16384, alignment: 16) { scratch in
            let start = scratch.baseAddress?.assumingMemoryBound(to: CChar.self)
            while pn_link_recv(record.link, start, scratch.count) > 0 {}
        }
        if !pn_delivery_partial(delivery) { finish(delivery, on: record) }
    }

    // MARK: Batches

    func publishBatch(of record: LinkRecord) {
        guard !record.pending.isEmpty else { return }
        linksWithMessages.removeAll { $0 === record }
        publishPending(record)
    }

    func publishAllBatches() {
        guard !linksWithMessages.isEmpty else { return }
        for record in linksWithMessages { publishPending(record) }
        linksWithMessages.removeAll(keepingCapacity: true)
    }

    private func publishPending(_ record: LinkRecord) {
        record.lastBatchCount = min(record.pending.count, 1024)
        let deliveries = record.pending
        record.pending = []
        publish(.deliveries(record.handle, DeliveryBatch(slab: slabs.current, deliveries: deliveries)))
    }

    // MARK: Outcomes

    /// The peer's word on a delivery: on one that we sent, or that we have received and not settled.
    private func updated(_ delivery: OpaquePointer, on record: LinkRecord) {
        guard pn_delivery_updated(delivery) else { return }
        let number = UInt32(truncatingIfNeeded: UInt(bitPattern: pn_delivery_get_context(delivery)))
        let settled = pn_delivery_settled(delivery)
        let outcome = Self.outcome(of: delivery)
        pn_delivery_clear(delivery)
        guard number != 0, record.unsettled[number] == delivery else { return }
        let handle = DeliveryHandle(link: record.handle, number: number)
        publish(.updated(handle, record.handle, outcome, settled: settled))
        if settled {
            record.unsettled[number] = nil
            pn_delivery_settle(delivery)
        }
    }

    private static func outcome(of delivery: OpaquePointer) -> DeliveryOutcome? {
        let state = pn_delivery_remote_state(delivery)
        let disposition = pn_delivery_remote(delivery)
        switch state {
        case 0: return nil
        case UInt64(PN_RECEIVED): return .received
        case UInt64(PN_ACCEPTED): return .accepted
        case UInt64(PN_REJECTED):
            let condition = AMQPCondition(proton: pn_disposition_condition(disposition))
            return .rejected(condition ?? AMQPCondition(name: "", description: nil))
        case UInt64(PN_RELEASED): return .released
        case UInt64(PN_MODIFIED):
            return .modified(
                deliveryFailed: pn_disposition_is_failed(disposition),
                undeliverableHere: pn_disposition_is_undeliverable(disposition))
        default: return .other(state)
        }
    }
}
