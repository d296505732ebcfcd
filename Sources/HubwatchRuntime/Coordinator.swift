import Detection
import DiagnosticLogs
import EventHubs
import FindingFormats
import Logging
import Redaction
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
        /// How much the sinks may owe.
        var journal = JournalBudget()
        /// Told how long each commit took, and the bytes that it wrote.
        var committed: (@Sendable (Duration, Int) -> Void)?
    }

    var merger: Merger
    private let store: any StateStore
    private let signal: JournalSignal
    let status: RunStatus
    let clock: WallClock
    private let sleep: @Sendable (Duration) async -> Void
    let options: Options
    let logger: Logger
    private let probe: RunProbe?
    /// The source, and whether the store has to hear of it.
    private(set) var currentIdentity: SourceIdentity?
    private var identityIsNew = true
    var numbering: Numbering
    /// What goes into the next commit besides the merger's draft.
    var gaps: [StoredGap] = []
    var operational: [JournalEntry] = []
    var meta: [String: String?] = [:]
    private var notices = NoticeLedger()
    private var journal: JournalBudget
    private var isFinishing = false
    /// Whether the last commit is done: another coordinator may have the state file by now.
    private var isFinished = false
    private static let letterBytesMax = 8 << 20
    private var letterBytes = 0
    private var roomWaiters: [CheckedContinuation<Void, Never>] = []
    private var committed: (@Sendable ([Int: Int64]) -> Void)?

    private var isCommitting = false
    private var commitWaiters: [CheckedContinuation<Void, Never>] = []
    private var urgentCommit: Task<Void, Never>?
    private var deltaBytesSinceSnapshot: Int
    private var lastSnapshotBytes = 0
    private var failure: (any Error)?
    private var failureIsPending = false
    /// What was counted before this coordinator came: sessions take over from each other within a run.
    private let countersBefore: FoldCounters

    init(
        merger: Merger, store: any StateStore, signal: JournalSignal, status: RunStatus, options: Options,
        restoredDeltaBytes: Int, identity: SourceIdentity?, numbering: Numbering, clock: WallClock,
        sleep: @escaping @Sendable (Duration) async -> Void, logger: Logger, probe: RunProbe? = nil
    ) {
        self.merger = merger
        self.store = store
        self.signal = signal
        self.status = status
        self.options = options
        self.deltaBytesSinceSnapshot = restoredDeltaBytes
        currentIdentity = identity
        self.numbering = numbering
        journal = options.journal
        self.clock = clock
        self.sleep = sleep
        self.logger = logger
        self.probe = probe
        countersBefore = status.snapshot.counters
    }

    /// Merges one delta, and notes what is missing before its events.
    ///
    /// Returns when it is merged and store and sinks keep up: the worker posts its next one only then.
    func merge(_ delta: PartitionDelta, missing: [MissingRange] = []) async {
        while isCommitting, failureIsPending { await commitEnded() }
        while journal.stops, !isFinishing { await withCheckedContinuation { roomWaiters.append($0) } }
        // Not committed, so read again.
        guard !isFinished else { return }
        probe?.reached(.deltaPosted)
        merger.merge(delta, now: clock.now())
        probe?.reached(.deltaMerged)
        for range in missing { note(range, partition: delta.partition) }
        // Dead letters keep their bytes until they are in the store.
        letterBytes += delta.deadLetters.reduce(0) { $0 + $1.bytes.count }
        if letterBytes > Self.letterBytesMax { await commit() }
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

    /// Stores another identity with the next commit.
    func setIdentity(_ identity: SourceIdentity) {
        currentIdentity = identity
        identityIsNew = true
    }

    /// Counts something that is told once an hour.
    func count(_ kind: OperationalFinding.Kind, _ name: String, _ number: Int64 = 1) {
        operational += notices.count(NoticeLedger.Subject(kind: kind, name: name), number, now: clock.now())
    }

    /// Ends the run with a failure.
    func fail(_ error: HubwatchError) { failure = failure ?? error }

    /// Why the run ends; nil while it goes on.
    var ending: (any Error)? { failure }

    /// Commits at every interval until cancelled, or until the store fails for good.
    func run() async throws {
        while !Task.isCancelled {
            await sleep(options.commitInterval)
            merger.advance(now: clock.now())
            publishRules()
            operational += notices.closed(now: clock.now())
            if merger.commitUrgency != .none || !operational.isEmpty { await commit() }
            if journal.wantsLook { await lookAtJournal() }
            if let failure { throw failure }
        }
    }

    /// Replaces everything that is stored by the state of the rules that are loaded.
    ///
    /// The state of other rules is gone with that: one that comes back after events that it did not see begins anew,
    /// instead of judging a history with a hole.
    func forgetOtherRules() async throws {
        await commit(whole: true)
        if let failure { throw failure }
    }

    /// Returns when no commit is under way, however long the store takes for it.
    func settle() async { while isCommitting { await commitEnded() } }

    /// No more events come: what is folded is merged and committed whatever the sinks owe.
    func beginFinishing() {
        isFinishing = true
        letWaitersGo()
    }

    private func lookAtJournal() async {
        let wasFull = journal.isFull
        do throws(StateStoreError) {
            journal.learned(try await store.journalUsage())
        } catch {
            logger.warning("The journal cannot be looked at: \(error)")
        }
        guard journal.isFull != wasFull else { return }
        let isFull = journal.isFull
        status.update { $0.journalIsFull = isFull }
        if isFull {
            logger.error(
                "The sinks owe as much as state.journal_max: \(journal.stops ? "reading stops until they have caught up" : "new findings are dropped")."
            )
            if journal.stops { count(.journalFull, "") }
        } else {
            logger.notice("The sinks have caught up.")
            letWaitersGo()
        }
    }

    private func letWaitersGo() {
        let waiters = roomWaiters
        roomWaiters = []
        for waiter in waiters { waiter.resume() }
    }

    /// Commits what is left.
    ///
    /// Called once, after the workers have posted their last deltas.
    func finish() async throws {
        urgentCommit?.cancel()
        await commit()
        publishRules()
        // What the last commit made known.
        if !operational.isEmpty { await commit() }
        await settle()
        isFinished = true
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
    private func commit(whole: Bool = false) async {
        while isCommitting { await commitEnded() }
        guard failure == nil, !isFinished else { return }
        let bound = max(options.snapshotAfterBytes, 2 * lastSnapshotBytes)
        let draft = merger.takeCommit(snapshot: whole || deltaBytesSinceSnapshot > bound)
        for notice in draft?.notices ?? [] {
            logger.warning("\(notice)")
            count(OperationalFinding.Kind(notice.kind), notice.ruleID, notice.count)
        }
        letterBytes = 0
        guard draft != nil || !operational.isEmpty || !gaps.isEmpty || !meta.isEmpty else { return }
        isCommitting = true
        defer {
            isCommitting = false
            failureIsPending = false
            let waiters = commitWaiters
            commitWaiters = []
            for waiter in waiters { waiter.resume() }
        }
        do {
            let transaction = try takeTransaction(draft)
            probe?.reached(.commitTaken)
            let begun = clock.now()
            let receipt = try await commitUntilTaken(transaction)
            probe?.reached(transaction.snapshot == nil ? .committed : .snapshotCommitted)
            account(draft, transaction, receipt)
            noteCommit(transaction, receipt, begun: begun)
        } catch {
            failure = error
        }
    }

    /// The draft and everything that goes with it; what comes meanwhile goes into the next one.
    private func takeTransaction(_ draft: CommitDraft?) throws(FindingFormatError) -> StateTransaction {
        let now = clock.now()
        var transaction = StateTransaction(committedNs: now.nanoseconds)
        if let draft {
            transaction = try CommitTranslation.transaction(draft, committed: now, created: numbering.created)
        }
        if journal.drops, !transaction.journal.isEmpty {
            count(.journalDropped, "", Int64(transaction.journal.count))
            transaction.journal = []
        }
        for entry in operational { transaction.journal.append(try JournalDraft(entry)) }
        transaction.gaps = gaps
        transaction.meta = meta
        transaction.source = identityIsNew ? currentIdentity : nil
        (operational, gaps, meta, identityIsNew) = ([], [], [:], false)
        return transaction
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
                noteFailure(error)
                await sleep(pause)
                pause = min(pause * 2, .seconds(5))
            }
        }
    }

    private func account(_ draft: CommitDraft?, _ transaction: StateTransaction, _ receipt: CommitReceipt) {
        if let snapshot = draft?.snapshot {
            deltaBytesSinceSnapshot = 0
            lastSnapshotBytes = snapshot.count
        } else {
            deltaBytesSinceSnapshot += transaction.deltas.reduce(0) { $0 + $1.bytes.count }
        }
        committed?(draft?.positions.filter { !$0.value.isStart }.mapValues(\.sequenceNumber) ?? [:])
        journal.written(bytes: transaction.journal.reduce(0) { $0 + $1.payload.count })
        if receipt.deadLettersOverflowed > 0 { count(.deadLettersOverflow, "", Int64(receipt.deadLettersOverflowed)) }
        let alerts = transaction.journal.count { $0.isAlert && $0.status == .active }
        let raised = draft?.raised(besides: receipt) ?? []
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
        var counters = countersBefore
        counters.add(merger.counters)
        let watermark = merger.watermark
        let groups = merger.groupCount
        status.update {
            $0.counters = counters
            $0.watermark = watermark
            $0.groups = groups
        }
    }
}
