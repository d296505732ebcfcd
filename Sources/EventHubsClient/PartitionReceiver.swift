import AMQPEngine
import AMQPTypes
import EventHubs
import Logging
import NIOCore

/// One partition on its connection: the shell of ``ReceiverMachine``, with credit, the queue of batches, and the watchdog.
///
/// **Isolation**: the connection's event loop.
final class PartitionReceiver {
    let id: String
    let connection: HubConnection
    let consumer: any PartitionConsumer
    let logger: Logger
    var machine: ReceiverMachine
    var window: CreditWindow
    var watchdog: ProgressWatchdog
    var chance: Chance
    let timer: WakeTimer
    let reader: EventReader
    var link: LinkHandle?
    var queue = CircularBuffer<QueuedBatch>()
    /// The bytes in the queue.
    var queuedBytes = 0
    var isHeld = false
    /// Plain brokers: the number of the next message, and what is not accepted yet.
    var nextOrdinal: Int64
    var unsettled = CircularBuffer<(sequenceNumber: Int64, delivery: DeliveryHandle)>()
    var lastArrival: Duration
    var hasAttached = false
    var isStopping = false
    /// Asks the service about this partition; nil for plain brokers.
    var ask: ((PartitionReceiver) -> Void)?
    var isAsking = false
    /// Told once when the partition cannot be attached for a reason that only a change of settings repairs.
    var onRefused: ((EventHubsError) -> Void)?
    /// Told when the link is open.
    var onAttached: (() -> Void)?
    var hub: HubProperties?
    var quietTask: RepeatedTask?

    /// A batch that waits to be folded.
    struct QueuedBatch {
        var batch: DeliveryBatch
        var receivedAt: Int64
        var bytes: Int
    }

    init(
        id: String, connection: HubConnection, consumer: any PartitionConsumer, machine: ReceiverMachine,
        firstOrdinal: Int64
    ) {
        let configuration = connection.configuration
        self.id = id
        self.connection = connection
        self.consumer = consumer
        chance = configuration.platform.chance
        self.machine = machine
        var logger = connection.logger
        logger[metadataKey: "partition"] = "\(id)"
        self.logger = logger
        window = CreditWindow(
            eventsMax: configuration.prefetchMax, bytesMax: configuration.creditBytes,
            messageSizeEstimate: configuration.messageSizeEstimate,
            waitsUntilUsed: configuration.plainBroker != nil)
        watchdog = ProgressWatchdog(deadline: configuration.stallDeadline)
        timer = WakeTimer(loop: connection.loop)
        reader = EventReader(readsMessageIDs: configuration.plainBroker != nil)
        nextOrdinal = firstOrdinal
        lastArrival = connection.loop.monotonicNow
        timer.action = { [weak self] in self?.timeReached() }
    }

    private func timeReached() { perform(machine.timeReached(now: now, using: &chance)) }

    var now: Duration { connection.loop.monotonicNow }
    var isPlain: Bool { connection.configuration.plainBroker != nil }

    // MARK: orders

    func resumeOrdered() {
        guard isHeld else { return }
        isHeld = false
        watchdog.heldBack(now: now)
        connection.turns.enqueue(self)
        connection.turns.scheduleNext()
        grantCredit()
        connection.flush()
    }

    func retryOrdered(from position: EventPosition?) {
        perform(machine.resumeOrdered(from: position, now: now))
    }

    func release(upTo sequenceNumber: Int64) {
        while let first = unsettled.first, first.sequenceNumber <= sequenceNumber {
            unsettled.removeFirst()
            connection.withEngine { $0.settle(first.delivery, .accepted) }
        }
        connection.flush()
    }

    // MARK: the machine's actions

    func perform(_ actions: [ReceiverMachine.Action]) {
        for action in actions { perform(action) }
        connection.flush()
    }

    private func perform(_ action: ReceiverMachine.Action) {
        switch action {
        case .attach(let position): attach(at: position)
        case .startFlow:
            window.reset()
            watchdog.attached(after: machine.position?.sequenceNumber, now: now)
            lastArrival = now
            grantCredit()
        case .detach:
            if let link { connection.withEngine { $0.detach(link) } }
        case .forgetLink:
            if let link { connection.forget(link) }
            link = nil
            watchdog.detached()
            // A plain broker gives unaccepted messages to the next link.
            unsettled.removeAll()
            if isPlain { queue.removeAll() }
        case .discardUnfolded:
            queue.removeAll()
            queuedBytes = 0
            window.reset()
            connection.heldBytesChanged()
        case .report(let report): tell(report)
        case .wake(let time): timer.schedule(at: time)
        }
    }

    private func attach(at position: EventPosition) {
        let configuration = connection.configuration
        var source = Terminus(address: configuration.sourceAddress(of: id))
        var properties = AMQPMap()
        var capabilities: [String] = []
        if !isPlain {
            source.filter = SelectorFilter.encode(position)
            if let level = configuration.ownerLevel { properties[symbol: DialectName.epoch] = .long(level) }
            if let name = configuration.receiverName {
                properties[symbol: DialectName.receiverName] = .string(name)
            }
            capabilities = [DialectName.runtimeMetric]
        }
        link = connection.attach("hubwatch-p\(id)", for: self) { session, name in
            LinkSpecification(
                session: session, name: name, role: .receiver, source: source,
                target: Terminus(address: isPlain ? nil : "hubwatch"),
                properties: properties, desiredCapabilities: capabilities)
        }
    }

    private func tell(_ report: ReceiverMachine.Report) {
        switch report {
        case .attached(let position):
            hasAttached = true
            onAttached?()
            logger.info("attached", metadata: ["position": "\(position)"])
            consumer.attached(
                PartitionAttachment(
                    partition: id, hub: hub, position: position, eventLoop: connection.loop,
                    control: PartitionControl(self, on: connection.loop)))
        case .lost(let error, let wait):
            logger.warning("lost", metadata: ["error": "\(error)", "retry_after": "\(wait)"])
            consumer.detached(.lost(error, retryAfter: wait))
            if !hasAttached, !error.isRetriable, error.scope == .settings { onRefused?(error) }
        case .stolen(let error, let wait):
            logger.error("stolen", metadata: ["error": "\(error)", "retry_after": "\(wait)"])
            consumer.detached(.stolen(error, retryAfter: wait))
        case .positionRefused(let error, let position):
            logger.error("position refused", metadata: ["error": "\(error)", "position": "\(position)"])
            consumer.detached(.positionRefused(error, position))
        case .stalled(let behind):
            logger.warning("stalled; attaching again", metadata: ["behind": "\(behind)"])
            consumer.detached(.stalled(behind: behind))
        case .gap(let gap):
            consumer.missing(gap)
        case .stopped:
            quietTask?.cancel()
            timer.cancel()
            consumer.detached(.shutdown)
            connection.stopped(self)
        }
    }

    func grantCredit() {
        guard !isHeld, !isStopping, machine.isAttached, let link else { return }
        let credit = window.grant()
        if credit > 0 { connection.withEngine { $0.grantCredit(link, credit) } }
    }
}

extension PartitionReceiver: LinkOwner {
    func connectionReady() { perform(machine.connectionReady(now: now)) }

    func connectionLost(_ error: EventHubsError, retryAfter: Duration) {
        perform(machine.connectionLost(error, retryAfter: retryAfter))
        if !hasAttached, !error.isRetriable, error.scope == .settings { onRefused?(error) }
    }

    func received(_ event: EngineEvent, on link: LinkHandle) {
        guard link == self.link else { return }
        switch event {
        case .attached(_, _, let remote, _):
            // A refusal has no source; the detach with the reason follows.
            if remote.source != nil { perform(machine.attachAnswered(now: now)) }
        case .detached(_, _, let condition):
            let error = condition.map {
                EventHubsError(
                    condition: $0, while: "reading \(connection.configuration.sourceAddress(of: id))", partition: id)
            }
            perform(machine.detachReceived(error, now: now, using: &chance))
        case .deliveries(_, let batch):
            enqueue(batch)
        case .credit, .updated, .authenticationRequested, .authenticated, .authenticationFailed, .opened, .closed,
            .begun,
            .ended, .failed, .finished:
            break
        }
    }

    func stopOrdered() {
        isStopping = true
        quietTask?.cancel()
        if machine.isStopped { return connection.stopped(self) }
        perform(machine.stopOrdered(now: now))
    }
}
