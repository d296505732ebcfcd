import AMQPChannel
import AMQPEngine
import AMQPTypes
import EventHubs
import Logging
import NIOCore

/// Answers attaches: finds the entity, checks the claim, accepts or refuses.
extension BrokerConnection {
    func attached(_ link: LinkHandle, session: SessionHandle, _ attach: RemoteAttach, _ engine: AMQPEngine) {
        do throws(AMQPCondition) {
            switch attach.role {
            case .sender: try attachSender(link, session: session, attach, engine)
            case .receiver: try attachReceiver(link, session: session, attach, engine)
            }
            stopIdleTimer()
        } catch {
            refuse(link, error, engine)
        }
    }

    func refuse(_ link: LinkHandle, _ condition: AMQPCondition, _ engine: AMQPEngine) {
        context.logger.info(
            "attach refused", metadata: ["condition": "\(condition.name)", "text": "\(condition.description ?? "")"])
        engine.refuse(link: link, condition)
    }

    // MARK: Senders

    private func attachSender(
        _ link: LinkHandle, session: SessionHandle, _ attach: RemoteAttach, _ engine: AMQPEngine
    ) throws(AMQPCondition) {
        guard let target = attach.target, !target.isCoordinator else {
            throw BrokerCondition.notImplemented("Transactions are not supported.", trail: context.trail("coordinator"))
        }
        switch try address(target.address) {
        case .cbs:
            acceptRequests(link, node: .tokens, session: session, attach, engine)
        case .management:
            acceptRequests(link, node: .management, session: session, attach, engine)
        case .hub(let name):
            let hub = try hub(name, path: name)
            try acceptSender(link, session: session, attach, hub: hub, destination: .hub, path: name, engine)
        case .partition(let name, let id):
            let hub = try hub(name, path: name)
            let partition = try partition(id, of: hub)
            try acceptSender(
                link, session: session, attach, hub: hub, destination: .partition(partition),
                path: "\(name)/partitions/\(id)", engine)
        case .publisher(let name, let publisher):
            let hub = try hub(name, path: name)
            try acceptSender(
                link, session: session, attach, hub: hub, destination: .publisher(publisher),
                path: "\(name)/publishers/\(publisher)", engine)
        case .receiver(let name, _, _):
            throw BrokerCondition.notAllowed(
                "Events cannot be sent to a consumer group.", trail: context.trail(name))
        }
    }

    private func acceptRequests(
        _ link: LinkHandle, node: RequestNode, session: SessionHandle, _ attach: RemoteAttach, _ engine: AMQPEngine
    ) {
        links[link] = .requests(RequestLink(node: node, session: session))
        var reply = AttachReply(echoing: attach)
        reply.maxMessageSize = .max
        engine.accept(link: link, reply)
        engine.grantCredit(link, RequestLink.creditWindow)
    }

    private func acceptSender(
        _ link: LinkHandle, session: SessionHandle, _ attach: RemoteAttach, hub: Hub,
        destination: SenderLink.Destination, path: String, _ engine: AMQPEngine
    ) throws(AMQPCondition) {
        let path = ResourcePath(path)
        try checkClaim(.send, named: "Send", path: path)
        let id = context.namespace.makeLinkID()
        let sender = SenderLink(id: id, session: session, hub: hub, destination: destination, path: path)
        var number: Int?
        if case .partition(let partition) = destination { number = partition.number }
        try register(link, id: id, hub: hub, partition: number)
        links[link] = .sender(sender)
        var reply = AttachReply(echoing: attach)
        reply.senderSettleMode = .unsettled
        reply.receiverSettleMode = .first
        reply.maxMessageSize = UInt64(max(1, context.configuration.messageSizeMax))
        // Larger messages are taken in, so that they can be rejected by themselves: the link goes on.
        reply.deliverySizeMax = .max
        engine.accept(link: link, reply)
        engine.grantCredit(link, sender.creditWindow)
    }

    // MARK: Receivers

    private func attachReceiver(
        _ link: LinkHandle, session: SessionHandle, _ attach: RemoteAttach, _ engine: AMQPEngine
    ) throws(AMQPCondition) {
        let source = attach.source
        switch try address(source?.address) {
        case .cbs:
            acceptReplies(link, node: .tokens, session: session, attach, engine)
        case .management:
            acceptReplies(link, node: .management, session: session, attach, engine)
        case .receiver(let name, let group, let id):
            let path = "\(name)/ConsumerGroups/\(group)"
            let hub = try hub(name, path: name)
            guard hub.hasGroup(group) else {
                throw BrokerCondition.hubNotFound(
                    namespace: context.namespace.name, path: path, trail: context.trail("\(name)|\(group)"))
            }
            let partition = try partition(id, of: hub)
            try checkClaim(.listen, named: "Listen", path: ResourcePath("\(path)/Partitions/\(id)"))
            let receiver = Receiver(session: session, attach: attach, hub: hub, partition: partition, group: group)
            try obeyFaults(of: receiver, link, engine)
        case .hub(let name), .partition(let name, _), .publisher(let name, _):
            _ = try hub(name, path: name)
            throw BrokerCondition.notAllowed(
                "Events are received from `\(name)/ConsumerGroups/<group>/Partitions/<id>` only.",
                trail: context.trail(name))
        }
    }

    private func acceptReplies(
        _ link: LinkHandle, node: RequestNode, session: SessionHandle, _ attach: RemoteAttach, _ engine: AMQPEngine
    ) {
        links[link] = .replies(ReplyLink(node: node, session: session, replyTo: attach.target?.address))
        var reply = AttachReply(echoing: attach)
        reply.maxMessageSize = .max
        engine.accept(link: link, reply)
    }

    /// A receiver that may attach, as far as names and claims are concerned.
    struct Receiver {
        var session: SessionHandle
        var attach: RemoteAttach
        var hub: Hub
        var partition: HubPartition
        var group: String
    }

    func acceptReceiver(_ receiver: Receiver, _ link: LinkHandle, _ engine: AMQPEngine) throws(AMQPCondition) {
        let (attach, hub, partition, group) = (receiver.attach, receiver.hub, receiver.partition, receiver.group)
        let now = context.now
        let trail = context.namespace.trail(hub: hub, partition: partition, group: group, now: now)
        let selector: String?
        let position: EventPosition
        do throws(EventHubsError) {
            selector = try SelectorFilter.selector(in: attach.source?.filter ?? AMQPMap())
            position = try SelectorFilter.position(in: attach.source?.filter ?? AMQPMap())
        } catch {
            throw BrokerCondition.badFilter("\(error.summary).", trail: trail)
        }
        let identity = ReceiverIdentity(
            link: context.namespace.makeLinkID(), name: attach.properties[text: DialectName.receiverName]?.text,
            epoch: attach.properties[text: DialectName.epoch]?.integer)
        // Registered first: a steal between the attach and the registration must find the link.
        try register(link, id: identity.link, hub: hub, partition: partition.number)
        let attachment = partition.attach(
            identity, group: group.lowercased(), position: position,
            clampsInvalidPositions: context.configuration.clampsInvalidPositions, now: now, trail: trail)
        switch attachment {
        case .refused(let condition):
            hub.detached(identity.link)
            throw condition
        case .attached(let start, let evictions):
            for eviction in evictions { hub.detach(eviction.link, eviction.condition) }
            links[link] = .receiver(
                ReceiverLink(
                    id: identity.link, session: receiver.session, hub: hub, partition: partition,
                    group: group.lowercased(),
                    path: ResourcePath("\(hub.name)/ConsumerGroups/\(group)/Partitions/\(partition.id)"),
                    nextSequenceNumber: start,
                    wantsRuntimeMetric: attach.desiredCapabilities.contains(DialectName.runtimeMetric)))
            engine.accept(link: link, receiverReply(to: attach, selector: selector))
        }
    }

    private func receiverReply(to attach: RemoteAttach, selector: String?) -> AttachReply {
        var reply = AttachReply(echoing: attach)
        // Whatever was asked: Event Hubs settles each transfer as it sends it.
        reply.senderSettleMode = .settled
        reply.maxMessageSize = attach.maxMessageSize == 0 ? DialectName.messageSizeMax : attach.maxMessageSize
        if let selector { reply.source?.filter = SelectorFilter.echo(selector) }
        return reply
    }

    // MARK: Entities and claims

    private func address(_ text: String?) throws(AMQPCondition) -> EventHubAddress {
        guard let text else {
            throw BrokerCondition.notAllowed("The link names no address.", trail: context.trail("link"))
        }
        do throws(EventHubsError) {
            return try EventHubAddress(parsing: text)
        } catch {
            throw BrokerCondition.notAllowed("\(error.summary).", trail: context.trail("link"))
        }
    }

    private func hub(_ name: String, path: String) throws(AMQPCondition) -> Hub {
        guard let hub = context.namespace.hub(name) else {
            throw BrokerCondition.hubNotFound(
                namespace: context.namespace.name, path: path, trail: context.trail(path))
        }
        return hub
    }

    private func partition(_ id: String, of hub: Hub) throws(AMQPCondition) -> HubPartition {
        guard let partition = hub.partition(id: id) else {
            throw BrokerCondition.badPartition(count: hub.partitionCount, trail: context.trail(hub.name))
        }
        return partition
    }

    private func checkClaim(
        _ right: AccessPolicy.Rights, named claim: String, path: ResourcePath
    ) throws(AMQPCondition) {
        let resource = "sb://\(context.namespace.name)/\(path.parts.joined(separator: "/"))"
        switch authorization.verdict(path: path, right: right, now: context.now / 1000) {
        case .allowed: return
        case .expired: throw BrokerCondition.tokenExpired(resource: resource, trail: context.trail("token"))
        case .missing:
            throw BrokerCondition.unauthorized(claim: claim, resource: resource, trail: context.trail("claims"))
        }
    }

    /// Makes the link known to its hub, for steals, deletions and scripted faults.
    private func register(_ link: LinkHandle, id: LinkID, hub: Hub, partition: Int?) throws(AMQPCondition) {
        guard let loop = connection?.eventLoop else { return }
        let bound = NIOLoopBound(self, eventLoop: loop)
        let control = Hub.LinkControl(partition: partition) { condition in
            loop.execute { bound.value.detach(link, condition) }
        }
        guard hub.attached(id, control: control) else {
            throw BrokerCondition.hubDeleted(
                namespace: context.namespace.name, hub: hub.name, trail: context.trail(hub.name))
        }
    }
}
