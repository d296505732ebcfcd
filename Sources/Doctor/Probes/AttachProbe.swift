import Diagnosis
import EventHubs
import EventHubsClient
import NIOCore
import Synchronization

/// What came of attaching, by partition, and the events that were looked at.
struct AttachReading: Sendable {
    var outcomes: [(partition: String, error: EventHubsError?)] = []
    var events: [PeekedEvent] = []
}

/// A copy of an event's body.
struct PeekedEvent: Hashable, Sendable {
    var body: [UInt8]
    var enqueuedMs: Int64
}

/// Attaches receivers without an owner level near the end of each partition, copies what they bring, and lets go.
///
/// Without an owner level nobody is thrown out: where somebody reads with one, the attach is refused. Nothing is
/// acknowledged, because an Event Hub's events stay where they are.
enum AttachProbe {
    /// Most bytes of bodies that are copied.
    static let bytesMax = 16 << 20

    @concurrent
    static func look(
        _ configuration: EventHubsConfiguration, selection: PartitionSelection, partitions: [PartitionProperties],
        eventsMax: Int, within limit: Duration, _ surroundings: DoctorSurroundings
    ) async -> AttachReading {
        var configuration = configuration
        let each = partitions.isEmpty ? 0 : max(eventsMax / partitions.count, eventsMax > 0 ? 1 : 0)
        configuration.prefetchMax = max(1, each)
        configuration.creditBytes = bytesMax
        let (facts, changed) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let source = PeekSource(partitions, eventsOfEach: each) { changed.yield() }
        let client: EventHubsClient
        do throws(EventHubsError) {
            client = try EventHubsClient(
                configuration: configuration, eventLoopGroup: surroundings.group, logger: surroundings.logger)
        } catch {
            return AttachReading(outcomes: partitions.map { ($0.id, error) })
        }
        let reading = Task { () -> EventHubsError? in
            defer { changed.finish() }
            do throws(EventHubsError) {
                try await client.run(partitions: selection, into: source)
                return nil
            } catch {
                return error
            }
        }
        let loop = surroundings.group.next()
        let deadline = loop.scheduleTask(in: .nanoseconds(limit.milliseconds * 1_000_000)) { changed.finish() }
        changed.yield()
        for await _ in facts where source.isThrough { break }
        deadline.cancel()
        let found = source.found
        await client.shutdown(within: .seconds(2))
        let error = await reading.value
        return found.reading(of: partitions, instead: error ?? silence(limit))
    }

    private static func silence(_ limit: Duration) -> EventHubsError {
        EventHubsError(
            .timedOut, "The broker did not answer the attach within \(limit)", isRetriable: true, scope: .link)
    }
}

/// What the consumers of a look have found so far.
struct PeekFindings: Sendable {
    var outcomes: [String: EventHubsError?] = [:]
    var counts: [String: Int] = [:]
    var events: [PeekedEvent] = []
    var bytes = 0

    /// By partition in order; what has no outcome gets the error.
    func reading(of partitions: [PartitionProperties], instead error: EventHubsError) -> AttachReading {
        AttachReading(outcomes: partitions.map { ($0.id, outcomes[$0.id] ?? error) }, events: events)
    }
}

/// Starts each partition a few events before its end.
final class PeekSource: PartitionConsumerSource {
    private let starts: [String: EventPosition]
    private let wanted: [String: Int]
    private let changed: @Sendable () -> Void
    private let findings = Mutex(PeekFindings())

    init(_ partitions: [PartitionProperties], eventsOfEach each: Int, changed: @escaping @Sendable () -> Void) {
        var starts: [String: EventPosition] = [:]
        var wanted: [String: Int] = [:]
        for partition in partitions {
            let kept = Int(clamping: partition.keptEvents)
            let count = min(each, kept)
            wanted[partition.id] = count
            starts[partition.id] =
                partition.lastSequenceNumber < 0
                ? .earliest : .sequenceNumber(partition.lastSequenceNumber - Int64(count), inclusive: false)
        }
        self.starts = starts
        self.wanted = wanted
        self.changed = changed
    }

    var found: PeekFindings { findings.withLock { $0 } }

    /// Whether every partition has answered and brought what it should.
    var isThrough: Bool {
        findings.withLock { found in
            wanted.allSatisfy { id, count in
                guard let outcome = found.outcomes[id] else { return false }
                return outcome != nil || found.counts[id] ?? 0 >= count || found.bytes >= AttachProbe.bytesMax
            }
        }
    }

    func start(of partition: String) async throws(EventHubsError) -> PartitionStart {
        .first(starts[partition] ?? .earliest)
    }

    func makeConsumer(for partition: String, on eventLoop: any EventLoop) -> any PartitionConsumer {
        PeekConsumer(partition, wanted: wanted[partition] ?? 0, into: self)
    }

    fileprivate func answered(_ partition: String, _ error: EventHubsError?) {
        // The first answer counts: what follows it is the client's own doing.
        findings.withLock { if $0.outcomes[partition] == nil { $0.outcomes[partition] = .some(error) } }
        changed()
    }

    /// Keeps copies; true when enough of the partition was seen.
    fileprivate func took(_ events: [PeekedEvent], of partition: String, _ wanted: Int) -> Bool {
        defer { changed() }
        return findings.withLock { found in
            for event in events
            where found.counts[partition] ?? 0 < wanted && found.bytes + event.body.count <= AttachProbe.bytesMax {
                found.counts[partition, default: 0] += 1
                found.bytes += event.body.count
                found.events.append(event)
            }
            return found.counts[partition] ?? 0 >= wanted
        }
    }
}

/// Copies the events of one partition.
///
/// **Isolation**: its connection's event loop.
private final class PeekConsumer: PartitionConsumer {
    private let partition: String
    private let wanted: Int
    private let source: PeekSource

    init(_ partition: String, wanted: Int, into source: PeekSource) {
        self.partition = partition
        self.wanted = wanted
        self.source = source
    }

    func attached(_ attachment: PartitionAttachment) { source.answered(partition, nil) }

    func received(_ batch: EventBatch) -> ConsumerVerdict {
        let events = batch.events.prefix(wanted).compactMap { event in
            batch.withBody(of: event) {
                PeekedEvent(body: Array($0), enqueuedMs: event.enqueuedTimeMilliseconds)
            }
        }
        return source.took(events, of: partition, wanted) ? .hold : .proceed
    }

    func detached(_ reason: PartitionDetachReason) {
        switch reason {
        case .lost(let error, _), .stolen(let error, _), .positionRefused(let error, _):
            source.answered(partition, error)
        case .stalled, .shutdown: break
        }
    }
}
