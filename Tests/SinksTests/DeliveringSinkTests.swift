import Detection
import DiagnosticLogs
import FindingFormats
import StateStore
import Synchronization
import Testing

@testable import Sinks

/// Goal: each finding is taken, owed, or a dead letter; in order, at least once, with the same id, across restarts.
///
/// Method: a receiver that does as it is told, a real state file, a clock that the pauses step.
@Suite struct DeliveringSinkTests {
    private let folder = FileUnderTest()
    private let world = DeliveryWorld()

    private func store() throws -> SQLiteStateStore { try SQLiteStateStore(path: folder.folder + "/state.db") }

    private func commit(_ numbers: ClosedRange<Int>, to store: SQLiteStateStore) async throws {
        var transaction = StateTransaction(committedNs: 1)
        transaction.journal = try drafts(numbers.map { entry($0) })
        _ = try await store.commit(transaction)
    }

    private func sink(
        _ carrier: ScriptedCarrier, _ store: SQLiteStateStore, policy: DeliveryPolicy = DeliveryPolicy(),
        begin: DeliveringSink.Start = .oldest, filter: FindingFilter = FindingFilter(), stopping: Bool = false
    ) -> DeliveringSink {
        DeliveringSink(
            name: "soc", carrier: carrier, filter: filter, begin: begin, policy: policy, letters: store,
            world.surroundings(isStopping: { stopping }))
    }

    /// Runs a follower until the cursor has come so far, then stops it.
    private func follow(_ sink: DeliveringSink, _ store: SQLiteStateStore, upTo id: Int64) async throws {
        let signal = JournalSignal()
        let world = world
        let follower = JournalFollower(
            store: store, sink: sink, signal: signal, batchMaximum: 4, pause: { world.step($0) },
            report: { world.reports.add($0) })
        let task = Task { try await follower.run() }
        while try await store.cursor(of: "soc")?.journalID ?? 0 < id { await Task.yield() }
        signal.finish()
        try await task.value
    }

    @Test func everyFindingIsTakenInOrderAcrossFailures() async throws {
        let store = try store()
        try await commit(1...9, to: store)
        let carrier = ScriptedCarrier(parcelsMaximum: 2) { attempt, parcels in
            // Every third attempt fails, half-way.
            attempt % 3 == 1
                ? CarryOutcome(accepted: parcels.count / 2, failure: DeliveryFailure(.unavailable, "503"))
                : CarryOutcome(accepted: parcels.count)
        }
        try await follow(sink(carrier, store), store, upTo: 9)
        #expect(carrier.taken == (1...9).map { "finding\($0)-create" })
        #expect(world.pauses.allSatisfy { $0 <= JournalFollower.lookMaximum })
        #expect(world.progress?.delivered == 9 && world.progress?.attempts == 0)
        #expect(try await store.sinkLetterCounts().isEmpty)
        try await store.close()
    }

    @Test func aCrashBetweenTheAnswerAndTheCursorRepeatsWithTheSameID() async throws {
        let store = try store()
        try await commit(1...3, to: store)
        let carrier = ScriptedCarrier { _, parcels in CarryOutcome(accepted: parcels.count) }
        let first = sink(carrier, store)
        _ = try await first.start(store)
        // The receiver has taken the finding, and the process dies before its cursor is stored.
        _ = await carrier.carry([Parcel(journalID: 1, entry: entry(1))])
        try await follow(sink(carrier, store), store, upTo: 3)
        #expect(carrier.taken == ["finding1-create", "finding1-create", "finding2-create", "finding3-create"])
        try await store.close()
    }

    @Test func whatIsRefusedBecomesADeadLetterAndTheRestGoesOn() async throws {
        let store = try store()
        try await commit(1...3, to: store)
        let carrier = ScriptedCarrier { _, parcels in
            parcels[0].entry.finding.id == "finding2"
                ? CarryOutcome(accepted: 0, failure: DeliveryFailure(.refused, "400 Bad Request"))
                : CarryOutcome(accepted: 1)
        }
        try await follow(sink(carrier, store), store, upTo: 3)
        #expect(carrier.taken == ["finding1-create", "finding3-create"])
        let letters = try await store.sinkLetters(of: "soc", after: 0, limit: 9, includingResent: true)
        #expect(letters.map(\.letter.row.draft.key.findingID) == ["finding2"])
        #expect(letters.map(\.letter.reason) == ["400 Bad Request"])
        #expect(
            world.reports.all.contains(.gaveUp(sink: "soc", findings: 1, notKept: 0, reason: "400 Bad Request")))
        try await store.close()
    }

    @Test func aReceiverThatStaysAwayLeavesDeadLettersAfterTheStatedTime() async throws {
        let store = try store()
        try await commit(1...5, to: store)
        let carrier = ScriptedCarrier { _, _ in
            CarryOutcome(accepted: 0, failure: DeliveryFailure(.unavailable, "connection refused"))
        }
        let policy = DeliveryPolicy(giveUpAfter: .seconds(600))
        try await follow(sink(carrier, store, policy: policy), store, upTo: 5)
        #expect(carrier.taken.isEmpty)
        #expect(world.elapsed >= .seconds(600) && world.elapsed < .seconds(700))
        let letters = try await store.sinkLetters(of: "soc", after: 0, limit: 9, includingResent: true)
        #expect(letters.count == 5)
        #expect(letters.allSatisfy { $0.letter.reason.hasSuffix("last: connection refused") && $0.letter.attempts > 9 })
        // Pauses up to a minute for ten minutes: a dozen attempts, not hundreds.
        #expect(carrier.attempts < 25)
        try await store.close()
    }

    @Test func aReceiverGoneForLongerThanTheJournalHoldsLosesTheOldestToDeadLetters() async throws {
        let store = try store()
        try await commit(1...40, to: store)
        let size = try drafts([entry(10)])[0].payload.count
        let carrier = ScriptedCarrier { _, _ in
            CarryOutcome(accepted: 0, failure: DeliveryFailure(.unavailable, "503"))
        }
        let policy = DeliveryPolicy(owedBytesMax: Int64(size * 20))
        let sink = sink(carrier, store, policy: policy)
        _ = try await sink.start(store)
        let rows = try await store.journal(after: 0, limit: 100)
        await #expect(throws: SinkError.self) { try await sink.deliver(rows, store) }
        let usage = try await store.journalUsage()
        let letters = try await store.sinkLetters(of: "soc", after: 0, limit: 99, includingResent: true)
        #expect(usage.owedBytes["soc"] ?? 0 <= Int64(size * 15) && (14...16).contains(usage.owed["soc"] ?? 0))
        #expect(letters.count + Int(usage.owed["soc"] ?? 0) == 40)
        #expect(letters.first?.letter.row.id == 1)
        try await store.close()
    }

    @Test func onlyWhatTheFilterAdmitsIsSentAndTheCursorMovesPastTheRest() async throws {
        let store = try store()
        var transaction = StateTransaction(committedNs: 1)
        transaction.journal = try drafts([
            entry(1, .close), entry(2), entry(3, status: .shadow), entry(3, .update), entry(4, .close),
        ])
        _ = try await store.commit(transaction)
        let carrier = ScriptedCarrier { _, parcels in CarryOutcome(accepted: parcels.count) }
        try await follow(sink(carrier, store, filter: FindingFilter(.alerts)), store, upTo: 5)
        #expect(carrier.taken == ["finding2-create"])
        try await store.close()
    }

    @Test func aNewSinkBeginsWithWhatIsFoundFromNowOn() async throws {
        let store = try store()
        try await commit(1...3, to: store)
        let carrier = ScriptedCarrier { _, parcels in CarryOutcome(accepted: parcels.count) }
        let new = sink(carrier, store, begin: .now)
        #expect(try await new.start(store) == 3)
        try await commit(4...4, to: store)
        try await follow(sink(carrier, store, begin: .now), store, upTo: 4)
        #expect(carrier.taken == ["finding4-create"])
        try await store.close()
    }

    @Test func aStopDoesNotWaitForAReceiverThatIsGone() async throws {
        let store = try store()
        try await commit(1...2, to: store)
        let carrier = ScriptedCarrier { _, _ in
            CarryOutcome(accepted: 0, failure: DeliveryFailure(.unavailable, "gone"))
        }
        let signal = JournalSignal()
        let (pausing, paused) = AsyncStream.makeStream(of: Void.self)
        let world = world
        let follower = JournalFollower(
            store: store, sink: sink(carrier, store), signal: signal,
            pause: { _ in
                paused.yield()
                // Until the task is cancelled: only the stop ends this pause.
                let (never, continuation) = AsyncStream.makeStream(of: Void.self)
                for await _ in never {}
                _ = continuation
            }, report: { world.reports.add($0) })
        let task = Task { try await follower.run() }
        for await _ in pausing { break }
        signal.finish()
        try await task.value
        #expect(carrier.isClosed)
        let isLeftBehind = world.reports.all.contains { if case .leftBehind = $0 { true } else { false } }
        #expect(isLeftBehind)
        #expect(try await store.cursor(of: "soc")?.journalID == 0)
        try await store.close()
    }
}

/// A receiver that does as a test says, and remembers.
final class ScriptedCarrier: FindingCarrier {
    private struct State {
        var taken: [String] = []
        var attempts = 0
        var isClosed = false
    }

    let parcelsMaximum: Int
    let destination = "script"
    private let state = Mutex(State())
    private let script: @Sendable (Int, [Parcel]) -> CarryOutcome

    init(parcelsMaximum: Int = 1, _ script: @escaping @Sendable (Int, [Parcel]) -> CarryOutcome) {
        self.parcelsMaximum = parcelsMaximum
        self.script = script
    }

    var taken: [String] { state.withLock { $0.taken } }
    var attempts: Int { state.withLock { $0.attempts } }
    var isClosed: Bool { state.withLock { $0.isClosed } }

    func carry(_ parcels: [Parcel]) async -> CarryOutcome {
        state.withLock { state in
            state.attempts += 1
            let outcome = script(state.attempts, parcels)
            state.taken += parcels.prefix(outcome.accepted).map(\.entry.key)
            return outcome
        }
    }

    func close() async { state.withLock { $0.isClosed = true } }
}

/// Time that passes only when somebody pauses, and what was reported meanwhile.
final class DeliveryWorld: Sendable {
    private let time = Mutex((elapsed: Duration.zero, pauses: [Duration]()))
    private let last = Mutex<DeliveryProgress?>(nil)
    let reports = Reports()

    var elapsed: Duration { time.withLock { $0.elapsed } }
    var pauses: [Duration] { time.withLock { $0.pauses } }
    var progress: DeliveryProgress? { last.withLock { $0 } }

    func step(_ pause: Duration) {
        time.withLock { time in
            time.elapsed += pause
            time.pauses.append(pause)
        }
    }

    func surroundings(isStopping: @escaping @Sendable () -> Bool = { false }) -> DeliveringSink.Surroundings {
        DeliveringSink.Surroundings(
            now: { [self] in
                // Findings of the fixtures were decided a moment before.
                let seconds = elapsed.components.seconds
                return Timestamp(nanoseconds: 1_772_366_401_000_000_000 + seconds * 1_000_000_000)
            }, elapsed: { [self] in elapsed }, chance: Seeded(state: 1), isStopping: isStopping,
            report: { [self] in reports.add($0) }, progress: { [self] progress in last.withLock { $0 = progress } })
    }
}
