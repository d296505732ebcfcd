import AMQPTypes
import Detection
import DevBroker
import EventHubs
import EventHubsClient
import FindingFormats
import Foundation
import Logging
import NIOCore
import Sinks
import StateStore
import Synchronization
import Testing

@testable import NetworkSinks

/// Goal: findings come to an event hub once each, those of one group in order in one partition, across lost connections.
///
/// Method: the dev broker on loopback, read back by the client.
@Suite(.timeLimit(.minutes(2))) struct EventHubTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func broker() async throws -> (broker: DevBroker, port: Int) {
        let broker = try DevBroker(
            configuration: DevBrokerConfiguration(
                listeners: [.init(port: 0)], hubs: [HubDefinition(name: "findings", partitionCount: 4)]),
            group: loops, logger: Self.logger)
        return (broker, try await broker.start().amqp[0].port)
    }

    private func configuration(port: Int) throws -> EventHubsConfiguration {
        let text =
            "Endpoint=sb://127.0.0.1:\(port);SharedAccessKeyName=send;SharedAccessKey=a2V5;UseDevelopmentEmulator=true"
        return try EventHubsConfiguration(try ConnectionString(parsing: text), hub: "findings")
    }

    private func carrier(port: Int, timeout: Duration = .seconds(10)) throws -> EventHubCarrier {
        EventHubCarrier(
            try configuration(port: port), timeout: timeout, group: loops, format: format, now: WallTime.now,
            logger: Self.logger)
    }

    /// Reads so many events of all partitions.
    private func read(_ count: Int, port: Int) async throws -> [Collected.Event] {
        let collected = Collected()
        let client = try EventHubsClient(
            configuration: try configuration(port: port), eventLoopGroup: loops, logger: Self.logger)
        let run = Task { try await client.run(partitions: .all, into: collected) }
        var events: [Collected.Event] = []
        for await event in collected.events {
            events.append(event)
            if events.count == count { break }
        }
        await client.shutdown()
        try? await run.value
        return events
    }

    @Test func findingsOfOneGroupStayInOrderInOnePartition() async throws {
        let (broker, port) = try await broker()
        let state = try StateUnderTest()
        let store = try state.open()
        let entries = (1...30).map { entry($0, group: "user \($0 % 5)") }
        try await state.commit(entries, to: store)
        try await state.deliver(with: try carrier(port: port), store, upTo: 30)
        let events = try await read(30, port: port)
        #expect(Set(events.map(\.id)) == Set(entries.map(\.key)))
        for user in 0..<5 {
            let own = events.filter {
                $0.key == "who=string(\"user \(user)\")" || $0.body.contains("\"who\":\"user \(user)\"")
            }
            #expect(Set(own.map(\.partition)).count == 1)
            #expect(own.map(\.id) == (1...30).filter { $0 % 5 == user }.map { "finding\($0)-create" })
            #expect(Set(own.map(\.key)).count == 1)
        }
        try await store.close()
        await broker.shutdown()
    }

    @Test func aBrokerThatIsGoneIsWaitedFor() async throws {
        let (broker, port) = try await broker()
        await broker.shutdown()
        let gone = try carrier(port: port, timeout: .seconds(1))
        let outcome = await gone.carry([Parcel(journalID: 1, entry: entry(1))])
        #expect(outcome.accepted == 0 && outcome.failure?.kind == .unavailable, "\(outcome)")
        await gone.close()
    }

    @Test func aHubThatDoesNotExistIsSaid() async throws {
        let (broker, port) = try await broker()
        var configuration = try configuration(port: port)
        configuration.hub = "nowhere"
        let carrier = EventHubCarrier(
            configuration, timeout: .seconds(10), group: loops, format: format, now: WallTime.now, logger: Self.logger)
        let outcome = await carrier.carry([Parcel(journalID: 1, entry: entry(1))])
        #expect(outcome.accepted == 0 && outcome.failure?.kind == .unavailable, "\(outcome)")
        #expect(outcome.failure?.summary.isEmpty == false)
        await carrier.close()
        await broker.shutdown()
    }

    @Test func keysAreThoseTheServiceTakes() {
        #expect(EventHubCarrier.partitionKey(of: entry(1)) == "finding1")
        let short = EventHubCarrier.partitionKey(of: entry(1, group: "dana"))
        #expect(short.contains("dana") && short == EventHubCarrier.partitionKey(of: entry(2, group: "dana")))
        let long = EventHubCarrier.partitionKey(of: entry(1, group: String(repeating: "é", count: 500)))
        #expect(long.utf8.count == 64)
    }
}

/// Hands out what a client reads.
private final class Collected: PartitionConsumerSource, Sendable {
    struct Event: Sendable {
        var partition: String
        var id: String
        var key: String
        var body: String
    }

    let events: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation

    init() { (events, continuation) = AsyncStream.makeStream() }

    func start(of partition: String) async throws(EventHubsError) -> PartitionStart { .first(.earliest) }

    func makeConsumer(for partition: String, on eventLoop: any EventLoop) -> any PartitionConsumer {
        Consumer(partition, continuation)
    }

    private final class Consumer: PartitionConsumer {
        private let partition: String
        private let continuation: AsyncStream<Event>.Continuation

        init(_ partition: String, _ continuation: AsyncStream<Event>.Continuation) {
            self.partition = partition
            self.continuation = continuation
        }

        func attached(_ attachment: PartitionAttachment) {}

        func received(_ batch: EventBatch) -> ConsumerVerdict {
            for event in batch.events {
                let message = try? AMQPMessage(decoding: batch.message(of: event))
                var id = ""
                if case .string(let text)? = message?.properties?.messageID { id = text }
                let body = batch.withBody(of: event) { String(decoding: $0, as: UTF8.self) } ?? ""
                let key = event.partitionKey.map { batch.text($0) } ?? ""
                continuation.yield(Event(partition: partition, id: id, key: key, body: body))
            }
            return .proceed
        }

        func detached(_ reason: PartitionDetachReason) {}
    }
}
