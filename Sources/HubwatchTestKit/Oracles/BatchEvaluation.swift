import Detection
import DetectionOracle
import DiagnosticLogs

/// The closed findings are those of plain loops over all events, which share no code with the engine.
enum BatchEvaluation {
    static func complaints(
        _ evidence: SimulationEvidence, cases: [KindCase], until end: Int64
    ) -> [String] {
        let events = evidence.events.flatMap(\.records)
        let found = Dictionary(grouping: evidence.closed.map(OracleFinding.init), by: \.rule)
        return cases.compactMap { item in
            let rule = item.rule.metadata.id
            // A window that ends behind the last watermark is decided by nobody yet.
            let wanted = Set(item.judge(events).filter { $0.end < end })
            let held = Set((found[rule] ?? []).filter { $0.end < end })
            guard wanted != held else { return nil }
            let missing = wanted.subtracting(held).map { "\($0)" }.sorted().prefix(1)
            let extra = held.subtracting(wanted).map { "\($0)" }.sorted().prefix(1)
            return "rule '\(rule)' by plain loops: missing \(missing), wrong \(extra)"
        }
    }
}

extension OracleFinding {
    init(_ finding: ClosedFinding) {
        self.init(
            rule: finding.rule, group: finding.group.map(\.value), start: finding.window?.start.nanoseconds ?? 0,
            end: finding.window?.end.nanoseconds ?? 0,
            values: Dictionary(finding.values.map { ($0.name, $0.value) }) { $1 }, count: Int(finding.count),
            evidence: finding.evidence.map { [Int64($0.partition), $0.sequence, Int64($0.index)] })
    }
}

extension Simulation.PublishedEvent {
    /// The records that can be read, as the oracles see them: the last one of a cut body is lost.
    var records: [OracleEvent] {
        let readable = message.isDamaged ? message.records.dropLast() : message.records[...]
        return readable.enumerated().map { index, record in
            OracleEvent(
                partition: partition, sequence: sequence, index: index, enqueued: enqueued * 1_000_000,
                event: (enqueued - record.age) * 1_000_000,
                fields: [
                    "operation": .string(record.operation), "category": .string(record.category),
                    "user": .string(record.user), "n": record.number.map { .double($0) } ?? .null,
                ])
        }
    }
}
