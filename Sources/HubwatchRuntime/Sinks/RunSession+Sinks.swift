import Detection
import DiagnosticLogs
import FindingFormats
import HubwatchConfiguration
import Logging
import NIOCore
import NIOPosix
import Sinks
import StateStore

/// The sinks of one run, and the event loop of those that have a receiver.
struct RunSinks: Sendable {
    var sinks: [any JournalSink] = []
    /// A loop of their own: no receiver holds up a partition.
    ///
    /// Nil when no sink needs one.
    var group: MultiThreadedEventLoopGroup?

    /// Called after the sinks have stopped.
    @concurrent
    func close() async {
        guard let group else { return }
        try? await group.shutdownGracefully()
    }
}

extension RunSession {
    /// Makes the configured sinks: those of `findings` and those of `sinks`.
    func makeSinks(_ coordinator: Coordinator) async throws(HubwatchError) -> RunSinks {
        var made = RunSinks(sinks: sinks())
        let wanted = configuration.sinks
        guard !wanted.isEmpty else { return made }
        if wanted.contains(where: { if case .file = $0.target { false } else { true } }) {
            made.group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        }
        let carriers = SinkCarriers(
            source: source, productVersion: surroundings.productVersion, hostName: surroundings.hostName,
            group: made.group ?? MultiThreadedEventLoopGroup.singleton, clock: surroundings.clock, logger: logger)
        for sink in wanted {
            if case .file(let path, let rotation) = sink.target {
                made.sinks.append(fileSink(path, name: sink.name, rotation: FileRotation(rotation)))
                continue
            }
            do throws(DeliveryFailure) {
                guard let carrier = try carriers.carrier(for: sink) else { continue }
                made.sinks.append(deliveringSink(sink, carrier, coordinator))
            } catch {
                await abandon(made)
                throw .sinkUnusable(name: sink.name, place: sink.place, reason: "\(error)")
            }
        }
        do throws(SinkError) {
            // A sink that is new begins here, before the first finding of this run: its follower may begin later.
            for sink in made.sinks where sink is DeliveringSink { _ = try await sink.start(store) }
        } catch {
            await abandon(made)
            throw .sink(error)
        }
        return made
    }

    private func abandon(_ made: RunSinks) async {
        for sink in made.sinks { await sink.stop() }
        await made.close()
    }

    /// Names of the sinks for whose sake reading stops, or findings are dropped, when they owe too much.
    var budgetedSinks: [String] {
        sinks().map(\.name)
            + configuration.sinks.filter(\.delivery.stopsWhenFull).map(\.name)
    }

    /// Forgets how far sinks had come that are configured no more: they would hold the journal back for ever.
    func forgetRemovedSinks(_ state: LoadedState) async throws {
        let known = Set(configuration.sinks.map(\.name)).union(["file", "terminal"])
        for cursor in state.cursors where !known.contains(cursor.sink) {
            let owed = try await store.journalUsage().owed[cursor.sink] ?? 0
            logger.notice(
                "The sink '\(cursor.sink)' is not configured any more: its place in the journal is forgotten (\(owed) entries were not delivered to it)."
            )
            try await store.removeCursor(of: cursor.sink)
        }
    }

    func fileSink(_ path: String, name: String, rotation: FileRotation) -> FileSink {
        let logger = self.logger
        return FileSink(
            path: path, name: name, format: OCSFFormat(source: source, productVersion: surroundings.productVersion),
            rotation: rotation, operations: surroundings.platform.files, executor: surroundings.platform.sinkExecutor,
            now: surroundings.clock.now
        ) { logger.notice("findings file: \($0)") }
    }

    private var source: FindingSource {
        let names = configuration.source.names
        return FindingSource(namespace: names.namespace, hub: names.hub)
    }

    private func deliveringSink(
        _ sink: SinkConfiguration, _ carrier: any FindingCarrier, _ coordinator: Coordinator
    ) -> DeliveringSink {
        let (logger, status, name) = (self.logger, self.status, sink.name)
        return DeliveringSink(
            name: name, carrier: carrier, filter: FindingFilter(sink.filter),
            begin: sink.filter.beginsAtOldest ? .oldest : .now,
            policy: DeliveryPolicy(sink.delivery, owedBytesMax: configuration.state.journalOwedMax), letters: store,
            DeliveringSink.Surroundings(
                now: surroundings.clock.now, isStopping: isStopping,
                report: { report in
                    logger.notice("\(name) sink: \(report)")
                    guard case .gaveUp(_, let findings, let notKept, _) = report else { return }
                    Task {
                        await coordinator.count(.sinkGaveUp, name, Int64(findings))
                        if notKept > 0 { await coordinator.count(.sinkLettersOverflow, name, Int64(notKept)) }
                    }
                }, progress: { progress in status.update { $0.deliveries[name] = progress } }))
    }
}

extension FindingFilter {
    fileprivate init(_ filter: SinkConfiguration.Filter) {
        self.init(
            filter.alertsOnly ? .alerts : .all,
            severityMin: RuleMetadata.Severity(rawValue: filter.severityMin) ?? .informational)
    }
}

extension DeliveryPolicy {
    /// The settings in the delivery machine's terms.
    init(_ delivery: SinkConfiguration.Delivery, owedBytesMax: Int) {
        self.init(
            pauseMax: delivery.retryMax, giveUpAfter: delivery.giveUpAfter,
            overflow: delivery.stopsWhenFull ? .stop : .deadLetter, owedBytesMax: Int64(owedBytesMax))
        pauseFirst = min(pauseFirst, delivery.retryMax)
    }
}
