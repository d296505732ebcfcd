import Detection
import StateStore

/// How many findings a rule has raised in a run.
public struct RuleFindings: Sendable, Hashable {
    /// The rule's title.
    public var title: String
    /// Whether they are only recorded and sent nowhere.
    public var isShadow: Bool
    /// New findings; their updates and closings are not counted.
    public var raised: Int64 = 0
}

extension RunStatus.Snapshot {
    /// Counts a new finding for its rule.
    mutating func count(_ finding: Finding) {
        findings[
            finding.rule.id,
            default: RuleFindings(title: finding.rule.title, isShadow: finding.rule.status == .shadow)
        ].raised += 1
    }

    /// Findings of shadow rules: recorded, sent nowhere.
    public var shadowFindings: Int64 { findings.values.reduce(0) { $0 + ($1.isShadow ? $1.raised : 0) } }
}

extension CommitDraft {
    /// The findings that are new with this commit: created, and not in the journal before.
    func raised(besides receipt: CommitReceipt) -> [Finding] {
        let known = Set(receipt.alreadyJournaled.filter { $0.activity == .create }.map(\.findingID))
        return journal.filter { $0.activity == .create && !known.contains($0.finding.id) }.map(\.finding)
    }
}
