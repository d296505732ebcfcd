/// What a rule holds at one moment.
public struct RuleLoad: Hashable, Sendable {
    /// Id of the rule.
    public var ruleID: String
    /// Groups that it watches.
    public var groups: Int
    /// Windows that have begun and are not over, those without records among them.
    public var openWindows: Int64
}

extension Merger {
    /// What every rule holds, in the order of the rules.
    ///
    /// **Cost**: per rule, whatever the number of groups: it is asked for while records are judged.
    public var ruleLoads: [RuleLoad] {
        states.indices.map { rule in
            RuleLoad(
                ruleID: rules.rules[rule].metadata.id, groups: states[rule].groups.count,
                openWindows: openWindows(of: rule))
        }
    }

    private func openWindows(of rule: Int) -> Int64 {
        let state = states[rule]
        guard let body = rules.bodies[rule].grouped, !state.groups.isEmpty, let panes = state.paneSpan else { return 0 }
        let last = body.ownSlots(of: panes.upperBound).last
        let begun = body.ownSlots(of: panes.lowerBound).first
        let first = state.closedThrough.map { max(begun, $0 + body.hop) } ?? begun
        return last < first ? 0 : (last - first) / max(1, body.hop) + 1
    }
}
