import DiagnosticLogs
import EventHubs
import EventHubsClient
import NIOCore
import Synchronization

/// Gives the live run's workers only what belongs to a span: the same workers, with bounds in front of them.
///
/// Idle notices do not reach them, because a wall clock must not decide what a replay finds; at the end of its span a
/// partition's watermark moves to the end's own time.
final class SpannedSource: PartitionConsumerSource {
    /// A partition's part in the replay.
    struct Part: Sendable {
        var span: PartitionSpan
        var start: EventPosition
        var properties: PartitionProperties
        /// Whether messages lie in front of the span that no state knows of.
        var hasMessagesBefore: Bool
    }

    private let inner: HubSource
    private let parts: [Int: Part]
    private let tracker: ReplayTracker
    private let waiting: Mutex<Set<Int>>
    private let allDone: @Sendable () -> Void
    private let failed: @Sendable (HubwatchError) -> Void

    init(
        _ inner: HubSource, parts: [Int: Part], tracker: ReplayTracker, allDone: @escaping @Sendable () -> Void,
        failed: @escaping @Sendable (HubwatchError) -> Void
    ) {
        self.inner = inner
        self.parts = parts
        self.tracker = tracker
        self.waiting = Mutex(Set(parts.keys))
        self.allDone = allDone
        self.failed = failed
    }

    func start(of partition: String) async throws(EventHubsError) -> PartitionStart {
        guard let part = Int(partition).flatMap({ parts[$0] }) else { return .first(.latest) }
        let start = try await inner.start(of: partition)
        // Where nothing is to be read, the position asked for may lie behind all that the broker has: it is not shown to it.
        if part.span.isDone { return .first(.latest) }
        if case .first = start { return .first(part.start) }
        return start
    }

    func makeConsumer(for partition: String, on eventLoop: any EventLoop) -> any PartitionConsumer {
        // A partition that appeared after the replay began is no part of it.
        guard let number = Int(partition), let part = parts[number] else { return PassedOverPartition() }
        return SpannedConsumer(
            number, inner.makeConsumer(for: partition, on: eventLoop), part, tracker,
            done: { [self] in
                let isLast = waiting.withLock { waiting in
                    waiting.remove(number) != nil && waiting.isEmpty
                }
                if isLast { allDone() }
            }, failed: failed)
    }

    func hubDescribed(_ hub: HubProperties) async { await inner.hubDescribed(hub) }

    func connectionChanged(_ change: ConnectionChange) { inner.connectionChanged(change) }
}

/// Takes nothing.
private final class PassedOverPartition: PartitionConsumer {
    func attached(_ attachment: PartitionAttachment) {}
    func received(_ batch: EventBatch) -> ConsumerVerdict { .hold }
    func detached(_ reason: PartitionDetachReason) {}
}

/// One partition's worker behind the bounds of its span.
private final class SpannedConsumer: PartitionConsumer {
    private let partition: Int
    private let inner: any PartitionConsumer
    private var span: PartitionSpan
    private let properties: PartitionProperties
    private let tracker: ReplayTracker
    private let done: () -> Void
    private let failed: (HubwatchError) -> Void
    private var first: Int64?
    private var current: (sequence: Int64, enqueued: Int64)?
    private var hasEnded = false

    init(
        _ partition: Int, _ inner: any PartitionConsumer, _ part: SpannedSource.Part, _ tracker: ReplayTracker,
        done: @escaping () -> Void, failed: @escaping (HubwatchError) -> Void
    ) {
        self.partition = partition
        self.inner = inner
        self.span = part.span
        self.properties = part.properties
        self.tracker = tracker
        self.done = done
        self.failed = failed
    }

    func attached(_ attachment: PartitionAttachment) {
        inner.attached(attachment)
        if case .sequenceNumber(let number, let inclusive) = attachment.position, first == nil {
            first = inclusive ? number : number &+ 1
        }
        note()
        if span.isDone { end() }
    }

    func received(_ batch: EventBatch) -> ConsumerVerdict {
        var taken = 0
        for event in batch.events {
            let enqueued = Timestamp(milliseconds: event.enqueuedTimeMilliseconds)
            guard span.takes(sequence: event.sequenceNumber, enqueued: enqueued) else { break }
            taken += 1
            first = first ?? event.sequenceNumber
            current = (event.sequenceNumber, event.enqueuedTimeMilliseconds)
        }
        let verdict = taken > 0 ? inner.received(batch.prefix(taken)) : .proceed
        note()
        guard span.isDone else { return verdict }
        end()
        return .hold
    }

    func missing(_ gap: SequenceGap) { if !span.isDone { inner.missing(gap) } }

    func dropped(repeatedEvents count: Int) { inner.dropped(repeatedEvents: count) }

    func detached(_ reason: PartitionDetachReason) {
        guard !span.isDone else { return }
        // A live run waits and tries again; who replays wants to hear it at once.
        switch reason {
        case .stolen(let error, _):
            failed(
                .replay(
                    ReplayError(
                        .badRequest,
                        "partition \(partition) belongs to another reader of this consumer group (\(error.summary)). Give the replay a consumer group of its own with --consumer-group"
                    )))
        case .positionRefused(let error, let position):
            failed(
                .replay(
                    ReplayError(
                        .badRequest,
                        "partition \(partition) has no position \(position) (\(error.summary)). It holds sequence numbers \(properties.beginSequenceNumber) to \(properties.lastSequenceNumber): choose another --from"
                    )))
        default: inner.detached(reason)
        }
    }

    /// The broker has nothing more, although the span goes on: it removed what was left.
    func idle(_ properties: PartitionProperties, askedAt: Int64) {
        span.ended()
        end()
    }

    private func end() {
        guard !hasEnded else { return }
        hasEnded = true
        if let watermark = span.endWatermark {
            var known = properties
            known.lastSequenceNumber = current?.sequence ?? properties.lastSequenceNumber
            inner.idle(known, askedAt: watermark.nanoseconds)
        }
        note()
        done()
    }

    private func note() {
        let begin = first ?? max(0, properties.beginSequenceNumber)
        tracker.note(
            partition,
            .partition(
                first: begin, current: current, last: (span.last, properties.lastEnqueuedTime),
                before: span.before?.milliseconds, isDone: span.isDone))
    }
}
