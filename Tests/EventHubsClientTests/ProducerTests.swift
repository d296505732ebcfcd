import AMQPTypes
import EventHubs
import EventHubsClient
import Testing

/// Goal: events arrive in order, in batches no larger than the link takes; refusals are told, throttling is waited out.
///
/// Method: a producer over loopback against the scripted hub.
@Suite(.timeLimit(.minutes(1))) struct ProducerTests {
    private func body(_ event: ScriptedHub.StoredEvent) -> [UInt8] {
        if case .data(let parts) = event.message.body { parts.first ?? [] } else { [] }
    }

    @Test func sendsManyEventsInBatchesInOrder() async throws {
        try await withHub(prepare: { $0.messageSizeMax = 4096 }) { hub in
            let producer = try hub.producer()
            let bodies = (0..<500).map { Array("event number \($0)".utf8) }
            try await producer.send(bodies: bodies, to: .partition("1"))
            #expect(try await producer.hubProperties().name == "logs")
            await producer.shutdown()
            let stored = try await hub.run { hub in
                hub.partitions[1].map { event -> [UInt8] in
                    if case .data(let parts) = event.message.body { parts.first ?? [] } else { [] }
                }
            }
            #expect(stored == bodies)
            let formats = try await hub.run { $0.log.batchesReceived }
            #expect(formats.count < 10)
            #expect(formats.allSatisfy { $0 == DialectName.batchMessageFormat })
        }
    }

    @Test func aKeyIsOnEveryEvent() async throws {
        try await withHub { hub in
            let producer = try hub.producer()
            let events = (0..<3).map {
                AMQPMessage(applicationProperties: [.string("n"): .int(Int32($0))], body: .data([[1]]))
            }
            try await producer.send(events, to: .key("user-1"))
            try await producer.send(bodies: [[2]], to: .key("user-2"))
            await producer.shutdown()
            let keys = try await hub.run { hub in
                hub.partitions[0].map { $0.message.messageAnnotations?[symbol: DialectName.partitionKey]?.text }
            }
            #expect(keys == ["user-1", "user-1", "user-1", "user-2"])
            #expect(try await hub.run { $0.log.batchesReceived } == [DialectName.batchMessageFormat, 0])
        }
    }

    @Test func anEventThatIsTooLargeIsRefusedHere() async throws {
        try await withHub(prepare: { $0.messageSizeMax = 4096 }) { hub in
            let producer = try hub.producer()
            do throws(EventHubsError) {
                try await producer.send(bodies: [[1], Array(repeating: 0, count: 5000)])
                Issue.record("no error")
            } catch {
                #expect(error.code == .messageTooLarge)
                #expect(error.summary.contains("Event 2"))
            }
            await producer.shutdown()
        }
    }

    @Test func throttlingIsWaitedOut() async throws {
        let cancelled = AMQPCondition(name: ErrorCondition.operationCancelled)
        try await withHub(prepare: { $0.producerRejections = [cancelled, cancelled] }) { hub in
            let producer = try hub.producer()
            try await producer.send(bodies: [[1]])
            await producer.shutdown()
            #expect(try await hub.run { $0.partitions[0].count } == 1)
        }
    }

    @Test func aRefusalIsTold() async throws {
        let refusal = AMQPCondition(
            name: ErrorCondition.unauthorizedAccess, description: "'Send' claim(s) are required")
        try await withHub(prepare: { $0.producerRejections = [refusal] }) { hub in
            let producer = try hub.producer()
            do throws(EventHubsError) {
                try await producer.send(bodies: [[1]])
                Issue.record("no error")
            } catch {
                #expect(error.code == .unauthorized)
                #expect("\(error)".contains("'Send' claim(s)"))
            }
            await producer.shutdown()
        }
    }

    @Test func sendingGoesOnOverABrokenConnection() async throws {
        try await withHub { hub in
            let producer = try hub.producer()
            for round in 0..<5 {
                try await producer.send(bodies: [[UInt8(round)]])
                try await hub.run { $0.cutConnections() }
            }
            await producer.shutdown()
            // At least once: nothing is missing, repetitions are possible.
            let stored = try await hub.run { hub in
                hub.partitions[0].compactMap { event -> UInt8? in
                    if case .data(let parts) = event.message.body { parts.first?.first } else { nil }
                }
            }
            #expect(Set(stored) == [0, 1, 2, 3, 4])
        }
    }

    @Test func afterShutdownSendingFails() async throws {
        try await withHub { hub in
            let producer = try hub.producer()
            try await producer.send(bodies: [[1]])
            await producer.shutdown()
            await #expect(throws: EventHubsError.self) { try await producer.send(bodies: [[1]]) }
            await #expect(throws: EventHubsError.self) { try await producer.send(bodies: [[1]], to: .partition("1")) }
        }
    }
}
