package import Detection

/// Hopping windows with every column monoid: all rows of every window are folded from scratch.
package enum OracleColumns {
    package static func findings(
        _ rule: String, _ stream: OracleStream, length: Int64, hop: Int64, keys: (OracleEvent) -> [[Value]],
        judge: (_ rows: [OracleEvent]) -> [String: Value]?
    ) -> [OracleFinding] {
        stream.groups(keys).flatMap { key, entries in
            var ends: Set<Int64> = []
            for entry in entries {
                let first = OracleNumbers.floor(entry.time - 1, hop) + 1
                let last = OracleNumbers.floor(entry.time + length, hop)
                if first <= last { ends.formUnion((first...last).map { $0 * hop }) }
            }
            return ends.compactMap { end -> OracleFinding? in
                let inside = entries.filter { $0.time >= end - length && $0.time <= end }
                guard let values = judge(inside.map(\.event)) else { return nil }
                return OracleFinding(
                    rule: rule, group: key, start: end - length, end: end, values: values, count: inside.count,
                    evidence: inside.prefix(5).map(\.place))
            }
        }
    }

    /// Every column of the field "n".
    package static func columns(_ rows: [OracleEvent]) -> [String: Value] {
        let numbers = rows.flatMap { $0.numbers("n") }
        let all = rows.flatMap { row -> [Value] in
            switch row.fields["n"] ?? .null {
            case .null: []
            case .bag(let list): list
            case let value: [value]
            }
        }
        let given = rows.map { $0.fields["n"] ?? .null }.filter { $0 != .null }
        let isWhole = numbers.allSatisfy { if case .long = $0 { true } else { false } }
        let sum = OracleNumbers.sum(numbers)
        func least(_ isBefore: (Double, Double) -> Bool) -> Value {
            numbers.min { isBefore(OracleNumbers.double($0), OracleNumbers.double($1)) } ?? .null
        }
        return [
            "rows": .long(Int64(rows.count)), "count": .long(Int64(all.count)),
            "sum": numbers.isEmpty ? .null : isWhole ? .long(Int64(sum)) : .double(sum),
            "average": numbers.isEmpty ? .null : .double(sum / Double(numbers.count)),
            "minimum": least(<), "maximum": least(>), "countDistinct": .long(Int64(Set(all).count)),
            "percentile": numbers.isEmpty ? .null : .double(OracleNumbers.percentile(numbers, 75)),
            "first": given.first ?? .null, "last": given.last ?? .null,
        ]
    }
}
