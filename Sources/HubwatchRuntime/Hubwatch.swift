package import Detection
import DiagnosticLogs
import EventHubs
public import EventHubsClient
import FindingFormats
public import HubwatchConfiguration
public import Logging
public import NIOCore
import Sinks
import StateStore

/// One running hubwatch: reads a hub, judges every record, journals findings and brings them to the sinks.
///
/// Start: rules, state file, hub, coverage, then links. Stop: links, last deltas, last commit, sinks, state file.
public struct Hubwatch: Sendable {
    /// What a run needs besides its configuration.
    public struct Surroundings: Sendable {
        /// The event loops to use.
        public var group: any EventLoopGroup
        /// The time of day.
        public var clock: WallClock
        /// Where log lines go.
        public var logger: Logger
        /// Name of this machine, for the service's messages.
        public var hostName: String
        /// Version of this program, for findings.
        public var productVersion: String
        /// Takes readable findings; nil for none.
        public var terminal: Terminal?
        /// Makes what signs in to a source without a connection string; nil when nothing can.
        public var makeTokens: (@Sendable (Configuration.Source) -> (any TokenProvider)?)?
        /// What is taken from the machine.
        package var platform = RunPlatform.system
        /// Rules built in code, besides those that the configuration names.
        package var addedRules: [Rule] = []
        /// For drills; nil in production.
        package var probe: RunProbe?
        /// Changes what the configuration says nothing about, such as the client's times; nil for the client's defaults.
        package var adjustClient: (@Sendable (inout EventHubsConfiguration) -> Void)?

        /// Makes surroundings.
        public init(
            group: any EventLoopGroup, clock: WallClock = .system, logger: Logger, hostName: String,
            productVersion: String, terminal: Terminal? = nil
        ) {
            self.group = group
            self.clock = clock
            self.logger = logger
            self.hostName = hostName
            self.productVersion = productVersion
            self.terminal = terminal
        }
    }

    /// Where readable findings go.
    public struct Terminal: Sendable {
        /// Whether colour is wanted.
        public var colour: Bool
        /// Columns.
        public var width: Int
        /// Writes bytes; throws when nobody reads any more.
        public var write: @Sendable ([UInt8]) async throws -> Void

        /// Makes a terminal.
        public init(colour: Bool, width: Int, write: @escaping @Sendable ([UInt8]) async throws -> Void) {
            self.colour = colour
            self.width = width
            self.write = write
        }
    }

    /// When a run ends by itself.
    public enum End: Sendable {
        /// When the caller's `stop` returns.
        case whenStopped
        /// When every partition has been read to its end, too.
        case whenCaughtUp
    }

    /// Progress while it runs, and the sums after.
    public let status: RunStatus
    private let configuration: Configuration
    private let surroundings: Surroundings
    private var logger: Logger { surroundings.logger }

    /// Makes a run; nothing is opened before ``run(until:stop:)``.
    public init(_ configuration: Configuration, _ surroundings: Surroundings, status: RunStatus = RunStatus()) {
        self.configuration = configuration
        self.surroundings = surroundings
        self.status = status
    }

    /// Runs until `stop` returns (or every partition is read to its end), then drains and commits.
    ///
    /// **Errors**: what cannot heal by waiting. A failure after the start still commits what can be committed.
    public func run(until end: End = .whenStopped, stop: @escaping @Sendable () async -> Void)
        async throws(HubwatchError)
    {
        let rules = try loadRules()
        let store: SQLiteStateStore
        do throws(StateStoreError) {
            store = try SQLiteStateStore(
                path: configuration.state.path, mode: .exclusive,
                bounds: DeadLetterBounds(rowsMaximum: Int64(configuration.state.deadLetterLimit)),
                access: surroundings.platform.stateAccess, statement: surroundings.probe?.statement)
        } catch {
            throw .store(error)
        }
        do throws(HubwatchError) {
            try await run(rules, store, end, stop)
        } catch {
            try? await store.close()
            throw error
        }
        do throws(StateStoreError) {
            try await store.close()
        } catch {
            throw .store(error)
        }
    }

    private func run(
        _ rules: CompiledRules, _ store: SQLiteStateStore, _ end: End, _ stop: @escaping @Sendable () async -> Void
    ) async throws(HubwatchError) {
        let client: EventHubsClient
        do throws(EventHubsError) {
            var settings = try configuration.source.clientConfiguration(
                hostName: surroundings.hostName,
                connections: surroundings.group.makeIterator().reduce(0) { count, _ in count + 1 },
                tokens: surroundings.makeTokens?(configuration.source))
            settings.platform = surroundings.platform.client
            // Whoever waits for the end wants to hear of it soon; a server asks less often.
            if end == .whenCaughtUp { settings.quietInterval = .milliseconds(250) }
            surroundings.adjustClient?(&settings)
            client = try EventHubsClient(
                configuration: settings, eventLoopGroup: surroundings.group, logger: logger)
        } catch {
            throw .eventHubs(error)
        }
        // One wait for the stop, from now on: it may come while the hub is not even reached.
        let stopping = Task { await stop() }
        defer { stopping.cancel() }
        guard let hub = try await describe(client, stopping) else { return }
        let session = RunSession(
            configuration: configuration, surroundings: surroundings, status: status, rules: rules, store: store,
            client: client)
        try await session.prepare(hub)
        try await session.run(end, stopping)
    }

    private func loadRules() throws(HubwatchError) -> CompiledRules {
        try RuleSelection.running(configuration.rules, adding: surroundings.addedRules, logger)
    }

    /// What is known of the source before it is read.
    enum Description: Sendable {
        /// An Event Hub and what it says about itself.
        case hub(HubProperties)
        /// A plain broker says nothing.
        case plainBroker
    }

    /// Asks the hub about itself; nil when the stop came first.
    ///
    /// Waits for a hub that cannot be reached now, ends for one that refuses.
    private func describe(
        _ client: EventHubsClient, _ stopping: Task<Void, Never>
    ) async throws(HubwatchError) -> Description? {
        if case .plain = configuration.source.endpoint { return .plainBroker }
        let asking = Task { () -> Result<HubProperties, EventHubsError> in
            var backoff = Backoff()
            var chance = surroundings.platform.client.chance
            while true {
                do throws(EventHubsError) {
                    return .success(try await client.hubProperties())
                } catch {
                    guard error.isRetriable, !Task.isCancelled else { return .failure(error) }
                    let pause = backoff.next(atLeast: error.retryAfter, using: &chance)
                    logger.warning(
                        "The hub does not answer, trying again in \(pause.nanoseconds / 1_000_000) ms: \(error)")
                    await surroundings.platform.sleep(pause)
                }
            }
        }
        let stopped = Task {
            await stopping.value
            asking.cancel()
            await client.shutdown()
        }
        defer { stopped.cancel() }
        switch await asking.value {
        case .success(let hub): return .hub(hub)
        case .failure(let error):
            if asking.isCancelled { return nil }
            await client.shutdown()
            throw .eventHubs(error)
        }
    }
}
