import AMQPChannel
import AMQPEngine
import AMQPTypes
import EventHubs
import NIOCore

/// One connection of a ``ScriptedHub``.
final class HubPeer: AMQPConnectionDelegate {
    private enum Role {
        case cbsReplies, managementReplies, cbsRequests, managementRequests
        case events(partition: Int, next: Int64)
        case publishing(partition: Int)
    }

    private unowned let hub: ScriptedHub
    private var connection: AMQPConnection?
    private var roles: [LinkHandle: Role] = [:]
    private var tags: UInt32 = 0

    init(hub: ScriptedHub) { self.hub = hub }

    func connected(_ connection: AMQPConnection) {
        self.connection = connection
        hub.log.connections += 1
        hub.peers.append(self)
        guard hub.sendsGarbage else { return }
        var garbage = connection.channel.allocator.buffer(capacity: 16)
        garbage.writeString("HTTP/1.1 400 Bad Request\r\n\r\n")
        connection.channel.writeAndFlush(garbage, promise: nil)
    }

    func received(_ event: EngineEvent, on connection: AMQPConnection) {
        let engine = connection.engine
        switch event {
        case .authenticationRequested(let mechanism, let response):
            engine.authenticate(accepted: hub.login(mechanism, response))
        case .opened: engine.open()
        case .begun(let session, byPeer: true): engine.accept(session: session)
        case .attached(let link, _, let attach, byPeer: true): attached(link, attach, engine)
        case .credit(let link, _, _): push(link)
        case .deliveries(let link, let batch): take(batch, on: link, engine)
        case .updated(let delivery, _, let outcome, _):
            if case .accepted? = outcome { hub.log.accepted += 1 }
            engine.settle(delivery, nil)
        case .detached(let link, _, _):
            if case .events? = roles.removeValue(forKey: link) { hub.log.detachesReceived += 1 }
        case .closed: hub.log.closesReceived += 1
        case .authenticated, .authenticationFailed, .begun, .attached, .ended, .failed, .finished: break
        }
    }

    func readComplete(on connection: AMQPConnection) {}

    func writable(on connection: AMQPConnection) { pushAll() }

    func disconnected(_ cause: AMQPCondition?, on connection: AMQPConnection) {
        hub.peers.removeAll { $0 === self }
        self.connection = nil
        roles = [:]
    }

    func cut() { connection?.channel.close(mode: .all, promise: nil) }

    // MARK: links

    private func attached(_ link: LinkHandle, _ attach: RemoteAttach, _ engine: AMQPEngine) {
        var reply = AttachReply(echoing: attach)
        let text = (attach.role == .receiver ? attach.source?.address : attach.target?.address) ?? ""
        if text.hasPrefix("queue-") { return attachQueue(link, attach, text, engine) }
        guard let address = try? EventHubAddress(parsing: text), address.hub == nil || address.hub == hub.name else {
            return engine.refuse(link: link, AMQPCondition(name: ErrorCondition.notFound, description: "no \(text)"))
        }
        switch (address, attach.role) {
        case (.cbs, .receiver): roles[link] = .cbsReplies
        case (.cbs, .sender): roles[link] = .cbsRequests
        case (.management, .receiver): roles[link] = .managementReplies
        case (.management, .sender): roles[link] = .managementRequests
        case (.receiver(_, _, let id), .receiver): return attachEvents(link, attach, id, engine)
        case (.hub, .sender): roles[link] = .publishing(partition: 0)
        case (.partition(_, let id), .sender): roles[link] = .publishing(partition: Int(id) ?? 0)
        default: return engine.refuse(link: link, AMQPCondition(name: ErrorCondition.notAllowed))
        }
        reply.maxMessageSize = hub.messageSizeMax
        engine.accept(link: link, reply)
        if attach.role == .sender { engine.grantCredit(link, 100) }
    }

    private func attachEvents(_ link: LinkHandle, _ attach: RemoteAttach, _ id: String, _ engine: AMQPEngine) {
        let selector = attach.source.flatMap { try? SelectorFilter.selector(in: $0.filter) } ?? ""
        hub.log.attachedSelectors.append("\(id): \(selector)")
        hub.log.attachedProperties.append(attach.properties)
        guard hub.knowsGroup else {
            return engine.refuse(
                link: link,
                AMQPCondition(name: ErrorCondition.notFound, description: "The consumer group does not exist"))
        }
        if let refusal = hub.attachRefusals[id] { return engine.refuse(link: link, refusal) }
        guard let partition = Int(id), hub.partitions.indices.contains(partition) else {
            return engine.refuse(link: link, AMQPCondition(name: ErrorCondition.argumentOutOfRange))
        }
        do throws(AMQPCondition) {
            let position = (try? EventPosition(selector: selector)) ?? .earliest
            roles[link] = .events(partition: partition, next: try hub.firstNumber(position, in: partition))
        } catch {
            return engine.refuse(link: link, error)
        }
        var reply = AttachReply(echoing: attach)
        reply.senderSettleMode = .settled
        engine.accept(link: link, reply)
    }

    /// A queue of a plain broker: no filter, no annotations, unsettled deliveries.
    private func attachQueue(_ link: LinkHandle, _ attach: RemoteAttach, _ address: String, _ engine: AMQPEngine) {
        let partition = Int(address.dropFirst("queue-".count)) ?? 0
        roles[link] =
            attach.role == .receiver
            ? .events(partition: partition, next: 0) : .publishing(partition: partition)
        engine.accept(link: link, AttachReply(echoing: attach))
        if attach.role == .sender { engine.grantCredit(link, 100) }
    }

    func detach(_ id: String, _ condition: AMQPCondition) {
        guard let connection else { return }
        for (link, role) in roles {
            guard case .events(let partition, _) = role, String(partition) == id else { continue }
            roles[link] = nil
            connection.engine.detach(link, condition)
        }
        connection.flush()
    }

    // MARK: sending events

    func pushAll() {
        for link in roles.keys { push(link) }
        connection?.flush()
    }

    private func push(_ link: LinkHandle) {
        guard let connection, case .events(let partition, var next)? = roles[link] else { return }
        guard !hub.stalledPartitions.contains(String(partition)) else { return }
        let engine = connection.engine
        let events = hub.partitions[partition]
        while engine.credit(of: link) > 0, Int(next) < events.count {
            let bytes =
                hub.settles
                ? hub.encoded(events[Int(next)], in: partition) : events[Int(next)].message.encoded()
            let sent = bytes.withUnsafeBytes {
                engine.send(link, message: $0, tag: hub.settles ? [] : nextTag(), settled: hub.settles)
            }
            guard sent != nil else { break }
            next += 1
            hub.log.delivered += 1
        }
        roles[link] = .events(partition: partition, next: next)
    }

    private func nextTag() -> [UInt8] {
        tags += 1
        return [UInt8(tags >> 24), UInt8(tags >> 16 & 255), UInt8(tags >> 8 & 255), UInt8(tags & 255)]
    }

    // MARK: requests and publishing

    private func take(_ batch: DeliveryBatch, on link: LinkHandle, _ engine: AMQPEngine) {
        for delivery in batch.deliveries {
            let bytes = Array(batch.bytes(of: delivery))
            switch roles[link] {
            case .cbsRequests?:
                engine.settle(delivery.handle, .accepted)
                guard let message = try? AMQPMessage(decoding: bytes), let request = try? CBSRequest(message) else {
                    break
                }
                reply(hub.answer(request).message, to: .cbs, engine)
            case .managementRequests?:
                engine.settle(delivery.handle, .accepted)
                guard !hub.isManagementSilent else { break }
                guard let message = try? AMQPMessage(decoding: bytes), let request = try? ManagementRequest(message)
                else {
                    break
                }
                reply(hub.answer(request).message, to: .management(hub: nil), engine)
            case .publishing(let partition)?:
                publish(bytes, delivery, to: partition, engine)
            case .cbsReplies?, .managementReplies?, .events?, nil: break
            }
            engine.grantCredit(link, 1)
        }
    }

    private func publish(_ bytes: [UInt8], _ delivery: Delivery, to partition: Int, _ engine: AMQPEngine) {
        if let rejection = hub.producerRejections.first {
            hub.producerRejections.removeFirst()
            return engine.settle(delivery.handle, .rejected(rejection))
        }
        do {
            try hub.publish(bytes, format: delivery.messageFormat, to: partition)
            engine.settle(delivery.handle, .accepted)
        } catch {
            engine.settle(delivery.handle, .rejected(AMQPCondition(name: ErrorCondition.decodeError)))
        }
    }

    private func reply(_ message: AMQPMessage, to address: EventHubAddress, _ engine: AMQPEngine) {
        let link = roles.first { _, role in
            switch role {
            case .cbsReplies: address == .cbs
            case .managementReplies: address != .cbs
            default: false
            }
        }?.key
        guard let link else { return }
        _ = message.encoded().withUnsafeBytes { engine.send(link, message: $0, tag: nextTag(), settled: false) }
    }
}
