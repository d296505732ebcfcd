public import Detection

/// Which journal entries a sink sends.
public struct FindingFilter: Hashable, Sendable {
    /// Which of the entries of a finding.
    public enum Selection: String, Hashable, Sendable, CaseIterable {
        /// Everything that happens to a finding: opened, changed, closed.
        case all
        /// What should wake somebody: one entry for each alert.
        case alerts
    }

    /// Which of the entries of a finding.
    public var selection: Selection
    /// Least severe rule.
    public var severityMin: RuleMetadata.Severity

    /// Makes a filter; lets everything through.
    public init(_ selection: Selection = .all, severityMin: RuleMetadata.Severity = .informational) {
        self.selection = selection
        self.severityMin = severityMin
    }

    /// Whether an entry is sent.
    public func admits(_ entry: JournalEntry) -> Bool {
        entry.finding.rule.severity.rawValue >= severityMin.rawValue && (selection == .all || entry.isAlert)
    }
}
