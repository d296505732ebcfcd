import DiagnosticLogs
import EventHubs
import EventHubsClient
import HubwatchConfiguration
import Logging
import StateStore

extension Hubwatch {
    /// Runs one session after the other over one open state file: each takes over where the one before has committed.
    ///
    /// A session that takes over is made of what was read and tried while the one before went on; between the two, links
    /// are closed and opened, and nothing is read.
    func runSessions(
        _ store: SQLiteStateStore, _ end: End, _ stop: @escaping @Sendable () async -> Void,
        first: (EventHubsClient, Description) -> SessionPlan,
        reloading: (Description) -> (Reloading, InForce)?
    ) async throws(HubwatchError) {
        let client: EventHubsClient
        do throws(EventHubsError) { client = try connect(configuration, end) } catch { throw .eventHubs(error) }
        // One wait for the stop, from now on: it may come while the hub is not even reached.
        let ends = SessionEnds()
        let stopping = Task {
            await stop()
            ends.stop()
        }
        defer { stopping.cancel() }
        guard let source = try await describe(client, stopping) else { return }
        let places = FirstPlaces()
        let session = session(first(client, source), store, places)
        try await session.prepare(source)
        let reloader = reloading(source).map { reloading, inForce in
            Reloader(
                reloading, inForce, session, ends, surroundings: surroundings, status: status,
                connect: { (configuration) throws(EventHubsError) in try connect(configuration, end) })
        }
        let reloads = Task { await reloader?.run() }
        let outcome: Result<Void, HubwatchError>
        do throws(HubwatchError) {
            outcome = .success(
                try await takeTurns(session, end, ends, reloader) { plan, deliveries in
                    self.session(plan, store, places, after: deliveries)
                })
        } catch {
            outcome = .failure(error)
        }
        reloads.cancel()
        await reloads.value
        try outcome.get()
    }

    /// Runs a session, and whatever takes over from it, until the end.
    private func takeTurns(
        _ first: RunSession, _ end: End, _ ends: SessionEnds, _ reloader: Reloader?,
        _ next: (SessionPlan, [RunSession.Delivery]) -> RunSession
    ) async throws(HubwatchError) {
        var session = first
        var announcing: Task<Void, Never>?
        defer { announcing?.cancel() }
        while true {
            let over = Task { await ends.wait() }
            defer { over.cancel() }
            let deliveries = try await session.run(end, over, isReplaced: { ends.isReplaced })
            guard let plan = ends.takeSuccessor() else { return }
            // The links are closed, whatever was heard of them last.
            status.update { for number in $0.partitions.keys { $0.partitions[number]?.isAttached = false } }
            session = next(plan, deliveries)
            try await session.prepare(plan.source, isFirst: false)
            await reloader?.follow(session)
            plan.takenOver()
            announcing?.cancel()
            announcing = Task { await announceReading(since: plan.began) }
        }
    }

    /// Says how long nothing was read.
    private func announceReading(since began: Timestamp) async {
        await status.waitUntil(\.isReading)
        guard !Task.isCancelled else { return }
        let pause = surroundings.clock.now().nanoseconds - began.nanoseconds
        logger.info("Reading again, after \(max(0, pause) / 1_000_000) ms.")
    }

    private func session(
        _ plan: SessionPlan, _ store: SQLiteStateStore, _ places: FirstPlaces,
        after deliveries: [RunSession.Delivery] = []
    ) -> RunSession {
        RunSession(
            configuration: plan.configuration, surroundings: surroundings, status: status, rules: plan.rules,
            store: store, client: plan.client, firstPlaces: places, after: deliveries)
    }
}

extension RunStatus.Snapshot {
    /// Whether every partition has a link.
    public var isReading: Bool { !partitions.isEmpty && partitions.values.allSatisfy(\.isAttached) }
}
