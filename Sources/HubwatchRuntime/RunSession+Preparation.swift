import Detection
import DiagnosticLogs
import EventHubs
import EventHubsClient
import HubwatchConfiguration
import Logging
import Sinks
import StateStore
import StatusReport

extension RunSession {
    /// The partitions to read, and those to name in findings when answers are partial.
    func coverage(_ hub: HubProperties?) throws(HubwatchError) -> (owned: [Int], partial: [Int]) {
        let coverage = try Coverage(configuration, hub, rules)
        let now = surroundings.clock.now()
        let known = self.rules.rules.map(\.metadata)
        status.update { $0.rules = known }
        for partition in coverage.owned { status.update(partition) { $0.knownSince = now } }
        return (coverage.owned, coverage.partial)
    }

    /// The identity to store with the first commit; refuses a state file of another hub.
    ///
    /// Whether the hub was made anew under its name is asked for each partition, where reading goes on.
    func identity(_ hub: HubProperties?, stored: SourceIdentity?) throws(HubwatchError) -> SourceIdentity {
        let names = configuration.source.names
        let found = SourceIdentity(
            namespace: names.namespace.lowercased(), hub: names.hub.lowercased(),
            consumerGroup: configuration.source.consumerGroup.lowercased(), createdMs: hub?.createdAt)
        guard let stored else { return found }
        if stored.namespace != found.namespace || stored.hub != found.hub {
            throw .otherSource(stored: "\(stored.namespace)/\(stored.hub)", found: "\(found.namespace)/\(found.hub)")
        }
        return found
    }

    /// Links are being made and sinks started.
    func beginRunning(_ sinks: [any JournalSink]) {
        let now = surroundings.clock.now()
        status.update { status in
            status.phase = .running
            status.beatAt = now
            for sink in sinks where status.sinks[sink.name] == nil { status.sinks[sink.name] = SinkProgress() }
        }
    }

    /// How much the configured sinks may owe.
    func journalBudget() -> JournalBudget {
        JournalBudget(
            bytesMax: Int64(configuration.state.journalOwedMax), policy: configuration.state.journalFull,
            sinks: budgetedSinks)
    }

    /// Says where reading goes on, and how much there is to read.
    func announce(_ summary: RestoreSummary, _ state: LoadedState, _ owned: [Int]) async {
        let known = state.positions.filter { owned.contains($0.partition) }
        guard !known.isEmpty else {
            logger.notice("No checkpoint in '\(configuration.state.path)': starting at \(configuration.source.from).")
            return
        }
        let places = known.sorted { $0.partition < $1.partition }.map { "\($0.partition) after \($0.sequence)" }
        let committed = known.map(\.updatedNs).max().map { Timestamp(nanoseconds: $0).iso8601 } ?? "-"
        logger.notice(
            "Resuming from the checkpoint of \(committed): partition \(places.joined(separator: ", ")); \(summary.groups) groups with open windows."
        )
        var waiting: Int64 = 0
        for position in known {
            guard let properties = try? await client.partitionProperties("\(position.partition)") else { return }
            waiting += max(0, properties.lastSequenceNumber - position.sequence)
        }
        logger.notice("\(waiting) new messages since then.")
    }
}
