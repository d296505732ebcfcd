import AMQPChannel
import AMQPEngine
import AMQPTypes
import ArgumentParser
import EventHubs
import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// A hub whose partitions grow at a rate without keeping anything: every event is made while it is sent.
///
/// An overload of minutes would fill a broker's memory with gigabytes; this one's says nothing about the reader's.
struct RisingHubCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hub", abstract: "A hub that grows at a rate and keeps nothing; for the overload.",
        discussion: """
            Says its port, then answers lines on standard input: `rate N` makes it grow by N events a second from now on, `look`
            says how many events there are and how many were sent.
            """)

    @Option(help: "Partitions.") var partitions = 4
    @Option(help: "Bodies, one a line; they are sent in turn.") var sample: String

    func run() async throws {
        let bodies = try SampleBodies(file: sample, bytesMaximum: 4 << 20)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let messages = bodies.ranges.indices.map { RisingHub.Template(body: bodies.array($0)) }
        let hub = try await loop.submit { RisingHub(partitions: partitions, messages: messages, loop: loop) }.get()
        let channel = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in channel.eventLoop.makeCompletedFuture { try hub.take(channel) } }
            .bind(host: "127.0.0.1", port: 0).get()
        let timer = loop.scheduleRepeatedTask(initialDelay: .milliseconds(5), delay: .milliseconds(5)) { _ in
            hub.pushAll()
        }
        try RoundLoop.write(["port": channel.localAddress?.port ?? 0])
        while let line = readLine() {
            let words = line.split(separator: " ")
            if words.first == "rate", words.count == 2, let rate = Double(words[1]) {
                hub.growth.withLock { $0.change(to: rate) }
            }
            let sent = hub.sent.withLock { $0 }
            try RoundLoop.write([
                "events": Double(hub.growth.withLock { $0.events() }), "sent": Double(sent.events),
                "bytes": Double(sent.bytes), "cpu": Meter.processSeconds,
            ])
        }
        timer.cancel()
        try await channel.close().get()
        try await group.shutdownGracefully()
    }
}

/// How many events there are.
struct Growth {
    private var base = 0.0
    private var rate = 0.0
    private var since = ContinuousClock.now

    /// All events so far, over all partitions.
    func events() -> Int64 { Int64(base + rate * since.duration(to: .now).inSeconds) }

    mutating func change(to rate: Double) {
        base += self.rate * since.duration(to: .now).inSeconds
        self.rate = rate
        since = .now
    }
}

/// What the connections share.
final class RisingHub: Sendable {
    static let name = "rising"

    /// An encoded event whose numbers are written when it is sent.
    struct Template: Sendable {
        var bytes: [UInt8]
        var numberAt = 0
        var timeAt = 0
        var lastAt = 0

        init(body: [UInt8]) {
            // Numbers whose bytes occur nowhere else mark their places.
            let marks: [Int64] = [0x7E5A_11C3_9D2B_6F01, 0x7E5A_11C3_9D2B_6F02, 0x7E5A_11C3_9D2B_6F03]
            var message = AMQPMessage(body: .data([body]))
            message.deliveryAnnotations = [.symbol(DialectName.lastSequenceNumber): .long(marks[2])]
            message.messageAnnotations = [
                .symbol(DialectName.sequenceNumber): .long(marks[0]), .symbol(DialectName.offset): .string("somewhere"),
                .symbol(DialectName.enqueuedTime): .timestamp(marks[1]),
            ]
            bytes = message.encoded()
            let places = marks.map { mark in
                let wanted = withUnsafeBytes(of: mark.bigEndian) { Array($0) }
                return (0..<min(400, bytes.count - 8)).first { Array(bytes[$0..<($0 + 8)]) == wanted } ?? 0
            }
            (numberAt, timeAt, lastAt) = (places[0], places[1], places[2])
        }
    }

    let partitions: Int
    let messages: [Template]
    let growth = Mutex(Growth())
    let sent = Mutex((events: Int64(0), bytes: Int64(0)))
    private let peers: NIOLoopBoundBox<[RisingPeer]>

    init(partitions: Int, messages: [Template], loop: any EventLoop) {
        self.partitions = partitions
        self.messages = messages
        peers = NIOLoopBoundBox([], eventLoop: loop)
    }

    func take(_ channel: any Channel) throws {
        var configuration = EngineConfiguration(
            role: .server, containerID: Self.name, authentication: .mechanisms(["ANONYMOUS"]))
        configuration.padsLists = false
        let peer = RisingPeer(self)
        peers.value.append(peer)
        try channel.pipeline.syncOperations.addHandler(
            AMQPChannelHandler(engine: AMQPEngine(configuration), delegate: peer))
    }

    func pushAll() { for peer in peers.value { peer.pushAll() } }

    /// Events of one partition.
    func events(in partition: Int) -> Int64 {
        let all = growth.withLock { $0.events() }
        return (all + Int64(partitions - 1 - partition)) / Int64(partitions)
    }
}

/// One connection.
final class RisingPeer: AMQPConnectionDelegate {
    private enum Role {
        case replies(isTokens: Bool)
        case requests(isTokens: Bool)
        case events(session: SessionHandle, partition: Int, next: Int64)
    }

    private static let waitingMax = 1 << 20
    private let hub: RisingHub
    private var connection: AMQPConnection?
    private var roles: [LinkHandle: Role] = [:]
    private var order: [LinkHandle] = []
    private var tags: UInt32 = 0
    private var messages: [RisingHub.Template]

    init(_ hub: RisingHub) {
        self.hub = hub
        messages = hub.messages
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
        case .detached(let link, _, _):
            roles[link] = nil
            order.removeAll { $0 == link }
        default: break
        }
    }

    func readComplete(on connection: AMQPConnection) {}
    func writable(on connection: AMQPConnection) { pushAll() }

    func disconnected(_ cause: AMQPCondition?, on connection: AMQPConnection) {
        self.connection = nil
        roles = [:]
        order = []
    }

    func pushAll() {
        if let first = order.first {
            order.removeFirst()
            order.append(first)
        }
        for link in order { push(link) }
        connection?.flush()
    }

    private func push(_ link: LinkHandle) {
        guard let connection, connection.isWritable, case .events(let session, let partition, var next)? = roles[link]
        else { return }
        let engine = connection.engine
        let last = hub.events(in: partition) - 1
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        var sent: (events: Int64, bytes: Int64) = (0, 0)
        while next <= last, engine.credit(of: link) > 0, engine.outgoingBytes(session) < Self.waitingMax {
            let number = Int(next) % messages.count
            write(next, messages[number].numberAt, into: number)
            write(now, messages[number].timeAt, into: number)
            write(last, messages[number].lastAt, into: number)
            let bytes = messages[number].bytes
            guard bytes.withUnsafeBytes({ engine.send(link, message: $0, tag: [], settled: true) }) != nil else {
                break
            }
            next += 1
            sent.events += 1
            sent.bytes += Int64(bytes.count)
        }
        roles[link] = .events(session: session, partition: partition, next: next)
        guard sent.events > 0 else { return }
        hub.sent.withLock {
            $0.events += sent.events
            $0.bytes += sent.bytes
        }
    }

    private func write(_ value: Int64, _ place: Int, into number: Int) {
        withUnsafeBytes(of: value.bigEndian) { bytes in
            for (index, byte) in bytes.enumerated() { messages[number].bytes[place + index] = byte }
        }
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
        case (.receiver(_, _, let partition), .receiver):
            roles[link] = .events(session: session, partition: Int(partition) ?? 0, next: 0)
            order.append(link)
            reply.senderSettleMode = .settled
        default: return engine.refuse(link: link, AMQPCondition(name: ErrorCondition.notAllowed))
        }
        engine.accept(link: link, reply)
        if attach.role == .sender { engine.grantCredit(link, 100) }
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
                        name: RisingHub.name, createdAt: 1000, partitionIDs: (0..<hub.partitions).map { "\($0)" }))
            case .partition(_, let id):
                .partition(partition(id))
            }
        return ManagementReply(correlationID: request.messageID, status: .ok, content: content)
    }

    private func partition(_ id: String) -> PartitionProperties {
        let events = hub.events(in: Int(id) ?? 0)
        return PartitionProperties(
            hub: RisingHub.name, id: id, lastSequenceNumber: events - 1, lastOffset: "somewhere",
            lastEnqueuedTime: Int64(Date().timeIntervalSince1970 * 1000), isEmpty: events == 0)
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
