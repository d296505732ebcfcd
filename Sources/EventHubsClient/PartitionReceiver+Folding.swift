import AMQPEngine
import AMQPTypes
import EventHubs
import Logging
import NIOCore

extension PartitionReceiver: TurnWork {
    /// Takes a batch from the link; it is folded in a turn.
    func enqueue(_ batch: DeliveryBatch) {
        guard machine.isAttached, !isStopping else { return }
        let bytes = batch.deliveries.reduce(0) { $0 &+ $1.range.count }
        window.received(events: batch.deliveries.count, bytes: bytes)
        queue.append(QueuedBatch(batch: batch, receivedAt: connection.configuration.platform.clock(), bytes: bytes))
        queuedBytes += bytes
        lastArrival = now
        connection.turns.enqueue(self)
        connection.heldBytesChanged()
    }

    /// Folds the next batch.
    func doNext() -> Int? {
        guard !isHeld, !isStopping, let next = queue.popFirst() else { return nil }
        queuedBytes = max(0, queuedBytes - next.bytes)
        if isPlain { foldPlain(next) } else { fold(next) }
        connection.heldBytesChanged()
        window.consumed(events: next.batch.deliveries.count, bytes: next.bytes)
        grantCredit()
        return next.bytes
    }

    /// Reads a batch of an Event Hub, checks its numbers, and gives it to the consumer.
    private func fold(_ queued: QueuedBatch) {
        let slab = queued.batch.slab
        var part = BatchPart(receivedAt: queued.receivedAt, capacity: queued.batch.deliveries.count)
        var repeated = 0
        let now = now
        for delivery in queued.batch.deliveries {
            let reading = reader.read(delivery, of: slab)
            part.note(reading.annotations)
            guard let number = reading.annotations.sequenceNumber else {
                part.append(delivery, reading, number: part.lastNumber ?? machine.position?.sequenceNumber ?? -1)
                continue
            }
            switch machine.received(sequenceNumber: number, now: now) {
            case .fold:
                part.append(delivery, reading, number: number)
            case .foldAfterGap(let gap):
                give(&part, slab)
                logger.error("events are missing", metadata: ["first": "\(gap.first)", "last": "\(gap.last)"])
                consumer.missing(gap)
                part.append(delivery, reading, number: number)
            case .drop:
                repeated += 1
            case .refuse(let actions):
                give(&part, slab)
                perform(actions)
                return
            }
        }
        give(&part, slab)
        settle(queued.batch)
        if repeated > 0 { consumer.dropped(repeatedEvents: repeated) }
    }

    private func give(_ part: inout BatchPart, _ slab: DeliverySlab) {
        guard !part.events.isEmpty else { return }
        let batch = part.take(slab)
        if consumer.received(batch) == .hold { isHeld = true }
        // What has no number of its own says nothing about the position.
        guard let last = batch.events.last(where: \.hasSequenceNumber) else { return }
        let offset = last.offset.isEmpty ? machine.position?.offset : batch.text(last.offset)
        machine.folded(upTo: .init(sequenceNumber: last.sequenceNumber, offset: offset))
        watchdog.received(upTo: last.sequenceNumber, now: now)
        if let known = batch.lastEnqueuedSequenceNumber { watchdog.lastEnqueuedLearned(known, now: now) }
    }

    /// The service settles what it sends; a peer that does not is answered once the batch is folded.
    private func settle(_ batch: DeliveryBatch) {
        for delivery in batch.deliveries where !delivery.settled {
            connection.withEngine { $0.settle(delivery.handle, .accepted) }
        }
    }

    /// Numbers the messages of a plain broker, and keeps them unaccepted until they are released.
    private func foldPlain(_ queued: QueuedBatch) {
        var part = BatchPart(receivedAt: queued.receivedAt, capacity: queued.batch.deliveries.count)
        for delivery in queued.batch.deliveries {
            var reading = reader.read(delivery, of: queued.batch.slab)
            let number = nextOrdinal
            nextOrdinal &+= 1
            if !delivery.settled { unsettled.append((number, delivery.handle)) }
            reading.annotations.enqueuedTime = reading.annotations.enqueuedTime ?? queued.receivedAt / 1_000_000
            reading.annotations.sequenceNumber = number
            part.append(delivery, reading, number: number)
        }
        guard !part.events.isEmpty else { return }
        let batch = part.take(queued.batch.slab)
        if consumer.received(batch) == .hold { isHeld = true }
        if let last = batch.events.last { machine.folded(upTo: .init(sequenceNumber: last.sequenceNumber)) }
    }
}

/// The events of a batch, or of the part of it before a gap, as they are gathered.
private struct BatchPart {
    let receivedAt: Int64
    var events: [ReceivedEvent] = []
    private var messageIDs: [String?] = []
    private var hasMessageIDs = false
    private var lastEnqueued: Int64?
    private var lastEnqueuedTime: Int64?
    private(set) var lastNumber: Int64?

    init(receivedAt: Int64, capacity: Int) {
        self.receivedAt = receivedAt
        events.reserveCapacity(capacity)
    }

    mutating func note(_ annotations: EventAnnotations) {
        if let number = annotations.lastSequenceNumber { lastEnqueued = number }
        if let time = annotations.lastEnqueuedTime { lastEnqueuedTime = time }
    }

    mutating func append(_ delivery: Delivery, _ reading: EventReader.Reading, number: Int64) {
        let body = reading.annotations.sequenceNumber == nil ? .unusable(.noSequenceNumber) : reading.body
        events.append(
            ReceivedEvent(
                sequenceNumber: number,
                offset: reading.annotations.offset ?? delivery.range.lowerBound..<delivery.range.lowerBound,
                enqueuedTimeMilliseconds: reading.annotations.enqueuedTime ?? receivedAt / 1_000_000,
                partitionKey: reading.annotations.partitionKey, body: body, message: delivery.range))
        if let id = reading.messageID, !hasMessageIDs {
            hasMessageIDs = true
            messageIDs = Array(repeating: nil, count: events.count - 1)
            messageIDs.append(id)
        } else if hasMessageIDs {
            messageIDs.append(reading.messageID)
        }
        lastNumber = number
    }

    mutating func take(_ slab: DeliverySlab) -> EventBatch {
        defer {
            events = []
            messageIDs = []
            hasMessageIDs = false
        }
        return EventBatch(
            slab: slab, events: events, receivedAt: receivedAt, lastEnqueuedSequenceNumber: lastEnqueued,
            lastEnqueuedTimeMilliseconds: lastEnqueuedTime, messageIDs: messageIDs)
    }
}
