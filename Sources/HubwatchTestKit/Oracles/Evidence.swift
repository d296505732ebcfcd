import Detection
import DiagnosticLogs
import FindingFormats
import Foundation
import StateStore

/// What a simulation leaves behind for its oracles to judge.
struct SimulationEvidence {
    /// The journal, in order.
    var journal: [JournalRow]
    /// The entries of the journal, decoded, in the same order.
    var entries: [JournalEntry]
    /// `metadata.uid` of every line of the findings file, in order; an empty text for a line that is no finding.
    var lines: [String]
    /// Whether the findings file ends with a line end (or is empty).
    var endsWithLine: Bool
    /// Dead letters, by partition and sequence number.
    var deadLetters: [(partition: Int, sequence: Int64)]
    /// What the broker holds.
    var events: [Simulation.PublishedEvent]

    /// Entries whose values are final.
    var closed: [ClosedFinding] {
        entries.filter { $0.isFinal && $0.activity != .update }.map { ClosedFinding($0.finding) }
    }
}

/// What of a closed finding does not depend on when hubwatch ran.
struct ClosedFinding: Hashable, CustomStringConvertible {
    var id: String
    var rule: String
    var group: [NamedValue]
    var window: WindowBounds?
    var values: [NamedValue]
    var count: Int64
    var evidence: [RecordPosition]

    init(_ finding: Finding) {
        id = finding.id
        rule = finding.rule.id
        group = finding.group
        window = finding.window
        values = finding.values
        count = finding.count
        evidence = finding.evidence.map(\.position)
    }

    var description: String {
        let columns = (group + values).map { "\($0.name)=\($0.value)" }.joined(separator: " ")
        return "\(rule) \(columns) n=\(count) ends \(window?.end.iso8601 ?? "-") \(id.prefix(8))"
    }
}
