public import EventHubs
public import Logging
public import NIOCore
import Synchronization

/// Reads the partitions of one hub into consumers.
///
/// Partition i is read on connection i mod n, which belongs to one event loop; its consumer runs there. The client
/// reconnects, renews tokens, watches for stalled links and for partitions that appear, until ``shutdown(within:)``.
///
///     let client = try EventHubsClient(configuration: configuration, eventLoopGroup: group, logger: logger)
///     try await client.run(partitions: .all, into: source)
///
/// **Bounds**: bytes and events in flight as configured; nothing else grows with traffic.
/// **Errors**: `run` throws what cannot work without a change of settings while it is starting; afterwards failures are
/// reported to consumers and tried again.
public final class EventHubsClient: Sendable {
    private enum Signal: Sendable {
        case discover
        case fatal(EventHubsError)
        case stop
    }

    private struct State: Sendable {
        var signals: AsyncStream<Signal>.Continuation?
        var hasConnected = false
        var hasAttached = false
        var isStopped = false
        /// While starting: when a failure that may pass ends the run after all.
        var patience: NIODeadline?
        var source: (any PartitionConsumerSource)?
    }

    /// What is shared with the connections' callbacks.
    private final class Status: Sendable {
        let state = Mutex(State())

        func connectionChanged(_ change: ConnectionChange) {
            let source = state.withLock { state -> (any PartitionConsumerSource)? in
                switch change.kind {
                case .ready: state.hasConnected = true
                case .lost(let error, _):
                    let isHopeless = !error.isRetriable || state.patience.map { NIODeadline.now() >= $0 } ?? false
                    if !state.hasConnected, isHopeless { state.signals?.yield(.fatal(error)) }
                case .authorized: break
                }
                return state.source
            }
            source?.connectionChanged(change)
        }

        func attached() { state.withLock { $0.hasAttached = true } }

        func refused(_ error: EventHubsError) {
            state.withLock { if !$0.hasAttached { $0.signals?.yield(.fatal(error)) } }
        }
    }

    private let configuration: EventHubsConfiguration
    let connections: ClientConnections
    private let status = Status()
    private let logger: Logger
    private let loop: any EventLoop

    /// Makes a client; it connects when something is asked of it.
    public init(
        configuration: EventHubsConfiguration, eventLoopGroup: any EventLoopGroup, logger: Logger
    ) throws(EventHubsError) {
        self.configuration = configuration
        self.logger = logger
        loop = eventLoopGroup.next()
        let status = status
        let loops = eventLoopGroup.makeIterator().reduce(0) { count, _ in count + 1 }
        connections = try ClientConnections(
            configuration, on: eventLoopGroup, count: configuration.connectionCount ?? loops, putsGroupToken: true,
            logger: logger, report: { status.connectionChanged($0) })
    }

    /// Asks for the hub's properties.
    @concurrent
    public func hubProperties() async throws(EventHubsError) -> HubProperties {
        try await connections.hubProperties()
    }

    /// Asks for a partition's properties.
    @concurrent
    public func partitionProperties(_ id: String) async throws(EventHubsError) -> PartitionProperties {
        try await connections.partitionProperties(id)
    }

    /// Reads the selected partitions until ``shutdown(within:)`` or the task is cancelled.
    @concurrent
    public func run(
        partitions: PartitionSelection = .all, into source: any PartitionConsumerSource
    ) async throws(EventHubsError) {
        let (signals, continuation) = AsyncStream.makeStream(of: Signal.self)
        let patience = configuration.startDeadline.map { NIODeadline.now() + TimeAmount($0) }
        let mayRun = status.state.withLock { state in
            guard state.signals == nil, !state.isStopped else { return false }
            state.signals = continuation
            state.source = source
            state.patience = patience
            return true
        }
        guard mayRun else {
            throw EventHubsError(.invalidConfiguration, "A client runs once; make another one to run again")
        }
        let interval = TimeAmount(configuration.discoveryInterval)
        let timer = loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            continuation.yield(.discover)
        }
        defer { timer.cancel() }
        continuation.yield(.discover)
        var discovery = Discovery(selection: partitions, started: loop.monotonicNow)
        do throws(EventHubsError) {
            try await follow(signals, &discovery, source, continuation)
        } catch {
            await stop(within: .seconds(5))
            throw error
        }
        await stop(within: .seconds(5))
    }

    /// What the search for partitions knows.
    private struct Discovery {
        var selection: PartitionSelection
        var started: Duration
        var known: Set<String> = []
        var hasSucceeded = false
    }

    private func follow(
        _ signals: AsyncStream<Signal>, _ discovery: inout Discovery, _ source: any PartitionConsumerSource,
        _ continuation: AsyncStream<Signal>.Continuation
    ) async throws(EventHubsError) {
        for await signal in signals {
            switch signal {
            case .stop: return
            case .fatal(let error): throw error
            case .discover:
                do throws(EventHubsError) {
                    try await discover(&discovery, source)
                    discovery.hasSucceeded = true
                } catch {
                    if status.state.withLock({ $0.isStopped }) { return }
                    try judge(error, discovery)
                    // The connection has its own back-off; questions wait for it.
                    if !discovery.hasSucceeded {
                        loop.scheduleTask(in: .seconds(1)) { continuation.yield(.discover) }
                    }
                }
            }
        }
    }

    /// Whether a failed search ends the run: only while starting, and only where waiting cannot help.
    private func judge(_ error: EventHubsError, _ discovery: Discovery) throws(EventHubsError) {
        if !discovery.hasSucceeded {
            if !error.isRetriable { throw error }
            if let limit = configuration.startDeadline, loop.monotonicNow - discovery.started >= limit { throw error }
        }
        logger.warning("partitions not found out", metadata: ["error": "\(error)"])
    }

    private func discover(
        _ discovery: inout Discovery, _ source: any PartitionConsumerSource
    ) async throws(EventHubsError) {
        var hub: HubProperties?
        let ids: [String]
        if let plain = configuration.plainBroker {
            ids = plain.partitions
        } else {
            let properties = try await connections.hubProperties()
            hub = properties
            ids = properties.partitionIDs
            await source.hubDescribed(properties)
            for index in 0..<connections.count {
                try await connections.with(index) { place in
                    for receiver in place.connection.receivers { receiver.hub = properties }
                }
            }
        }
        let missing = discovery.selection.missing(from: ids)
        if !discovery.hasSucceeded, !missing.isEmpty {
            throw EventHubsError(
                .invalidSelection,
                "Partitions \(missing.map(String.init).joined(separator: ", ")) are selected, but hub "
                    + "`\(configuration.hub)` has \(ids.count)", remedy: "Select partitions that the hub has")
        }
        for (index, id) in ids.enumerated() where discovery.selection.contains(id: id, index: index) {
            guard !discovery.known.contains(id) else { continue }
            try await add(id, at: index, hub: hub, of: ids.count, source)
            discovery.known.insert(id)
        }
    }

    private func add(
        _ id: String, at index: Int, hub: HubProperties?, of count: Int, _ source: any PartitionConsumerSource
    ) async throws(EventHubsError) {
        let machine: ReceiverMachine
        var firstOrdinal: Int64 = 0
        let timing = configuration.receiverTiming
        switch try await source.start(of: id) {
        case .first(let position):
            let resolved = try await resolve(position, of: id)
            machine = ReceiverMachine(partition: id, start: resolved, timing: timing)
        case .after(let number, let offset):
            machine = ReceiverMachine(
                partition: id, after: .init(sequenceNumber: number, offset: offset), timing: timing)
            firstOrdinal = number == .max ? .max : number + 1
        }
        let ordinal = firstOrdinal
        let status = status
        let connections = connections
        // The service allows 50 questions a second for a namespace: many quiet partitions ask less often.
        let interval = max(configuration.quietInterval, .milliseconds(50) * count)
        try await connections.with(index) { place in
            let connection = place.connection
            let receiver = PartitionReceiver(
                id: id, connection: connection, consumer: source.makeConsumer(for: id, on: connection.loop),
                machine: machine, firstOrdinal: ordinal)
            receiver.hub = hub
            receiver.onAttached = { status.attached() }
            receiver.onRefused = { status.refused($0) }
            receiver.consumer.controlled(by: PartitionControl(receiver, on: connection.loop))
            if connection.configuration.plainBroker == nil {
                receiver.ask = { Self.ask(about: $0, connections) }
                receiver.watch(every: interval)
            }
            connection.start()
            connection.add(receiver: receiver)
        }
    }

    /// Fixes `latest`, once.
    ///
    /// It moves with every attach: an event that arrives between two attaches would be passed over.
    private func resolve(_ position: EventPosition, of id: String) async throws(EventHubsError) -> EventPosition {
        guard position == .latest, configuration.plainBroker == nil else { return position }
        let properties = try await connections.partitionProperties(id)
        return properties.lastSequenceNumber < 0
            ? .earliest : .sequenceNumber(properties.lastSequenceNumber, inclusive: false)
    }

    /// Asks about a partition on behalf of its receiver, on the receiver's loop.
    private static func ask(about receiver: PartitionReceiver, _ connections: ClientConnections) {
        let loop = receiver.connection.loop
        let bound = NIOLoopBound(receiver, eventLoop: loop)
        let id = receiver.id
        let askedAt = connections.configuration.platform.clock()
        connections.ask(.partition(hub: connections.configuration.hub, id: id)).hop(to: loop).whenComplete { result in
            let answer: Result<PartitionProperties, EventHubsError>
            do throws(EventHubsError) {
                answer = .success(try ClientConnections.partition(id, try Self.reply(result)))
            } catch {
                answer = .failure(error)
            }
            bound.value.answered(answer, askedAt: askedAt)
        }
    }

    private static func reply(_ result: Result<ManagementReply, any Error>) throws(EventHubsError) -> ManagementReply {
        switch result {
        case .success(let reply): return reply
        case .failure(let error):
            throw error as? EventHubsError ?? EventHubsError(.cancelled, "\(error)", scope: .request)
        }
    }

    /// Takes no more events: when this returns, no consumer is given any.
    ///
    /// The first half of an orderly end: commit what is folded, release it, then ``shutdown(within:)``.
    @concurrent
    public func stopReceiving() async {
        for index in 0..<connections.count {
            try? await connections.with(index) { place in
                for receiver in place.connection.receivers { receiver.isHeld = true }
            }
        }
    }

    /// Stops the credit, closes the links and the connections; whatever has not answered by the limit is cut off.
    @concurrent
    public func shutdown(within limit: Duration = .seconds(10)) async {
        await stop(within: limit)
    }

    private func stop(within limit: Duration) async {
        let signals = status.state.withLock { state in
            state.isStopped = true
            return state.signals
        }
        await connections.stop(within: limit)
        signals?.yield(.stop)
        signals?.finish()
    }
}
