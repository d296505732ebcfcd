import AMQPEngine
import AMQPTypes
import EventHubs
import NIOCore
import NIOEmbedded
import Testing

@testable import DevBroker

/// Goal: `$cbs` and `$management` answer with the service's fields and types; strict brokers check keys, claims and expiry.
///
/// Method: requests as values for the nodes themselves, and over in-memory connections for what depends on them.
@Suite struct ServiceTests {
    private static let policies = [
        AccessPolicy(name: "listen", key: "bGlzdGVu", rights: .listen),
        AccessPolicy(name: "send/all", key: "c2VuZA==", rights: .send),
    ]

    private func broker(strict: Bool) throws -> InMemoryBroker {
        try InMemoryBroker(
            DevBrokerConfiguration(
                hubs: [HubDefinition(name: "Logs", partitionCount: 2)], policies: strict ? Self.policies : [],
                isAuthStrict: strict))
    }

    private func putToken(_ token: String, audience: String, type: String = "servicebus.windows.net:sastoken")
        -> AMQPMessage
    {
        var properties = MessageProperties()
        properties.messageID = .uuid(Array(0..<16))
        return AMQPMessage(
            properties: properties,
            applicationProperties: [
                .string("operation"): .string("put-token"), .string("type"): .string(type),
                .string("name"): .string(audience),
            ], body: .value(.string(token)))
    }

    private func token(_ policy: String, key: String, resource: String = "sb://h/logs", expiry: Int64) -> String {
        SASToken(resource: resource, keyName: policy, key: Secret(key), expiry: expiry).text.revealed
    }

    private func status(_ message: AMQPMessage?) -> AMQPValue? {
        message?.applicationProperties?[string: "status-code"]
    }

    // MARK: Tokens

    @Test func anyTokenIsTakenUnlessStrict() throws {
        let service = try broker(strict: false).context.tokens
        let answer = service.answer(to: putToken("nonsense", audience: "sb://localhost:5672/LOGS"), now: 0)
        #expect(
            answer.reply.applicationProperties == [
                .string("status-code"): .int(202), .string("status-description"): .string("Accepted"),
            ])
        #expect(answer.reply.properties?.correlationID == .uuid(Array(0..<16)), "with the type it came with")
        #expect(answer.reply.body == .none)
        #expect(answer.grant != nil)
        let jwt = service.answer(to: putToken("a.b.c", audience: "amqps://h/logs/Partitions/1", type: "jwt"), now: 0)
        #expect(status(jwt.reply) == .int(202))
    }

    @Test func unknownHubsAndMalformedRequestsAreRefused() throws {
        let service = try broker(strict: false).context.tokens
        let unknown = service.answer(to: putToken("t", audience: "sb://h/nothing/consumergroups/x"), now: 0).reply
        #expect(status(unknown) == .int(404))
        #expect(unknown.applicationProperties?[string: "error-condition"] == .symbol("amqp:not-found"))
        #expect(
            unknown.applicationProperties?[string: "status-description"]?.text?.hasPrefix(
                "The messaging entity 'sb://emulatorns1.eventhubs.emulator.net/nothing' could not be found.") == true)
        var request = putToken("t", audience: "sb://h/logs")
        request.body = .data([[1]])
        #expect(status(service.answer(to: request, now: 0).reply) == .int(400))
        #expect(status(service.answer(to: AMQPMessage(), now: 0).reply) == .int(400))
        #expect(
            status(service.answer(to: putToken("t", audience: "sb://h/logs", type: "odd"), now: 0).reply) == .int(400))
    }

    @Test func strictTokensAreJudged() throws {
        let service = try broker(strict: true).context.tokens
        func status(_ token: String, _ audience: String = "amqps://other/LOGS/Partitions/0") -> (AMQPValue?, String) {
            let reply = service.answer(to: putToken(token, audience: audience), now: 1_000_000).reply
            return (self.status(reply), reply.applicationProperties?[string: "status-description"]?.text ?? "")
        }
        #expect(status(token("listen", key: "bGlzdGVu", expiry: 2000)).0 == .int(202))
        #expect(status(token("send/all", key: "c2VuZA==", resource: "sb://h", expiry: 2000)).0 == .int(202))
        let wrong = status(token("listen", key: "other", expiry: 2000))
        #expect(wrong == (.int(401), "InvalidSignature: The token has an invalid signature."))
        let expired = status(token("listen", key: "bGlzdGVu", expiry: 1000))
        #expect(expired.0 == .int(401) && expired.1.hasPrefix("ExpiredToken:"))
        #expect(status(token("nobody", key: "bGlzdGVu", expiry: 2000)).0 == .int(401))
        #expect(status(token("listen", key: "bGlzdGVu", resource: "sb://h/other", expiry: 2000)).0 == .int(401))
        #expect(status("SharedAccessSignature x").0 == .int(401))
        let jwt = service.answer(to: putToken("a.b.c", audience: "sb://h/logs", type: "jwt"), now: 0).reply
        #expect(self.status(jwt) == .int(401))
    }

    @Test func claimsAreCheckedAtAttachAndWhenTokensEnd() throws {
        let broker = try broker(strict: true)
        let client = try broker.connect()
        let address = "logs/ConsumerGroups/$Default/Partitions/0"
        #expect(client.detachment(of: try client.receive(address))?.name == "amqp:unauthorized-access")
        let expiry = broker.clock.now / 1000 + 100
        let reply = try client.request(
            "$cbs", putToken(token("listen", key: "bGlzdGVu", expiry: expiry), audience: "sb://h/logs"))
        #expect(status(reply) == .int(202))
        let receiver = try client.receive(address)
        #expect(client.detachment(of: receiver) == nil)
        let sender = try client.send(to: "logs")
        #expect(client.detachment(of: sender)?.description?.contains("'Send' claim(s) are required") == true)

        broker.clock.advance(milliseconds: 90_000)
        let later = expiry + 100
        let renewed = try client.request(
            "$cbs", putToken(token("listen", key: "bGlzdGVu", expiry: later), audience: "sb://h/logs"))
        #expect(status(renewed) == .int(202))
        broker.clock.advance(milliseconds: 50_000)
        broker.loop.advanceTime(by: .seconds(150))
        try broker.settle()
        #expect(client.detachment(of: receiver) == nil, "the renewed token carries the link")
        broker.clock.advance(milliseconds: 100_000)
        broker.loop.advanceTime(by: .seconds(3700))
        try broker.settle()
        #expect(client.detachment(of: receiver)?.name == "amqp:unauthorized-access")
    }

    // MARK: Management

    private func read(_ type: String, _ more: AMQPMap = AMQPMap(), name: String = "LOGS") -> AMQPMessage {
        var properties = MessageProperties()
        properties.messageID = .ulong(77)
        var fields: AMQPMap = [
            .string("operation"): .string("READ"), .string("type"): .string(type), .string("name"): .string(name),
        ]
        fields.pairs += more.pairs
        return AMQPMessage(properties: properties, applicationProperties: fields)
    }

    @Test(arguments: ["$management", "Logs/$management", "amqps://host/LOGS/$Management"])
    func hubProperties(node: String) throws {
        let broker = try broker(strict: false)
        let reply = try #require(try broker.connect().request(node, read("com.microsoft:eventhub")))
        #expect(reply.properties?.correlationID == .ulong(77))
        #expect(
            reply.applicationProperties == [
                .string("operation"): .string("READ"), .string("status-code"): .int(200),
            ])
        #expect(
            reply.body
                == .value(
                    .map([
                        .string("name"): .string("Logs"), .string("type"): .string("com.microsoft:eventhub"),
                        .string("created_at"): .timestamp(1_700_000_000_000), .string("partition_count"): .int(2),
                        .string("partition_ids"): .array([.string("0"), .string("1")]),
                        .string("georeplication_factor"): .int(1),
                    ])))
    }

    @Test func partitionProperties() throws {
        let broker = try broker(strict: false)
        let service = broker.context.management
        func body(_ id: String) throws -> AMQPMap {
            let request = read("com.microsoft:partition", [.string("partition"): .string(id)])
            guard
                case .reply(let reply) = service.answer(
                    to: request, authorization: ConnectionAuthorization(isStrict: false), now: broker.clock.now),
                case .value(.map(let map)) = reply.body
            else { return AMQPMap() }
            return map
        }
        #expect(
            try body("1") == [
                .string("name"): .string("Logs"), .string("type"): .string("com.microsoft:partition"),
                .string("partition"): .string("1"), .string("begin_sequence_number"): .long(0),
                .string("last_enqueued_sequence_number"): .long(-1), .string("last_enqueued_offset"): .string("-1"),
                .string("last_enqueued_time_utc"): .timestamp(-62_135_596_800_000),
                .string("is_partition_empty"): .boolean(true),
            ])
        try broker.fill(["a", "b"], partition: "1")
        let full = try body("1")
        #expect(full[string: "last_enqueued_sequence_number"] == .long(1))
        #expect(full[string: "last_enqueued_offset"] == .string("64"))
        #expect(full[string: "is_partition_empty"] == .boolean(false))
    }

    @Test func managementFailures() throws {
        let broker = try broker(strict: false)
        let service = broker.context.management
        func answer(_ request: AMQPMessage, strict: Bool = false) -> ManagementService.Answer {
            service.answer(to: request, authorization: ConnectionAuthorization(isStrict: strict), now: 0)
        }
        func failure(_ answer: ManagementService.Answer) -> (AMQPValue?, AMQPValue?) {
            guard case .reply(let reply) = answer else { return (nil, nil) }
            return (status(reply), reply.applicationProperties?[string: "error-condition"])
        }
        #expect(failure(answer(read("com.microsoft:eventhub", name: "x"))) == (.int(404), .symbol("amqp:not-found")))
        #expect(
            failure(answer(read("com.microsoft:partition", [.string("partition"): .string("2")])))
                == (.int(400), .symbol("com.microsoft:argument-out-of-range")))
        #expect(failure(answer(read("com.microsoft:partition"))).0 == .int(400))
        #expect(failure(answer(read("odd"))).0 == .int(400))
        #expect(
            failure(answer(read("com.microsoft:eventhub"), strict: true))
                == (.int(401), .symbol("amqp:unauthorized-access")))
        guard case .rejected(let condition) = answer(AMQPMessage()) else {
            Issue.record("no operation was answered")
            return
        }
        #expect(condition.name == "amqp:not-allowed")
    }

    @Test func requestsArePipelinedAndAnsweredInOrder() throws {
        let broker = try broker(strict: false)
        let client = try broker.connect()
        let replies = client.engine.attach(
            LinkSpecification(
                session: client.session, name: "r", role: .receiver, source: Terminus(address: "$management"),
                target: Terminus(address: "my-replies")))
        let requests = try client.send(to: "$management")
        #expect(client.engine.credit(of: requests) == 100)
        for number in 0..<5 {
            var request = read("com.microsoft:eventhub")
            request.properties?.messageID = .string("request \(number)")
            request.properties?.replyTo = "my-replies"
            _ = try client.send(request, on: requests)
        }
        #expect(client.messages[replies] == nil, "no credit yet")
        client.engine.grantCredit(replies, 10)
        try broker.settle()
        #expect(
            client.messages[replies]?.map { $0.properties?.correlationID }
                == (0..<5).map { .string("request \($0)") })
    }
}

/// Goal: hubs are made, grown and deleted by any spelling of their name.
///
/// Method: script the namespace.
@Suite struct HubNamespaceTests {
    @Test func hubsAreMadeGrownAndDeleted() throws {
        let namespace = try HubNamespace(name: "ns", retention: nil)
        #expect(try namespace.put(HubDefinition(name: "Logs", partitionCount: 2), now: 5) == .created)
        #expect(try namespace.put(HubDefinition(name: "LOGS", partitionCount: 2), now: 6) == .unchanged)
        let first = try #require(namespace.hub("logs")?.partitions.first)
        #expect(
            try namespace.put(HubDefinition(name: "logs", partitionCount: 5, consumerGroups: ["g"]), now: 7) == .grown)
        let hub = try #require(namespace.hub("logs"))
        #expect(hub.partitionCount == 5 && hub.createdAt == 5 && hub.hasGroup("G") && hub.hasGroup("$default"))
        #expect(hub.partitions.first === first, "growing keeps the events")
        let error = #expect(throws: DevBrokerError.self) {
            try namespace.put(HubDefinition(name: "logs", partitionCount: 1), now: 8)
        }
        #expect(error?.code == .hubExists)
        try namespace.delete("LOGS", now: 9)
        #expect(namespace.hub("logs") == nil)
        #expect(throws: DevBrokerError.self) { try namespace.delete("logs", now: 9) }
        #expect(throws: DevBrokerError.self) {
            try namespace.put(HubDefinition(name: "bad name", partitionCount: 1), now: 0)
        }
    }

    @Test func partitionIdsAreExact() throws {
        let namespace = try HubNamespace(name: "ns", retention: nil)
        try namespace.put(HubDefinition(name: "h", partitionCount: 2), now: 0)
        let hub = try #require(namespace.hub("h"))
        #expect(hub.partition(id: "1")?.number == 1)
        for id in ["2", "-1", "01", "+1", "", "one", "99999999999999999999"] { #expect(hub.partition(id: id) == nil) }
    }

    @Test func policiesNeverPrintTheirKeys() {
        let policy = AccessPolicy(name: "root", key: "very-secret", rights: .manage)
        #expect(!"\(policy) \(String(reflecting: policy))".contains("very-secret"))
    }
}
