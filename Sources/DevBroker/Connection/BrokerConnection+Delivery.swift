import AMQPChannel
import AMQPEngine
import EventHubs
import NIOCore

/// Sends stored events to receivers.
///
/// A receiver is fed when its credit grows, when its partition gets events (the wake-up that it registered), and when
/// output that was full has drained. Each feeding ends because the credit is used, because the log is read to its end, or
/// because the session's output is full; only the last leaves the link in `blocked`.
extension BrokerConnection {
    /// Bytes of events handed to the engine before other connections of the loop get their turn.
    private static let turnBytes = 4 << 20

    func creditChanged(_ link: LinkHandle, drain: Bool) {
        guard let connection else { return }
        switch links[link] {
        case .receiver(var receiver):
            receiver.isDraining = drain
            links[link] = .receiver(receiver)
            feed(link, connection)
        case .replies:
            sendReplies(connection.engine)
        case .sender, .requests, nil:
            break
        }
    }

    /// The wake-up that a partition calls after an append.
    func eventsAppended(for link: LinkHandle) {
        guard let connection else { return }
        feed(link, connection)
        connection.flush()
        if !blocked.isEmpty { scheduleResume() }
    }

    func scheduleResume() {
        guard !isResumeScheduled, let loop = connection?.eventLoop else { return }
        isResumeScheduled = true
        loop.assumeIsolated().execute { self.resumeBlocked() }
    }

    private func resumeBlocked() {
        isResumeScheduled = false
        guard let connection else { return }
        let waiting = blocked
        blocked.removeAll(keepingCapacity: true)
        var sent = 0
        for link in waiting { sent += feed(link, connection) }
        connection.flush()
        // Without progress the channel is full: it will say when it takes bytes again.
        if sent > 0, !blocked.isEmpty { scheduleResume() }
    }

    /// Feeds one receiver; returns the bytes handed to the engine.
    @discardableResult
    func feed(_ link: LinkHandle, _ connection: AMQPConnection) -> Int {
        guard case .receiver(var receiver) = links[link] else { return 0 }
        let engine = connection.engine
        let wakeUp = wakeUp(for: link, on: connection.eventLoop)
        var sent = 0
        let isScripted = context.faults.waits(for: .delivery)
        while !receiver.isStandingStill {
            let credit = engine.credit(of: link)
            guard credit > 0 else { break }
            let room = context.configuration.outgoingBytesMax - engine.outgoingBytes(receiver.session)
            guard room > 0, sent < Self.turnBytes else {
                blocked.insert(link)
                break
            }
            let slice = receiver.partition.read(
                from: receiver.nextSequenceNumber, maximumEvents: isScripted ? 1 : credit, maximumBytes: room,
                for: receiver.id,
                wakeUp: wakeUp)
            guard let slice else {
                if receiver.isDraining {
                    engine.drained(link)
                    receiver.isDraining = false
                }
                break
            }
            if isScripted, !receiver.isNextJudged {
                receiver.isNextJudged = true
                let faults = deliveryFaults(of: slice, on: link, &receiver, connection)
                // Not stored again: the link may be gone.
                if faults == .linkIsGone { return sent }
                if faults == .positionMoved { continue }
                if receiver.isStandingStill { break }
            }
            receiver.isNextJudged = false
            sent += send(slice, on: link, receiver: &receiver, engine)
            // The engine took less than it has credit for: the link is on its way out.
            guard receiver.nextSequenceNumber == slice.endSequenceNumber else { break }
        }
        links[link] = .receiver(receiver)
        return sent
    }

    private func wakeUp(for link: LinkHandle, on loop: any EventLoop) -> HubPartition.WakeUp {
        let bound = NIOLoopBound(self, eventLoop: loop)
        return { loop.execute { bound.value.eventsAppended(for: link) } }
    }

    /// Hands a slice to the engine: one copy of each event, from the log's slab into the engine.
    func send(
        _ slice: LogSlice, on link: LinkHandle, receiver: inout ReceiverLink, _ engine: AMQPEngine
    ) -> Int {
        let metric = receiver.wantsRuntimeMetric ? runtimeMetric(of: receiver.partition) : nil
        var sent = 0
        slice.slab.withUnsafeBytes { slab in
            for (index, entry) in slice.entries.enumerated() {
                let range = Int(entry.start)..<Int(entry.start) + Int(entry.length)
                guard range.upperBound <= slab.count else { return }
                let event = UnsafeRawBufferPointer(rebasing: slab[range])
                let handle =
                    if let metric {
                        send(event, behind: metric, on: link, engine)
                    } else {
                        engine.send(link, message: event, tag: [], settled: true, messageFormat: 0)
                    }
                guard handle != nil else { return }
                sent += event.count
                receiver.nextSequenceNumber = slice.firstSequenceNumber + Int64(index) + 1
            }
        }
        return sent
    }

    /// The runtime metric costs a second copy: the engine takes a message in one piece.
    private func send(
        _ event: UnsafeRawBufferPointer, behind section: [UInt8], on link: LinkHandle, _ engine: AMQPEngine
    ) -> DeliveryHandle? {
        scratch.removeAll(keepingCapacity: true)
        scratch.append(contentsOf: section)
        scratch.append(contentsOf: event)
        return scratch.withUnsafeBytes {
            engine.send(link, message: $0, tag: [], settled: true, messageFormat: 0)
        }
    }

    private func runtimeMetric(of partition: HubPartition) -> [UInt8] {
        let now = context.now
        let facts = partition.properties(now: now)
        return RuntimeMetric(
            lastSequenceNumber: facts.lastSequenceNumber, lastOffset: facts.lastOffset,
            lastEnqueuedTime: facts.lastEnqueuedTime, retrievalTime: now
        ).section
    }
}
