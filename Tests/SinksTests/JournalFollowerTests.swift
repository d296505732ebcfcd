import Detection
import FindingFormats
import StateStore
import Synchronization
import Testing

@testable import Sinks

/// A follower delivers everything in order, waits out what can heal, and stops when it is told to.
@Suite struct JournalFollowerTests {
    /// A sink that remembers, and fails as told.
    private actor Recorder: JournalSink {
        nonisolated let name = "recorder"
        private(set) var ids: [Int64] = []
        private(set) var batches: [Int] = []
        private(set) var isStopped = false
        private var failures: [SinkError.Code]

        init(failures: [SinkError.Code] = []) { self.failures = failures }

        func start(_ store: any StateStore) async throws(SinkError) -> Int64 { 0 }

        func deliver(_ rows: [JournalRow], _ store: any StateStore) async throws(SinkError) {
            if !failures.isEmpty { throw SinkError(failures.removeFirst(), path: name) }
            ids += rows.map(\.id)
            batches.append(rows.count)
        }

        func stop() async { isStopped = true }
    }

    @Test func deliversInOrderAndWakesUp() async throws {
        let store = MemoryJournal(try rows((1...7).map { entry($0) }))
        let (sink, signal) = (Recorder(), JournalSignal())
        let task = Task {
            try await JournalFollower(store: store, sink: sink, signal: signal, batchMaximum: 3).run()
        }
        while await sink.ids.count < 7 { await Task.yield() }
        await store.append(try drafts([entry(8)]))
        signal.notify()
        while await sink.ids.count < 8 { await Task.yield() }
        // Committed, never notified: the last look finds it.
        await store.append(try drafts([entry(9)]))
        signal.finish()
        try await task.value
        #expect(await sink.ids == Array(1...9))
        #expect(await sink.batches == [3, 3, 1, 1, 1])
        #expect(await sink.isStopped)
    }

    @Test func everyStepIsTold() async throws {
        let store = MemoryJournal(try rows((1...4).map { entry($0) }))
        let sink = Recorder(failures: [.diskFull, .ioFailure])
        let signal = JournalSignal()
        let facts = Mutex<[SinkFact]>([])
        let task = Task {
            try await JournalFollower(
                store: store, sink: sink, signal: signal, batchMaximum: 3, pause: { _ in await Task.yield() },
                observe: { fact in facts.withLock { $0.append(fact) } }
            ).run()
        }
        while await sink.ids.count < 4 { await Task.yield() }
        signal.finish()
        try await task.value
        #expect(
            facts.withLock { $0 } == [
                .started(through: 0), .failed(SinkError(.diskFull, path: "recorder")),
                .failed(SinkError(.ioFailure, path: "recorder")), .resumed, .delivered(through: 3, rows: 3),
                .delivered(through: 4, rows: 1),
            ])
    }

    @Test func startsAfterTheFinishToo() async throws {
        let store = MemoryJournal(try rows([entry(1)]))
        let (sink, signal) = (Recorder(), JournalSignal())
        signal.finish()
        try await JournalFollower(store: store, sink: sink, signal: signal).run()
        #expect(await sink.ids == [1])
    }

    @Test func waitsOutWhatCanHeal() async throws {
        let store = MemoryJournal(try rows([entry(1)]))
        let (sink, signal) = (Recorder(failures: Array(repeating: .diskFull, count: 9)), JournalSignal())
        let pauses = Mutex<[Duration]>([])
        let reports = Reports()
        let follower = JournalFollower(
            store: store, sink: sink, signal: signal, pause: { wait in pauses.withLock { $0.append(wait) } },
            report: { reports.add($0) })
        let task = Task { try await follower.run() }
        while await sink.ids.isEmpty { await Task.yield() }
        signal.finish()
        try await task.value
        let waits = pauses.withLock { $0 }
        #expect(waits.first == .milliseconds(100) && waits.last == .seconds(5) && waits.count == 9)
        let attempts = reports.all.compactMap { report in
            if case .waiting(_, _, let attempt) = report { attempt } else { nil }
        }
        #expect(attempts == [1, 2, 4, 8])
        #expect(reports.all.last == .resumed(sink: "recorder", attempts: 9))
    }

    @Test func givesUpOnWhatCannotHeal() async throws {
        let store = MemoryJournal(try rows([entry(1)]))
        let sink = Recorder(failures: [.notAFile])
        let follower = JournalFollower(store: store, sink: sink, signal: JournalSignal())
        let error = await #expect(throws: SinkError.self) { try await follower.run() }
        #expect(error?.code == .notAFile)
        #expect(await sink.isStopped)
    }

    @Test func doesNotHoldUpTheStop() async throws {
        let store = MemoryJournal(try rows([entry(1)]))
        let (sink, signal) = (Recorder(failures: Array(repeating: .diskFull, count: 1_000)), JournalSignal())
        let follower = JournalFollower(store: store, sink: sink, signal: signal, pause: { _ in signal.finish() })
        let error = await #expect(throws: SinkError.self) { try await follower.run() }
        #expect(error?.code == .diskFull)
    }

    @Test func stopsWhenItIsCancelled() async throws {
        let store = MemoryJournal(try rows([entry(1)]))
        let (sink, signal) = (Recorder(), JournalSignal())
        let task = Task { try await JournalFollower(store: store, sink: sink, signal: signal).run() }
        while await sink.ids.isEmpty { await Task.yield() }
        task.cancel()
        try await task.value
        #expect(await sink.isStopped)
    }

    @Test func followersDoNotHoldUpEachOther() async throws {
        let store = MemoryJournal(try rows([entry(1), entry(2)]))
        let (good, signal) = (Recorder(), JournalSignal())
        let bad = Recorder(failures: Array(repeating: .ioFailure, count: 1_000_000))
        let stuck = Task {
            try await JournalFollower(store: store, sink: bad, signal: signal, pause: { _ in await Task.yield() }).run()
        }
        let task = Task { try await JournalFollower(store: store, sink: good, signal: signal).run() }
        while await good.ids.count < 2 { await Task.yield() }
        signal.finish()
        try await task.value
        await #expect(throws: SinkError.self) { try await stuck.value }
    }
}
