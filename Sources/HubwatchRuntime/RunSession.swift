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
    /// Brings the journal to one sink; ends with what waiting does not heal.
    typealias Delivery = Task<HubwatchError?, Never>

    private var parts: (coordinator: Coordinator, source: HubSource)?
    /// Where partitions without a position were first read from in this run.
    private let firstPlaces: FirstPlaces
    /// The sinks of the session before, which may still be delivering.
    private let before: [Delivery]

    init(
        configuration: Configuration, surroundings: Hubwatch.Surroundings, status: RunStatus, rules: CompiledRules,
        store: SQLiteStateStore, client: EventHubsClient, firstPlaces: FirstPlaces, after before: [Delivery] = []
    ) {
        self.configuration = configuration
        self.surroundings = surroundings
        self.status = status
        self.rules = rules
        self.store = store
        self.client = client
        self.logger = surroundings.logger
        self.firstPlaces = firstPlaces
        self.before = before
    }

    /// Counts something that is told once an hour.
    func count(_ kind: OperationalFinding.Kind) async { await parts?.coordinator.count(kind, "") }

    /// Checks coverage and identity, loads the state, and says where reading goes on.
    ///
    /// - Parameter isFirst: false for a session that takes over from another one of the same run.
    func prepare(_ source: Hubwatch.Description, isFirst: Bool = true) async throws(HubwatchError) {
        let hub = source.properties
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
            try await forgetRemovedSinks(state)
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
            let summary: RestoreSummary
            do throws(DetectionError) {
                summary = try merger.restore(restored, now: surroundings.clock.now())
                surroundings.probe?.reached(.stateRestored)
            } catch {
                throw HubwatchError.stateUnreadable(path: configuration.state.path, error.message)
            }
            if isFirst { await announce(summary, state, owned) }
            let coordinator = Coordinator(
                merger: merger, store: store, signal: signal, status: status,
                options: Coordinator.Options(
                    commitInterval: configuration.state.commitInterval,
                    snapshotAfterBytes: configuration.state.snapshotAfterBytes, journal: journalBudget(),
                    committed: surroundings.observation?.committed),
                restoredDeltaBytes: state.deltas.reduce(0) { $0 + $1.bytes.count }, identity: identity,
                numbering: Coordinator.Numbering(state), clock: surroundings.clock, sleep: surroundings.platform.sleep,
                logger: logger, probe: surroundings.probe)
            if summary.rulesDropped > 0 {
                logger.notice("The state of \(summary.rulesDropped) rules that are not loaded any more is forgotten.")
                try await coordinator.forgetOtherRules()
            }
            let source = HubSource(
                rules: rules, coordinator: coordinator, status: status, start: configuration.source.from,
                firstPlaces: firstPlaces,
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
    ///
    /// - Parameter isReplaced: whether another session takes over; it waits for the deliveries that this returns, which end
    ///   when the journal is read to its end or a sink fails.
    @discardableResult
    func run(
        _ end: Hubwatch.End, _ stopping: Task<Void, Never>, isReplaced: @Sendable () -> Bool = { false }
    ) async throws(HubwatchError) -> [Delivery] {
        guard let (coordinator, source) = parts else { return [] }
        let before = self.before
        let assembled: RunSinks
        do throws(HubwatchError) {
            assembled = try await makeSinks(coordinator)
        } catch {
            await client.shutdown()
            throw error
        }
        beginRunning(assembled.sinks)
        let followers = assembled.sinks.map { sink in
            Task { () -> HubwatchError? in
                for delivery in before { _ = await delivery.value }
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
        if isReplaced() {
            // A commit that the state file does not take now is still waited for: the run goes on.
            await coordinator.settle()
        } else {
            status.update { $0.phase = .stopping }
        }
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
        // A slow sink holds up no session: the next one's followers wait for these.
        if final == nil, isReplaced() { return followers + [closing(assembled, after: followers)] }
        for follower in followers {
            if let error = await follower.value { final = final ?? error }
        }
        await assembled.close()
        if let final { throw final }
        return []
    }

    /// Closes what sinks share once they have delivered what this session owes.
    private func closing(_ sinks: RunSinks, after followers: [Delivery]) -> Delivery {
        Task {
            for follower in followers { _ = await follower.value }
            await sinks.close()
            return nil
        }
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

    /// Whether no more findings are coming: sinks leave what cannot be sent soon to the next process.
    var isStopping: @Sendable () -> Bool { { [signal] in signal.isFinished } }

    /// The sinks of the section `findings`.
    func sinks() -> [any JournalSink] {
        var sinks: [any JournalSink] = []
        if let path = configuration.findings.file {
            sinks.append(fileSink(path, name: "file", rotation: FileRotation(configuration.findings.rotation)))
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
