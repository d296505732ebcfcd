import AMQPEngine
import AMQPTypes
import Testing

/// Goal: silence is noticed by the side that waits, and prevented by the side that is waited for.
///
/// Method: time is a number that the test counts up.
@Suite struct IdleTests {
    @Test func silenceFailsTheConnection() throws {
        var client = EngineConfiguration(role: .client, containerID: "c")
        client.idleTimeout = .seconds(10)
        let loop = Loopback(client: client)
        _ = loop.attach(.receiver)
        let first = try #require(loop.client.tick(now: 1000))
        #expect(first == 11_000)
        _ = loop.client.tick(now: 10_999)
        #expect(loop.client.takeEvents().isEmpty)
        _ = loop.client.tick(now: 11_001)
        let events = loop.client.takeEvents()
        guard case .failed(let condition)? = events.first else {
            Issue.record("\(events)")
            return
        }
        #expect(condition.name == "amqp:resource-limit-exceeded")
        #expect(frames(loop.client.takeOutput()).last?.code == 0x18)
    }

    @Test func emptyFramesKeepThePeerCalm() throws {
        var client = EngineConfiguration(role: .client, containerID: "c")
        client.idleTimeout = .seconds(10)
        let loop = Loopback(client: client)
        _ = loop.attach(.receiver)
        var now: UInt64 = 1
        var emptyFrames = 0
        while now < 60_000 {
            _ = loop.client.tick(now: now)
            let next = try #require(loop.server.tick(now: now))
            #expect(next > now && next <= now + 2500, "half of the announced half")
            let bytes = loop.server.takeOutput()
            emptyFrames += frames(bytes).filter { $0.code == 0 }.count
            loop.client.receive(bytes)
            #expect(loop.client.takeEvents().isEmpty)
            now += 1000
        }
        #expect(emptyFrames >= 15)
    }

    @Test func withoutTimeoutsThereIsNothingToWaitFor() {
        let loop = Loopback()
        #expect(loop.client.tick(now: 5) == nil)
        _ = loop.attach(.receiver)
        #expect(loop.client.tick(now: 10) == nil)
        #expect(loop.server.tick(now: .max) == nil)
    }

    @Test func anAbortedDeliveryLeavesNoMessage() throws {
        let loop = Loopback()
        let (_, link) = loop.attach(.receiver)
        loop.client.grantCredit(link, 2)
        loop.run()
        loop.clientEvents = []
        // The server's handle 0: a first part, then an abort, then a whole message.
        let first: [AMQPValue] = [.uint(0), .uint(0), .binary([1]), .uint(7), .boolean(true), .boolean(true)]
        let abort: [AMQPValue] = [
            .uint(0), .null, .null, .null, .boolean(true), .boolean(false), .null, .null, .null, .boolean(true),
        ]
        let whole: [AMQPValue] = [.uint(0), .uint(1), .binary([2]), .uint(9), .boolean(true), .boolean(false)]
        loop.client.receive(InventedFrames.frame(0x14, first, payload: [1, 2, 3]))
        loop.client.receive(InventedFrames.frame(0x14, abort, payload: []))
        loop.client.receive(InventedFrames.frame(0x14, whole, payload: [4, 5]))
        let events = loop.client.takeEvents()
        #expect(Loopback.messages(events) == [[4, 5]])
        for case .deliveries(_, let batch) in events { #expect(batch.deliveries.map(\.messageFormat) == [9]) }
        #expect(loop.client.credit(of: link) == 1, "the aborted one's credit came back")
    }

    @Test func aMessageWithoutCreditDetachesTheLink() throws {
        let loop = Loopback()
        let (_, link) = loop.attach(.receiver)
        loop.client.grantCredit(link, 1)
        loop.run()
        loop.clientEvents = []
        for id in 0..<3 as Range<UInt32> {
            let fields: [AMQPValue] = [.uint(0), .uint(id), .binary([]), .uint(0), .boolean(true)]
            loop.client.receive(InventedFrames.frame(0x14, fields, payload: [UInt8(id)]))
        }
        #expect(Loopback.messages(loop.client.takeEvents()) == [[0]])
        let detach = frames(loop.client.takeOutput()).last { $0.code == 0x16 }
        guard case .described(_, .list(let error))? = detach?.fields.last else {
            Issue.record("\(String(describing: detach))")
            return
        }
        #expect(error.first == .symbol("amqp:link:transfer-limit-exceeded"))
    }
}
