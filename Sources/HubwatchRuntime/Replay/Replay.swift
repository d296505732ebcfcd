import Detection
public import DiagnosticLogs
import EventHubs
import EventHubsClient
import FindingFormats
public import HubwatchConfiguration
import NIOCore
import StateStore

/// Runs the engine of the live run over messages that were there before: a span of a hub, or files.
///
/// It has a state of its own, which is thrown away unless a file is named; the live run's positions stay as they are.
/// What it finds has the ids that the live run gives.
public struct Replay: Sendable {
    /// What is replayed.
    public enum Source: Sendable {
        /// A span of every selected partition.
        case hub(from: PartitionBounds<ReplayStart>, to: PartitionBounds<ReplayEnd>)
        /// Files of messages, in the order of their times; `-` is standard input.
        case files([String], from: Timestamp?, before: Timestamp?, enqueued: Timestamp?)
    }

    /// How it is replayed.
    public struct Options: Sendable {
        /// A state file to keep, so that the replay can go on later; nil to throw it away.
        public var stateFile: String?
        /// Closes windows that are open at the end as if nothing followed.
        public var closesWindows: Bool

        /// Makes options.
        public init(stateFile: String? = nil, closesWindows: Bool = false) {
            self.stateFile = stateFile
            self.closesWindows = closesWindows
        }
    }

    /// Progress in messages and findings while it runs.
    public let status: RunStatus
    /// How much is left.
    public let tracker = ReplayTracker()
    private let configuration: Configuration
    private let surroundings: Hubwatch.Surroundings
    private let source: Source
    private let options: Options

    /// Makes a replay; nothing is opened before ``run(stop:)``.
    public init(
        _ source: Source, _ options: Options, _ configuration: Configuration, _ surroundings: Hubwatch.Surroundings,
        status: RunStatus = RunStatus()
    ) {
        self.source = source
        self.options = options
        self.configuration = configuration
        self.surroundings = surroundings
        self.status = status
    }

    /// Runs to the end of the span, or until `stop` returns; commits, delivers, and says what was found.
    public func run(stop: @escaping @Sendable () async -> Void) async throws(HubwatchError) -> ReplayReport {
        let rules = try RuleSelection.running(configuration.rules, surroundings.logger)
        let state = try await ReplayState.open(
            keptAt: options.stateFile,
            bounds: DeadLetterBounds(rowsMaximum: Int64(configuration.state.deadLetterLimit)), replay: label,
            at: surroundings.clock.now().nanoseconds)
        do throws(HubwatchError) {
            let report: ReplayReport
            switch source {
            case .hub(let from, let to): report = try await replay(from, to, rules, state, stop)
            case .files(let paths, let from, let before, let enqueued):
                report = try await replay(
                    paths, FileFeed.Span(from: from, before: before), enqueued, rules, state, stop)
            }
            await state.close()
            return report
        } catch {
            await state.close()
            throw error
        }
    }

    /// What is replayed and from where; the end may be another the next time.
    private var label: String {
        switch source {
        case .hub(let from, _):
            "hub \(configuration.source.names.namespace)/\(configuration.source.names.hub) from \(from)"
        case .files(let paths, let from, _, let enqueued):
            "files \(paths.joined(separator: ", "))\(from.map { " from \($0.iso8601)" } ?? "")"
                + "\(enqueued.map { " enqueued \($0.iso8601)" } ?? "")"
        }
    }

    private func replay(
        _ from: PartitionBounds<ReplayStart>, _ to: PartitionBounds<ReplayEnd>, _ rules: CompiledRules,
        _ state: ReplayState, _ stop: @escaping @Sendable () async -> Void
    ) async throws(HubwatchError) -> ReplayReport {
        guard case .eventHub = configuration.source.endpoint else {
            throw .replay(
                ReplayError(.badRequest, "a plain AMQP broker has no positions: only an Event Hub can be replayed"))
        }
        try await seed(from, state)
        let client: EventHubsClient
        let hub: HubProperties
        do throws(EventHubsError) {
            var settings = try configuration.source.clientConfiguration(
                hostName: surroundings.hostName,
                connections: surroundings.group.makeIterator().reduce(0) { count, _ in count + 1 },
                tokens: surroundings.makeTokens?(configuration.source))
            settings.quietInterval = .milliseconds(250)
            client = try EventHubsClient(
                configuration: settings, eventLoopGroup: surroundings.group, logger: surroundings.logger)
            hub = try await client.hubProperties()
        } catch {
            throw .eventHubs(error)
        }
        let session = session(
            rules, state, FindingSource(namespace: configuration.source.names.namespace, hub: hub.name))
        do throws(HubwatchError) {
            let coverage = try Coverage(configuration, hub, rules)
            let (coordinator, positions) = try await session.coordinator(
                of: coverage.owned, partial: coverage.partial)
            let feed = HubFeed(
                configuration: configuration, surroundings: surroundings, rules: rules, status: status,
                tracker: tracker, client: client)
            let parts = try await feed.parts(coverage.owned, from: from, to: to, resuming: positions)
            let startIsCut = parts.values.contains { $0.hasMessagesBefore }
            return try await report(session, coordinator, startIsCut: startIsCut, stop) {
                () async throws(HubwatchError) in
                try await feed.run(parts, into: coordinator)
            }
        } catch {
            await client.shutdown()
            throw error
        }
    }

    private func seed(_ from: PartitionBounds<ReplayStart>, _ state: ReplayState) async throws(HubwatchError) {
        guard from.common == .checkpoint || from.byPartition.values.contains(.checkpoint) else { return }
        guard from.common == .checkpoint, from.byPartition.isEmpty else {
            throw .replay(
                ReplayError(
                    .badRequest,
                    "--from checkpoint holds for all partitions: its open windows have events of each of them"))
        }
        do throws(StateStoreError) {
            try await state.seed(from: configuration.state.path, at: surroundings.clock.now().nanoseconds)
        } catch {
            throw .store(error)
        }
    }

    private func replay(
        _ paths: [String], _ span: FileFeed.Span, _ enqueued: Timestamp?, _ rules: CompiledRules,
        _ state: ReplayState, _ stop: @escaping @Sendable () async -> Void
    ) async throws(HubwatchError) -> ReplayReport {
        var files: [MessageFile] = []
        do throws(ReplayError) {
            for path in try MessageFolder.files(at: paths) {
                files.append(
                    try MessageFile(
                        path: path,
                        options: MessageFile.Options(
                            enqueued: enqueued, messageBytesMax: configuration.limits.messageBytes,
                            now: surroundings.clock.now())))
            }
        } catch {
            throw .replay(error)
        }
        let name = files.count == 1 ? files[0].path : "\(files.count) files"
        let session = session(rules, state, FindingSource(namespace: "file", hub: name))
        let (coordinator, _) = try await session.coordinator(of: [])
        let feed = FileFeed(
            files: files, span: span, rules: rules, coordinator: coordinator, status: status, tracker: tracker,
            clock: surroundings.clock, configuration: configuration)
        return try await report(session, coordinator, startIsCut: span.from != nil, stop) {
            () async throws(HubwatchError) in
            try await feed.run()
        }
    }

    private func session(
        _ rules: CompiledRules, _ state: ReplayState, _ names: FindingSource
    ) -> ReplaySession {
        ReplaySession(
            configuration: configuration, surroundings: surroundings, status: status, rules: rules, store: state.store,
            names: names)
    }

    private func report(
        _ session: ReplaySession, _ coordinator: Coordinator, startIsCut: Bool,
        _ stop: @escaping @Sendable () async -> Void,
        _ feed: @escaping @Sendable () async throws(HubwatchError) -> Void
    ) async throws(HubwatchError) -> ReplayReport {
        var report = ReplayReport()
        let before: Int64
        do throws(StateStoreError) {
            before = try await session.store.journalUsage().newestID
        } catch {
            throw .store(error)
        }
        let (ending, wasStopped) = try await session.run(
            coordinator, closesWindows: options.closesWindows, stop: stop, feed)
        do throws(StateStoreError) {
            report.wasStopped = wasStopped
            report.counters = status.snapshot.counters
            report.watermark = ending.watermark
            report.openWindows = ending.openWindows
            report.openFindings = ending.openFindings
            report.first = ending.positions.values.compactMap(\.firstEnqueuedTime).min()
            report.last = ending.positions.values.filter { !$0.isStart }.map(\.enqueuedTime).max()
            report.gaps = try await session.store.gaps(of: nil, limit: 10_000).count
            try await report.gather(session.store, after: before, startIsCut: startIsCut)
        } catch {
            throw .store(error)
        }
        return report
    }
}
