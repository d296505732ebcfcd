import AMQPChannel
import AMQPEngine
import AMQPTypes
import EventHubs

/// Takes what clients send: events and requests.
extension BrokerConnection {
    func deliveriesReceived(_ batch: DeliveryBatch, on link: LinkHandle, _ engine: AMQPEngine) {
        switch links[link] {
        case .sender(let sender): take(batch, from: sender, on: link, engine)
        case .requests(let requests): take(batch, from: requests, on: link, engine)
        case .receiver, .replies, nil: break
        }
    }

    // MARK: Events

    private func take(
        _ batch: DeliveryBatch, from sender: SenderLink, on link: LinkHandle, _ engine: AMQPEngine
    ) {
        var sender = sender
        for delivery in batch.deliveries {
            let faults = sendFaults(of: sender, on: link)
            if faults.isLinkGone { return }
            let outcome =
                faults.outcome ?? store(batch.bytes(of: delivery), format: delivery.messageFormat, sender: &sender)
            if !delivery.settled, !faults.isSilent { engine.settle(delivery.handle, outcome) }
            sender.owedCredit &+= 1
        }
        if sender.owedCredit >= sender.creditWindow / 2 {
            engine.grantCredit(link, sender.owedCredit)
            sender.owedCredit = 0
        }
        links[link] = .sender(sender)
    }

    /// Appends one transfer; rejected with the reason when a rule forbids it.
    private func store(
        _ bytes: UnsafeRawBufferPointer, format: UInt32, sender: inout SenderLink
    ) -> DeliveryOutcome {
        let number = sender.deliveryCount
        sender.deliveryCount &+= 1
        let limit = context.configuration.messageSizeMax
        guard bytes.count <= limit else {
            return .rejected(
                BrokerCondition.tooLarge(
                    size: bytes.count, limit: limit, delivery: number, trail: context.trail(sender.hub.name)))
        }
        do throws(TransferDraft.Fault) {
            let transfer = try TransferDraft.read(bytes, messageFormat: format)
            guard let partition = try partition(for: transfer, sender: sender) else {
                return .rejected(
                    BrokerCondition.badPartition(
                        count: sender.hub.partitionCount, trail: context.trail(sender.hub.name)))
            }
            partition.append(transfer.events, from: bytes, now: context.now)
            return .accepted
        } catch {
            let trail = context.trail(sender.hub.name)
            switch error {
            case .undecodable(let detail): return .rejected(BrokerCondition.undecodable(detail, trail: trail))
            case .badPartitionKey(let detail): return .rejected(BrokerCondition.notAllowed(detail, trail: trail))
            }
        }
    }

    private func partition(
        for transfer: TransferDraft, sender: SenderLink
    ) throws(TransferDraft.Fault) -> HubPartition? {
        switch sender.destination {
        case .hub: return sender.hub.partition(forKey: transfer.routingKey)
        case .publisher(let name): return sender.hub.partition(forKey: name)
        case .partition(let partition):
            guard transfer.routingKey == nil else {
                throw .badPartitionKey("An event with a partition key cannot be sent to a partition.")
            }
            return partition
        }
    }

    // MARK: Requests

    private func take(
        _ batch: DeliveryBatch, from requests: RequestLink, on link: LinkHandle, _ engine: AMQPEngine
    ) {
        var requests = requests
        for delivery in batch.deliveries {
            requests.owedCredit &+= 1
            let request: AMQPMessage
            do throws(AMQPDecodingError) {
                request = try AMQPMessage(decoding: batch.bytes(of: delivery))
            } catch {
                let condition = BrokerCondition.undecodable(error.description, trail: context.trail("request"))
                if !delivery.settled { engine.settle(delivery.handle, .rejected(condition)) }
                continue
            }
            let outcome = answer(request, from: requests, engine)
            if !delivery.settled { engine.settle(delivery.handle, outcome) }
            sendReplies(engine)
        }
        if requests.owedCredit >= RequestLink.creditWindow / 2 {
            engine.grantCredit(link, requests.owedCredit)
            requests.owedCredit = 0
        }
        links[link] = .requests(requests)
    }

    private func answer(
        _ request: AMQPMessage, from requests: RequestLink, _ engine: AMQPEngine
    ) -> DeliveryOutcome {
        let faults = requestFaults(request, at: requests.node)
        if let condition = faults.failure {
            let status = FaultCondition.status(of: condition)
            let failure = ManagementService.failure(
                of: request, status: status, condition, operation: requests.node == .management)
            enqueue(failure, replyTo: request.properties?.replyTo, requests: requests)
            return .accepted
        }
        let reply: AMQPMessage
        switch requests.node {
        case .tokens:
            let answer = context.tokens.answer(to: request, now: context.now)
            if let grant = answer.grant {
                authorization.granted(grant)
                startTokenTimer()
            }
            reply = answer.reply
        case .management:
            switch context.management.answer(to: request, authorization: authorization, now: context.now) {
            case .rejected(let condition): return .rejected(condition)
            case .reply(let message): reply = message
            }
        }
        let replyTo = request.properties?.replyTo
        if let delay = faults.delay {
            later(delay) { connection in
                self.enqueue(reply, replyTo: replyTo, requests: requests)
                self.sendReplies(connection.engine)
            }
        } else if !faults.isSilent {
            enqueue(reply, replyTo: replyTo, requests: requests)
        }
        return .accepted
    }

    /// Puts an answer on the link that the request names, else on one of the same node, in the same session if there is
    /// one: the Azure Python client names none.
    private func enqueue(_ reply: AMQPMessage, replyTo: String?, requests: RequestLink) {
        var best: (link: LinkHandle, replies: ReplyLink, rank: Int)?
        for (link, known) in links {
            guard case .replies(let replies) = known, replies.node == requests.node else { continue }
            var rank = 0
            if let replyTo, replies.replyTo == replyTo { rank += 2 }
            if replies.session == requests.session { rank += 1 }
            let isBetter = best.map { (rank, link.raw) > ($0.rank, $0.link.raw) } ?? true
            if isBetter { best = (link, replies, rank) }
        }
        guard let best, best.replies.waiting.count < 2 * Int(RequestLink.creditWindow) else { return }
        var replies = best.replies
        replies.waiting.append(reply.encoded())
        links[best.link] = .replies(replies)
    }

    /// Sends the answers that there is credit for.
    func sendReplies(_ engine: AMQPEngine) {
        for (link, known) in links {
            guard case .replies(var replies) = known, !replies.waiting.isEmpty else { continue }
            var sent = 0
            for message in replies.waiting {
                let tag = withUnsafeBytes(of: replies.nextTag.bigEndian) { Array($0) }
                let handle = message.withUnsafeBytes {
                    engine.send(link, message: $0, tag: tag, settled: false, messageFormat: 0)
                }
                guard handle != nil else { break }
                replies.nextTag &+= 1
                sent += 1
            }
            replies.waiting.removeFirst(sent)
            links[link] = .replies(replies)
        }
    }
}
