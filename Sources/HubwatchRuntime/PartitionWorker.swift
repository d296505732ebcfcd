import Detection
import DiagnosticLogs
import EventHubs
import EventHubsClient
import Logging
import NIOCore

/// Folds one partition's events on its connection's event loop and posts frozen deltas to the coordinator.
///
/// **Bounds**: at most one delta is under way to the coordinator. While it is, the fold gathers the next one; when that has
/// grown past `heldBytesMax` of events, credit stops until the coordinator has caught up.
/// **Isolation**: confined to its event loop.
final class PartitionWorker: PartitionConsumer {
    /// Longest time a folded event waits before its delta is posted.
    static let postInterval = TimeAmount.milliseconds(5)
    /// Most bytes of events folded while a delta is under way.
    static let heldBytesMax = 32 << 20

    let partition: Int
    private let fold: PartitionFold
    private let coordinator: Coordinator
    private let status: RunStatus
    private let loop: any EventLoop
    private let clockSkew: Duration
    private let logger: Logger

    private var isPosting = false
    private var scheduledPost: Scheduled<Void>?
    private var bytesSincePost = 0
    private var resumeCredit: (() -> Void)?
    private var drained: [EventLoopPromise<Void>] = []

    init(
        partition: Int, fold: PartitionFold, coordinator: Coordinator, status: RunStatus, loop: any EventLoop,
        clockSkew: Duration, logger: Logger
    ) {
        self.partition = partition
        self.fold = fold
        self.coordinator = coordinator
        self.status = status
        self.loop = loop
        self.clockSkew = clockSkew
        self.logger = logger
    }

    func received(_ batch: EventBatch) -> ConsumerVerdict {
        let receivedAt = Timestamp(nanoseconds: batch.receivedAtNs)
        var bytes = 0
        for event in batch.events {
            bytes += foldOne(event, of: batch, receivedAt)
        }
        bytesSincePost += bytes
        publishProgress(batch, bytes)
        postSoon()
        return isPosting && bytesSincePost > Self.heldBytesMax ? .hold : .proceed
    }

    private func foldOne(_ event: ReceivedEvent, of batch: EventBatch, _ receivedAt: Timestamp) -> Int {
        batch.withBytes(of: event) { offset, body in
            let header = MessageHeader(
                sequenceNumber: event.sequenceNumber, offset: offset,
                enqueuedTime: Timestamp(milliseconds: event.enqueuedTimeMs), receivedAt: receivedAt)
            if let body {
                fold.fold(header, body: body)
                return body.count
            }
            // A body that is neither data nor text cannot hold a log record.
            fold.reject(header, body: UnsafeRawBufferPointer(start: nil, count: 0), reason: .unusableMessage)
            return 0
        }
    }

    private func publishProgress(_ batch: EventBatch, _ bytes: Int) {
        let folded = fold.position?.sequenceNumber
        status.update(partition) {
            $0.folded = folded
            $0.messages += Int64(batch.events.count)
            $0.bytes += Int64(bytes)
            if let last = batch.lastEnqueuedSequenceNumber { $0.lastEnqueued = max(last, $0.lastEnqueued ?? -1) }
        }
    }

    // MARK: Posting

    private func postSoon() {
        guard !isPosting else { return }
        if fold.hasMatches {
            post()
        } else if scheduledPost == nil {
            scheduledPost = loop.assumeIsolated().scheduleTask(in: Self.postInterval) { self.post() }
        }
    }

    private func post() {
        scheduledPost?.cancel()
        scheduledPost = nil
        guard !isPosting else { return }
        guard let delta = fold.takeDelta() else {
            finishDraining()
            return
        }
        isPosting = true
        bytesSincePost = 0
        let coordinator = self.coordinator
        let bound = NIOLoopBound(self, eventLoop: loop)
        let loop = self.loop
        Task {
            await coordinator.merge(delta)
            loop.execute { bound.value.posted() }
        }
    }

    private func posted() {
        isPosting = false
        if let resume = resumeCredit {
            resumeCredit = nil
            resume()
        }
        if bytesSincePost > 0 || !drained.isEmpty { post() } else { finishDraining() }
    }

    /// Completes when everything folded has been merged. Called once no more events come.
    func drain() -> EventLoopFuture<Void> {
        let promise = loop.makePromise(of: Void.self)
        drained.append(promise)
        post()
        return promise.futureResult
    }

    private func finishDraining() {
        guard !isPosting else { return }
        let waiting = drained
        drained = []
        for promise in waiting { promise.succeed() }
    }
}
