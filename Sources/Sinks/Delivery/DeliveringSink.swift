import Detection
public import DiagnosticLogs
import FindingFormats
public import StateStore

/// Brings findings to a receiver that can be slow, gone, or refuse: the shell of a ``DeliveryMachine``.
///
/// **Guarantee**: at least once, in the order of the journal, each finding with the same id on every attempt. A finding is
/// owed, taken by the receiver, or a dead letter of the sink that can be listed and sent again; never anything else. The
/// cursor moves behind what was taken; a process that dies between an answer and the cursor sends that finding again.
///
/// **Isolation**: an actor on the threads that Swift tasks share; it waits for nothing: pauses are the follower's.
public actor DeliveringSink: JournalSink {
    /// Where a sink begins that has never delivered anything.
    public enum Start: String, Hashable, Sendable, CaseIterable {
        /// At the end of the journal: with what is found from now on.
        case now
        /// With the oldest finding that the journal holds.
        case oldest
    }

    /// What surrounds a sink, so that tests can stand in for it.
    public struct Surroundings: Sendable {
        /// The time of day.
        public var now: @Sendable () -> Timestamp
        /// Time since some instant, never going back.
        public var elapsed: @Sendable () -> Duration
        /// Where jitter comes from.
        public var chance: any RandomNumberGenerator & Sendable
        /// Whether the process wants to stop: what cannot be sent soon is left for the next one.
        public var isStopping: @Sendable () -> Bool
        /// Takes what a person should know.
        public var report: @Sendable (SinkReport) -> Void
        /// Takes how the sink is doing, after every change.
        public var progress: @Sendable (DeliveryProgress) -> Void

        /// Makes surroundings.
        public init(
            now: @escaping @Sendable () -> Timestamp,
            elapsed: @escaping @Sendable () -> Duration = Surroundings.monotonic,
            chance: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(),
            isStopping: @escaping @Sendable () -> Bool = { false },
            report: @escaping @Sendable (SinkReport) -> Void = { _ in },
            progress: @escaping @Sendable (DeliveryProgress) -> Void = { _ in }
        ) {
            self.now = now
            self.elapsed = elapsed
            self.chance = chance
            self.isStopping = isStopping
            self.report = report
            self.progress = progress
        }

        private static let beginning = ContinuousClock.now

        /// Time since this was first asked.
        public static let monotonic: @Sendable () -> Duration = { beginning.duration(to: .now) }
    }

    /// Key of the cursor.
    public nonisolated let name: String
    private let carrier: any FindingCarrier
    private let filter: FindingFilter
    private let begin: Start
    private let policy: DeliveryPolicy
    private let letters: any SinkLetterStore
    private var surroundings: Surroundings
    private var machine: DeliveryMachine
    private var cursor: SinkCursor
    private var progress = DeliveryProgress()
    private var lookedAt: Duration?
    private var stoppingSince: Duration?

    /// How often to look at what the sink owes.
    static let lookInterval: Duration = .seconds(15)
    /// How long a stopping process goes on sending what is owed.
    static let stoppingMax: Duration = .seconds(5)

    /// Makes a sink; nothing is sent before ``start(_:)``.
    ///
    /// - Parameter letters: where findings go that it gives up on.
    public init(
        name: String, carrier: any FindingCarrier, filter: FindingFilter = FindingFilter(), begin: Start = .now,
        policy: DeliveryPolicy = DeliveryPolicy(), letters: any SinkLetterStore, _ surroundings: Surroundings
    ) {
        self.name = name
        self.carrier = carrier
        self.filter = filter
        self.begin = begin
        self.policy = policy
        self.letters = letters
        self.surroundings = surroundings
        machine = DeliveryMachine(policy)
        cursor = SinkCursor(sink: name, journalID: 0)
    }

    /// Takes up the thread behind the last finding that was taken or given up.
    public func start(_ store: any StateStore) async throws(SinkError) -> Int64 {
        do {
            if let stored = try await store.cursor(of: name) {
                cursor = stored
            } else {
                cursor.journalID = begin == .now ? try await store.journalUsage().newestID : 0
                try await store.advanceCursor(cursor)
            }
        } catch {
            throw SinkError(.store(error), path: name)
        }
        return cursor.journalID
    }

    /// Delivers what is owed, as far as the receiver takes it.
    ///
    /// Throws `.undelivered` with the pause until the next attempt when there is something left.
    public func deliver(_ rows: [JournalRow], _ store: any StateStore) async throws(SinkError) {
        var owed = rows[...]
        while let first = owed.first, first.id <= cursor.journalID { owed.removeFirst() }
        try await relieve(&owed, store)
        while !owed.isEmpty {
            if surroundings.isStopping(), machine.attempts > 0 || stoppedForLong { throw undelivered(.zero) }
            let batch = take(&owed)
            guard let head = batch.parcels.first else {
                try await advance(to: batch.lastID, store)
                continue
            }
            switch machine.next(age: age(of: head), now: surroundings.elapsed()) {
            case .wait(let pause): throw undelivered(pause)
            case .giveUp(let reason):
                try await giveUp([letter(batch.rows[0], reason)], upTo: batch.rows[0].id)
                owed = rows[...].drop { $0.id <= cursor.journalID }
            case .attempt:
                try await attempt(batch, store)
                owed = rows[...].drop { $0.id <= cursor.journalID }
            }
        }
    }

    /// Closes connections.
    public func stop() async { await carrier.close() }

    // MARK: One attempt

    /// Rows that are tried together, with those before and between them that are not sent.
    private struct Batch {
        var rows: [JournalRow] = []
        var parcels: [Parcel] = []
        /// Id of the last row looked at.
        var lastID: Int64 = 0
    }

    private func take(_ owed: inout ArraySlice<JournalRow>) -> Batch {
        var batch = Batch()
        while batch.parcels.count < max(1, carrier.parcelsMaximum), let row = owed.popFirst() {
            if let entry = admitted(row) {
                batch.rows.append(row)
                batch.parcels.append(Parcel(journalID: row.id, entry: entry))
            }
            batch.lastID = row.id
        }
        return batch
    }

    /// The entry of a row that this sink sends; nil for all others.
    private func admitted(_ row: JournalRow) -> JournalEntry? {
        guard row.draft.status == .active else { return nil }
        do {
            let entry = try JournalRecord(payload: row.draft.payload).entry
            return filter.admits(entry) ? entry : nil
        } catch {
            surroundings.report(.unreadableRow(id: row.id, reason: "\(error)"))
            return nil
        }
    }

    private func attempt(_ batch: Batch, _ store: any StateStore) async throws(SinkError) {
        let outcome = await carrier.carry(batch.parcels)
        let accepted = min(max(0, outcome.accepted), batch.parcels.count)
        let hadFailed = machine.attempts
        if accepted > 0 {
            machine.accepted()
            if hadFailed > 0 { surroundings.report(.resumed(sink: name, attempts: hadFailed)) }
            update { $0.delivered += Int64(accepted) }
            try await advance(
                to: accepted == batch.parcels.count && outcome.failure == nil
                    ? batch.lastID : batch.parcels[accepted - 1].journalID, store)
        }
        guard let failure = outcome.failure, accepted < batch.parcels.count else {
            // A carrier that neither took nor failed would be asked for ever.
            guard accepted > 0 else {
                throw SinkError(
                    .undelivered(DeliveryFailure(.unavailable, "no answer"), attempts: 1, pause: policy.pauseFirst),
                    path: name)
            }
            return
        }
        let parcel = batch.parcels[accepted]
        let action = machine.failed(
            failure, age: age(of: parcel), now: surroundings.elapsed(), using: &surroundings.chance)
        update { $0.failures += 1 }
        switch action {
        case .giveUp(let reason):
            let row = batch.rows[accepted]
            try await giveUp([letter(row, reason, failure)], upTo: row.id)
        case .wait(let pause): throw undelivered(pause)
        case .attempt: break
        }
    }

    private func undelivered(_ pause: Duration) -> SinkError {
        SinkError(
            .undelivered(
                machine.lastFailure ?? DeliveryFailure(.unavailable, "there was no time to send all"),
                attempts: machine.attempts, pause: pause), path: name)
    }

    private func age(of parcel: Parcel) -> Duration {
        let decided = parcel.entry.finding.times.decided.nanoseconds
        let (age, overflow) = surroundings.now().nanoseconds.subtractingReportingOverflow(decided)
        return overflow ? .zero : .nanoseconds(age)
    }

    private var stoppedForLong: Bool {
        let now = surroundings.elapsed()
        guard let since = stoppingSince else {
            stoppingSince = now
            return false
        }
        return now - since >= Self.stoppingMax
    }

    // MARK: Giving up

    /// Gives up on the oldest rows when the sink owes more than the journal may hold for it.
    private func relieve(_ owed: inout ArraySlice<JournalRow>, _ store: any StateStore) async throws(SinkError) {
        guard policy.overflow == .deadLetter, !owed.isEmpty else { return }
        let now = surroundings.elapsed()
        if let lookedAt, now - lookedAt < Self.lookInterval { return }
        lookedAt = now
        let usage: JournalUsage
        do {
            usage = try await store.journalUsage()
        } catch {
            throw SinkError(.store(error), path: name)
        }
        var excess = machine.excess(owedBytes: usage.owedBytes[name] ?? 0)
        guard excess > 0 else { return }
        var given: [SinkLetter] = []
        var lastID: Int64 = 0
        while excess > 0, let row = owed.popFirst() {
            excess -= Int64(row.draft.payload.count)
            if admitted(row) != nil { given.append(letter(row, .owesTooMuch)) }
            lastID = row.id
        }
        // The rest is in the rows that come next.
        if excess > 0 { self.lookedAt = nil }
        if lastID > 0 { try await giveUp(given, upTo: lastID) }
    }

    private func letter(
        _ row: JournalRow, _ reason: DeliveryMachine.GiveUp, _ failure: DeliveryFailure? = nil
    ) -> SinkLetter {
        let last = (failure ?? machine.lastFailure)?.summary
        let text =
            switch reason {
            case .refused: last ?? "refused"
            case .tooOld: "not taken within give_up_after\(last.map { "; last: \($0)" } ?? "")"
            case .owesTooMuch: "the sink owed more than state.journal_max\(last.map { "; last: \($0)" } ?? "")"
            }
        return SinkLetter(
            sink: name, row: row, reason: TerminalText.escaped(text, columns: 400), attempts: max(1, machine.attempts),
            givenUpNs: surroundings.now().nanoseconds)
    }

    private func giveUp(_ given: [SinkLetter], upTo id: Int64) async throws(SinkError) {
        var behind = cursor
        behind.journalID = id
        let overflowed: Int
        do {
            overflowed = try await letters.giveUp(given, behind)
        } catch {
            throw SinkError(.store(error), path: name)
        }
        cursor = behind
        guard let last = given.last else { return }
        update { $0.givenUp += Int64(given.count) }
        surroundings.report(
            .gaveUp(sink: name, findings: given.count, notKept: overflowed, reason: last.reason))
    }

    // MARK: The cursor

    private func advance(to id: Int64, _ store: any StateStore) async throws(SinkError) {
        guard id > cursor.journalID else { return }
        var behind = cursor
        behind.journalID = id
        do {
            try await store.advanceCursor(behind)
        } catch {
            throw SinkError(.store(error), path: name)
        }
        cursor = behind
    }

    private func update(_ change: (inout DeliveryProgress) -> Void) {
        change(&progress)
        progress.attempts = machine.attempts
        progress.lastFailure = machine.lastFailure?.summary
        surroundings.progress(progress)
    }
}
