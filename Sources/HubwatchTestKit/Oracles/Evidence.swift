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

    /// Findings whose values are final, as they stand in the end; without those that hubwatch raises about itself,
    /// which follow from the run and not from the events.
    var closed: Set<ClosedFinding> {
        ClosedFinding.last(of: entries.filter { !$0.finding.rule.tags.contains("operational") })
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

    /// The findings of a journal as they stand in the end.
    static func last(of entries: [JournalEntry]) -> Set<ClosedFinding> {
        var last: [String: ClosedFinding] = [:]
        for entry in entries where entry.isFinal { last[entry.finding.id] = ClosedFinding(entry.finding) }
        return Set(last.values)
    }

    var description: String {
        let columns = (group + values).map { "\($0.name)=\($0.value)" }.joined(separator: " ")
        return "\(rule) \(columns) n=\(count) ends \(window?.end.iso8601 ?? "-") \(id.prefix(8))"
    }
}
