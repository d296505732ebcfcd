import AMQPTypes
import EventHubs
import EventHubsClient
import HubwatchRuntime
import Logging
import NIOCore
import NIOPosix
import Testing

/// Goal: a plain AMQP 1.0 broker that we did not write can be read: addresses by template, login, acceptance after commit.
///
/// Method: a RabbitMQ node with its AMQP 1.0 plug-in, started and stopped by the test.
@Suite(.serialized, .timeLimit(.minutes(5))) struct RabbitMQTests {
    private static let group = MultiThreadedEventLoopGroup.singleton

    @Test(
        .enabled(
            if: RabbitMQServer.isInstalled || RabbitMQServer.isRequired,
            "needs the Debian package rabbitmq-server (not required outside of CI)"))
    func queuesAreReadAndAcceptedAfterCommit() async throws {
        let server = try await RabbitMQServer(on: Self.group)
        defer { server.stop() }
        var configuration = Self.queues(server)
        configuration.prefetchMax = 20
        let logger = Logger(label: "rabbit") { _ in SwiftLogNoOpLogHandler() }

        try await publish(configuration, logger)
        let first = try await read(configuration, logger, until: 50, releasing: 29, start: [:])
        #expect(first.bodies["0"] == (0..<50).map { "0-\($0)" })
        #expect(first.bodies["1"] == (0..<50).map { "1-\($0)" })
        #expect(first.ids["0"] == (0..<50).map { "id-0-\($0)" })

        // Messages 0…29 were committed and released; the others come again, as they must.
        let starts: [String: Int64] = ["0": 29, "1": 29]
        let second = try await read(configuration, logger, until: 20, releasing: .max, start: starts)
        #expect(second.bodies["0"] == (30..<50).map { "0-\($0)" }, "\(server.logTail)")
        #expect(second.bodies["1"] == (30..<50).map { "1-\($0)" })
        #expect(second.numbers["0"] == Array(30..<50))
    }

    @Test(
        .enabled(
            if: RabbitMQServer.isInstalled || RabbitMQServer.isRequired,
            "needs the Debian package rabbitmq-server (not required outside of CI)"))
    func hubwatchJudgesWhatQueuesHold() async throws {
        let server = try await RabbitMQServer(on: Self.group)
        defer { server.stop() }
        let configuration = Self.queues(server)
        let producer = try EventHubsProducer(
            configuration: configuration, eventLoopGroup: Self.group,
            logger: Logger(label: "rabbit") { _ in SwiftLogNoOpLogHandler() })
        try await HubFixture.with(partitions: 1) { hub in
            let settings = [
                "source.amqp.url": "amqp://guest:guest@127.0.0.1:\(server.port)",
                "source.amqp.address": "/queue/logs-{partition}", "source.amqp.partitions": "0-1",
            ]
            for round in 0..<2 {
                for partition in 0..<2 {
                    let body = Records.keyListing(correlation: "round-\(round)-queue-\(partition)")
                    try await producer.send(bodies: [body], to: .partition("\(partition)"))
                }
                try await hub.whileRunning(settings) { hubwatch in
                    try await hub.eventually("both are found") { hub.shown == 2 * (round + 1) }
                    #expect(hubwatch.status.snapshot.messages == 2, "what was accepted is not delivered again")
                }
            }
            #expect(hub.log.contains("delivery is at least once"))
        }
        await producer.shutdown()
    }

    private static func queues(_ server: RabbitMQServer) -> EventHubsConfiguration {
        var configuration = EventHubsConfiguration(
            host: "127.0.0.1", port: server.port, security: .plain, hub: "rabbit", credential: .none)
        configuration.plainBroker = .init(
            addressTemplate: "/queue/logs-{partition}", partitions: ["0", "1"],
            login: .plain(user: "guest", password: Secret("guest")))
        // The node takes a while to start; the client's own back-off waits for it.
        configuration.sendTimeout = .seconds(120)
        return configuration
    }

    private func publish(_ configuration: EventHubsConfiguration, _ logger: Logger) async throws {
        let producer = try EventHubsProducer(configuration: configuration, eventLoopGroup: Self.group, logger: logger)
        for partition in 0..<2 {
            let events = (0..<50).map { number in
                var properties = MessageProperties()
                properties.messageID = .string("id-\(partition)-\(number)")
                return AMQPMessage(properties: properties, body: .data([Array("\(partition)-\(number)".utf8)]))
            }
            try await producer.send(events, to: .partition("\(partition)"))
        }
        await producer.shutdown()
    }

    private struct Reading {
        var bodies: [String: [String]] = [:]
        var ids: [String: [String]] = [:]
        var numbers: [String: [Int64]] = [:]
    }

    private func read(
        _ configuration: EventHubsConfiguration, _ logger: Logger, until count: Int, releasing last: Int64,
        start: [String: Int64]
    ) async throws -> Reading {
        let client = try EventHubsClient(configuration: configuration, eventLoopGroup: Self.group, logger: logger)
        let source = QueueSource(starts: start)
        let run = Task { try await client.run(into: source) }
        var reading = Reading()
        var controls: [String: PartitionControl] = [:]
        for await fact in source.facts {
            switch fact {
            case .attached(let partition, let control): controls[partition] = control
            case .message(let partition, let number, let body, let id):
                reading.numbers[partition, default: []].append(number)
                reading.bodies[partition, default: []].append(body)
                reading.ids[partition, default: []].append(id ?? "")
            }
            if reading.bodies.count == 2, reading.bodies.values.allSatisfy({ $0.count >= count }) { break }
        }
        await client.stopReceiving()
        for control in controls.values { control.release(upTo: last) }
        await client.shutdown()
        try await run.value
        return reading
    }
}

private enum QueueFact: Sendable {
    case attached(String, PartitionControl)
    case message(String, Int64, body: String, id: String?)
}

private final class QueueSource: PartitionConsumerSource {
    private let starts: [String: Int64]
    private let continuation: AsyncStream<QueueFact>.Continuation
    let facts: AsyncStream<QueueFact>

    init(starts: [String: Int64]) {
        self.starts = starts
        (facts, continuation) = AsyncStream.makeStream()
    }

    func start(of partition: String) async throws(EventHubsError) -> PartitionStart {
        starts[partition].map { .after(sequenceNumber: $0, offset: nil) } ?? .first(.earliest)
    }

    func makeConsumer(for partition: String, on eventLoop: any EventLoop) -> any PartitionConsumer {
        QueueConsumer(partition, continuation)
    }
}

private final class QueueConsumer: PartitionConsumer {
    private let partition: String
    private let continuation: AsyncStream<QueueFact>.Continuation

    init(_ partition: String, _ continuation: AsyncStream<QueueFact>.Continuation) {
        self.partition = partition
        self.continuation = continuation
    }

    func attached(_ attachment: PartitionAttachment) { continuation.yield(.attached(partition, attachment.control)) }

    func received(_ batch: EventBatch) -> ConsumerVerdict {
        for (index, event) in batch.events.enumerated() {
            let body = batch.withBody(of: event) { String(decoding: $0, as: UTF8.self) } ?? "unusable"
            let id = batch.messageIDs.indices.contains(index) ? batch.messageIDs[index] : nil
            continuation.yield(.message(partition, event.sequenceNumber, body: body, id: id))
        }
        return .proceed
    }

    func detached(_ reason: PartitionDetachReason) {}
}
