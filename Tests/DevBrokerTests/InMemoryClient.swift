import AMQPEngine
import AMQPTypes
import EventHubs
import Logging
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import DevBroker

/// A broker without sockets: its connections live on one embedded loop, and their clients are engines in memory.
final class InMemoryBroker {
    let loop = EmbeddedEventLoop()
    let registry = ConnectionRegistry()
    let context: BrokerContext
    let clock: TestClock
    private var clients: [InMemoryClient] = []

    init(_ configuration: DevBrokerConfiguration = DevBrokerConfiguration()) throws {
        let clock = TestClock()
        var configuration = configuration
        configuration.clock = { clock.now }
        self.clock = clock
        context = try BrokerContext(
            configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Connects a client and waits until its connection is open and has a session.
    func connect(_ authentication: EngineAuthentication = .anonymous) throws -> InMemoryClient {
        let channel = EmbeddedChannel(loop: loop)
        try BrokerListener.addBroker(to: channel, context: context, registry: registry)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 5672)).wait()
        let client = InMemoryClient(channel: channel, broker: self, authentication: authentication)
        clients.append(client)
        client.engine.open()
        client.session = client.engine.begin()
        try settle()
        return client
    }

    /// Moves bytes and runs the loop until nothing is left to do.
    func settle() throws {
        var isMoving = true
        while isMoving {
            isMoving = false
            loop.run()
            for client in clients where try client.shuttle() { isMoving = true }
        }
    }

    /// Makes a hub with events that say their number.
    @discardableResult
    func fill(
        _ bodies: [String], hub: String = "logs", partition: String = "0"
    ) throws -> [PartitionLog.Stamps] {
        var stamps: [PartitionLog.Stamps] = []
        for body in bodies {
            let bytes = AMQPMessage(body: .data([Array(body.utf8)])).encoded()
            let partition = try #require(context.namespace.hub(hub)?.partition(id: partition))
            stamps += try bytes.withUnsafeBytes {
                partition.append(try TransferDraft.read($0, messageFormat: 0).events, from: $0, now: clock.now)
            }
        }
        return stamps
    }
}

/// A clock that tests set.
final class TestClock: Sendable {
    private let value = Mutex<Int64>(1_700_000_000_000)

    var now: Int64 { value.withLock { $0 } }

    func advance(milliseconds: Int64) {
        value.withLock { $0 += milliseconds }
    }
}

/// One client: an engine whose bytes go to the broker's embedded channel.
final class InMemoryClient {
    let engine: AMQPEngine
    let channel: EmbeddedChannel
    var session = SessionHandle(raw: 0)
    private(set) var events: [EngineEvent] = []
    private(set) var messages: [LinkHandle: [AMQPMessage]] = [:]
    private(set) var batches: [LinkHandle: [Delivery]] = [:]
    private var receiverCount = 0
    /// A cycle on purpose: a test may hold either end only.
    private let broker: InMemoryBroker

    init(channel: EmbeddedChannel, broker: InMemoryBroker, authentication: EngineAuthentication) {
        var configuration = EngineConfiguration(role: .client, containerID: "test", hostname: "localhost")
        configuration.authentication = authentication
        engine = AMQPEngine(configuration)
        self.channel = channel
        self.broker = broker
    }

    /// Moves what is pending in both directions; false when there was nothing.
    func shuttle() throws -> Bool {
        var moved = false
        var outgoing: [UInt8] = []
        while engine.withOutput({ bytes in
            outgoing.append(contentsOf: bytes)
            return bytes.count
        }) {}
        if !outgoing.isEmpty {
            moved = true
            if channel.isActive { try channel.writeInbound(ByteBuffer(bytes: outgoing)) }
        }
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) {
            moved = true
            buffer.withUnsafeReadableBytes { engine.receive($0) }
        }
        while let event = engine.nextEvent() {
            moved = true
            note(event)
        }
        return moved
    }

    private func note(_ event: EngineEvent) {
        events.append(event)
        if case .deliveries(let link, let batch) = event {
            for delivery in batch.deliveries {
                batches[link, default: []].append(delivery)
                if let message = try? AMQPMessage(decoding: batch.bytes(of: delivery)) {
                    messages[link, default: []].append(message)
                }
                if !delivery.settled { engine.settle(delivery.handle, .accepted) }
            }
        }
    }

    // MARK: Links

    /// Attaches a receiver, by default to partition 0 of `logs`.
    func receive(
        _ address: String = "logs/ConsumerGroups/$Default/Partitions/0", position: EventPosition? = .earliest,
        epoch: Int64? = nil, name: String? = nil, metric: Bool = false, credit: UInt32 = 0
    ) throws -> LinkHandle {
        var properties = AMQPMap()
        if let epoch { properties[symbol: DialectName.epoch] = .long(epoch) }
        if let name { properties[symbol: DialectName.receiverName] = .string(name) }
        receiverCount += 1
        let link = engine.attach(
            LinkSpecification(
                session: session, name: "receiver-\(receiverCount)-\(address)", role: .receiver,
                source: Terminus(address: address, filter: position.map(SelectorFilter.encode) ?? AMQPMap()),
                target: Terminus(address: "me"), properties: properties,
                desiredCapabilities: metric ? [DialectName.runtimeMetric] : []))
        if credit > 0 { engine.grantCredit(link, credit) }
        try broker.settle()
        return link
    }

    /// Attaches a sender.
    func send(to address: String) throws -> LinkHandle {
        let link = engine.attach(
            LinkSpecification(
                session: session, name: "sender-\(events.count)-\(address)", role: .sender,
                source: Terminus(address: "me"),
                target: Terminus(address: address)))
        try broker.settle()
        return link
    }

    /// Sends one message and waits for its outcome.
    func send(_ message: AMQPMessage, on link: LinkHandle, format: UInt32 = 0) throws -> DeliveryOutcome? {
        let handle = message.encoded().withUnsafeBytes {
            engine.send(link, message: $0, tag: [1, 2, 3, 4], settled: false, messageFormat: format)
        }
        try broker.settle()
        for event in events.reversed() {
            if case .updated(let delivery, _, let outcome, _) = event, delivery == handle { return outcome }
        }
        return nil
    }

    /// Sends a request to a node and gives the reply.
    func request(_ node: String, _ message: AMQPMessage) throws -> AMQPMessage? {
        let replies = engine.attach(
            LinkSpecification(
                session: session, name: "replies-\(events.count)", role: .receiver, source: Terminus(address: node),
                target: Terminus(address: node)))
        engine.grantCredit(replies, 10)
        let requests = try send(to: node)
        _ = try send(message, on: requests)
        let reply = messages[replies]?.last
        engine.detach(requests)
        engine.detach(replies)
        try broker.settle()
        return reply
    }

    // MARK: Facts

    func attach(of link: LinkHandle) -> RemoteAttach? {
        for case .attached(let attached, _, let attach, _) in events where attached == link { return attach }
        return nil
    }

    /// The condition that a link was detached with.
    func detachment(of link: LinkHandle) -> AMQPCondition? {
        for case .detached(let detached, _, let condition?) in events where detached == link { return condition }
        return nil
    }

    /// The bodies received on a link, as text.
    func bodies(_ link: LinkHandle) -> [String] {
        (messages[link] ?? []).map { message in
            guard case .data(let parts) = message.body else { return "?" }
            return String(decoding: parts.joined(), as: UTF8.self)
        }
    }
}
