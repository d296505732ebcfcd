import Detection
import DiagnosticLogs
import EventHubs
import FindingFormats
import Logging
import Sinks
import StateStore

/// The shell of the ``Detection/Merger``: takes the workers' deltas, decides, and commits positions, partials, findings and
/// dead letters together.
///
/// **Isolation**: one actor per instance; workers post a frozen delta per batch and at most every few milliseconds.
/// **Errors**: a store that fails for a passing reason (full disk, lock) is asked again until it takes the same draft; the
/// workers' posts wait meanwhile, so credit runs out and the hub is the buffer.
actor Coordinator {
    /// What the coordinator needs to know of the configuration.
    struct Options: Sendable {
        var commitInterval: Duration = .seconds(1)
        /// Alerts that arrive within this time share one commit.
        var alertDelay: Duration = .milliseconds(10)
        var snapshotAfterBytes = 4 << 20
    }

    private var merger: Merger
    private let store: any StateStore
    private let signal: JournalSignal
    private let status: RunStatus
    private let clock: WallClock
    private let sleep: @Sendable (Duration) async -> Void
    private let options: Options
    private let logger: Logger
    private let probe: RunProbe?
    private var identity: SourceIdentity?
    private var createdAt: Int64?
    private var gaps: [StoredGap] = []
    private var committed: (@Sendable ([Int: Int64]) -> Void)?

    private var isCommitting = false
    private var commitWaiters: [CheckedContinuation<Void, Never>] = []
    private var urgentCommit: Task<Void, Never>?
    private var deltaBytesSinceSnapshot: Int
    private var lastSnapshotBytes = 0
    private var failure: (any Error)?
    private var failureIsPending = false

    init(
        merger: Merger, store: any StateStore, signal: JournalSignal, status: RunStatus, options: Options,
        restoredDeltaBytes: Int, identity: SourceIdentity?, clock: WallClock,
        sleep: @escaping @Sendable (Duration) async -> Void, logger: Logger, probe: RunProbe? = nil
    ) {
        self.merger = merger
        self.store = store
        self.signal = signal
        self.status = status
        self.options = options
        self.deltaBytesSinceSnapshot = restoredDeltaBytes
        self.identity = identity
        self.createdAt = identity?.createdMs
        self.clock = clock
        self.sleep = sleep
        self.logger = logger
        self.probe = probe
    }

    /// Merges one delta.
    ///
    /// Returns when it is merged and the store keeps up: the worker posts its next one only then.
    func merge(_ delta: PartitionDelta) async {
        while isCommitting, failureIsPending { await commitEnded() }
        probe?.reached(.deltaPosted)
        merger.merge(delta, now: clock.now())
        probe?.reached(.deltaMerged)
        publishCounters()
        if merger.commitUrgency == .now, urgentCommit == nil {
            let delay = options.alertDelay
            urgentCommit = Task {
                await self.sleep(delay)
                await self.commitUrgently()
            }
        }
    }

    /// Where a partition goes on; nil to start it as a first run does.
    ///
    /// A partition that has appeared is owned from now on.
    func resume(_ partition: Int) -> Detection.PartitionPosition? {
        probe?.reached(.attaching)
        merger.own(partition)
        return merger.position(of: partition)
    }

    /// Sets who is told the sequence numbers that are committed, by partition.
    func whenCommitted(_ body: @escaping @Sendable ([Int: Int64]) -> Void) { committed = body }

    /// Messages that the broker had and does not give: kept in the ledger of gaps with the next commit.
    func missing(_ gap: EventHubs.SequenceGap, partition: Int) {
        gaps.append(
            StoredGap(
                partition: partition, firstMissing: gap.first, lastMissing: gap.last, reason: "discontinuity",
                detectedNs: clock.now().nanoseconds))
    }

    /// Compares the hub with the one that the state belongs to: a hub that was deleted and made again has other events under
    /// the same numbers.
    func hubDescribed(_ hub: HubProperties) {
        guard let createdAt else {
            createdAt = hub.createdAt
            return
        }
        if createdAt != hub.createdAt {
            fail(
                .otherSource(
                    stored: "\(hub.name), created \(Timestamp(milliseconds: createdAt).iso8601)",
                    found: "\(hub.name), created \(Timestamp(milliseconds: hub.createdAt).iso8601)"))
        }
    }

    /// Ends the run with a failure.
    func fail(_ error: HubwatchError) { failure = failure ?? error }

    /// Commits at every interval until cancelled, or until the store fails for good.
    func run() async throws {
        while !Task.isCancelled {
            await sleep(options.commitInterval)
            merger.advance(now: clock.now())
            if merger.commitUrgency != .none { await commit() }
            if let failure { throw failure }
        }
    }

    /// Commits what is left.
    ///
    /// Called once, after the workers have posted their last deltas.
    func finish() async throws {
        urgentCommit?.cancel()
        await commit()
        if let failure { throw failure }
    }

    /// What is left open at the end of a span; with `closing`, closes it first.
    ///
    /// Called once, after the last deltas and before ``finish()``.
    func endOfSpan(closing: Bool) -> SpanEnding {
        let watermark = merger.watermark
        if closing { merger.closeOpenWindows(now: clock.now()) }
        return SpanEnding(
            watermark: watermark, openWindows: merger.openWindowCount, openFindings: merger.openFindingCount,
            positions: merger.allPositions, ruleCounts: merger.ruleCounts)
    }

    private func commitUrgently() async {
        urgentCommit = nil
        await commit()
    }

    /// One commit at a time: a second caller waits for the one under way and then commits the rest.
    private func commit() async {
        while isCommitting { await commitEnded() }
        guard failure == nil else { return }
        let bound = max(options.snapshotAfterBytes, 2 * lastSnapshotBytes)
        guard let draft = merger.takeCommit(snapshot: deltaBytesSinceSnapshot > bound) else { return }
        isCommitting = true
        defer {
            isCommitting = false
            failureIsPending = false
            let waiters = commitWaiters
            commitWaiters = []
            for waiter in waiters { waiter.resume() }
        }
        do {
            var transaction = try CommitTranslation.transaction(draft, committed: clock.now(), identity: identity)
            transaction.gaps = gaps
            probe?.reached(.commitTaken)
            let receipt = try await commitUntilTaken(transaction)
            probe?.reached(transaction.snapshot == nil ? .committed : .snapshotCommitted)
            identity = nil
            gaps.removeFirst(transaction.gaps.count)
            account(draft, receipt)
        } catch {
            failure = error
        }
    }

    private func commitUntilTaken(_ transaction: StateTransaction) async throws -> CommitReceipt {
        var pause = Duration.milliseconds(100)
        while true {
            do {
                let receipt = try await store.commit(transaction)
                if failureIsPending { logger.notice("The state file takes commits again.") }
                return receipt
            } catch {
                guard error.isRetriable, !Task.isCancelled else { throw error }
                if !failureIsPending { logger.error("Commit failed, trying again: \(error)") }
                failureIsPending = true
                await sleep(pause)
                pause = min(pause * 2, .seconds(5))
            }
        }
    }

    private func account(_ draft: CommitDraft, _ receipt: CommitReceipt) {
        if let snapshot = draft.snapshot {
            deltaBytesSinceSnapshot = 0
            lastSnapshotBytes = snapshot.count
        } else {
            deltaBytesSinceSnapshot += draft.stateDeltas.reduce(0) { $0 + $1.bytes.count }
        }
        committed?(draft.positions.filter { !$0.value.isStart }.mapValues(\.sequenceNumber))
        for notice in draft.notices { logger.warning("\(notice)") }
        let alerts = draft.journal.count { $0.isAlert }
        let raised = draft.raised(besides: receipt)
        status.update {
            for finding in raised { $0.count(finding) }
            $0.commits += 1
            $0.journaled += Int64(receipt.journalIDs.count)
            $0.alerts += Int64(alerts)
        }
        if !receipt.journalIDs.isEmpty { signal.notify() }
    }

    private func commitEnded() async {
        await withCheckedContinuation { commitWaiters.append($0) }
    }

    private func publishCounters() {
        let counters = merger.counters
        let watermark = merger.watermark
        let groups = merger.groupCount
        status.update {
            $0.counters = counters
            $0.watermark = watermark
            $0.groups = groups
        }
    }
}
