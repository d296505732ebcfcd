import EventHubs
import EventHubsClient
import Foundation
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// What is in the hub, read independently of hubwatch's decoder: where each message lies and which message it is.
struct HubTable {
    /// A message in the hub.
    struct Message: Sendable {
        var partition: Int
        var sequence: Int64
        var enqueuedMilliseconds: Int64
        var number: Int
        var publishedMilliseconds: Int64
    }

    private(set) var messages: [Message]

    /// Reads every partition to its end.
    init(_ address: HubAddress) async throws {
        let logger = Logger(label: "table") { _ in LineLog() }
        var configuration = try address.configuration()
        configuration.quietInterval = .milliseconds(250)
        let client = try EventHubsClient(
            configuration: configuration, eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
        let hub = try await client.hubProperties()
        let source = Reading(partitions: hub.partitionIDs.count)
        let running = Task { try await client.run(into: source) }
        await source.ended()
        await client.shutdown()
        _ = try? await running.value
        messages = source.messages.sorted { ($0.partition, $0.sequence) < ($1.partition, $1.sequence) }
    }

    /// Last sequence number by partition.
    var last: [Int: Int64] { messages.reduce(into: [:]) { $0[$1.partition] = $1.sequence } }

    /// All records, in the order of partitions and sequence numbers, and the positions of messages that hold none.
    func forEachRow(of stream: DrillStream, _ body: (DrillRow) throws -> Void) rethrows -> [String] {
        var malformed: [String] = []
        for place in messages {
            guard case .records(let records) = stream.message(place.number).content else {
                malformed.append("\(place.partition):\(place.sequence)")
                continue
            }
            for (index, record) in records.enumerated() {
                try body(
                    DrillRow(
                        partition: place.partition, sequence: place.sequence, index: index,
                        enqueuedMilliseconds: place.enqueuedMilliseconds,
                        eventMilliseconds: place.publishedMilliseconds - Int64(record.delay), record: record))
            }
        }
        return malformed
    }

    /// Writes one line a record for DuckDB, and returns the records of some operations, and the malformed messages.
    func writeRecords(
        of stream: DrillStream, to path: String, keeping operations: Set<String>
    ) throws -> (kept: [DrillRow], malformed: [String]) {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let file = FileHandle(forWritingAtPath: path)
        else { throw DrillFailure("'\(path)' cannot be written") }
        defer { try? file.close() }
        var kept: [DrillRow] = []
        var text = ""
        let malformed = try forEachRow(of: stream) { row in
            if operations.contains(row.record.operation) { kept.append(row) }
            text +=
                "\(row.partition),\(row.sequence),\(row.index),\(row.enqueuedMilliseconds),\(row.eventMilliseconds),\(row.record.row)\n"
            if text.utf8.count > 1 << 20 {
                try file.write(contentsOf: Data(text.utf8))
                text = ""
            }
        }
        try file.write(contentsOf: Data(text.utf8))
        return (kept, malformed)
    }
}

/// Gathers all partitions of a hub until each was found at its end.
private final class Reading: PartitionConsumerSource {
    private struct State {
        var messages: [HubTable.Message] = []
        var left: Set<Int>
    }

    private let state: Mutex<State>
    private let ends: AsyncStream<Void>
    private let end: AsyncStream<Void>.Continuation

    init(partitions: Int) {
        state = Mutex(State(left: Set(0..<partitions)))
        (ends, end) = AsyncStream.makeStream(of: Void.self)
    }

    var messages: [HubTable.Message] { state.withLock(\.messages) }

    func ended() async { for await _ in ends {} }

    func start(of partition: String) async throws(EventHubsError) -> PartitionStart { .first(.earliest) }

    func makeConsumer(for partition: String, on eventLoop: any EventLoop) -> any PartitionConsumer {
        PartitionReading(Int(partition) ?? 0, self)
    }

    func add(_ messages: [HubTable.Message]) { state.withLock { $0.messages += messages } }

    func finish(_ partition: Int) {
        let isDone = state.withLock { state in
            state.left.remove(partition)
            return state.left.isEmpty
        }
        if isDone { end.finish() }
    }
}

private final class PartitionReading: PartitionConsumer {
    private let partition: Int
    private let reading: Reading

    init(_ partition: Int, _ reading: Reading) {
        self.partition = partition
        self.reading = reading
    }

    func attached(_ attachment: PartitionAttachment) {}

    func received(_ batch: EventBatch) -> ConsumerVerdict {
        reading.add(
            batch.events.compactMap { event in
                // The names stand at the beginning of a body, or in its first record.
                let origin = batch.withBody(of: event) { DrillMessage.origin(of: $0.prefix(1024)) } ?? nil
                return origin.map {
                    HubTable.Message(
                        partition: partition, sequence: event.sequenceNumber,
                        enqueuedMilliseconds: event.enqueuedTimeMilliseconds, number: $0.number,
                        publishedMilliseconds: $0.publishedMilliseconds)
                }
            })
        return .proceed
    }

    func detached(_ reason: PartitionDetachReason) {}

    func idle(_ properties: PartitionProperties, askedAt: Int64) { reading.finish(partition) }
}
