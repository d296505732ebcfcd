import AMQPEngine
import AMQPTypes
import EventHubs
import NIOCore
import NIOEmbedded
import Testing

@testable import DevBroker

/// Goal: nothing that a client sends ends the broker or disturbs another client.
///
/// Method: the bytes of a well-behaved conversation, changed and cut by a seed, on connection after connection; then a
/// well-behaved client must still get its events.
@Suite struct HostileClientTests {
    /// What a client sends that does a little of everything.
    private func conversation() -> [UInt8] {
        var configuration = EngineConfiguration(role: .client, containerID: "test", hostname: "localhost")
        configuration.authentication = .anonymous
        let engine = AMQPEngine(configuration)
        var bytes: [UInt8] = []
        func take() {
            while engine.withOutput({ output in
                bytes.append(contentsOf: output)
                return output.count
            }) {}
        }
        // The server's half of the handshake, so that the engine goes on without one.
        let header = Array(hex: "414d515003010000")
        let mechanisms = Array(hex: "0000001c02010000005340c00f01e00c01a309414e4f4e594d4f5553")
        let outcome = Array(hex: "0000001002010000005344c003015000")
        take()
        (header + mechanisms + outcome).withUnsafeBytes { engine.receive($0) }
        engine.open()
        let session = engine.begin()
        for address in ["logs", "logs/Partitions/0", "$cbs", "$management"] {
            _ = engine.attach(
                LinkSpecification(
                    session: session, name: "s \(address)", role: .sender, source: Terminus(address: "me"),
                    target: Terminus(address: address)))
        }
        let receiver = engine.attach(
            LinkSpecification(
                session: session, name: "r", role: .receiver,
                source: Terminus(
                    address: "logs/ConsumerGroups/$Default/Partitions/0",
                    filter: SelectorFilter.encode(.sequenceNumber(0, inclusive: true))),
                target: Terminus(address: "me"), properties: [.symbol(DialectName.epoch): .long(3)],
                desiredCapabilities: [DialectName.runtimeMetric]))
        engine.grantCredit(receiver, 100)
        take()
        return bytes
    }

    /// Transfers written by hand: the client's engine has no credit to send them with.
    private func transfers() -> [UInt8] {
        let event = AMQPMessage(
            messageAnnotations: [.symbol(DialectName.partitionKey): .string("k")], body: .data([[1, 2, 3]])
        ).encoded()
        let request = AMQPMessage(
            applicationProperties: [
                .string("operation"): .string("put-token"), .string("type"): .string("jwt"),
                .string("name"): .string("sb://h/logs"),
            ], body: .value(.string("token"))
        ).encoded()
        var bytes: [UInt8] = []
        for (number, (handle, message)) in [(0, event), (1, event), (2, request), (3, request)].enumerated() {
            let performative = AMQPEncoder.encode(
                .described(
                    descriptor: .ulong(0x14),
                    value: .list([
                        .uint(UInt32(handle)), .uint(UInt32(number)), .binary([UInt8(number)]), .uint(0),
                        .boolean(false),
                    ])))
            let frame = [2, 0, 0, 0] + performative + message
            withUnsafeBytes(of: UInt32(frame.count + 4).bigEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: frame)
        }
        return bytes
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6])
    func changedConversations(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let broker = try InMemoryBroker(
            DevBrokerConfiguration(hubs: [HubDefinition(name: "logs", partitionCount: 2)]))
        let good = conversation() + transfers()
        var stored: Int64 = 0
        for round in 0..<150 {
            var bytes = good
            // The first round goes through unchanged, to prove that the conversation reaches the broker.
            if round > 0 {
                for _ in 0..<Int.random(in: 0...5, using: &random) {
                    let index = Int.random(in: 8..<bytes.count, using: &random)
                    bytes[index] = UInt8.random(in: 0...255, using: &random)
                }
                if Int.random(in: 0..<3, using: &random) == 0 {
                    bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
                }
            }
            let channel = EmbeddedChannel(loop: broker.loop)
            try BrokerListener.addBroker(to: channel, context: broker.context, registry: broker.registry)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 5672)).wait()
            var rest = bytes[...]
            while !rest.isEmpty, channel.isActive {
                let size = Int.random(in: 1...rest.count, using: &random)
                _ = try? channel.writeInbound(ByteBuffer(bytes: rest.prefix(size)))
                broker.loop.run()
                rest = rest.dropFirst(size)
            }
            _ = try? channel.finish(acceptAlreadyClosed: true)
            broker.loop.run()
            if round == 0 {
                stored =
                    broker.context.namespace.hub("logs").map { hub in
                        hub.partitions.reduce(0) { $0 + $1.properties(now: 0).lastSequenceNumber + 1 }
                    } ?? 0
            }
        }
        #expect(stored == 1, "the unchanged conversation stores its one acceptable event (seed \(seed))")
        #expect(broker.registry.count == 0, "no connection is left (seed \(seed))")

        let client = try broker.connect()
        try broker.context.namespace.put(HubDefinition(name: "fresh", partitionCount: 1), now: 0)
        try broker.fill(["after all"], hub: "fresh")
        let link = try client.receive("fresh/ConsumerGroups/$Default/Partitions/0", credit: 5)
        #expect(client.bodies(link) == ["after all"])
        let hub = try #require(broker.context.namespace.hub("logs"))
        #expect(hub.partitions.allSatisfy { $0.receiverCounts.isEmpty }, "no receiver is left (seed \(seed))")
    }
}

extension [UInt8] {
    /// The bytes of hexadecimal text.
    init(hex text: String) {
        let digits = Array<Character>(text).compactMap(\.hexDigitValue)
        self = stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
    }
}
