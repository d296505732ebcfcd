import ArgumentParser
import EventHubs
import EventHubsClient
import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// Reads one partition through hubwatch's client and counts: sections and annotations of every message are found, nothing is
/// decoded.
struct ReadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "read", abstract: "Read a partition and count.")

    @OptionGroup var hub: LocalHub
    @Option(help: "Messages to read.") var messages: Int
    @Option(help: "Events in flight.") var credit = 2000

    func run() async throws {
        var configuration = hub.configuration()
        configuration.prefetchMax = credit
        configuration.creditBytes = 64 << 20
        // The hub's size is known: credit is sized by it from the start, as the peers' is.
        configuration.messageSizeEstimate = 1024
        let client = try EventHubsClient(
            configuration: configuration, eventLoopGroup: MultiThreadedEventLoopGroup(numberOfThreads: 1),
            logger: LocalHub.logger)
        let source = CountingSource(messages: messages)
        let reading = Task { try await client.run(partitions: PartitionSelection(parsing: "0"), into: source) }
        let round = await source.result()
        try RoundLoop.write(round)
        await client.shutdown()
        try? await reading.value
    }
}

/// Counts the events of one partition until there are enough.
private final class CountingSource: PartitionConsumerSource {
    private let messages: Int
    private let (rounds, continuation) = AsyncStream.makeStream(of: Round.self)

    init(messages: Int) { self.messages = messages }

    func start(of partition: String) async throws(EventHubsError) -> PartitionStart { .first(.earliest) }

    func makeConsumer(for partition: String, on eventLoop: any EventLoop) -> any PartitionConsumer {
        CountingConsumer(messages: messages) { [continuation] in continuation.yield($0) }
    }

    func result() async -> Round {
        for await round in rounds { return round }
        return Round()
    }
}

private final class CountingConsumer: PartitionConsumer {
    private let messages: Int
    private let finished: (Round) -> Void
    private var round = Round()
    private var start = ContinuousClock.now
    private var cpu = 0.0
    private var lastNumber: Int64 = -1
    private var isFinished = false

    init(messages: Int, finished: @escaping (Round) -> Void) {
        self.messages = messages
        self.finished = finished
    }

    func attached(_ attachment: PartitionAttachment) {
        start = ContinuousClock.now
        cpu = Meter.processSeconds
    }

    func received(_ batch: EventBatch) -> ConsumerVerdict {
        guard !isFinished else { return .proceed }
        for event in batch.events {
            round.messages += 1
            round.bytes += batch.withBody(of: event) { $0.count } ?? 0
            lastNumber = max(lastNumber, event.sequenceNumber)
        }
        guard round.messages >= messages else { return .proceed }
        isFinished = true
        round.cpu = Meter.processSeconds - cpu
        round.seconds = start.duration(to: .now).inSeconds
        round.records = Int(lastNumber + 1)
        finished(round)
        return .hold
    }

    func detached(_ reason: PartitionDetachReason) {}
}
