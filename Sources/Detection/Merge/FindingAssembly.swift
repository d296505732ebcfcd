internal import DiagnosticLogs
import Redaction

/// Findings out of what was decided: where a row's values are masked, behind everything that identity is made of.
struct FindingAssembly {
    let rule: Rule
    let version: String
    let masking: Masking
    let options: MergerOptions
    let now: Timestamp

    /// The finding for a row.
    func finding(for row: DecisionRow) -> Finding {
        let bounds = WindowBounds(start: Timestamp(nanoseconds: row.start), end: Timestamp(nanoseconds: row.end))
        // A window without records has no positions of its own.
        let nowhere = RecordPosition(partition: -1, sequence: -1, index: 0)
        let partitions = rule.scope == .global ? options.partialPartitions : []
        let incomplete = row.bounded.isEmpty ? "" : "; incomplete: \(row.bounded.joined(separator: ", "))"
        return Finding(
            id: FindingIdentity.window(
                ruleID: rule.metadata.id, version: version, key: row.key, end: row.end, length: row.end - row.start,
                partitions: partitions),
            rule: rule.metadata, ruleVersion: version, group: masking.shown(row.group), window: bounds,
            values: masking.shown(row.values),
            count: row.count,
            firstSeen: row.first.map { Timestamp(nanoseconds: $0.time) } ?? bounds.start,
            lastSeen: row.last.map { Timestamp(nanoseconds: $0.time) } ?? bounds.end,
            firstPosition: row.first?.position ?? nowhere, lastPosition: row.last?.position ?? nowhere,
            evidence: row.evidence.map { $0.evidence(masking) },
            evidenceTruncated: row.count > Int64(row.evidence.count),
            reason: row.reason + incomplete,
            times: Finding.Times(
                occurred: row.last?.eventTime ?? bounds.end, enqueued: row.last?.enqueuedTime ?? bounds.end,
                received: row.last?.receivedAt ?? now, decided: now),
            partialPartitions: partitions, bounded: row.bounded)
    }
}
