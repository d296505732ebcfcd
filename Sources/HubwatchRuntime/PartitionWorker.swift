import AMQPEngine
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
    /// Makes a fold behind a position; the number says which hub of its name the events come from.
    typealias Folding = (Detection.PartitionPosition?, Int) -> PartitionFold

    let partition: Int
    let folding: Folding
    var fold: PartitionFold
    let coordinator: Coordinator
    let status: RunStatus
    let loop: any EventLoop
    private let clockSkew: Duration
    /// Most bytes of events folded while a delta is under way.
    private let heldBytesMax: Int
    let resumption: PartitionResumption?
    let logger: Logger

    var control: PartitionControl?
    /// What is known of the numbers before and between the events.
    var continuity = Continuity()
    /// For plain brokers, which deliver again what was not accepted.
    private var recentIDs: RecentMessageIDs?
    private var isPosting = false
    /// Something was folded while a delta was under way.
    private var isPostOwed = false
    private var isHeld = false
    private var scheduledPost: Scheduled<Void>?
    private var bytesSincePost = 0
    private var drainPromises: [EventLoopPromise<Void>] = []
    /// Whether nothing is folded any more: what still comes is read again by whoever goes on.
    private(set) var isEnding = false

    init(
        partition: Int, folding: @escaping Folding, from position: Detection.PartitionPosition?, incarnation: Int,
        coordinator: Coordinator, status: RunStatus, loop: any EventLoop, clockSkew: Duration, heldBytesMax: Int,
        resumption: PartitionResumption?, logger: Logger
    ) {
        self.partition = partition
        self.folding = folding
        fold = folding(position, incarnation)
        self.resumption = resumption
        self.coordinator = coordinator
        self.status = status
        self.loop = loop
        self.clockSkew = clockSkew
        self.heldBytesMax = heldBytesMax
        recentIDs = resumption == nil ? RecentMessageIDs() : nil
        var logger = logger
        logger[metadataKey: "partition"] = "\(partition)"
        self.logger = logger
    }

    func controlled(by control: PartitionControl) { self.control = control }

    func attached(_ attachment: PartitionAttachment) {
        let folded = fold.position?.sequenceNumber
        status.update(partition) {
            $0.isAttached = true
            $0.lastError = nil
            if $0.startedAfter == nil { $0.startedAfter = folded ?? -1 }
        }
        logger.debug("attached at \(attachment.position)")
        linkAttached()
    }

    func received(_ batch: EventBatch) -> ConsumerVerdict {
        guard !isEnding, admit(batch) else { return .hold }
        foldAll(batch)
        isHeld = isPosting && bytesSincePost > heldBytesMax
        return isHeld ? .hold : .proceed
    }

    /// Folds a batch whose numbers are accounted for.
    func foldAll(_ batch: EventBatch) {
        let receivedAt = Timestamp(nanoseconds: batch.receivedAt)
        var bytes = 0
        for (index, event) in batch.events.enumerated() {
            if recentIDs != nil, batch.messageIDs.indices.contains(index), let id = batch.messageIDs[index],
                recentIDs?.insert(id) == false
            {
                continue
            }
            bytes += foldOne(event, of: batch, receivedAt)
        }
        bytesSincePost += bytes
        let position = fold.position
        let count = batch.events.count
        status.update(partition, received: receivedAt) {
            $0.folded = position?.sequenceNumber
            $0.foldedEnqueuedAt = position?.enqueuedTime
            $0.watermark = position?.watermark
            $0.lastHeardAt = receivedAt
            $0.isCaughtUp = false
            $0.messages += Int64(count)
            $0.bytes += Int64(bytes)
            if let last = batch.lastEnqueuedSequenceNumber { $0.lastEnqueued = max(last, $0.lastEnqueued ?? -1) }
        }
        if bytesSincePost > heldBytesMax { post() } else { postSoon() }
    }

    /// Folds one event; the size of its body in bytes.
    private func foldOne(_ event: ReceivedEvent, of batch: EventBatch, _ receivedAt: Timestamp) -> Int {
        let header = MessageHeader(
            sequenceNumber: event.sequenceNumber, offset: batch.slab.bytes(event.offset),
            enqueuedTime: Timestamp(milliseconds: event.enqueuedTimeMilliseconds), receivedAt: receivedAt)
        let size = batch.withBody(of: event) { body in
            fold.fold(header, body: body)
            return body.count
        }
        if let size { return size }
        // Nothing in it can hold a log record: the whole message is kept, so that a person can see what it was.
        let message = batch.message(of: event)
        if event.hasSequenceNumber {
            fold.reject(header, body: message, reason: .unusableMessage)
        } else {
            fold.setAside(header, body: message, reason: .unusableMessage)
        }
        return message.count
    }

    func missing(_ gap: SequenceGap) { gapBeforeNext(gap) }

    func detached(_ reason: PartitionDetachReason) {
        defer { noteDetached(reason) }
        switch reason {
        case .stolen(let error, let pause):
            logger.error("Another reader has taken this partition; trying again in \(Self.text(pause)). \(error)")
            let coordinator = self.coordinator
            let name = "\(partition)"
            Task { await coordinator.count(.stolenPartition, name) }
        case .lost(let error, let pause):
            logger.warning("Link lost; attaching again in \(Self.text(pause)). \(error)")
        case .stalled(let behind):
            logger.warning("The link brought nothing although \(behind) messages wait; attaching again.")
        case .positionRefused(let error, let position):
            positionRefused(error, position)
        case .shutdown: break
        }
    }

    func idle(_ properties: PartitionProperties, askedAt: Int64) {
        guard !continuity.isAsking else { return }
        let (skewed, overflow) = askedAt.subtractingReportingOverflow(clockSkew.nanoseconds)
        fold.idle(watermark: Timestamp(nanoseconds: overflow ? askedAt : skewed))
        let watermark = fold.position?.watermark
        status.update(partition) {
            $0.watermark = watermark
            $0.lastHeardAt = Timestamp(nanoseconds: askedAt)
            $0.lastEnqueued = properties.lastSequenceNumber
            $0.isCaughtUp = true
        }
        postSoon()
    }

    func behind(_ properties: PartitionProperties, askedAt: Int64) {
        status.update(partition) {
            $0.lastEnqueued = max(properties.lastSequenceNumber, $0.lastEnqueued ?? -1)
            $0.lastHeardAt = Timestamp(nanoseconds: askedAt)
        }
    }

    /// Everything up to here is in the state file.
    func committed(upTo sequenceNumber: Int64) { control?.release(upTo: sequenceNumber) }

    // MARK: Posting

    private func postSoon() {
        guard !isPosting else {
            isPostOwed = true
            return
        }
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
        isPostOwed = false
        bytesSincePost = 0
        let coordinator = self.coordinator
        let loop = self.loop
        let worker = NIOLoopBound(self, eventLoop: loop)
        let missing = continuity.takeMissing()
        Task {
            await coordinator.merge(delta, missing: missing)
            loop.execute { worker.value.posted() }
        }
    }

    private func posted() {
        isPosting = false
        let wasHeld = isHeld
        if isHeld {
            isHeld = false
            if !continuity.isAsking { control?.resume() }
        }
        // Under load events come faster than deltas are merged: each delta wakes other threads, so they keep their distance.
        if wasHeld || !drainPromises.isEmpty {
            post()
        } else if isPostOwed {
            postSoon()
        }
    }

    /// Completes when everything folded has been merged.
    ///
    /// Called once no more events come.
    func drain() -> EventLoopFuture<Void> {
        let promise = loop.makePromise(of: Void.self)
        drainPromises.append(promise)
        post()
        return promise.futureResult
    }

    /// Folds nothing more; completes when everything folded has been merged.
    func end() -> EventLoopFuture<Void> {
        foldNothing()
        return drain()
    }

    /// From now on nothing is folded.
    func foldNothing() { isEnding = true }

    private func finishDraining() {
        let waiting = drainPromises
        drainPromises = []
        for promise in waiting { promise.succeed() }
    }

    private static func text(_ duration: Duration) -> String {
        let seconds = Double(duration.nanoseconds) / 1e9
        return seconds >= 60 ? "\(Int(seconds / 60)) min" : "\((seconds * 10).rounded() / 10) s"
    }
}

extension Duration {
    /// Nanoseconds, held at the largest number.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : whole &+ attoseconds / 1_000_000_000
    }
}
