import Detection
import FindingFormats
import Foundation
import StateStore

extension Simulation {
    /// Asks every oracle.
    func judge() throws {
        let evidence = try gather()
        outcome.journaled = evidence.journal.count
        let expected = OnePass.findings(evidence.events, partitions: workload.partitions, rules: rules)
        outcome.findings = expected.count
        outcome.complaints += NothingTwice.complaints(evidence)
        outcome.complaints += NothingLost.complaints(evidence, expected: expected)
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
