import ArgumentParser
import CAllocationCount
import Detection
import DiagnosticLogs
import Foundation
import StateStore

/// Windows of every kind over few and many groups: folding, merging, committing, coming back.
struct WindowsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "windows", abstract: "Fold, merge, commit and restore windows over many groups.")

    @Option(help: "Variants as kind/groups, such as count/1000.") var variants =
        "count/1,count/1000,count/100000,count/1000000,distinct/1,sum/1000,max/1000,sequence/1000,distinct/1000"
    @Option(help: "Records of a round, at least; as many as there are groups, if that is more.") var records = 200_000

    func run() async throws {
        let names = variants.split(separator: ",").map(String.init)
        let folder = NSTemporaryDirectory() + "hubwatch-windows-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var bodies: [Int: SampleBodies] = [:]
        try await RoundLoop.answer(names) { name in
            let words = name.split(separator: "/")
            guard words.count == 2, let groups = Int(words[1]) else { throw MeasureFailure("no variant '\(name)'") }
            if bodies[groups] == nil {
                // One at a time: those of a million groups are large.
                bodies = [
                    groups: SampleBodies(bodies: WindowRules.bodies(records: max(records, groups), groups: groups))
                ]
            }
            guard let input = bodies[groups] else { throw MeasureFailure("no bodies") }
            let round = WindowRound(kind: String(words[0]), groups: groups, bodies: input, folder: folder)
            return try await round.run()
        }
    }
}

/// One round of one variant.
private struct WindowRound {
    let kind: String
    let groups: Int
    let bodies: SampleBodies
    let folder: String
    private static let messagesPerDelta = 50

    func run() async throws -> Round {
        let rules = try CompiledRules([WindowRules.rule(kind)])
        let options = MergerOptions(groupsPerRuleMax: groups + 1)
        var round = Round()
        let fold = PartitionFold(rules: rules, partition: 0)
        var merger = Merger(rules: rules, partitions: [0], options: options)
        let meter = Meter()
        let sequence = judge(0..<bodies.ranges.count, fold, &merger, from: 0)
        meter.read(into: &round)
        round.records = bodies.records
        round.bytes = bodies.bytes
        round.messages = bodies.ranges.count
        round.matches = merger.groupCount
        _ = merger.takeCommit()

        // What a second brings at the speed just measured, and the commit of that.
        let store = try SQLiteStateStore(path: folder + "/state-\(kind)-\(groups).db")
        let second = min(bodies.ranges.count, Int(Double(round.messages) / max(round.cpu, 1e-6)))
        _ = judge(0..<second, fold, &merger, from: sequence)
        let start = ContinuousClock.now
        let cpu = Meter.processSeconds
        if let draft = merger.takeCommit() { _ = try await store.commit(Self.transaction(draft)) }
        round.extra["commitSeconds"] = start.duration(to: .now).inSeconds
        round.extra["commitCPU"] = Meter.processSeconds - cpu
        round.extra["commitRecords"] = Double(second) * Double(round.records) / Double(round.messages)

        let snapshot = merger.takeCommit(snapshot: true)?.snapshot ?? []
        round.extra["checkpointBytes"] = Double(snapshot.count)
        try await store.close()
        for suffix in ["", "-wal", "-shm", ".lock"] {
            try? FileManager.default.removeItem(atPath: folder + "/state-\(kind)-\(groups).db" + suffix)
        }
        var restored = Merger(rules: rules, partitions: [0], options: options)
        let before = hubwatch_allocated_bytes()
        let restart = Meter.processSeconds
        try restored.restore(RestoredState(snapshot: snapshot), now: WindowRules.time)
        round.extra["restartSeconds"] = Meter.processSeconds - restart
        let after = hubwatch_allocated_bytes()
        // Groups that nothing is heard of now, with the evidence that they keep.
        round.extra["bytesPerGroup"] = Double(after > before ? after - before : 0) / Double(max(1, groups))
        guard restored.groupCount == merger.groupCount else { throw MeasureFailure("a restart lost groups") }
        return round
    }

    /// Folds messages and merges what comes of them; the next sequence number.
    private func judge(
        _ messages: Range<Int>, _ fold: PartitionFold, _ merger: inout Merger, from first: Int64
    ) -> Int64 {
        var sequence = first
        for number in messages {
            WindowRules.fold(fold, bodies, number, sequence: sequence)
            sequence += 1
            if number % Self.messagesPerDelta == 0, let delta = fold.takeDelta() {
                merger.merge(delta, now: WindowRules.time)
            }
        }
        if let delta = fold.takeDelta() { merger.merge(delta, now: WindowRules.time) }
        return sequence
    }

    private static func transaction(_ draft: CommitDraft) -> StateTransaction {
        var transaction = StateTransaction(committedNs: WindowRules.time.nanoseconds)
        transaction.positions = draft.positions.map {
            StoredPosition(
                partition: $0.key, sequence: $0.value.sequenceNumber, offset: $0.value.offset,
                enqueuedMs: $0.value.enqueuedTime.milliseconds, watermarkNs: $0.value.watermark.nanoseconds)
        }
        transaction.deltas = draft.stateDeltas.map {
            StoredDelta(partition: $0.partition, bytes: $0.bytes)
        }
        return transaction
    }
}

/// Rules over one window and records for them.
enum WindowRules {
    static let time = Timestamp(milliseconds: 1_790_000_000_000)
    /// Values that occur in a group: what an exact distinct count has to keep.
    static let values = 10_000
    private static let recordsPerMessage = 100

    static func rule(_ kind: String) throws -> Rule {
        let bulk = condition("Bulk")
        let user = Expression.field(.path(FieldPath(["properties", "user"])))
        let metadata = RuleMetadata(id: "bench-\(kind)", title: "Bench: \(kind)")
        if kind == "sequence" {
            return Rule(
                metadata: metadata, condition: .constant(true),
                body: .sequence(
                    SequenceRule(
                        maxspan: .seconds(600), keyNames: ["user"],
                        steps: [
                            SequenceStep(condition: bulk, keys: [user]),
                            SequenceStep(condition: condition("Never"), keys: [user]),
                        ])))
        }
        let functions: [String: (AggregateFunction, String?)] = [
            "count": (.countRows, nil), "distinct": (.countDistinct, "address"), "sum": (.sum, "size"),
            "max": (.maximum, "size"),
        ]
        guard let (function, argument) = functions[kind] else { throw MeasureFailure("no kind '\(kind)'") }
        return Rule(
            metadata: metadata, condition: bulk,
            body: .aggregate(
                AggregateRule(
                    window: HoppingWindow(length: .seconds(3600), hop: .seconds(600)),
                    keys: [NamedExpression(name: "user", expression: user)],
                    aggregates: [
                        Aggregate(
                            name: "result", function: function,
                            argument: argument.map { .field(.path(FieldPath(["properties", $0]))) })
                    ],
                    stages: [.filter(.compare(.greater, .column("result"), .literal(.long(1_000_000_000_000))))])))
    }

    private static func condition(_ operation: String) -> Condition {
        .field(
            .path(FieldPath(["operationName"])),
            .text(StringPattern(parts: [.literal(operation)], caseSensitive: true)))
    }

    /// Messages of a hundred small records; users in turn.
    static func bodies(records: Int, groups: Int) -> [[UInt8]] {
        stride(from: 0, to: records, by: recordsPerMessage).map { first in
            let texts = (first..<min(first + recordsPerMessage, records)).map { number in
                // Every group sees every value: the value moves on when the users have had their turn.
                let value = groups == 1 ? number % values : (number / groups) % values
                return
                    #"{"time":"2026-09-21T14:13:20Z","operationName":"Bulk","category":"Audit","properties":{"user":"user-\#(number % groups)","address":"10.0.\#(value / 250).\#(value % 250)","size":\#(number % 4096)}}"#
            }
            return Array("{\"records\":[\(texts.joined(separator: ","))]}".utf8)
        }
    }

    /// Folds one message, a millisecond after the one before.
    static func fold(_ fold: PartitionFold, _ bodies: SampleBodies, _ number: Int, sequence: Int64) {
        let offset: StaticString = "4294967296"
        let enqueued = Timestamp(milliseconds: time.milliseconds + sequence)
        fold.fold(
            MessageHeader(
                sequenceNumber: sequence,
                offset: UnsafeRawBufferPointer(start: offset.utf8Start, count: offset.utf8CodeUnitCount),
                enqueuedTime: enqueued, receivedAt: enqueued), body: bodies[number])
    }
}
