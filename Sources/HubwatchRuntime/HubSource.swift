import Detection
import DiagnosticLogs
import EventHubs
import EventHubsClient
import Logging
import NIOCore
import Synchronization

/// Supplies the client with start positions and workers.
///
/// **Isolation**: the client asks on its own tasks and event loops; the table of workers is behind a leaf lock and touched
/// once per partition.
final class HubSource: PartitionConsumerSource {
    private let rules: CompiledRules
    private let coordinator: Coordinator
    private let status: RunStatus
    private let start: EventPosition
    private let firstPlaces: FirstPlaces
    private let clockSkew: Duration
    private let messageBytesMax: Int
    private let heldBytesMax: Int
    /// Finds out where partitions go on; nil for plain brokers, which have no positions.
    private let resumption: PartitionResumption?
    private let logger: Logger

    private struct Workers {
        var byPartition: [Int: NIOLoopBound<PartitionWorker>] = [:]
        var positions: [Int: Detection.PartitionPosition] = [:]
        var incarnations: [Int: Int] = [:]
        var hubCreated: Int64?
        /// Whether the session ends: nobody folds any more.
        var isOver = false
    }

    private let workers = Mutex(Workers())

    init(
        rules: CompiledRules, coordinator: Coordinator, status: RunStatus, start: EventPosition,
        firstPlaces: FirstPlaces = FirstPlaces(), clockSkew: Duration, messageBytesMax: Int, heldBytesMax: Int,
        resumption: PartitionResumption?, logger: Logger
    ) {
        self.rules = rules
        self.coordinator = coordinator
        self.status = status
        self.start = start
        self.firstPlaces = firstPlaces
        self.clockSkew = clockSkew
        self.messageBytesMax = messageBytesMax
        self.heldBytesMax = heldBytesMax
        self.resumption = resumption
        self.logger = logger
    }

    func start(of partition: String) async throws(EventHubsError) -> PartitionStart {
        let number = try Self.number(partition)
        guard let resumption else {
            guard let position = await coordinator.resume(number), !position.isStart else { return .first(start) }
            workers.withLock { $0.positions[number] = position }
            return .after(sequenceNumber: position.sequenceNumber, offset: nil)
        }
        let outcome = try await resumption.outcome(of: number)
        let incarnation = await coordinator.beginFolding(number)
        workers.withLock { $0.incarnations[number] = incarnation }
        switch outcome {
        case .start: return .first(try await firstPlaces.place(of: number, start, resumption.inquiry))
        case .resume(let position):
            workers.withLock { $0.positions[number] = position }
            return .after(
                sequenceNumber: position.sequenceNumber, offset: position.offset.isEmpty ? nil : position.offset)
        case .resumeByNumber(let position):
            workers.withLock { $0.positions[number] = position }
            return .after(sequenceNumber: position.sequenceNumber, offset: nil)
        case .restart(let link, let folded):
            workers.withLock { $0.positions[number] = folded }
            return .after(sequenceNumber: link.sequence, offset: link.offset)
        case .stop(let error):
            throw EventHubsError(.positionRefused, "\(error)", partition: partition, scope: .settings)
        }
    }

    func makeConsumer(for partition: String, on eventLoop: any EventLoop) -> any PartitionConsumer {
        let number = Int(partition) ?? 0
        let (position, incarnation) = workers.withLock { ($0.positions[number], $0.incarnations[number] ?? 0) }
        var decoding = EnvelopeDecoder.Options()
        decoding.bodyBytesMax = messageBytesMax
        decoding.recordBytesMax = messageBytesMax
        let rules = self.rules
        let worker = PartitionWorker(
            partition: number,
            folding: { position, incarnation in
                PartitionFold(
                    rules: rules, partition: number, incarnation: incarnation, resumingAt: position, decoding: decoding)
            }, from: position, incarnation: incarnation, coordinator: coordinator, status: status, loop: eventLoop,
            clockSkew: clockSkew, heldBytesMax: heldBytesMax, resumption: resumption, logger: logger)
        let bound = NIOLoopBound(worker, eventLoop: eventLoop)
        let isOver = workers.withLock { workers in
            workers.byPartition[number] = bound
            return workers.isOver
        }
        // A link that opens while the session ends belongs to whoever goes on.
        if isOver { worker.foldNothing() }
        return worker
    }

    /// Looks again at every partition when the hub is another one than before.
    func hubDescribed(_ hub: HubProperties) async {
        let (isNew, all) = workers.withLock { workers in
            defer { workers.hubCreated = hub.createdAt }
            return (workers.hubCreated.map { $0 != hub.createdAt } ?? false, Array(workers.byPartition.values))
        }
        guard isNew else { return }
        for worker in all { worker.eventLoop.execute { worker.value.lookAgain() } }
    }

    func connectionChanged(_ change: ConnectionChange) {
        let number = change.connection
        switch change.kind {
        case .ready:
            status.update { $0.connections.becameReady(number) }
            logger.debug("Connection \(number) is ready.")
        case .authorized(let audience, let until):
            status.update { $0.connections.wasAuthorized(number, audience: audience, until: until) }
        case .lost(let error, let pause):
            status.update { $0.connections.wasLost(number, error) }
            logger.warning("Connection lost; trying again in \(max(0, pause.nanoseconds) / 1_000_000) ms. \(error)")
        }
    }

    /// Asks every worker on its event loop what is in flight.
    func sample(_ now: Timestamp) {
        for worker in workers.withLock({ Array($0.byPartition.values) }) {
            worker.eventLoop.execute { worker.value.sample(now) }
        }
    }

    /// Tells the workers what is committed: a plain broker's messages are accepted then.
    func release(_ committed: [Int: Int64]) {
        let all = workers.withLock(\.byPartition)
        for (partition, sequenceNumber) in committed {
            guard let worker = all[partition] else { continue }
            worker.eventLoop.execute { worker.value.committed(upTo: sequenceNumber) }
        }
    }

    /// Posts everything that the workers have folded.
    ///
    /// Called once the client has stopped.
    @concurrent
    func drain() async {
        let all = workers.withLock { workers in
            workers.isOver = true
            return Array(workers.byPartition.values)
        }
        for worker in all {
            try? await worker.eventLoop.flatSubmit { worker.value.end() }.get()
        }
    }

    private static func number(_ partition: String) throws(EventHubsError) -> Int {
        guard let number = Int(partition), number >= 0 else {
            throw EventHubsError(
                .invalidConfiguration, "Partition `\(partition)` has no number",
                remedy: "hubwatch reads partitions whose ids are whole numbers")
        }
        return number
    }
}
