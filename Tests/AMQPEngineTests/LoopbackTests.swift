import AMQPEngine
import AMQPTypes
import Testing

/// Goal: client and server engines understand each other in every legal conversation, however their bytes are cut.
///
/// Method: both joined in memory, fragment sizes from seeds; the events of both sides are the result.
@Suite struct LoopbackTests {
    @Test(arguments: 0..<12 as Range<UInt64>)
    func attachesAndTransfersWithSmallFragments(seed: UInt64) throws {
        let loop = Loopback(fragments: 1...7, seed: seed)
        let (_, link) = loop.attach(.sender, properties: [.symbol("com.microsoft:epoch"): .long(4)])
        let serverLink = try #require(loop.serverLink)
        loop.server.grantCredit(serverLink, 10)
        loop.run()
        #expect(loop.client.credit(of: link) == 10)
        let sent = [[], [UInt8](repeating: 7, count: 300), [UInt8]("hello".utf8)]
        for message in sent { #expect(loop.client.send(link, message) != nil) }
        loop.run()
        #expect(Loopback.messages(loop.serverEvents) == sent, "seed \(seed)")
        #expect(loop.server.credit(of: serverLink) == 7)
    }

    @Test func tellsWhatOpenAndAttachSay() throws {
        var client = EngineConfiguration(role: .client, containerID: "container", hostname: "hub.test")
        client.properties = [.symbol("product"): .string("hubwatch")]
        client.idleTimeout = .seconds(60)
        client.maxFrameSize = 32768
        let loop = Loopback(client: client)
        let (session, link) = loop.attach(
            .receiver, properties: [.symbol("com.microsoft:receiver-name"): .string("me")],
            desired: ["com.microsoft:enable-receiver-runtime-metric", "second"])
        let open = try #require(
            loop.serverEvents.compactMap { if case .opened(let open) = $0 { open } else { nil } }.first)
        #expect(open.containerID == "container")
        #expect(open.hostname == "hub.test")
        #expect(open.maxFrameSize == 32768)
        #expect(open.idleTimeout == .seconds(30))
        #expect(open.properties[symbol: "product"] == .string("hubwatch"))
        let attach = try #require(
            loop.serverEvents.compactMap { event -> RemoteAttach? in
                if case .attached(_, _, let attach, byPeer: true) = event { attach } else { nil }
            }.first)
        #expect(attach.name == "link")
        #expect(attach.role == .receiver)
        #expect(attach.source?.address == "from")
        #expect(attach.target?.address == "to")
        #expect(attach.properties[symbol: "com.microsoft:receiver-name"] == .string("me"))
        #expect(attach.desiredCapabilities == ["com.microsoft:enable-receiver-runtime-metric", "second"])
        #expect(loop.clientEvents.contains { if case .begun(session, byPeer: false) = $0 { true } else { false } })
        #expect(
            loop.clientEvents.contains {
                if case .attached(link, session, _, byPeer: false) = $0 { true } else { false }
            })
    }

    @Test func passesFiltersAndCapabilitiesOfTermini() throws {
        let loop = Loopback()
        var source = Terminus(address: "hub/ConsumerGroups/$Default/Partitions/0")
        let selector = AMQPValue.described(
            descriptor: .symbol("apache.org:selector-filter:string"),
            value: .string("amqp.annotation.x-opt-offset > '-1'"))
        source.filter[symbol: "apache.org:selector-filter:string"] = selector
        source.capabilities = ["queue"]
        var received: RemoteAttach?
        loop.onServerEvent = { event, engine in
            guard case .attached(let link, _, let attach, byPeer: true) = event else { return }
            received = attach
            var reply = AttachReply(echoing: attach)
            reply.senderSettleMode = .settled
            reply.maxMessageSize = 1 << 20
            reply.properties = [.symbol("com.microsoft:tracking-id"): .string("1")]
            reply.offeredCapabilities = ["offered"]
            engine.accept(link: link, reply)
        }
        loop.client.open()
        let session = loop.client.begin()
        _ = loop.client.attach(
            LinkSpecification(
                session: session, name: "r", role: .receiver, source: source, target: Terminus(address: "t")))
        loop.run()
        #expect(received?.source?.filter[symbol: "apache.org:selector-filter:string"] == selector)
        #expect(received?.source?.capabilities == ["queue"])
        let answer = try #require(
            loop.clientEvents.compactMap { event -> RemoteAttach? in
                if case .attached(_, _, let attach, byPeer: false) = event { attach } else { nil }
            }.first)
        #expect(answer.role == .sender)
        #expect(answer.senderSettleMode == .settled)
        #expect(answer.maxMessageSize == 1 << 20)
        #expect(answer.offeredCapabilities == ["offered"])
        #expect(answer.source?.filter[symbol: "apache.org:selector-filter:string"] == selector)
        #expect(answer.properties[symbol: "com.microsoft:tracking-id"] == .string("1"))
    }

    @Test(arguments: [0, 1, 300, 65_000, 66_000, 1 << 20, 3 << 20])
    func transfersMessagesOfEverySize(size: Int) throws {
        let loop = Loopback(fragments: 1...50_000, seed: UInt64(size))
        let (_, link) = loop.attach(.sender)
        let serverLink = try #require(loop.serverLink)
        loop.server.grantCredit(serverLink, 3)
        loop.run()
        var generator = SeededGenerator(seed: 1)
        let message = (0..<size).map { _ in UInt8.random(in: 0...255, using: &generator) }
        #expect(loop.client.send(link, message, tag: [1, 2, 3, 4], settled: false, messageFormat: 0x8001_3700) != nil)
        #expect(loop.client.send(link, [9], tag: [], messageFormat: 0) != nil)
        loop.run()
        #expect(Loopback.messages(loop.serverEvents) == [message, [9]])
        let deliveries = loop.serverEvents.flatMap { event -> [(Delivery, [UInt8])] in
            guard case .deliveries(_, let batch) = event else { return [] }
            return batch.deliveries.map { ($0, batch.tag(of: $0)) }
        }
        try #require(deliveries.count == 2)
        #expect(deliveries[0].0.messageFormat == 0x8001_3700)
        #expect(deliveries[0].1 == [1, 2, 3, 4])
        #expect(!deliveries[0].0.settled)
        #expect(deliveries[1].0.messageFormat == 0)
        #expect(deliveries[1].0.settled)
    }

    @Test func deliversFromTheServerWithFullLists() throws {
        let loop = Loopback()
        let (_, link) = loop.attach(.receiver)
        loop.client.grantCredit(link, 100)
        loop.run()
        let serverLink = try #require(loop.serverLink)
        let sent = (0..<100).map { [UInt8](repeating: UInt8($0), count: 300) }
        for message in sent { #expect(loop.server.send(serverLink, message) != nil) }
        #expect(loop.server.send(serverLink, [1]) == nil, "there is no credit left")
        loop.run()
        #expect(Loopback.messages(loop.clientEvents) == sent)
        // One batch, because all arrived in one turn.
        #expect(loop.clientEvents.filter { if case .deliveries = $0 { true } else { false } }.count == 1)
        for frame in frames(loop.serverBytes) where frame.type == 0 {
            let expected: [UInt64: Int] = [
                0x10: 10, 0x11: 8, 0x12: 14, 0x13: 11, 0x14: 11, 0x15: 6, 0x16: 3, 0x17: 1, 0x18: 1,
            ]
            #expect(frame.fields.count == expected[frame.code], "performative \(frame.code)")
            if frame.code == 0x11 { #expect(frame.fields[4] != .null, "handle-max is a number") }
            if frame.code == 0x14 { #expect(frame.fields[2] == .binary([]), "settled transfers have an empty tag") }
        }
    }

    @Test func reportsOutcomes() throws {
        let loop = Loopback()
        let (_, link) = loop.attach(.sender)
        let serverLink = try #require(loop.serverLink)
        loop.server.grantCredit(serverLink, 10)
        loop.run()
        let refusal = AMQPCondition(
            name: "com.microsoft:server-busy", description: "Please wait", info: [.symbol("seconds"): .int(4)])
        let outcomes: [DeliveryOutcome] = [
            .accepted, .rejected(refusal), .rejected(AMQPCondition(name: "amqp:not-allowed")), .released,
            .modified(deliveryFailed: true, undeliverableHere: false),
        ]
        var handles: [DeliveryHandle] = []
        for index in outcomes.indices {
            handles.append(try #require(loop.client.send(link, [1], tag: [UInt8(index)], settled: false)))
        }
        loop.run()
        var index = 0
        for case .deliveries(_, let batch) in loop.serverEvents {
            for delivery in batch.deliveries {
                loop.server.settle(delivery.handle, outcomes[index])
                loop.server.settle(delivery.handle, .accepted)
                index += 1
            }
        }
        loop.run()
        let updates = loop.clientEvents.compactMap { event -> (DeliveryHandle, DeliveryOutcome?, Bool)? in
            if case .updated(let handle, link, let outcome, let settled) = event {
                (handle, outcome, settled)
            } else {
                nil
            }
        }
        // Outcomes are told in any order: equal ones travel together.
        for (handle, outcome) in zip(handles, outcomes) {
            #expect(updates.filter { $0.0 == handle }.map(\.1) == [outcome])
        }
        #expect(updates.allSatisfy { $0.2 })
        // Some clients read the error's fields by position.
        for frame in frames(loop.serverBytes) where frame.code == 0x15 {
            guard case .described(.ulong(0x25), .list(let rejected)) = frame.fields[4] else { continue }
            guard case .described(_, .list(let error))? = rejected.first else { continue }
            #expect(error.count == 3)
        }
    }
}
