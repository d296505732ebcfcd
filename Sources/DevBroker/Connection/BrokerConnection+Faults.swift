import AMQPChannel
import AMQPEngine
import AMQPTypes
import EventHubs
import NIOCore

/// Obeys the script of faults.
///
/// What ends a link or connection from inside an event is done when the event's turn is over: the engine and the feeding of receivers
/// are not made to lose a link under their hands.
extension BrokerConnection {
    // MARK: Connections

    /// Installs what must see the whole stream of bytes.
    func prepareForFaults(_ connection: AMQPConnection) {
        guard context.faults.inflatesCredit,
            let handler = try? connection.channel.pipeline.syncOperations.handler(type: AMQPChannelHandler.self)
        else { return }
        let inflation = CreditInflation()
        try? connection.channel.pipeline.syncOperations.addHandler(inflation, position: .before(handler))
        self.inflation = inflation
    }

    /// Answers a client's open.
    func opened(_ open: RemoteOpen, _ connection: AMQPConnection) {
        for action in context.faults.faults(on: .open(container: open.containerID)) {
            switch action {
            case .silence: return
            case .delay(let time): return later(time) { $0.engine.open() }
            case .overrun(let events): inflation?.events = UInt32(clamping: events)
            default: endConnection(action)
            }
        }
        connection.engine.open()
    }

    /// Closes or cuts the connection, if the action says so; true then.
    @discardableResult
    private func endConnection(_ action: FaultAction) -> Bool {
        switch action {
        case .close(let condition):
            later(.zero) { $0.engine.close(condition) }
        case .cut(let bytes):
            cut(afterBytes: bytes)
        default:
            return false
        }
        return true
    }

    /// Closes the socket without a word, once so many more bytes are written.
    func cut(afterBytes bytes: Int) {
        guard bytes > 0, let connection else {
            later(.zero) { $0.channel.close(promise: nil) }
            return
        }
        try? connection.channel.pipeline.syncOperations.addHandler(FaultWire(cutAfter: bytes), position: .first)
    }

    /// Does something on the loop after a time, if the connection is still there.
    func later(_ time: Duration, _ body: @escaping (AMQPConnection) -> Void) {
        guard let loop = connection?.eventLoop else { return }
        let delay = TimeAmount.milliseconds(time.wholeMilliseconds)
        loop.assumeIsolated().scheduleTask(in: delay) {
            guard let connection = self.connection else { return }
            body(connection)
            connection.flush()
        }
    }

    // MARK: Attaches

    /// Does what the script wants of an attach, and otherwise accepts it.
    func obeyFaults(of receiver: Receiver, _ link: LinkHandle, _ engine: AMQPEngine) throws(AMQPCondition) {
        guard context.faults.waits(for: .attach) else { return try acceptReceiver(receiver, link, engine) }
        let filter = receiver.attach.source?.filter ?? AMQPMap()
        let fact = BrokerFact.attach(
            BrokerFact.Place(hub: receiver.hub.name, partition: receiver.partition.id), group: receiver.group,
            position: (try? SelectorFilter.position(in: filter)).map { .init($0) } ?? .earliest,
            name: receiver.attach.properties[text: DialectName.receiverName]?.text,
            receivers: receiver.partition.receiverCounts[receiver.group.lowercased()] ?? 0)
        for action in context.faults.faults(on: fact) {
            switch action {
            case .refuse(let condition): throw condition
            case .throttle: throw FaultCondition.busy
            case .silence: return
            case .delay(let time):
                return later(time) { connection in
                    do throws(AMQPCondition) {
                        try self.acceptReceiver(receiver, link, connection.engine)
                        // Credit that came meanwhile is not told again.
                        self.feed(link, connection)
                    } catch {
                        self.refuse(link, error, connection.engine)
                    }
                }
            case .detach(let condition): later(.zero) { _ in self.detach(link, condition) }
            default: endConnection(action)
            }
        }
        try acceptReceiver(receiver, link, engine)
    }

    // MARK: Deliveries

    /// What faults leave of a receiver.
    enum AfterFaults {
        case goOn, positionMoved, linkIsGone
    }

    /// Does what the script wants of the delivery of the first event of a slice.
    func deliveryFaults(
        of slice: LogSlice, on link: LinkHandle, _ receiver: inout ReceiverLink, _ connection: AMQPConnection
    ) -> AfterFaults {
        let fact = BrokerFact.delivery(receiver.place, sequenceNumber: slice.firstSequenceNumber)
        var after = AfterFaults.goOn
        for action in context.faults.faults(on: fact) {
            switch action {
            case .delay(let time): standStill(&receiver, link, time)
            case .stall(let time): standStill(&receiver, link, time)
            case .repeat(let count):
                for _ in 0..<count { _ = send(slice, on: link, receiver: &receiver, connection.engine) }
                receiver.nextSequenceNumber = slice.firstSequenceNumber
            case .rewind(let count), .skip(let count):
                let facts = receiver.partition.properties(now: context.now)
                let distance = if case .rewind = action { -Int64(count) } else { Int64(count) }
                receiver.nextSequenceNumber = min(
                    max(slice.firstSequenceNumber + distance, facts.beginSequenceNumber), facts.lastSequenceNumber + 1)
                after = .positionMoved
            case .garbage:
                let bytes: [UInt8] = [0x00, 0x53, 0x75, 0xB0, 0xFF, 0xFF]
                _ = bytes.withUnsafeBytes {
                    connection.engine.send(link, message: $0, tag: [], settled: true, messageFormat: 0)
                }
            case .detach(let condition):
                end(link, condition, connection)
                return .linkIsGone
            case .throttle:
                end(link, FaultCondition.busy, connection)
                return .linkIsGone
            default:
                // The socket is open until the turn is over: nothing more goes out meanwhile.
                if endConnection(action), case .cut(let bytes) = action, bytes > 0 { continue }
                receiver.isStandingStill = true
            }
        }
        return after
    }

    private func end(_ link: LinkHandle, _ condition: AMQPCondition, _ connection: AMQPConnection) {
        connection.engine.detach(link, closed: true, condition)
        forget(link)
    }

    private func standStill(_ receiver: inout ReceiverLink, _ link: LinkHandle, _ time: Duration?) {
        receiver.isStandingStill = true
        guard let time else { return }
        later(time) { connection in
            guard case .receiver(var receiver) = self.links[link] else { return }
            receiver.isStandingStill = false
            self.links[link] = .receiver(receiver)
            self.feed(link, connection)
        }
    }

    // MARK: Messages and questions

    /// What the script makes of a sent message.
    struct SendFaults {
        var outcome: DeliveryOutcome?
        var isSilent = false
        var isLinkGone = false
    }

    /// Does what the script wants of a message.
    func sendFaults(of sender: SenderLink, on link: LinkHandle) -> SendFaults {
        var faults = SendFaults()
        guard context.faults.waits(for: .send), let connection else { return faults }
        var partition: String?
        if case .partition(let named) = sender.destination { partition = named.id }
        for action in context.faults.faults(on: .send(hub: sender.hub.name, partition: partition)) {
            switch action {
            case .refuse(let condition): faults.outcome = .rejected(condition)
            case .throttle: faults.outcome = .rejected(FaultCondition.busy)
            case .silence: faults.isSilent = true
            case .detach(let condition):
                end(link, condition, connection)
                faults.isLinkGone = true
            default: endConnection(action)
            }
        }
        return faults
    }

    /// What the script makes of a question or a token.
    struct RequestFaults {
        var failure: AMQPCondition?
        var delay: Duration?
        var isSilent = false
    }

    /// Does what the script wants of a question or a token.
    func requestFaults(_ request: AMQPMessage, at node: RequestNode) -> RequestFaults {
        var faults = RequestFaults()
        guard context.faults.waits(for: node == .tokens ? .token : .request) else { return faults }
        var fact = BrokerFact.token
        if node == .management {
            let properties = request.applicationProperties ?? AMQPMap()
            let isPartition = properties[text: "type"]?.text == "com.microsoft:partition"
            fact = .request(
                isPartition ? .partition : .hub, hub: properties[text: "name"]?.text ?? "",
                partition: properties[text: "partition"]?.text)
        }
        for action in context.faults.faults(on: fact) {
            switch action {
            case .refuse(let condition): faults.failure = condition
            case .throttle: faults.failure = FaultCondition.busy
            case .delay(let time): faults.delay = time
            case .silence: faults.isSilent = true
            default: endConnection(action)
            }
        }
        return faults
    }
}

extension BrokerFact.PositionKind {
    /// How a position is given.
    init(_ position: EventPosition) {
        self =
            switch position {
            case .earliest: .earliest
            case .latest: .latest
            case .offset: .offset
            case .sequenceNumber: .sequence
            case .enqueuedTime: .time
            }
    }
}
