import AMQPEngine
import AMQPTypes
import Testing

/// Goal: credit is what bounds the traffic, and memory is reused.
///
/// Method: counting messages, credit events and slabs over joined engines.
@Suite struct FlowTests {
    @Test func countsCredit() throws {
        let loop = Loopback()
        let (session, link) = loop.attach(.sender)
        let serverLink = try #require(loop.serverLink)
        #expect(loop.client.send(link, [1]) == nil)
        loop.server.grantCredit(serverLink, 2)
        loop.server.grantCredit(serverLink, 3)
        loop.run()
        let credits = loop.clientEvents.compactMap { event -> Int? in
            if case .credit(link, let credit, drain: false) = event { credit } else { nil }
        }
        #expect(credits == [5])
        for _ in 0..<5 { #expect(loop.client.send(link, [UInt8](repeating: 0, count: 1000)) != nil) }
        #expect(loop.client.send(link, [1]) == nil)
        #expect(loop.client.outgoingBytes(session) == 5000)
        loop.run()
        #expect(loop.client.outgoingBytes(session) == 0)
        #expect(loop.server.credit(of: serverLink) == 0)
        #expect(loop.clientEvents.filter { if case .credit = $0 { true } else { false } }.count == 1)
        for _ in 0..<10 { loop.server.grantCredit(serverLink, .max) }
        loop.run()
        #expect(loop.client.credit(of: link) == Int(Int32.max) / 2)
    }

    @Test func drains() throws {
        let loop = Loopback()
        let (_, link) = loop.attach(.receiver)
        loop.client.grantCredit(link, 10)
        loop.run()
        let serverLink = try #require(loop.serverLink)
        loop.onServerEvent = { event, engine in
            guard case .credit(serverLink, _, drain: true) = event else { return }
            _ = engine.send(serverLink, [1])
            engine.drained(serverLink)
        }
        loop.client.drain(link)
        loop.run()
        #expect(Loopback.messages(loop.clientEvents) == [[1]])
        guard case .credit(link, 0, drain: true)? = loop.clientEvents.last else {
            Issue.record("\(loop.clientEvents)")
            return
        }
        #expect(loop.client.credit(of: link) == 0)
        #expect(loop.server.credit(of: serverLink) == 0)
        loop.client.grantCredit(link, 4)
        loop.run()
        #expect(loop.server.credit(of: serverLink) == 4)
    }

    @Test func reusesSlabsOnceNobodyHoldsThem() throws {
        var client = EngineConfiguration(role: .client, containerID: "c")
        client.slabSize = 8192
        let loop = Loopback(client: client)
        let (_, link) = loop.attach(.receiver)
        loop.client.grantCredit(link, 10_000)
        loop.run()
        let serverLink = try #require(loop.serverLink)
        loop.clientEvents = []
        var slabs: Set<ObjectIdentifier> = []
        for round in 0..<200 {
            let sent = (0..<20).map { [UInt8](repeating: UInt8(($0 + round) % 256), count: 300) }
            for message in sent { _ = loop.server.send(serverLink, message) }
            loop.run()
            #expect(Loopback.messages(loop.clientEvents) == sent)
            for case .deliveries(_, let batch) in loop.clientEvents { slabs.insert(ObjectIdentifier(batch.slab)) }
            loop.clientEvents = []
        }
        #expect(slabs.count <= 4)
    }

    @Test func heldSlabsKeepTheirBytes() throws {
        var client = EngineConfiguration(role: .client, containerID: "c")
        client.slabSize = 4096
        let loop = Loopback(client: client, fragments: 1...2000, seed: 5)
        let (_, link) = loop.attach(.receiver)
        loop.client.grantCredit(link, 10_000)
        loop.run()
        let serverLink = try #require(loop.serverLink)
        var generator = SeededGenerator(seed: 77)
        var sent: [[UInt8]] = []
        for _ in 0..<300 {
            let size = Int.random(in: 0...9000, using: &generator)
            sent.append([UInt8](repeating: UInt8.random(in: 0...255, using: &generator), count: size))
            _ = loop.server.send(serverLink, sent[sent.count - 1], tag: size % 2 == 0 ? [] : [1, 2, 3])
            if size % 7 == 0 { loop.run() }
        }
        loop.run()
        #expect(Loopback.messages(loop.clientEvents) == sent)
        for case .deliveries(_, let batch) in loop.clientEvents {
            for delivery in batch.deliveries {
                // The bytes behind a message can be read: they belong to the slab.
                let behind = delivery.range.upperBound..<(delivery.range.upperBound + DeliverySlab.spareByteCount)
                #expect(batch.slab.bytes(behind).count == DeliverySlab.spareByteCount)
                #expect(batch.tag(of: delivery) == (delivery.range.count % 2 == 0 ? [] : [1, 2, 3]))
            }
        }
        #expect(loop.clientEvents.count > 10)
    }

    @Test func batchesPerLink() throws {
        let loop = Loopback()
        let (session, first) = loop.attach(.receiver, name: "first")
        let second = loop.client.attach(
            LinkSpecification(
                session: session, name: "second", role: .receiver, source: Terminus(address: "a"),
                target: Terminus(address: "b")))
        loop.client.grantCredit(first, 100)
        loop.run()
        loop.client.grantCredit(second, 100)
        loop.run()
        let serverLinks = loop.serverEvents.compactMap { event -> LinkHandle? in
            if case .attached(let link, _, _, _) = event { link } else { nil }
        }
        try #require(serverLinks.count == 2)
        loop.clientEvents = []
        for index in 0..<20 {
            _ = loop.server.send(serverLinks[index % 2], [UInt8(index)], messageFormat: UInt32(index % 3))
        }
        loop.run()
        let batches = loop.clientEvents.compactMap { event -> (LinkHandle, [UInt8], [UInt32])? in
            guard case .deliveries(let link, let batch) = event else { return nil }
            return (
                link, batch.deliveries.compactMap { batch.bytes(of: $0).first }, batch.deliveries.map(\.messageFormat)
            )
        }
        #expect(batches.map(\.0) == [first, second])
        let evens = Array(stride(from: UInt8(0), to: 20, by: 2))
        let odds = Array(stride(from: UInt8(1), to: 20, by: 2))
        #expect(batches.map(\.1) == [evens, odds])
        for (_, bytes, formats) in batches {
            let expected = bytes.map { UInt32($0) % 3 }
            #expect(formats == expected)
        }
    }
}
