import AMQPEngine
import AMQPTypes
import EventHubs
import Logging
import NIOCore

/// One sender link with the batches that wait for it or for their outcome.
///
/// Batches are sent in order, as credit and the socket allow. A batch that the broker did not take for a passing reason is
/// sent again, ahead of later ones; so is one whose outcome was lost with its link: publishing is at-least-once.
/// **Isolation**: the connection's event loop.
final class ProducerLink: LinkOwner, WritabilityObserver {
    /// The batches of one call.
    final class Group {
        let promise: EventLoopPromise<Void>
        var open: Int
        var isFailed = false
        var timeout: Scheduled<Void>?

        init(promise: EventLoopPromise<Void>, count: Int) {
            self.promise = promise
            open = count
        }
    }

    private struct Pending {
        let number: UInt64
        let batch: BatchEncoder.Encoded
        let group: Group
        var attempts = 0
    }

    private let connection: HubConnection
    private let address: String
    private var link: LinkHandle?
    private var isAttached = false
    private var waiting: [Pending] = []
    private var waitingTaken = 0
    private var inFlight: [DeliveryHandle: Pending] = [:]
    private var numbers: UInt64 = 0
    private var pausedUntil: Duration = .zero
    private var backoff = Backoff()
    private var chance: Chance
    private let timer: WakeTimer
    private var sizeWaiters: [EventLoopPromise<Int>] = []
    private var sizeMax: Int?
    private var session: SessionHandle?
    private var isStopped = false
    private static let attemptsMax = 5
    /// Bytes given to the engine and not yet written.
    private static let unwrittenMax = 4 << 20

    init(connection: HubConnection, address: String) {
        self.connection = connection
        chance = connection.configuration.platform.chance
        self.address = address
        timer = WakeTimer(loop: connection.loop)
        timer.action = { [weak self] in self?.timeReached() }
    }

    private var now: Duration { connection.loop.monotonicNow }

    // MARK: orders

    /// The largest message that the link takes; attaches it if need be.
    func messageSizeMax() -> EventLoopFuture<Int> {
        if let sizeMax, isAttached { return connection.loop.makeSucceededFuture(sizeMax) }
        guard !isStopped else { return connection.loop.makeFailedFuture(HubConnection.stopping) }
        let promise = connection.loop.makePromise(of: Int.self)
        sizeWaiters.append(promise)
        let limit = connection.configuration.sendTimeout
        let bound = NIOLoopBound(self, eventLoop: connection.loop)
        let timeout = connection.loop.scheduleTask(in: TimeAmount(limit)) { promise.fail(bound.value.timedOut(limit)) }
        promise.futureResult.whenComplete { _ in timeout.cancel() }
        attach()
        connection.flush()
        return promise.futureResult
    }

    /// Sends batches; the future succeeds when the broker has accepted all of them.
    func send(_ batches: [BatchEncoder.Encoded]) -> EventLoopFuture<Void> {
        guard !isStopped else { return connection.loop.makeFailedFuture(HubConnection.stopping) }
        guard !batches.isEmpty else { return connection.loop.makeSucceededVoidFuture() }
        let group = Group(promise: connection.loop.makePromise(), count: batches.count)
        let limit = connection.configuration.sendTimeout
        group.timeout = connection.loop.assumeIsolated().scheduleTask(in: TimeAmount(limit)) { [weak self] in
            guard let self else { return }
            self.fail(group, self.timedOut(limit))
        }
        for batch in batches {
            numbers += 1
            waiting.append(Pending(number: numbers, batch: batch, group: group))
        }
        attach()
        pump()
        connection.flush()
        return group.promise.futureResult
    }

    private func timedOut(_ limit: Duration) -> EventHubsError {
        connection.lastError
            ?? EventHubsError(
                .timedOut, "Nothing was accepted at \(address) within \(limit)",
                remedy: "Check the hub's load and quotas", isRetriable: true, scope: .request)
    }

    private func attach() {
        connection.start()
        guard link == nil, connection.isReady, !isStopped, now >= pausedUntil else { return }
        let target = Terminus(address: address)
        link = connection.attach("hubwatch-send", for: self) { session, name in
            self.session = session
            return LinkSpecification(
                session: session, name: name, role: .sender, source: Terminus(address: "hubwatch"), target: target,
                properties: [.symbol(DialectName.timeout): .long(60)])
        }
    }

    private func timeReached() {
        attach()
        pump()
        connection.flush()
    }

    // MARK: sending

    func becameWritable() {
        pump()
        connection.flush()
    }

    private func pump() {
        guard isAttached, let link, let session, now >= pausedUntil else { return }
        while waitingTaken < waiting.count {
            let pending = waiting[waitingTaken]
            if pending.group.isFailed {
                waitingTaken += 1
                continue
            }
            let sent = connection.withEngine { engine -> DeliveryHandle? in
                guard connection.isWritable, engine.outgoingBytes(session) < Self.unwrittenMax else { return nil }
                return pending.batch.bytes.withUnsafeBytes {
                    engine.send(
                        link, message: $0, tag: Self.tag(pending.number), settled: false,
                        messageFormat: pending.batch.messageFormat)
                }
            }
            guard let delivery = sent ?? nil else { break }
            waitingTaken += 1
            inFlight[delivery] = pending
        }
        if waitingTaken > 64 || waitingTaken == waiting.count {
            waiting.removeFirst(waitingTaken)
            waitingTaken = 0
        }
    }

    private static func tag(_ number: UInt64) -> [UInt8] {
        let low = UInt32(truncatingIfNeeded: number)
        return [UInt8(low >> 24), UInt8(low >> 16 & 255), UInt8(low >> 8 & 255), UInt8(low & 255)]
    }

    /// Puts batches back in front, in their order.
    private func putBack(_ again: [Pending]) {
        waiting = (again + waiting[waitingTaken...]).sorted { $0.number < $1.number }
        waitingTaken = 0
    }

    // MARK: outcomes

    func received(_ event: EngineEvent, on link: LinkHandle) {
        guard link == self.link else { return }
        switch event {
        case .attached(_, _, let remote, _):
            guard remote.target != nil else { return }
            attached(remote)
        case .credit:
            pump()
        case .updated(let delivery, _, let outcome, _):
            connection.withEngine { $0.settle(delivery, nil) }
            guard let pending = inFlight.removeValue(forKey: delivery) else { return }
            decide(pending, outcome)
            pump()
        case .detached(_, _, let condition):
            let condition = condition ?? AMQPCondition(name: ErrorCondition.linkDetachForced)
            linkLost(EventHubsError(condition: condition, while: "publishing to \(address)"))
        case .deliveries, .authenticationRequested, .authenticated, .authenticationFailed, .opened, .closed, .begun,
            .ended,
            .failed, .finished:
            break
        }
    }

    private func attached(_ remote: RemoteAttach) {
        isAttached = true
        let limit = remote.maxMessageSize == 0 ? DialectName.messageSizeMax : remote.maxMessageSize
        let size = Int(clamping: limit)
        sizeMax = size
        let waiters = sizeWaiters
        sizeWaiters = []
        for waiter in waiters { waiter.succeed(size) }
        pump()
    }

    private func decide(_ pending: Pending, _ outcome: DeliveryOutcome?) {
        switch outcome {
        case .accepted?:
            backoff.reset()
            succeed(pending.group)
        case .rejected(let condition)?:
            retry(pending, after: EventHubsError(condition: condition, while: "publishing to \(address)"))
        case .released?, .modified?, .received?, .other?, nil:
            retry(
                pending,
                after: EventHubsError(
                    .rejected, "The broker gave a batch back at \(address)", isRetriable: true, scope: .request))
        }
    }

    private func retry(_ pending: Pending, after error: EventHubsError) {
        var pending = pending
        pending.attempts += 1
        guard error.isRetriable, pending.attempts < Self.attemptsMax, !isStopped else {
            return fail(pending.group, error)
        }
        putBack([pending])
        pause(after: error)
    }

    private func pause(after error: EventHubsError) {
        let wait = backoff.next(atLeast: error.retryAfter, using: &chance)
        pausedUntil = max(pausedUntil, now + wait)
        timer.schedule(at: pausedUntil)
    }

    private func succeed(_ group: Group) {
        group.open -= 1
        guard group.open == 0, !group.isFailed else { return }
        group.timeout?.cancel()
        group.promise.succeed()
    }

    private func fail(_ group: Group, _ error: EventHubsError) {
        guard !group.isFailed, group.open > 0 else { return }
        group.isFailed = true
        group.timeout?.cancel()
        group.promise.fail(error)
    }

    private func linkLost(_ error: EventHubsError) {
        forgetLink()
        let lost = inFlight.values.sorted { $0.number < $1.number }
        inFlight = [:]
        guard error.isRetriable else { return failAll(lost, error) }
        var again: [Pending] = []
        for var pending in lost {
            pending.attempts += 1
            if pending.attempts < Self.attemptsMax { again.append(pending) } else { fail(pending.group, error) }
        }
        putBack(again)
        pause(after: error)
    }

    private func failAll(_ lost: [Pending], _ error: EventHubsError) {
        let all = lost + waiting[waitingTaken...]
        waiting = []
        waitingTaken = 0
        for pending in all { fail(pending.group, error) }
        let waiters = sizeWaiters
        sizeWaiters = []
        for waiter in waiters { waiter.fail(error) }
    }

    private func forgetLink() {
        if let link { connection.forget(link) }
        link = nil
        isAttached = false
    }

    // MARK: the connection

    func connectionReady() {
        if !sizeWaiters.isEmpty || waitingTaken < waiting.count { attach() }
    }

    func connectionLost(_ error: EventHubsError, retryAfter: Duration) {
        let wasUsed = link != nil || !inFlight.isEmpty
        if wasUsed || !error.isRetriable { linkLost(error) }
    }

    func stopOrdered() {
        isStopped = true
        if let link, isAttached { connection.withEngine { $0.detach(link) } }
        forgetLink()
        timer.cancel()
        let lost = Array(inFlight.values)
        inFlight = [:]
        failAll(lost, HubConnection.stopping)
        connection.stopped(self)
    }
}
