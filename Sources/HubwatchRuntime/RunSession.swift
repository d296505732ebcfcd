import Detection
import DiagnosticLogs
import EventHubs
import EventHubsClient
import FindingFormats
import HubwatchConfiguration
import Logging
import Sinks
import StateStore
import StatusReport

/// One run over an open state file and a reachable hub.
///
/// **Order of a stop**: the client takes no more events; workers post what they folded; the coordinator commits; the client
/// releases and closes its links; the sinks deliver what the journal holds; then the caller closes the state file.
actor RunSession {
    let configuration: Configuration
    let surroundings: Hubwatch.Surroundings
    let status: RunStatus
    let rules: CompiledRules
    let store: SQLiteStateStore
    let client: EventHubsClient
    private let signal = JournalSignal()
    let logger: Logger
    private var parts: (coordinator: Coordinator, source: HubSource)?

    init(
        configuration: Configuration, surroundings: Hubwatch.Surroundings, status: RunStatus, rules: CompiledRules,
        store: SQLiteStateStore, client: EventHubsClient
    ) {
        self.configuration = configuration
        self.surroundings = surroundings
        self.status = status
        self.rules = rules
        self.store = store
        self.client = client
        self.logger = surroundings.logger
    }

    /// Checks coverage and identity, loads the state, and says where reading goes on.
    func prepare(_ source: Hubwatch.Description) async throws(HubwatchError) {
        let hub: HubProperties? = if case .hub(let properties) = source { properties } else { nil }
        let (owned, partial) = try coverage(hub)
        do {
            if configuration.source.fromIsExplicit, try await !store.positions().isEmpty {
                logger.notice(
                    "Starting at \(configuration.source.from) as asked: the stored positions and open windows are forgotten."
                )
                try await store.resetPositions(of: nil)
            }
            let state = try await store.load()
            surroundings.probe?.reached(.stateLoaded)
            let identity = try identity(hub, stored: state.source)
            status.update { $0.newestJournalID = state.lastJournalID }
            var merger = Merger(
                rules: rules, partitions: owned,
                options: MergerOptions(
                    groupsPerRuleMax: configuration.limits.groupsPerRule, partialPartitions: partial))
            // A position that was set by hand is ahead of the partial results: the store's word counts.
            let positions = Dictionary(
                uniqueKeysWithValues: state.positions.map { ($0.partition, CommitTranslation.position($0)) })
            let restored = RestoredState(
                snapshot: state.snapshot, deltas: state.deltas.map(\.bytes), positions: positions)
            do throws(DetectionError) {
                let summary = try merger.restore(restored, now: surroundings.clock.now())
                surroundings.probe?.reached(.stateRestored)
                await announce(summary, state, owned)
            } catch {
                throw HubwatchError.stateUnreadable(path: configuration.state.path, error.message)
            }
            let coordinator = Coordinator(
                merger: merger, store: store, signal: signal, status: status,
                options: Coordinator.Options(
                    commitInterval: configuration.state.commitInterval,
                    snapshotAfterBytes: configuration.state.snapshotAfterBytes, journal: journalBudget(),
                    committed: surroundings.observation?.committed),
                restoredDeltaBytes: state.deltas.reduce(0) { $0 + $1.bytes.count }, identity: identity,
                numbering: Coordinator.Numbering(state), clock: surroundings.clock, sleep: surroundings.platform.sleep,
                logger: logger, probe: surroundings.probe)
            let source = HubSource(
                rules: rules, coordinator: coordinator, status: status, start: configuration.source.from,
                clockSkew: configuration.source.clockSkew, messageBytesMax: configuration.limits.messageBytes,
                heldBytesMax: configuration.source.creditBytes / max(1, owned.count),
                resumption: hub.map { _ in
                    PartitionResumption(
                        client, coordinator, policies: configuration.source.gapPolicies,
                        platform: surroundings.platform, logger: logger)
                }, logger: logger)
            if hub == nil {
                logger.notice(
                    "A plain AMQP broker has no positions: delivery is at least once. Messages are accepted after their commit; repeats among the last \(RecentMessageIDs.most) message ids of a partition are dropped."
                )
                await coordinator.whenCommitted { source.release($0) }
            }
            parts = (coordinator, source)
        } catch let error as StateStoreError {
            throw .store(error)
        } catch let error as HubwatchError {
            throw error
        } catch {
            throw .fault("\(error)")
        }
    }

    /// Reads, judges and delivers until the end comes; then drains.
    func run(_ end: Hubwatch.End, _ stopping: Task<Void, Never>) async throws(HubwatchError) {
        guard let (coordinator, source) = parts else { return }
        let sinks = sinks()
        beginRunning(sinks)
        let followers = sinks.map { sink in
            Task { () -> HubwatchError? in
                do throws(SinkError) {
                    try await follower(sink).run()
                    return nil
                } catch {
                    return .sink(error)
                }
            }
        }
        let (ends, ending) = AsyncStream.makeStream(of: Optional<HubwatchError>.self)
        let reading = Task {
            do throws(EventHubsError) {
                try await client.run(partitions: configuration.source.selection, into: source)
                ending.yield(nil)
            } catch {
                // Who refused to start a partition has told the coordinator why.
                let reason = await coordinator.ending.map(Self.failure)
                ending.yield(reason ?? .eventHubs(error))
            }
        }
        var watching = watch(coordinator, end, stopping, ending)
        if surroundings.observation != nil { watching.append(Task { await observe(source) }) }
        var final = await ends.first { _ in true } ?? nil
        status.update { $0.phase = .stopping }
        for task in watching { task.cancel() }
        await client.stopReceiving()
        await coordinator.beginFinishing()
        await source.drain()
        surroundings.probe?.reached(.draining)
        do {
            try await coordinator.finish()
        } catch {
            final = final ?? Self.failure(error)
        }
        await client.shutdown()
        _ = await reading.value
        signal.finish()
        for follower in followers {
            if let error = await follower.value { final = final ?? error }
        }
        if let final { throw final }
    }

    /// Reports whatever may end the run: the stop, a store that fails for good, the end of the input.
    private func watch(
        _ coordinator: Coordinator, _ end: Hubwatch.End, _ stopping: Task<Void, Never>,
        _ ending: AsyncStream<HubwatchError?>.Continuation
    ) -> [Task<Void, Never>] {
        let status = self.status
        var tasks = [
            Task {
                await stopping.value
                ending.yield(nil)
            },
            Task {
                do {
                    try await coordinator.run()
                } catch {
                    ending.yield(Self.failure(error))
                }
            },
        ]
        tasks.append(Task { await prune() })
        if end == .whenCaughtUp {
            tasks.append(
                Task {
                    await status.waitUntil(\.isCaughtUp)
                    ending.yield(nil)
                })
        }
        return tasks
    }

    private static func failure(_ error: any Error) -> HubwatchError {
        (error as? HubwatchError) ?? (error as? StateStoreError).map(HubwatchError.store) ?? .fault("\(error)")
    }

    /// Removes delivered findings that are older than the configuration keeps, now and every hour.
    private func prune() async {
        let keep = configuration.state.journalKeep.nanoseconds
        let retention = JournalRetention(ageMaximumNs: keep)
        while !Task.isCancelled {
            do throws(StateStoreError) {
                let pruned = try await store.pruneJournal(retention, nowNs: surroundings.clock.now().nanoseconds)
                if pruned > 0 { logger.info("Removed \(pruned) delivered journal entries.") }
            } catch {
                logger.warning("Delivered journal entries could not be removed: \(error)")
            }
            await surroundings.platform.sleep(.seconds(3600))
        }
    }

    private func follower(_ sink: any JournalSink) -> JournalFollower {
        let logger = self.logger
        let (status, clock) = (self.status, surroundings.clock)
        return JournalFollower(
            store: store, sink: sink, signal: signal, pause: surroundings.platform.sleep,
            report: { logger.notice("\(sink.name) sink: \($0)") },
            observe: { fact in
                let now = clock.now()
                status.update { $0.sinks[sink.name]?.take(fact, newest: $0.newestJournalID, now: now) }
            })
    }

    func sinks() -> [any JournalSink] {
        let names = configuration.source.names
        let logger = self.logger
        var sinks: [any JournalSink] = []
        if let path = configuration.findings.file {
            let format = OCSFFormat(
                source: FindingSource(namespace: names.namespace, hub: names.hub),
                productVersion: surroundings.productVersion)
            sinks.append(
                FileSink(
                    path: path, format: format, operations: surroundings.platform.files,
                    executor: surroundings.platform.sinkExecutor, now: surroundings.clock.now
                ) { logger.notice("findings file: \($0)") })
        }
        if let terminal = surroundings.terminal {
            sinks.append(
                TerminalSink(format: TextFormat(color: terminal.colour, width: terminal.width), write: terminal.write))
        }
        return sinks
    }
}

extension RunStatus.Snapshot {
    /// Whether every partition has been read to its end.
    public var isCaughtUp: Bool {
        !partitions.isEmpty && partitions.values.allSatisfy { $0.isCaughtUp && ($0.lag ?? 1) == 0 }
    }
}
