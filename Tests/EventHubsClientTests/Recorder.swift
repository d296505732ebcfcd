import AMQPTypes
import EventHubs
import EventHubsClient
import NIOCore
import Synchronization

/// What consumers were told, in the order it was told, across partitions.
enum Observation: Sendable {
    case attached(String, EventPosition, PartitionControl)
    case event(String, Int64, body: String?, offset: String)
    case missing(String, SequenceGap)
    case repeated(String, Int)
    case detached(String, PartitionDetachReason)
    case idle(String, PartitionProperties, askedAt: Int64)
    case connection(ConnectionChange)
    case hub(HubProperties)

    var partition: String? {
        switch self {
        case .attached(let id, _, _), .event(let id, _, _, _), .missing(let id, _), .repeated(let id, _),
            .detached(let id, _), .idle(let id, _, _):
            id
        case .connection, .hub: nil
        }
    }
}

/// Supplies consumers that record, and hands the records to a test that waits for them.
final class Recorder: PartitionConsumerSource, Sendable {
    private struct State {
        var starts: [String: PartitionStart]
        var holdsAfter: Int?
    }

    private let state: Mutex<State>
    private let continuation: AsyncStream<Observation>.Continuation
    let observations: AsyncStream<Observation>

    init(starts: [String: PartitionStart] = [:], holdsAfter: Int? = nil) {
        state = Mutex(State(starts: starts, holdsAfter: holdsAfter))
        (observations, continuation) = AsyncStream.makeStream()
    }

    func start(of partition: String) async throws(EventHubsError) -> PartitionStart {
        state.withLock { $0.starts[partition] } ?? .first(.earliest)
    }

    func makeConsumer(for partition: String, on eventLoop: any EventLoop) -> any PartitionConsumer {
        RecordingConsumer(
            partition: partition, loop: eventLoop, holdsAfter: state.withLock { $0.holdsAfter }, continuation)
    }

    func hubDescribed(_ hub: HubProperties) async { continuation.yield(.hub(hub)) }

    func connectionChanged(_ change: ConnectionChange) { continuation.yield(.connection(change)) }

    /// Waits for the first observation that is accepted; nil when the stream ends.
    func first<R>(_ accept: (Observation) -> R?) async -> R? {
        for await observation in observations {
            if let result = accept(observation) { return result }
        }
        return nil
    }

    /// Waits for so many events of one partition, and gives their numbers.
    func numbers(_ count: Int, of partition: String = "0") async -> [Int64] {
        var numbers: [Int64] = []
        for await case .event(partition, let number, _, _) in observations {
            numbers.append(number)
            if numbers.count == count { break }
        }
        return numbers
    }
}

private final class RecordingConsumer: PartitionConsumer {
    private let partition: String
    private let loop: any EventLoop
    private let continuation: AsyncStream<Observation>.Continuation
    private var untilHold: Int?

    init(
        partition: String, loop: any EventLoop, holdsAfter: Int?, _ continuation: AsyncStream<Observation>.Continuation
    ) {
        self.partition = partition
        self.loop = loop
        self.continuation = continuation
        untilHold = holdsAfter
    }

    func attached(_ attachment: PartitionAttachment) {
        loop.preconditionInEventLoop()
        continuation.yield(.attached(partition, attachment.position, attachment.control))
    }

    func received(_ batch: EventBatch) -> ConsumerVerdict {
        loop.preconditionInEventLoop()
        for event in batch.events {
            let body = batch.withBody(of: event) { String(decoding: $0, as: UTF8.self) }
            continuation.yield(.event(partition, event.sequenceNumber, body: body, offset: batch.text(event.offset)))
        }
        guard let left = untilHold else { return .proceed }
        untilHold = left - batch.events.count
        return left - batch.events.count <= 0 ? .hold : .proceed
    }

    func missing(_ gap: SequenceGap) { continuation.yield(.missing(partition, gap)) }
    func dropped(repeatedEvents count: Int) { continuation.yield(.repeated(partition, count)) }
    func detached(_ reason: PartitionDetachReason) { continuation.yield(.detached(partition, reason)) }

    func idle(_ properties: PartitionProperties, askedAt: Int64) {
        continuation.yield(.idle(partition, properties, askedAt: askedAt))
    }
}

/// Runs a client next to the body of a test, and shuts it down afterwards.
func running(
    _ client: EventHubsClient, into recorder: Recorder, partitions: PartitionSelection = .all,
    _ body: () async throws -> Void
) async throws {
    let run = Task { try await client.run(partitions: partitions, into: recorder) }
    do {
        try await body()
    } catch {
        await client.shutdown()
        throw error
    }
    await client.shutdown()
    try await run.value
}
