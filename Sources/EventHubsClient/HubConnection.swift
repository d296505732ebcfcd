import AMQPChannel
import AMQPEngine
import AMQPTypes
import EventHubs
import Logging
import NIOCore

/// One connection to the broker with what lives on it: the shell of ``ConnectionMachine``.
///
/// **Isolation**: its event loop.
final class HubConnection {
    let loop: any EventLoop
    let index: Int
    let configuration: EventHubsConfiguration
    let logger: Logger
    /// Folds what arrived, a turn at a time.
    let turns: TurnScheduler

    private let connector: Connector
    private let report: @Sendable (ConnectionChange) -> Void
    private var machine: ConnectionMachine
    private var chance: Chance
    private let timer: WakeTimer
    private var authorization: Authorization?
    private var connection: AMQPConnection?
    /// A channel on which proxy or WebSocket have not agreed yet.
    private var channelInHandshake: (any Channel)?
    private var session: SessionHandle?
    private var owners: [any LinkOwner] = []
    private(set) var receivers: [PartitionReceiver] = []
    private var links: [LinkHandle: any LinkOwner] = [:]
    private var isReadingPaused = false
    private var linksMade = 0
    private var transportError: (any Error)?
    private var hasOpened = false
    private var hasBeenReady = false
    private var startedAt: Duration?
    private var stopPromise: EventLoopPromise<Void>?
    private var waitingForOwners: Set<ObjectIdentifier> = []
    /// The last reason for not being connected; nil while connected.
    private(set) var lastError: EventHubsError?

    init(
        index: Int, on loop: any EventLoop, configuration: EventHubsConfiguration, connector: Connector, logger: Logger,
        report: @escaping @Sendable (ConnectionChange) -> Void
    ) {
        self.index = index
        self.loop = loop
        self.configuration = configuration
        self.connector = connector
        self.logger = logger
        self.report = report
        chance = configuration.platform.chance
        machine = ConnectionMachine(peer: configuration.peer, timing: configuration.connectionTiming)
        timer = WakeTimer(loop: loop)
        turns = TurnScheduler(
            loop: loop, bytesMax: configuration.turnBytesMax, timeMax: configuration.turnTimeMax)
        timer.action = { [weak self] in self?.timeReached() }
        turns.afterTurn = { [weak self] in self?.flush() }
    }

    /// Connects, if nothing has so far.
    func start() {
        let now = loop.monotonicNow
        if startedAt == nil { startedAt = now }
        perform(machine.startOrdered(now: now))
    }

    /// Whether it never came up and has had the time that starting may take.
    var hasFailedToStart: Bool {
        guard !hasBeenReady, let startedAt, let limit = configuration.startDeadline else { return false }
        return loop.monotonicNow - startedAt >= limit
    }

    var isReady: Bool { machine.isReady }

    /// The token that was put last for an audience; requests to the management node carry it.
    func token(for audience: String) -> Secret? { authorization?.token(for: audience) }

    // MARK: owners and their links

    /// Adds an owner, and tells it at once when the connection is ready.
    func add(_ owner: any LinkOwner) {
        guard stopPromise == nil, !machine.isClosed else { return owner.stopOrdered() }
        owners.append(owner)
        if machine.isReady { owner.connectionReady() }
        flush()
    }

    /// Adds a partition; the partitions share the bytes that may be in flight.
    func add(receiver: PartitionReceiver) {
        receivers.append(receiver)
        for other in receivers { other.window.bytesMax = max(1, configuration.creditBytes / receivers.count) }
        add(receiver)
    }

    /// The bytes that have arrived and are not folded have changed: at the limit nothing more is read from the socket.
    ///
    /// Credit alone cannot keep the limit: it counts events, and what they weigh is known when they are there.
    func heldBytesChanged() {
        let held = receivers.reduce(0) { $0 + $1.queuedBytes }
        let limit = configuration.creditBytes
        let isOver = held >= (isReadingPaused ? limit / 4 * 3 : limit)
        guard isOver != isReadingPaused, let connection else { return }
        isReadingPaused = isOver
        connection.channel.setOption(.autoRead, value: !isOver).whenFailure { _ in }
    }

    /// Attaches a link for an owner; nil while there is no session.
    func attach(_ name: String, for owner: any LinkOwner, _ make: (SessionHandle, String) -> LinkSpecification)
        -> LinkHandle?
    {
        guard let connection, let session else { return nil }
        linksMade += 1
        let link = connection.engine.attach(make(session, "\(name)-\(linksMade)"))
        links[link] = owner
        return link
    }

    /// Gives orders to the engine, if there is a connection.
    func withEngine<R>(_ body: (AMQPEngine) -> R) -> R? { connection.map { body($0.engine) } }

    /// Whether the socket takes more bytes now.
    var isWritable: Bool { connection?.isWritable ?? false }

    /// Nothing more is to be delivered for a link.
    func forget(_ link: LinkHandle) { links[link] = nil }

    /// Writes what orders outside of a read have left.
    func flush() { connection?.flush() }

    // MARK: the machine's actions

    private func perform(_ actions: [ConnectionMachine.Action]) {
        for action in actions { perform(action) }
        flush()
    }

    private func perform(_ action: ConnectionMachine.Action) {
        switch action {
        case .connect: connect()
        case .authorize: authorize()
        case .announceReady: announceReady()
        case .announceLost(let error, let wait): announceLost(error, wait)
        case .dropChannel:
            connection?.abort(AMQPCondition(name: ErrorCondition.connectionForced, description: "given up"))
            channelInHandshake?.close(promise: nil)
        case .close: connection?.close()
        case .wake(let time): timer.schedule(at: time)
        case .finished: finish()
        }
    }

    private func connect() {
        transportError = nil
        hasOpened = false
        isReadingPaused = false
        let bound = NIOLoopBound(self, eventLoop: loop)
        connector.connect(on: loop, delegate: bound).whenFailure { error in
            bound.value.channelNotMade(error)
        }
    }

    /// A channel is on its way that has handshakes before it.
    func channelBegun(_ channel: any Channel) { channelInHandshake = channel }

    private func channelNotMade(_ error: any Error) {
        channelInHandshake = nil
        // A channel that was made reports its end by itself.
        guard connection == nil else { return }
        explainLoss(TransportErrors.explain(transportError ?? error, peer: configuration.peer))
    }

    private func authorize() {
        session = connection?.engine.begin()
        guard configuration.plainBroker == nil, let audiences = audiences else {
            perform(machine.authorized(now: loop.monotonicNow))
            return
        }
        let authorization = Authorization(connection: self, audiences: audiences)
        authorization.onAuthorized = { [weak self] in self?.authorized() }
        authorization.onFailed = { [weak self] in self?.failed($0) }
        self.authorization = authorization
        authorization.open()
    }

    private func timeReached() { perform(machine.timeReached(now: loop.monotonicNow)) }
    private func authorized() { perform(machine.authorized(now: loop.monotonicNow)) }
    private func failed(_ error: EventHubsError) { perform(machine.failed(error)) }

    /// What tokens are put for; nil without a credential.
    private var audiences: [String]? {
        if case .none = configuration.credential { return nil }
        let hub = EventHubAddress.audience(authority: configuration.authority, hub: configuration.hub)
        let group = EventHubAddress.audience(
            authority: configuration.authority, hub: configuration.hub, group: configuration.consumerGroup)
        return putsGroupToken ? [hub, group] : [hub]
    }

    /// Producers have no consumer group.
    var putsGroupToken = true

    private func announceReady() {
        lastError = nil
        hasBeenReady = true
        logger.info(
            "connected",
            metadata: [
                "peer": "\(configuration.peer)", "connection": "\(index)", "transport": "\(configuration.way)",
            ])
        report(ConnectionChange(connection: index, kind: .ready))
        configuration.trace?(.ready)
        for owner in owners { owner.connectionReady() }
    }

    /// A token goes to the service; says when it ends.
    func tokenPut(for audience: String, expiration: Int64?, lifetime: Duration) {
        let now = configuration.platform.clock() / 1_000_000
        let until = expiration ?? now &+ lifetime.components.seconds &* 1000
        report(ConnectionChange(connection: index, kind: .authorized(audience: audience, until: until)))
    }

    private func announceLost(_ error: EventHubsError, _ wait: Duration) {
        lastError = error
        logger.warning(
            "connection lost",
            metadata: ["error": "\(error)", "retry_after": "\(wait)", "connection": "\(index)"])
        report(ConnectionChange(connection: index, kind: .lost(error, retryAfter: wait)))
        configuration.trace?(.lost(error))
        for owner in owners { owner.connectionLost(error, retryAfter: wait) }
    }

    private func finish() {
        timer.cancel()
        lastError = Self.stopping
        for owner in owners { owner.connectionLost(Self.stopping, retryAfter: .zero) }
        stopPromise?.succeed()
        stopPromise = nil
        owners = []
        receivers = []
    }

    static let stopping = EventHubsError(
        .cancelled, "The client is shutting down", isRetriable: false, scope: .connection)

    // MARK: shutdown

    /// Stops every owner, then closes; what has not answered by the deadline is cut off.
    func stop(within limit: Duration) -> EventLoopFuture<Void> {
        if let stopPromise { return stopPromise.futureResult }
        let promise = loop.makePromise(of: Void.self)
        stopPromise = promise
        if machine.isClosed {
            promise.succeed()
            return promise.futureResult
        }
        waitingForOwners = Set(owners.map { ObjectIdentifier($0) })
        for owner in owners { owner.stopOrdered() }
        closeWhenOwnersStopped()
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: TimeAmount(limit / 2)) { bound.value.closeNow() }
        loop.scheduleTask(in: TimeAmount(limit)) { bound.value.cutOff() }
        flush()
        return promise.futureResult
    }

    /// An owner has nothing on the connection any more.
    func stopped(_ owner: any LinkOwner) {
        waitingForOwners.remove(ObjectIdentifier(owner))
        closeWhenOwnersStopped()
    }

    private func closeWhenOwnersStopped() {
        guard stopPromise != nil, waitingForOwners.isEmpty else { return }
        closeNow()
    }

    private func closeNow() {
        guard stopPromise != nil else { return }
        perform(machine.stopOrdered(now: loop.monotonicNow))
    }

    private func cutOff() {
        guard stopPromise != nil else { return }
        connection?.abort(AMQPCondition(name: ErrorCondition.connectionForced, description: "shutdown deadline"))
        if stopPromise != nil, connection == nil { finish() }
    }
}

extension HubConnection: AMQPConnectionDelegate {
    /// Opens, as the channel is active.
    func connected(_ connection: AMQPConnection) {
        channelInHandshake = nil
        guard machine.isConnecting else {
            // Stopped meanwhile.
            connection.engine.abort(AMQPCondition(name: ErrorCondition.connectionForced, description: "given up"))
            return
        }
        self.connection = connection
        configuration.trace?(.connected)
        connection.engine.open()
    }

    /// Routes an event to the connection's machine or to the owner of its link.
    func received(_ event: EngineEvent, on connection: AMQPConnection) {
        switch event {
        case .authenticated:
            configuration.trace?(.authenticated)
        case .opened(let peer):
            hasOpened = true
            configuration.trace?(.opened(container: peer.containerID, maxFrameSize: peer.maxFrameSize))
            perform(machine.opened())
        case .authenticationFailed(let condition):
            perform(machine.failed(loginRefused(condition)))
        case .ended(_, let condition):
            let condition =
                condition ?? AMQPCondition(name: ErrorCondition.connectionForced, description: "session ended")
            perform(
                machine.failed(EventHubsError(condition: condition, while: "the session with \(configuration.peer)")))
        case .attached(let link, _, _, _), .credit(let link, _, _), .deliveries(let link, _),
            .updated(_, let link, _, _):
            links[link]?.received(event, on: link)
        case .detached(let link, _, _):
            let owner = links.removeValue(forKey: link)
            owner?.received(event, on: link)
        case .authenticationRequested, .begun, .closed, .failed, .finished:
            break
        }
    }

    private func loginRefused(_ condition: AMQPCondition) -> EventHubsError {
        EventHubsError(
            .unauthorized, "\(configuration.peer) refused the login",
            remedy: configuration.plainBroker == nil
                ? "Check that this is an Event Hubs endpoint" : "Check user and password of the broker",
            condition: condition, scope: .settings)
    }

    /// Folds what this read brought.
    func readComplete(on connection: AMQPConnection) { turns.run() }

    /// Lets producers go on.
    func writable(on connection: AMQPConnection) {
        for owner in owners { (owner as? any WritabilityObserver)?.becameWritable() }
    }

    /// The first error of the channel, before it became a condition.
    func transportFailed(_ error: any Error) {
        if transportError == nil { transportError = error }
    }

    /// Forgets the channel and everything on it.
    func disconnected(_ cause: AMQPCondition?, on connection: AMQPConnection) {
        guard self.connection === connection else { return }
        self.connection = nil
        session = nil
        links = [:]
        authorization?.close()
        authorization = nil
        explainLoss(channelError(cause))
    }

    /// Reports the loss of the channel, after a look at the certificate where that was the reason.
    private func explainLoss(_ error: EventHubsError?) {
        guard let error, TransportErrors.isAboutCertificate(error) else { return lost(error) }
        let bound = NIOLoopBound(self, eventLoop: loop)
        connector.inspectCertificate(on: loop).whenComplete { result in
            let finding = try? result.get()
            bound.value.lost(finding.map { TransportErrors.precise(error, $0) } ?? error)
        }
    }

    private func lost(_ error: EventHubsError?) {
        perform(machine.channelLost(error, now: loop.monotonicNow, using: &chance))
    }

    private func channelError(_ cause: AMQPCondition?) -> EventHubsError? {
        if let transportError {
            return TransportErrors.explain(transportError, peer: configuration.peer)
        }
        return cause.map {
            var error = EventHubsError(condition: $0, while: "the connection to \(configuration.peer)")
            if !hasOpened, error.code == .connectionLost {
                error.remedy = "Check that this port speaks AMQP 1.0, and that TLS is set as the broker has it"
            }
            return error
        }
    }
}
