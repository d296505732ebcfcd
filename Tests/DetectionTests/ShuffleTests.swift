import DetectionOracle
import DiagnosticLogs
import Testing

@testable import Detection

/// Goal: for every kind of rule the closed findings are those of a naive batch evaluation, whatever the interleaving, the
/// splits into deltas and commits, snapshots, crashes and redelivery.
///
/// Method: random streams through a stepped deployment, against oracles that share no code with the engine.
@Suite struct ShuffleTests {
    /// A stream in seconds, and one in units of three hours for rules that count in days.
    enum Scale: Int64, CaseIterable { case seconds = 1, days = 10_800 }

    private static let lateness: Int64 = 20

    private static func stream(_ seed: UInt64, _ scale: Scale) -> ModelStream {
        ModelStream(seed: seed, partitions: 3, messages: 24, lateness: lateness * 1_000, scale: scale.rawValue)
    }

    private static func cases(_ scale: Scale) -> [KindCase] {
        [Rule.Clock.enqueued, .event].flatMap { clock in
            KindRules(unit: scale.rawValue * 1_000_000_000, clock: clock, lateness: lateness).all
        }
    }

    private static func deployment(_ rules: CompiledRules, _ stream: ModelStream, _ scale: Scale) throws -> Deployment {
        var deployment = try Deployment(rules, stream)
        deployment.tail = 400_000 * scale.rawValue + 4 * 86_400_000
        return deployment
    }

    @Test(arguments: Scale.allCases, UInt64(1)...13)
    func interleavingsAgreeWithTheOracle(scale: Scale, seed: UInt64) throws {
        let stream = Self.stream(seed, scale)
        let cases = Self.cases(scale)
        let rules = try CompiledRules(cases.map(\.rule))
        let events = stream.oracleEvents
        let expected = cases.map { ($0.rule.metadata.id, Set($0.judge(events))) }
        for round in 0..<5 {
            var deployment = try Self.deployment(rules, stream, scale)
            if round == 0 {
                deployment.runInOnePass()
            } else {
                try deployment.runAtRandom(seed: seed &* 1_000 &+ UInt64(round))
            }
            let found = Dictionary(grouping: deployment.closedAsOracle, by: \.rule)
            for (rule, wanted) in expected {
                let own = Set(found[rule] ?? [])
                let missing = wanted.subtracting(own).map(Self.describe).sorted().prefix(2)
                let extra = own.subtracting(wanted).map(Self.describe).sorted().prefix(2)
                #expect(
                    missing.isEmpty && extra.isEmpty,
                    "\(scale), seed \(seed), round \(round), \(rule): missing \(missing) extra \(extra)")
            }
            #expect(deployment.notices.isEmpty, "\(scale), seed \(seed), round \(round): \(deployment.notices)")
            #expect(deployment.closedIDs.count == expected.reduce(0) { $0 + $1.1.count })
        }
    }

    @Test func everyKindFindsSomething() {
        var found: Set<String> = []
        for scale in Scale.allCases {
            for seed in UInt64(1)...6 {
                let events = Self.stream(seed, scale).oracleEvents
                for item in Self.cases(scale) where !item.judge(events).isEmpty { found.insert(item.rule.metadata.id) }
            }
        }
        let silent = Self.cases(.seconds).map(\.rule.metadata.id).filter { !found.contains($0) }
        #expect(silent.isEmpty)
    }

    private static func describe(_ finding: OracleFinding) -> String {
        let start = (finding.start - ModelStream.start * 1_000_000) / 1_000_000_000
        let end = (finding.end - ModelStream.start * 1_000_000) / 1_000_000_000
        let values = finding.values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.display)" }
        return "\(finding.group.map(\.display)) [\(start), \(end)] \(values) n=\(finding.count) \(finding.evidence)"
    }
}

extension ModelStream {
    /// The stream as the oracles read it.
    var oracleEvents: [OracleEvent] {
        events.joined().flatMap { event in
            event.records.enumerated().map { index, record in
                OracleEvent(
                    partition: event.partition, sequence: event.sequence, index: index,
                    enqueued: event.enqueued * 1_000_000, event: record.eventTime * 1_000_000,
                    fields: [
                        "operation": .string(record.operation), "category": .string(record.category),
                        "user": record.user, "n": record.number,
                    ])
            }
        }
    }
}

extension Deployment {
    /// The findings as they stand in the end, in the oracle's terms.
    var closedAsOracle: [OracleFinding] {
        var last: [String: Finding] = [:]
        for entry in journal where entry.isFinal { last[entry.finding.id] = entry.finding }
        return last.values.map { finding in
            OracleFinding(
                rule: finding.rule.id, group: finding.group.map(\.value),
                start: finding.window?.start.nanoseconds ?? 0, end: finding.window?.end.nanoseconds ?? 0,
                values: Dictionary(finding.values.map { ($0.name, $0.value) }) { $1 }, count: Int(finding.count),
                evidence: finding.evidence.map {
                    [Int64($0.position.partition), $0.position.sequence, Int64($0.position.index)]
                })
        }
    }
}
