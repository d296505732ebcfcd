import Detection
import DiagnosticLogs
import FindingFormats
import Foundation
import HubwatchRuntime
import StateStore

extension Simulation {
    /// Asks every oracle.
    func judge() throws {
        let evidence = try gather()
        outcome.journaled = evidence.journal.count
        let watermark = process.status.snapshot.watermark ?? Timestamp(nanoseconds: 0)
        // A pause of records takes up to twice its length to be decided, and the rules wait for late records.
        let end = watermark.nanoseconds - Self.settling / 2
        let expected = OnePass.findings(
            evidence.events, partitions: workload.partitions, until: watermark, rules: rules)
        outcome.findings = expected.count
        outcome.complaints += BatchEvaluation.complaints(evidence, cases: kinds, until: end)
        outcome.complaints += NothingTwice.complaints(evidence)
        outcome.complaints += NothingLost.complaints(evidence, expected: expected)
    }

    /// Looks at what the process that has just ended left in its state file: a copy of it, with its logs.
    func judgeState(at path: String) throws {
        let copy = folder.appending(path: "look-\(outcome.crashes)-\(outcome.exits).db").path
        for suffix in ["", "-wal", "-journal"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
        }
        guard FileManager.default.fileExists(atPath: copy) else { return }
        let stored = try onItsOwn { () async throws -> LoadedState in
            let store = try SQLiteStateStore(
                path: copy, mode: .exclusive, bounds: DeadLetterBounds(), access: .stepwise(boundary: {}))
            let state = try await store.load()
            try await store.close()
            return state
        }
        outcome.complaints += try StateMatchesPositions.complaints(
            RestoredState(snapshot: stored.snapshot, deltas: stored.deltas.map(\.bytes)), events: events,
            partitions: workload.partitions, rules: rules, now: Timestamp(nanoseconds: now))
    }

    private func gather() throws -> SimulationEvidence {
        let path = process.statePath
        let (journal, letters) = try onItsOwn { () async throws -> ([JournalRow], [StoredDeadLetter]) in
            let store = try SQLiteStateStore(
                path: path, mode: .exclusive, bounds: DeadLetterBounds(), access: .stepwise(boundary: {}))
            let journal = try await store.journal(after: 0, limit: 1_000_000)
            let letters = try await store.deadLetters(after: 0, limit: 100_000, includingReplayed: true)
            try await store.close()
            return (journal, letters)
        }
        let file = (try? Data(contentsOf: folder.appending(path: "findings.ndjson"))) ?? Data()
        let lines = file.split(separator: UInt8(ascii: "\n")).map { line -> String in
            let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
            return (object?["metadata"] as? [String: Any])?["uid"] as? String ?? ""
        }
        return SimulationEvidence(
            journal: journal, entries: try journal.map { try JournalRecord(payload: $0.draft.payload).entry },
            lines: lines, endsWithLine: file.isEmpty || file.last == UInt8(ascii: "\n"),
            deadLetters: letters.map { ($0.letter.partition, $0.letter.sequence) }, events: events)
    }

    /// Runs a task to its end on a scheduler of its own.
    private func onItsOwn<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
        let scheduler = Scheduler()
        let box = ResultBox<Value>()
        return try JobInterception.run(into: scheduler) {
            Task.detached {
                do { box.result = .success(try await body()) } catch { box.result = .failure(error) }
            }
            var generator = SeededGenerator(seed: 0)
            while let job = scheduler.take(&generator) { job() }
            guard let result = box.result else { throw SimulationError.neverEnded }
            return try result.get()
        }
    }

    private final class ResultBox<Value>: @unchecked Sendable { var result: Result<Value, any Error>? }
}

/// Why a simulation could not be judged.
enum SimulationError: Error {
    /// A task waits for something that does not come.
    case neverEnded
}
