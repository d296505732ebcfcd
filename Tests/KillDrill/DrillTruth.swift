import Detection
import DetectionOracle

extension DrillRow {
    /// The record as the naive oracles read it.
    var oracleEvent: OracleEvent {
        OracleEvent(
            partition: partition, sequence: sequence, index: index, enqueued: enqueuedMilliseconds * 1_000_000,
            event: eventMilliseconds * 1_000_000,
            fields: [
                "operation": .string(record.operation), "user": .string(record.user), "client": .string(record.client),
                "n": record.number.map { .long(Int64($0)) } ?? .null, "score": .double(record.score),
            ])
    }
}

extension OracleFinding {
    /// The finding as `duckdb_hops.py` writes one, without the rule's id.
    func line(keys names: [String]) -> String {
        let cells = zip(names, group).map { ($0, $1) } + values.map { ($0.key, $0.value) }
        let end = OracleNumbers.floor(end, 1_000_000)
        let first = evidence.map { $0.map { "\($0)" }.joined(separator: ":") }.joined(separator: ",")
        return
            (["\(end)"]
            + cells.map { "\($0.0)=\(FoundState.written($0.1))" }.sorted {
                $0.utf8.lexicographicallyPrecedes($1.utf8)
            } + ["found=\(count)", "first=\(first)"]).joined(separator: "\t")
    }
}

extension DrillRule {
    /// A rule that the naive oracles judge.
    init(
        _ rule: Rule, over operations: Set<String>, keys: [String],
        _ judge: @escaping @Sendable (_ rule: String, OracleStream) -> [OracleFinding]
    ) {
        let names = (rule.scope == .partition ? ["partition"] : []) + keys
        self.init(
            rule: rule, id: rule.metadata.id,
            truth: .naive(operations: operations) { rows in
                let parts = rule.scope == .global ? [nil] : Set(rows.map(\.partition)).sorted().map { Optional($0) }
                return parts.flatMap { part -> [String] in
                    let own = rows.lazy.filter { row in part.map { row.partition == $0 } ?? true }
                    let stream = OracleStream(own.map(\.oracleEvent), usesEventTime: rule.clock == .event)
                    return judge(rule.metadata.id, stream).map { finding in
                        var finding = finding
                        if let part { finding.group.insert(.long(Int64(part)), at: 0) }
                        return finding.line(keys: names)
                    }
                }
            })
    }
}
