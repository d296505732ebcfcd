import AMQPEngine
import AMQPTypes
import EventHubs
import NIOCore
import NIOEmbedded
import Testing

@testable import DevBroker

/// Goal: what clients see on the wire is what the service shows them: attach replies, credit, outcomes, pushes, steals.
///
/// Method: engines in memory against the broker's connections on one embedded loop; time is the test's.
@Suite struct ConnectionTests {
    private func broker(_ change: (inout DevBrokerConfiguration) -> Void = { _ in }) throws -> InMemoryBroker {
        var configuration = DevBrokerConfiguration(
            hubs: [HubDefinition(name: "logs", partitionCount: 4, consumerGroups: ["reports"])])
        change(&configuration)
        return try InMemoryBroker(configuration)
    }

    private func data(_ text: String, key: String? = nil) -> AMQPMessage {
        var message = AMQPMessage(body: .data([Array(text.utf8)]))
        if let key { message.messageAnnotations = [.symbol(DialectName.partitionKey): .string(key)] }
        return message
    }

    // MARK: Open

    @Test func openLooksLikeTheService() throws {
        let client = try broker().connect()
        var opened: RemoteOpen?
        for case .opened(let open) in client.events { opened = open }
        let open = try #require(opened)
        #expect(open.containerID.hasSuffix("_G0"))
        #expect(open.maxFrameSize == 65_536)
        #expect(open.channelMax == 4999)
        #expect(open.idleTimeout == .seconds(120))
        #expect(open.hostname == nil)
    }

    @Test func plainNeedsAConfiguredPolicy() throws {
        let policy = AccessPolicy(name: "root", key: "secret", rights: .manage)
        let broker = try broker {
            $0.policies = [policy]
            $0.isAuthStrict = true
        }
        let good = try broker.connect(.plain(user: "root", password: "secret"))
        let link = try good.send(to: "logs")
        #expect(try good.send(data("x"), on: link) == .accepted, "PLAIN authorises without tokens")
        let bad = try broker.connect(.plain(user: "root", password: "wrong"))
        #expect(bad.events.contains { if case .authenticationFailed = $0 { true } else { false } })
    }

    // MARK: Senders

    @Test func senderRepliesStateLimitAndCredit() throws {
        let client = try broker().connect()
        for (address, credit) in [("logs", 300), ("/LOGS/Partitions/1", 1000), ("amqps://h:1/logs/Publishers/p", 300)] {
            let link = try client.send(to: address)
            let attach = try #require(client.attach(of: link))
            #expect(attach.target?.address == address)
            #expect(attach.maxMessageSize == 1_048_576)
            #expect(attach.senderSettleMode == .unsettled)
            #expect(attach.receiverSettleMode == .first)
            #expect(client.engine.credit(of: link) == credit)
        }
    }

    @Test func senderCreditIsToppedUp() throws {
        let broker = try broker()
        let client = try broker.connect()
        let link = try client.send(to: "logs")
        for _ in 0..<700 { #expect(try client.send(data("x"), on: link) == .accepted) }
        #expect(client.engine.credit(of: link) > 100)
        let counts = try #require(broker.context.namespace.hub("logs")).partitions.map {
            $0.properties(now: broker.clock.now).lastSequenceNumber + 1
        }
        #expect(counts == [175, 175, 175, 175], "in turn")
    }

    @Test func keysStayTogether() throws {
        let broker = try broker()
        let client = try broker.connect()
        let hub = try client.send(to: "logs")
        for _ in 0..<8 { #expect(try client.send(data("x", key: "device-1"), on: hub) == .accepted) }
        let counts = try #require(broker.context.namespace.hub("logs")).partitions.map {
            $0.properties(now: 0).lastSequenceNumber + 1
        }
        #expect(counts.sorted() == [0, 0, 0, 8])
        let partition = try client.send(to: "logs/Partitions/0")
        guard case .rejected(let condition) = try client.send(data("x", key: "k"), on: partition) else {
            Issue.record("a key was taken on a partition")
            return
        }
        #expect(condition.name == "amqp:not-allowed")
    }

    @Test func garbageIsRejectedAndTheLinkGoesOn() throws {
        let broker = try broker()
        let client = try broker.connect()
        let link = try client.send(to: "logs")
        let handle = [UInt8]([1, 2, 3]).withUnsafeBytes {
            client.engine.send(link, message: $0, tag: [9], settled: false)
        }
        try broker.settle()
        let condition = client.events.compactMap { event -> AMQPCondition? in
            if case .updated(handle, _, .rejected(let condition), _) = event { condition } else { nil }
        }.first
        #expect(condition?.name == "amqp:decode-error")
        #expect(condition?.description?.isEmpty == false)
        #expect(try client.send(data("x"), on: link) == .accepted)
    }

    @Test func unknownTargetsAreRefused() throws {
        let client = try broker().connect()
        for (address, name) in [
            ("nothing", "amqp:not-found"), ("logs/Partitions/4", "com.microsoft:argument-out-of-range"),
            ("logs/Partitions/x", "com.microsoft:argument-out-of-range"),
            ("logs/ConsumerGroups/g/Partitions/0", "amqp:not-allowed"), ("", "amqp:not-allowed"),
        ] {
            let link = try client.send(to: address)
            #expect(client.attach(of: link)?.target == nil, "\(address): a refusal has no terminus")
            #expect(client.detachment(of: link)?.name == name, "\(address)")
        }
    }

    // MARK: Receivers

    @Test func receiverReplyAndDeliveries() throws {
        let broker = try broker()
        try broker.fill(["a", "b", "c"])
        let client = try broker.connect()
        let link = try client.receive("amqps://host:9/LOGS/consumergroups/$DEFAULT/partitions/0", credit: 10)
        let attach = try #require(client.attach(of: link))
        #expect(attach.senderSettleMode == .settled)
        #expect(attach.maxMessageSize == 1_048_576)
        #expect(
            attach.source?.filter == [
                .symbol("apache.org:selector-filter:string"): .described(
                    descriptor: .ulong(0x0000_0013_7000_000A), value: .string("amqp.annotation.x-opt-offset > '-1'"))
            ])
        #expect(client.bodies(link) == ["a", "b", "c"])
        let deliveries = try #require(client.batches[link])
        #expect(deliveries.allSatisfy { $0.settled && $0.tagRange.isEmpty && $0.messageFormat == 0 })
        #expect(client.messages[link]?.last?.messageAnnotations?[symbol: DialectName.sequenceNumber] == .long(2))
        #expect(client.messages[link]?.first?.deliveryAnnotations == nil)
    }

    @Test func eventsArePushedAsTheyCome() throws {
        let broker = try broker()
        let reader = try broker.connect()
        let latest = try reader.receive(position: .latest, credit: 10)
        let all = try reader.receive(position: nil, credit: 10)
        let writer = try broker.connect()
        let link = try writer.send(to: "logs/Partitions/0")
        for text in ["one", "two"] { #expect(try writer.send(data(text), on: link) == .accepted) }
        #expect(reader.bodies(latest) == ["one", "two"])
        #expect(reader.bodies(all) == ["one", "two"])
    }

    @Test func latestIsFixedAtAttachNotAtCredit() throws {
        let broker = try broker()
        let client = try broker.connect()
        try broker.fill(["before"])
        let link = try client.receive(position: .latest)
        try broker.fill(["between"])
        client.engine.grantCredit(link, 5)
        try broker.settle()
        #expect(client.bodies(link) == ["between"])
    }

    @Test func creditIsObeyedAndDrained() throws {
        let broker = try broker()
        try broker.fill((0..<50).map(String.init))
        let client = try broker.connect()
        let link = try client.receive(credit: 20)
        #expect(client.bodies(link).count == 20)
        client.engine.grantCredit(link, 100)
        try broker.settle()
        #expect(client.bodies(link) == (0..<50).map(String.init))
        client.engine.drain(link)
        try broker.settle()
        #expect(client.engine.credit(of: link) == 0)
        try broker.fill(["late"])
        try broker.settle()
        #expect(client.bodies(link).count == 50)
        client.engine.grantCredit(link, 1)
        try broker.settle()
        #expect(client.bodies(link).last == "late")
    }

    @Test func outputIsBoundedAndStillComplete() throws {
        let broker = try broker { $0.outgoingBytesMax = 10_000 }
        let text = String(repeating: "x", count: 3000)
        try broker.fill((0..<200).map { "\($0) \(text)" })
        let client = try broker.connect()
        let link = try client.receive(credit: 1000)
        #expect(client.bodies(link).count == 200)
        #expect(client.bodies(link).last?.hasPrefix("199 ") == true)
    }

    @Test func runtimeMetricIsOnEachEvent() throws {
        let broker = try broker()
        try broker.fill(["a", "b"])
        let client = try broker.connect()
        let link = try client.receive(metric: true, credit: 10)
        let metrics = try #require(client.messages[link]).map(\.deliveryAnnotations)
        #expect(metrics.count == 2)
        #expect(metrics.allSatisfy { $0?[symbol: "last_enqueued_sequence_number"] == .long(1) })
        #expect(metrics.first??[symbol: "last_enqueued_offset"] == .string("64"))
    }

    @Test func unknownSourcesAndPositionsAreRefused() throws {
        let broker = try broker()
        try broker.fill(["a"])
        let client = try broker.connect()
        for (address, position, name) in [
            ("nothing/ConsumerGroups/$Default/Partitions/0", .earliest, "amqp:not-found"),
            ("logs/ConsumerGroups/nobody/Partitions/0", .earliest, "amqp:not-found"),
            ("logs/ConsumerGroups/$Default/Partitions/9", .earliest, "com.microsoft:argument-out-of-range"),
            ("logs", .earliest, "amqp:not-allowed"),
            (
                "logs/ConsumerGroups/$Default/Partitions/0", .sequenceNumber(1, inclusive: false),
                "com.microsoft:argument-error"
            ),
            (
                "logs/ConsumerGroups/$Default/Partitions/0", .offset("8", inclusive: true),
                "com.microsoft:argument-error"
            ),
        ] as [(String, EventPosition, String)] {
            let link = try client.receive(address, position: position)
            #expect(client.attach(of: link)?.source == nil, "\(address): a refusal has no terminus")
            #expect(client.detachment(of: link)?.name == name, "\(address) \(position)")
        }
        let counts = try #require(broker.context.namespace.hub("logs")?.partition(id: "0")).receiverCounts
        #expect(counts.isEmpty, "refused receivers leave nothing behind")
    }

    @Test func anEqualEpochStealsFromAnotherConnection() throws {
        let broker = try broker()
        let old = try broker.connect()
        let oldLink = try old.receive(epoch: 0, name: "old", credit: 10)
        let new = try broker.connect()
        let newLink = try new.receive(epoch: 0, name: "new", credit: 10)
        let condition = try #require(old.detachment(of: oldLink))
        #expect(condition.name == "amqp:link:stolen")
        #expect(condition.description?.contains("current receiver 'old' with epoch '0'") == true)
        #expect(condition.description?.contains("SystemTracker:emulatorns1:eventhub:logs~8191|$Default") == true)
        try broker.fill(["after"])
        try broker.settle()
        #expect(new.bodies(newLink) == ["after"])
        #expect(old.bodies(oldLink) == [])
        let low = try new.receive(epoch: -1)
        #expect(new.detachment(of: low)?.description?.contains("with a higher epoch '0' already exists") == true)
    }

    @Test func closedConnectionsFreeTheirPlaces() throws {
        let broker = try broker()
        let clients = try (0..<5).map { _ in try broker.connect() }
        for client in clients { _ = try client.receive(credit: 1) }
        let sixth = try broker.connect()
        #expect(sixth.detachment(of: try sixth.receive())?.name == "amqp:resource-limit-exceeded")
        clients[0].engine.close()
        try broker.settle()
        clients[1].engine.end(clients[1].session)
        try broker.settle()
        for _ in 0..<2 {
            let link = try sixth.receive()
            #expect(sixth.detachment(of: link) == nil)
        }
        _ = try clients[2].channel.finish(acceptAlreadyClosed: true)
        try broker.settle()
        #expect(broker.registry.count == 4)
    }

    // MARK: Faults

    @Test func pausedPartitionsKeepTheirEventsBack() throws {
        let broker = try broker()
        let partition = try #require(broker.context.namespace.hub("logs")?.partition(id: "0"))
        let client = try broker.connect()
        let link = try client.receive(credit: 10)
        partition.setPaused(true)
        try broker.fill(["held"])
        try broker.settle()
        #expect(client.bodies(link) == [])
        partition.setPaused(false)
        try broker.settle()
        #expect(client.bodies(link) == ["held"])
    }

    @Test func deletedHubsDetachTheirLinks() throws {
        let broker = try broker()
        let client = try broker.connect()
        let receiver = try client.receive()
        let sender = try client.send(to: "logs")
        try broker.context.namespace.delete("LOGS", now: broker.clock.now)
        try broker.settle()
        #expect(client.detachment(of: receiver)?.name == "amqp:not-found")
        #expect(client.detachment(of: sender)?.name == "amqp:not-found")
        #expect(client.detachment(of: try client.receive())?.name == "amqp:not-found")
    }

    @Test func idleConnectionsAreClosedWhenAsked() throws {
        let broker = try broker { $0.closesIdleConnections = true }
        let idle = try broker.connect()
        let busy = try broker.connect()
        let link = try busy.receive()
        broker.loop.advanceTime(by: .seconds(61))
        try broker.settle()
        func closing(_ client: InMemoryClient) -> AMQPCondition? {
            for case .closed(let condition?) in client.events { return condition }
            return nil
        }
        #expect(closing(idle)?.name == "amqp:connection:forced")
        #expect(closing(idle)?.description?.contains("60000 milliseconds") == true)
        #expect(closing(busy) == nil)
        busy.engine.detach(link)
        try broker.settle()
        broker.loop.advanceTime(by: .seconds(100))
        try broker.settle()
        #expect(closing(busy) == nil)
    }
}
