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
public import StatusReport

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
        /// Who watches the run besides its status; nil for nobody.
        public var observation: RunObservation?
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
    private let startedAt: Timestamp
    let configuration: Configuration
    let surroundings: Surroundings
    var logger: Logger { surroundings.logger }

    /// Makes a run; nothing is opened before ``run(until:stop:)``.
    public init(_ configuration: Configuration, _ surroundings: Surroundings, status: RunStatus = RunStatus()) {
        self.configuration = configuration
        self.surroundings = surroundings
        self.status = status
        startedAt = surroundings.clock.now()
    }

    /// What is known of the run now.
    public func report() -> StatusReport {
        let names = configuration.source.names
        let identity = RunIdentity(
            version: surroundings.productVersion, host: surroundings.hostName, startedAt: startedAt,
            source: StatusReport.Source(
                namespace: names.namespace, hub: names.hub, consumerGroup: configuration.source.consumerGroup),
            creditBytesMax: Int64(configuration.source.creditBytes),
            owedBytesMax: Int64(configuration.state.journalOwedMax))
        return StatusReport(status.snapshot, identity, now: surroundings.clock.now())
    }

    /// Runs until `stop` returns (or every partition is read to its end), then drains and commits.
    ///
    /// - Parameter reloading: how changes of settings, rules and certificates are heard of; nil to go on with the first ones.
    ///
    /// **Errors**: what cannot heal by waiting. A failure after the start still commits what can be committed.
    public func run(
        until end: End = .whenStopped, reloading: Reloading? = nil, stop: @escaping @Sendable () async -> Void
    ) async throws(HubwatchError) {
        let contents = reloading.map { InForce.contents($0.initial) }
        let selection = RuleSelection(loading: configuration.rules, adding: surroundings.addedRules)
        let rules = try selection.running(configuration.rules, logger)
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
            let plan = { (client, source) in
                SessionPlan(configuration: configuration, rules: rules, client: client, source: source)
            }
            try await runSessions(store, end, stop, first: plan) { source in
                guard let reloading, let contents else { return nil }
                return (
                    reloading,
                    InForce(
                        given: reloading.initial, selection: selection, rules: rules, contents: contents, source: source
                    )
                )
            }
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

    /// Makes the way to the hub; it connects when something is asked of it.
    func connect(_ configuration: Configuration, _ end: End) throws(EventHubsError) -> EventHubsClient {
        var settings = try configuration.source.clientConfiguration(
            hostName: surroundings.hostName,
            connections: surroundings.group.makeIterator().reduce(0) { count, _ in count + 1 },
            tokens: surroundings.makeTokens?(configuration.source))
        settings.platform = surroundings.platform.client
        // Whoever waits for the end wants to hear of it soon; a server asks less often.
        if end == .whenCaughtUp { settings.quietInterval = .milliseconds(250) }
        surroundings.adjustClient?(&settings)
        return try EventHubsClient(configuration: settings, eventLoopGroup: surroundings.group, logger: logger)
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
    func describe(
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
                    status.update { $0.startError = error }
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
