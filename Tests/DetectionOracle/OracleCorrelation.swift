package import Detection

/// Correlations by their definition: for every event of a slot, look at everything in the span that ends with it.
package struct OracleCorrelation {
    /// A member: which records, with which keys.
    package typealias Member = (OracleEvent) -> [[Value]]

    package var rule: String
    package var span: Int64
    package var members: [Member]
    /// Records that have nothing to count or fold take no part.
    package var hasValue: (OracleEvent) -> Bool = { _ in true }
    /// What the finding says of a window that passes; nil for one that does not.
    ///
    /// `seen` holds the members of each event.
    package var judge: (_ window: [OracleEvent], _ seen: [Set<Int>]) -> [String: Value]?

    package init(
        rule: String, span: Int64, members: [Member], hasValue: @escaping (OracleEvent) -> Bool = { _ in true },
        judge: @escaping (_ window: [OracleEvent], _ seen: [Set<Int>]) -> [String: Value]?
    ) {
        self.rule = rule
        self.span = span
        self.members = members
        self.hasValue = hasValue
        self.judge = judge
    }

    package func findings(_ stream: OracleStream) -> [OracleFinding] {
        let groups = stream.groups { event in
            guard hasValue(event) else { return [] }
            var keys: [[Value]] = []
            for key in members.flatMap({ $0(event) }) where !keys.contains(key) { keys.append(key) }
            return keys
        }
        var result: [OracleFinding] = []
        for (key, entries) in groups {
            var done: Set<Int64> = []
            for anchor in entries {
                let slot = OracleNumbers.floor(anchor.time, span)
                if done.contains(slot) { continue }
                let window = entries.filter { $0.time >= anchor.time - span && $0.time <= anchor.time }
                let seen = window.map { entry in Set(members.indices.filter { members[$0](entry.event).contains(key) })
                }
                guard let values = judge(window.map(\.event), seen) else { continue }
                done.insert(slot)
                result.append(
                    OracleFinding(
                        rule: rule, group: key, start: slot * span, end: (slot + 1) * span - 1, values: values,
                        count: window.count, evidence: window.prefix(5).map(\.place)))
            }
        }
        return result
    }

    /// True when one event for each of the members exists, each later than the one before.
    package static func isOrdered(_ seen: [Set<Int>], members: Int) -> Bool {
        func search(_ member: Int, from: Int) -> Bool {
            if member == members { return true }
            return (from..<max(from, seen.count)).contains {
                seen[$0].contains(member) && search(member + 1, from: $0 + 1)
            }
        }
        return search(0, from: 0)
    }
}
