internal import DiagnosticLogs

/// A group of a rule that has something journaled.
struct LedgerName: Hashable, Sendable {
    var rule: Int
    var group: StableHash
}

/// What changed since the last commit.
struct PendingCommit: Sendable {
    private struct PaneName: Hashable {
        var rule: Int
        var pane: Int64
        var group: StableHash
    }

    /// Partials of one partition that were accepted since the last commit.
    private struct Panes {
        var list: [PanePartial] = []
        var places: [PaneName: Int] = [:]
    }

    var positions: [Int: PartitionPosition] = [:]
    var deadLetters: [DeadLetterRecord] = []
    var journal: [JournalEntry] = []
    var hasAlert = false
    /// Rules that closed windows.
    var closed: Set<Int> = []
    /// Groups whose ledger changed.
    var ledgers: Set<LedgerName> = []
    var activations: [(rule: Int, partition: Int, sequence: Int64)] = []
    private var panes: [Int: Panes] = [:]
    private var counts: [OperationalNotice.Kind: [Int: Int64]] = [:]

    /// True when a commit would change nothing.
    var isEmpty: Bool {
        positions.isEmpty && deadLetters.isEmpty && journal.isEmpty && closed.isEmpty && ledgers.isEmpty
            && activations.isEmpty && panes.isEmpty && counts.isEmpty
    }

    /// Counts something that an operator should hear about.
    mutating func count(_ kind: OperationalNotice.Kind, rule: Int, _ number: Int64) {
        counts[kind, default: [:]][rule, default: 0] &+= number
    }

    /// Adds an accepted pane; panes of the same group and number merge, so that a commit grows with what changed and
    /// not with how often.
    mutating func add(_ pane: PanePartial, partition: Int, limits: FoldLimits) {
        let name = PaneName(rule: pane.rule, pane: pane.pane, group: pane.group)
        if let at = panes[partition]?.places[name] {
            panes[partition]?.list[at].partial.merge(pane.partial, limits: limits)
        } else {
            panes[partition, default: Panes()].places[name] = panes[partition]?.list.count ?? 0
            panes[partition]?.list.append(pane)
        }
    }

    /// Accepted panes by partition.
    var panesByPartition: [(partition: Int, panes: [PanePartial])] {
        panes.sorted { $0.key < $1.key }.map { ($0.key, $0.value.list) }
    }

    /// What was counted, in a fixed order.
    func notices(_ rules: CompiledRules) -> [OperationalNotice] {
        counts.sorted { $0.key.rawValue < $1.key.rawValue }.flatMap { kind, byRule in
            byRule.sorted { $0.key < $1.key }.map { rule, count in
                OperationalNotice(kind: kind, ruleID: rules.rules[rule].metadata.id, count: count)
            }
        }
    }
}
