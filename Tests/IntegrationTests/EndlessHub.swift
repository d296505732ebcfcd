import AMQPChannel
import AMQPEngine
import AMQPTypes
import EventHubs
import NIOCore
import NIOPosix
import Synchronization

/// An Event Hub in which every partition has as many large events as anybody takes: they are made while they are sent.
///
/// It keeps nothing, so it cannot run out, and its own memory says nothing about the reader's. **Isolation**: one event loop.
final class EndlessHub: Sendable {
    /// What it has done so far.
    struct Progress: Sendable {
        var attached = 0
        var events: Int64 = 0
        var bytes: Int64 = 0
        /// Whether events are sent yet.
        var isOpen = false
    }

    static let name = "endless"
    /// What it says of each partition: a backlog of this many events.
    static let backlog: Int64 = 100_000
    let port: Int
    let partitions: Int
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel
    private let shared: Shared

    /// What the connections share.
    final class Shared: Sendable {
        let partitions: Int
        let message: [UInt8]
        let numberAt: Int
        let facts: FactSignal
        let progress = Mutex(Progress())
        let peers: NIOLoopBoundBox<[EndlessPeer]>

        init(partitions: Int, body: [UInt8], facts: FactSignal, loop: any EventLoop) {
            self.partitions = partitions
            self.facts = facts
            // A number whose bytes occur nowhere else marks the place of the sequence number.
            let mark: Int64 = 0x7E5A_11C3_9D2B_6F01
            var message = AMQPMessage(body: .data([body]))
            message.messageAnnotations = [
                .symbol(DialectName.sequenceNumber): .long(mark), .symbol(DialectName.offset): .string("somewhere"),
                .symbol(DialectName.enqueuedTime): .timestamp(1_700_000_000_000),
            ]
            let encoded = message.encoded()
            self.message = encoded
            let bytes = withUnsafeBytes(of: mark.bigEndian) { Array($0) }
            numberAt = (0..<200).first { Array(encoded[$0..<($0 + 8)]) == bytes } ?? 0
            peers = NIOLoopBoundBox([], eventLoop: loop)
        }
    }

    private init(
        port: Int, partitions: Int, group: MultiThreadedEventLoopGroup, channel: any Channel, shared: Shared
    ) {
        self.port = port
        self.partitions = partitions
        self.group = group
        self.channel = channel
        self.shared = shared
    }

    var progress: Progress { shared.progress.withLock { $0 } }
    var messageBytes: Int { shared.message.count }

    /// Listens on a free loopback port.
    static func start(partitions: Int, body: [UInt8], facts: FactSignal) async throws -> EndlessHub {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let shared = try await loop.submit {
            Shared(partitions: partitions, body: body, facts: facts, loop: loop)
        }.get()
        let channel = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    var configuration = EngineConfiguration(
                        role: .server, containerID: name, authentication: .mechanisms(["ANONYMOUS"]))
                    configuration.padsLists = false
                    let peer = EndlessPeer(shared)
                    shared.peers.value.append(peer)
                    try channel.pipeline.syncOperations.addHandler(
                        AMQPChannelHandler(engine: AMQPEngine(configuration), delegate: peer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return EndlessHub(
            port: channel.localAddress?.port ?? 0, partitions: partitions, group: group, channel: channel,
            shared: shared)
    }

    /// Lets events flow.
    func open() async throws {
        shared.progress.withLock { $0.isOpen = true }
        let shared = self.shared
        try await channel.eventLoop.submit { for peer in shared.peers.value { peer.pushAll() } }.get()
    }

    func stop() async {
        try? await channel.close().get()
        try? await group.shutdownGracefully()
    }
}

/// One connection of an ``EndlessHub``.
final class EndlessPeer: AMQPConnectionDelegate {
    private enum Role {
        case replies(isTokens: Bool)
        case requests(isTokens: Bool)
        case events(session: SessionHandle, next: Int64)
    }

    /// Most bytes that wait in the engine: the next events are made when the socket has taken these.
    private static let waitingMax = 2 << 20
    private let shared: EndlessHub.Shared
    private var connection: AMQPConnection?
    private var roles: [LinkHandle: Role] = [:]
    private var order: [LinkHandle] = []
    private var tags: UInt32 = 0
    private var message: [UInt8]

    init(_ shared: EndlessHub.Shared) {
        self.shared = shared
        message = shared.message
    }

    func connected(_ connection: AMQPConnection) { self.connection = connection }

    func received(_ event: EngineEvent, on connection: AMQPConnection) {
        let engine = connection.engine
        switch event {
        case .authenticationRequested: engine.authenticate(accepted: true)
        case .opened: engine.open()
        case .begun(let session, byPeer: true): engine.accept(session: session)
        case .attached(let link, let session, let attach, byPeer: true): attached(link, session, attach, engine)
        case .credit(let link, _, _): push(link)
        case .deliveries(let link, let batch): answer(batch, on: link, engine)
        case .updated(let delivery, _, _, _): engine.settle(delivery, nil)
        case .detached(let link, _, _): roles[link] = nil
        default: break
        }
    }

    func readComplete(on connection: AMQPConnection) {}
    func writable(on connection: AMQPConnection) { pushAll() }

    func disconnected(_ cause: AMQPCondition?, on connection: AMQPConnection) {
        self.connection = nil
        roles = [:]
    }

    func pushAll() {
        // In turn, so that no partition starves the others.
        if let first = order.first {
            order.removeFirst()
            order.append(first)
        }
        for link in order { push(link) }
        connection?.flush()
    }

    private func push(_ link: LinkHandle) {
        guard let connection, connection.isWritable, case .events(let session, var next)? = roles[link],
            shared.progress.withLock({ $0.isOpen })
        else { return }
        let engine = connection.engine
        var events: Int64 = 0
        while engine.credit(of: link) > 0, engine.outgoingBytes(session) < Self.waitingMax {
            withUnsafeBytes(of: next.bigEndian) { number in
                for (index, byte) in number.enumerated() { message[shared.numberAt + index] = byte }
            }
            guard message.withUnsafeBytes({ engine.send(link, message: $0, tag: [], settled: true) }) != nil else {
                break
            }
            next += 1
            events += 1
        }
        roles[link] = .events(session: session, next: next)
        guard events > 0 else { return }
        shared.progress.withLock {
            $0.events += events
            $0.bytes += events * Int64(message.count)
        }
        shared.facts.changed()
    }

    private func attached(
        _ link: LinkHandle, _ session: SessionHandle, _ attach: RemoteAttach, _ engine: AMQPEngine
    ) {
        var reply = AttachReply(echoing: attach)
        let text = (attach.role == .receiver ? attach.source?.address : attach.target?.address) ?? ""
        guard let address = try? EventHubAddress(parsing: text) else {
            return engine.refuse(link: link, AMQPCondition(name: ErrorCondition.notFound, description: "no \(text)"))
        }
        switch (address, attach.role) {
        case (.cbs, .receiver), (.management, .receiver): roles[link] = .replies(isTokens: address == .cbs)
        case (.cbs, .sender), (.management, .sender): roles[link] = .requests(isTokens: address == .cbs)
        case (.receiver, .receiver):
            roles[link] = .events(session: session, next: 0)
            order.append(link)
            reply.senderSettleMode = .settled
            shared.progress.withLock { $0.attached += 1 }
        default: return engine.refuse(link: link, AMQPCondition(name: ErrorCondition.notAllowed))
        }
        engine.accept(link: link, reply)
        if attach.role == .sender { engine.grantCredit(link, 100) }
        shared.facts.changed()
    }

    private func answer(_ batch: DeliveryBatch, on link: LinkHandle, _ engine: AMQPEngine) {
        guard case .requests(let isTokens)? = roles[link] else { return }
        for delivery in batch.deliveries {
            engine.settle(delivery.handle, .accepted)
            engine.grantCredit(link, 1)
            guard let message = try? AMQPMessage(decoding: Array(batch.bytes(of: delivery))) else { continue }
            if isTokens, let request = try? CBSRequest(message) {
                reply(CBSReply(correlationID: request.messageID, status: .accepted).message, isTokens, engine)
            } else if let request = try? ManagementRequest(message) {
                reply(answer(request).message, isTokens, engine)
            }
        }
    }

    private func answer(_ request: ManagementRequest) -> ManagementReply {
        let content: ManagementReply.Content =
            switch request.subject {
            case .hub:
                .hub(
                    HubProperties(
                        name: EndlessHub.name, createdAt: 1000,
                        partitionIDs: (0..<shared.partitions).map { "\($0)" }))
            case .partition(_, let id):
                .partition(
                    PartitionProperties(
                        hub: EndlessHub.name, id: id, lastSequenceNumber: EndlessHub.backlog - 1,
                        lastOffset: "somewhere", lastEnqueuedTime: 1_700_000_000_000, isEmpty: false))
            }
        return ManagementReply(correlationID: request.messageID, status: .ok, content: content)
    }

    private func reply(_ message: AMQPMessage, _ isTokens: Bool, _ engine: AMQPEngine) {
        let link = roles.first { _, role in
            if case .replies(let tokens) = role { tokens == isTokens } else { false }
        }?.key
        guard let link else { return }
        tags += 1
        let tag = withUnsafeBytes(of: tags.bigEndian) { Array($0) }
        _ = message.encoded().withUnsafeBytes { engine.send(link, message: $0, tag: tag, settled: false) }
    }
}
