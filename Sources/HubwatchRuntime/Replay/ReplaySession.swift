import Detection
import DiagnosticLogs
import FindingFormats
import HubwatchConfiguration
import Logging
import Sinks
import StateStore
import Synchronization

/// The engine of the live run over a replay's state: the same merger, coordinator and sinks, another feed.
struct ReplaySession: Sendable {
    let configuration: Configuration
    let surroundings: Hubwatch.Surroundings
    let status: RunStatus
    let rules: CompiledRules
    let store: any StateStore
    /// What findings call the place that they come from.
    let names: FindingSource
    private let signal = JournalSignal()

    init(
        configuration: Configuration, surroundings: Hubwatch.Surroundings, status: RunStatus, rules: CompiledRules,
        store: any StateStore, names: FindingSource
    ) {
        self.configuration = configuration
        self.surroundings = surroundings
        self.status = status
        self.rules = rules
        self.store = store
        self.names = names
    }

    /// Loads what the state holds and makes the coordinator of the partitions that are known now.
    func coordinator(
        of partitions: [Int], partial: [Int] = [], identity: SourceIdentity? = nil
    ) async throws(HubwatchError) -> (Coordinator, positions: [Int: Detection.PartitionPosition]) {
        let state: LoadedState
        do throws(StateStoreError) {
            state = try await store.load()
        } catch {
            throw .store(error)
        }
        var merger = Merger(
            rules: rules, partitions: partitions,
            options: MergerOptions(
                groupsPerRuleMax: configuration.limits.groupsPerRule, partialPartitions: partial))
        let positions = Dictionary(
            uniqueKeysWithValues: state.positions.map { ($0.partition, CommitTranslation.position($0)) })
        do throws(DetectionError) {
            try merger.restore(
                RestoredState(snapshot: state.snapshot, deltas: state.deltas.map(\.bytes), positions: positions),
                now: surroundings.clock.now())
        } catch {
            throw .stateUnreadable(path: configuration.state.path, error.message)
        }
        let coordinator = Coordinator(
            merger: merger, store: store, signal: signal, status: status,
            options: Coordinator.Options(
                commitInterval: configuration.state.commitInterval,
                snapshotAfterBytes: configuration.state.snapshotAfterBytes),
            restoredDeltaBytes: state.deltas.reduce(0) { $0 + $1.bytes.count }, identity: identity,
            numbering: Coordinator.Numbering(state), clock: surroundings.clock, sleep: surroundings.platform.sleep,
            logger: surroundings.logger)
        return (coordinator, positions)
    }

    /// Runs a feed to its end, or until the stop comes; commits, and delivers what was found.
    ///
    /// - Parameter closesWindows: whether windows that are open at the end are closed there; never after a stop.
    func run(
        _ coordinator: Coordinator, closesWindows: Bool, stop: @escaping @Sendable () async -> Void,
        _ feed: @escaping @Sendable () async throws(HubwatchError) -> Void
    ) async throws(HubwatchError) -> (SpanEnding, wasStopped: Bool) {
        let followers = sinks().map { sink in
            let follower = JournalFollower(
                store: store, sink: sink, signal: signal,
                report: { [surroundings] in surroundings.logger.notice("\(sink.name) sink: \($0)") })
            return Task { () -> HubwatchError? in
                do throws(SinkError) {
                    try await follower.run()
                    return nil
                } catch {
                    return .sink(error)
                }
            }
        }
        let wasStopped = Atomic(false)
        let reading = Task { () -> HubwatchError? in
            do throws(HubwatchError) {
                try await feed()
                return nil
            } catch {
                return error
            }
        }
        let committing = Task {
            // A store that fails for good ends the reading; finish() says why.
            do { try await coordinator.run() } catch { reading.cancel() }
        }
        let stopping = Task {
            await stop()
            guard !Task.isCancelled else { return }
            wasStopped.store(true, ordering: .relaxed)
            reading.cancel()
        }
        var failure = await reading.value
        committing.cancel()
        stopping.cancel()
        let stopped = wasStopped.load(ordering: .relaxed)
        let ending = await coordinator.endOfSpan(closing: closesWindows && !stopped && failure == nil)
        do {
            try await coordinator.finish()
        } catch {
            failure =
                failure ?? (error as? HubwatchError) ?? (error as? StateStoreError).map(HubwatchError.store)
                ?? .fault("\(error)")
        }
        signal.finish()
        for follower in followers {
            if let error = await follower.value { failure = failure ?? error }
        }
        if let failure { throw failure }
        return (ending, stopped)
    }

    private func sinks() -> [any JournalSink] {
        let logger = surroundings.logger
        var sinks: [any JournalSink] = []
        if let path = configuration.findings.file {
            sinks.append(
                FileSink(
                    path: path, format: OCSFFormat(source: names, productVersion: surroundings.productVersion),
                    now: surroundings.clock.now
                ) { logger.notice("findings file: \($0)") })
        }
        if let terminal = surroundings.terminal {
            sinks.append(
                TerminalSink(format: TextFormat(color: terminal.colour, width: terminal.width), write: terminal.write))
        }
        return sinks
    }
}
