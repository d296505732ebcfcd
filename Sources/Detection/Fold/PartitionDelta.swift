internal import DiagnosticLogs

/// What one partition's fold produced since the delta before: frozen, and free to cross threads.
public struct PartitionDelta: Sendable {
    /// Partition number; negative for a pseudo-partition, which has no part in the watermark.
    public let partition: Int
    /// How far the partition is folded now; nil when neither a message nor an idle notice came yet.
    public let position: PartitionPosition?
    /// Findings of match rules.
    public let matches: [Finding]
    /// What could not be used.
    public let deadLetters: [DeadLetterRecord]
    /// What was counted.
    public let counters: FoldCounters
    /// What was counted per rule; rules that saw nothing are left out.
    public let ruleCounts: [RuleCount]

    /// Partials, in the order in which they were begun.
    let panes: [PanePartial]
}

/// A partial and whose it is.
struct PanePartial: Sendable {
    /// Number of the rule in its ``CompiledRules``.
    var rule: Int
    var group: StableHash
    /// The group key, encoded.
    var key: [UInt8]
    var pane: Int64
    var partial: Partial
}

extension PartitionDelta {
    /// The state part of the delta in the stored form: position, watermark and partials.
    ///
    /// Findings and dead letters have their own tables in a commit and are no part of it.
    public func encoded(rules: CompiledRules, limits: FoldLimits = FoldLimits()) -> [UInt8] {
        var change = StateChange()
        change.positions = position.map { [(partition, $0)] } ?? []
        for pane in panes { change.add(pane, fingerprint: rules.fingerprints[pane.rule]) }
        return change.encoded(limits: limits)
    }
}
