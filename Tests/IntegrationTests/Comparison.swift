import Detection
import Foundation
import RuleFormats
import Testing

/// What all comparisons share.
enum Comparison {
    static let partitionCount = 4
    /// Printed with every failure, so that it can be repeated: `HUBWATCH_TEST_SEED` sets another.
    static let seed = ProcessInfo.processInfo.environment["HUBWATCH_TEST_SEED"].flatMap { UInt64($0) } ?? 20_260_302
    /// How long every partition stays idle at the end: longer than a window, so that all of them close and some are empty.
    static let idleMilliseconds: Int64 = 100 * 60_000

    static func flatten(_ messages: PartitionedMessages) throws -> [FlatRecord] {
        try messages.partitions.enumerated().flatMap { partition, list in
            try list.flatMap { try FlatRecord.records(of: $0, partition: partition) }
        }
    }

    static func rule(_ loaded: LoadedRules) throws -> Rule {
        if let refusal = loaded.refusals.first { throw refusal }
        return try #require(loaded.rules.first)
    }

    static func answer(name: String, _ run: InterleavedRun, _ batch: [String]) -> Answers {
        Answers(
            engine: run.final.filter { $0.rule.id == name }.map { $0.line(query: name) }.sorted(),
            batch: batch.filter { $0.hasPrefix(name + "\t") }.sorted())
    }
}

/// Both answers to one question, as sorted lines.
struct Answers {
    var engine: [String]
    var batch: [String]

    /// The lines that only one side has, the first few of each; nil when both are the same.
    var difference: String? {
        if engine == batch { return nil }
        let (onlyEngine, onlyBatch) = (Self.minus(engine, batch), Self.minus(batch, engine))
        let shown =
            onlyEngine.prefix(5).map { "only the engine: \($0)" } + onlyBatch.prefix(5).map { "only DuckDB: \($0)" }
        return "seed \(Comparison.seed): \(onlyEngine.count) and \(onlyBatch.count) rows differ\n"
            + shown.joined(separator: "\n")
    }

    private static func minus(_ a: [String], _ b: [String]) -> [String] {
        var counts: [String: Int] = [:]
        for line in b { counts[line, default: 0] += 1 }
        return a.filter { line in
            counts[line, default: 0] -= 1
            return counts[line, default: 0] < 0
        }
    }
}
