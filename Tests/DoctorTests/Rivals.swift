import EventHubs
import EventHubsClient
import Logging
import NIOCore
import NIOPosix

/// Another reader of the hub.
final class Rival: PartitionConsumerSource {
    private let client: EventHubsClient
    private let attached: AsyncStream<String>
    private let announce: AsyncStream<String>.Continuation

    init(port: Int, ownerLevel: Int64?, name: String) throws {
        var configuration = EventHubsConfiguration(
            host: "127.0.0.1", port: port, security: .plain, hub: "logs", credential: .none)
        configuration.ownerLevel = ownerLevel
        configuration.receiverName = name
        configuration.connectionCount = 1
        client = try EventHubsClient(
            configuration: configuration, eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "rival") { _ in SwiftLogNoOpLogHandler() })
        (attached, announce) = AsyncStream.makeStream(of: String.self)
    }

    /// Reads until the body has ended; the body begins when every partition is attached.
    func reading<Result>(partitions: Int, _ body: () async throws -> Result) async throws -> Result {
        let run = Task { try? await client.run(into: self) }
        var seen: Set<String> = []
        for await partition in attached {
            seen.insert(partition)
            if seen.count == partitions { break }
        }
        do {
            let result = try await body()
            await client.shutdown(within: .seconds(2))
            await run.value
            return result
        } catch {
            await client.shutdown(within: .seconds(2))
            await run.value
            throw error
        }
    }

    func start(of partition: String) async throws(EventHubsError) -> PartitionStart { .first(.earliest) }

    func makeConsumer(for partition: String, on eventLoop: any EventLoop) -> any PartitionConsumer {
        Reader(partition) { self.announce.yield($0) }
    }

    private final class Reader: PartitionConsumer {
        private let partition: String
        private let announce: (String) -> Void

        init(_ partition: String, _ announce: @escaping (String) -> Void) {
            self.partition = partition
            self.announce = announce
        }

        func attached(_ attachment: PartitionAttachment) { announce(partition) }
        func received(_ batch: EventBatch) -> ConsumerVerdict { .proceed }
        func detached(_ reason: PartitionDetachReason) {}
    }
}
