import AMQPEngine
import AMQPTypes
import EventHubs
import NIOCore
import NIOEmbedded
import Testing

@testable import DevBroker

/// Goal: each fault looks to a client as the service's own misbehaviour does.
///
/// Method: engines in memory against connections on one embedded loop; the script is installed before the client comes.
@Suite struct FaultConnectionTests {
    private func broker(_ script: String, events: Int = 10, sizeMax: Int = 1_048_576) throws -> InMemoryBroker {
        var configuration = DevBrokerConfiguration(hubs: [HubDefinition(name: "logs", partitionCount: 2)])
        configuration.messageSizeMax = sizeMax
        let broker = try InMemoryBroker(configuration)
        try broker.fill((0..<events).map { "\($0)" })
        broker.context.faults.install(try FaultScript(parsing: script))
        return broker
    }

    private func message(_ text: String) -> AMQPMessage { AMQPMessage(body: .data([Array(text.utf8)])) }

    private func wait(_ time: TimeAmount, _ broker: InMemoryBroker) throws {
        broker.loop.advanceTime(by: time)
        try broker.settle()
    }

    // MARK: Attaches

    @Test func anAttachIsRefusedAsOftenAsTheScriptSays() throws {
        let broker = try broker("on attach nth=1..2 do refuse com.microsoft:timeout \"later\"")
        let client = try broker.connect()
        for _ in 0..<2 {
            let link = try client.receive(credit: 10)
            #expect(client.attach(of: link)?.source == nil)
            #expect(client.detachment(of: link)?.name == "com.microsoft:timeout")
            #expect(client.detachment(of: link)?.description == "later")
        }
        #expect(try client.bodies(client.receive(credit: 10)).count == 10)
    }

    @Test func aThrottledAttachSaysSoInTheServicesWords() throws {
        let client = try broker("on attach do throttle").connect()
        let condition = try client.detachment(of: client.receive())
        #expect(condition?.name == "com.microsoft:server-busy")
        #expect(condition?.description?.contains("Please wait 4 seconds") == true)
    }

    @Test func anAttachIsAnsweredLateOrNever() throws {
        let broker = try broker("on attach nth=1 do silence\non attach nth=2 do delay 200ms")
        let client = try broker.connect()
        let never = try client.receive(credit: 10)
        let late = try client.receive(credit: 10)
        #expect(client.attach(of: late) == nil)
        try wait(.milliseconds(200), broker)
        #expect(client.bodies(late).count == 10)
        #expect(client.attach(of: never) == nil && client.detachment(of: never) == nil)
    }

    // MARK: Deliveries

    @Test func aLinkIsDetachedInsteadOfADelivery() throws {
        let broker = try broker("on delivery nth=4 do detach amqp:link:detach-forced")
        let client = try broker.connect()
        let link = try client.receive(credit: 10)
        #expect(client.bodies(link) == ["0", "1", "2"])
        #expect(client.detachment(of: link)?.name == "amqp:link:detach-forced")
        let counts = try #require(broker.context.namespace.hub("logs")?.partition(id: "0")).receiverCounts
        #expect(counts.isEmpty, "the broker has forgotten it")
        #expect(try client.bodies(client.receive(credit: 10)).count == 10)
    }

    @Test func aStalledLinkStaysAttachedAndIsSilent() throws {
        let broker = try broker("on delivery nth=4 do stall")
        let client = try broker.connect()
        let link = try client.receive(epoch: 0, credit: 10)
        try broker.fill(["more"])
        try wait(.seconds(60), broker)
        #expect(client.bodies(link) == ["0", "1", "2"])
        #expect(client.detachment(of: link) == nil)
        #expect(try client.bodies(client.receive(epoch: 0, credit: 20)).count == 11, "another link works")
    }

    @Test func deliveriesAreDelayedAndKeepTheirOrder() throws {
        let broker = try broker("on delivery nth=3.. every=4 do delay 10ms")
        let client = try broker.connect()
        let link = try client.receive(credit: 20)
        #expect(client.bodies(link).count == 2)
        try wait(.milliseconds(10), broker)
        #expect(client.bodies(link).count == 6)
        try wait(.milliseconds(10), broker)
        #expect(client.bodies(link) == (0..<10).map { "\($0)" })
    }

    @Test func eventsAreRepeatedRewoundAndSkipped() throws {
        func bodies(_ action: String) throws -> [String] {
            let client = try broker("on delivery nth=4 do \(action)", events: 6).connect()
            return try client.bodies(client.receive(credit: 20))
        }
        #expect(try bodies("repeat 2") == ["0", "1", "2", "3", "3", "3", "4", "5"])
        #expect(try bodies("rewind 2") == ["0", "1", "2", "1", "2", "3", "4", "5"])
        #expect(try bodies("rewind 99") == ["0", "1", "2", "0", "1", "2", "3", "4", "5"])
        #expect(try bodies("skip 2") == ["0", "1", "2", "5"])
        #expect(try bodies("skip 99") == ["0", "1", "2"])
    }

    @Test func garbageComesInFrontOfTheEvent() throws {
        let client = try broker("on delivery nth=2 do garbage", events: 3).connect()
        let link = try client.receive(credit: 20)
        #expect(client.batches[link]?.count == 4)
        #expect(client.bodies(link) == ["0", "1", "2"])
    }

    @Test func creditIsOverrunOnlyWhereTheScriptSays() throws {
        let broker = try broker("on open nth=1 do overrun 3")
        let (over, fair) = (try broker.connect(), try broker.connect())
        let link = try over.receive(credit: 4)
        #expect(over.detachment(of: link)?.name == nil)
        #expect(over.bodies(link).count == 4, "the engine takes no more")
        let isDetached = over.events.contains { if case .detached(link, _, _) = $0 { true } else { false } }
        #expect(isDetached, "and ends the link")
        #expect(try fair.bodies(fair.receive(credit: 4)).count == 4)
    }

    // MARK: Connections

    @Test func aConnectionIsClosedWithTheCondition() throws {
        let client = try broker("on delivery nth=3 do close amqp:connection:forced").connect()
        _ = try client.receive(credit: 10)
        let closed = client.events.compactMap { if case .closed(let condition?) = $0 { condition.name } else { nil } }
        #expect(closed == ["amqp:connection:forced"])
    }

    @Test func aSocketIsCutInTheMiddleOfAFrame() throws {
        let broker = try broker("on delivery nth=3 do cut bytes=100")
        let client = try broker.connect()
        let link = try client.receive(credit: 10)
        #expect(!client.channel.isActive)
        #expect(client.bodies(link).count < 4)
        #expect(broker.registry.count == 0)
    }

    @Test func aSocketIsCutAtOnce() throws {
        let broker = try broker("on attach do cut")
        let client = try broker.connect()
        _ = try client.receive()
        #expect(!client.channel.isActive && broker.registry.count == 0)
    }

    @Test func anOpenIsNotAnswered() throws {
        let client = try broker("on open nth=1 do silence").connect()
        #expect(!client.events.contains { if case .opened = $0 { true } else { false } })
    }

    // MARK: Messages and questions

    @Test func messagesAreRejectedAndTheLinkGoesOn() throws {
        let client = try broker("on send nth=1 do throttle\non send nth=2 do refuse amqp:internal-error").connect()
        let link = try client.send(to: "logs")
        var outcomes: [String] = []
        for _ in 0..<3 {
            switch try client.send(message("x"), on: link) {
            case .rejected(let condition): outcomes.append(condition.name)
            case .accepted: outcomes.append("accepted")
            default: outcomes.append("?")
            }
        }
        #expect(outcomes == ["com.microsoft:server-busy", "amqp:internal-error", "accepted"])
    }

    @Test func questionsAreRefusedDelayedOrLeftOpen() throws {
        let broker = try broker(
            "on request nth=1 do throttle\non request nth=2 do silence\non request nth=3 do delay 1s")
        let client = try broker.connect()
        var question = AMQPMessage()
        question.applicationProperties = [
            .string("operation"): .string("READ"), .string("type"): .string("com.microsoft:eventhub"),
            .string("name"): .string("logs"),
        ]
        let busy = try #require(try client.request("$management", question))
        #expect(busy.applicationProperties?[text: "status-code"] == .int(503))
        #expect(try client.request("$management", question) == nil)
        #expect(try client.request("$management", question) == nil)
        #expect(try client.request("$management", question)?.applicationProperties?[text: "status-code"] == .int(200))
    }

    // MARK: Sizes

    @Test func aMessageThatIsTooLargeIsRejectedAndTheLinkGoesOn() throws {
        let client = try broker("", sizeMax: 1000).connect()
        let link = try client.send(to: "logs")
        guard case .rejected(let condition)? = try client.send(message(String(repeating: "x", count: 5000)), on: link)
        else {
            Issue.record("a message of 5000 bytes was not rejected")
            return
        }
        #expect(condition.name == "amqp:link:message-size-exceeded")
        #expect(condition.description?.contains("limit (1000 bytes)") == true)
        #expect(try client.send(message("small"), on: link) == .accepted)
    }
}
