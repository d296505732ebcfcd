import DiagnosticLogs

@testable import Detection

/// What tests compare of a closed finding.
struct ClosedFinding: Hashable, CustomStringConvertible {
    var rule: String
    var group: [NamedValue]
    var end: Int64
    var values: [NamedValue]
    var count: Int64
    var evidence: [RecordPosition]

    init(rule: String, group: [NamedValue], end: Int64, values: [NamedValue], count: Int64, evidence: [RecordPosition])
    {
        self.rule = rule
        self.group = group
        self.end = end
        self.values = values
        self.count = count
        self.evidence = evidence
    }

    init(_ finding: Finding) {
        self.init(
            rule: finding.rule.id, group: finding.group, end: finding.window?.end.nanoseconds ?? 0,
            values: finding.values, count: finding.count, evidence: finding.evidence.map(\.position))
    }

    var description: String {
        let columns = (group + values).map { "\($0.name)=\($0.value.display)" }.joined(separator: " ")
        return "\(rule) @\((end / 1_000_000_000 - ModelStream.start / 1_000)) \(columns) n=\(count) \(evidence)"
    }
}

/// Judges all events at once, window by window, with sorted arrays and plain loops: the meaning that the engine must
/// have, written without panes, partials or merging.
struct BatchOracle {
    private struct Row {
        var values: [String: Value]
        var time: Int64
        var position: RecordPosition
    }

    let stream: ModelStream

    func findings(_ rule: Rule) -> Set<ClosedFinding> {
        switch rule.body {
        case .match: return matches(rule)
        case .aggregate(let aggregate):
            guard rule.scope == .partition else { return windows(rule, aggregate, rows(rule), partition: nil) }
            var all: Set<ClosedFinding> = []
            for partition in stream.events.indices {
                let own = rows(rule).filter { $0.position.partition == partition }
                all.formUnion(windows(rule, aggregate, own, partition: partition))
            }
            return all
        case .correlation, .sequence, .newTerm, .absence: return []
        }
    }

    private func rows(_ rule: Rule) -> [Row] {
        var rows: [Row] = []
        for event in stream.events.joined() {
            for (index, record) in event.records.enumerated() {
                let isDelete = rule.metadata.id == "match"
                let wanted = isDelete ? "delete" : "listkey"
                guard record.operation.lowercased() == wanted, !isDelete || record.category == "Audit" else { continue }
                rows.append(
                    Row(
                        values: ["user": record.user, "n": record.number, "category": .string(record.category)],
                        time: (rule.clock == .event ? record.eventTime : event.enqueued) * 1_000_000,
                        position: RecordPosition(partition: event.partition, sequence: event.sequence, index: index)))
            }
        }
        return rows.sorted { ($0.time, $0.position) < ($1.time, $1.position) }
    }

    private func matches(_ rule: Rule) -> Set<ClosedFinding> {
        Set(
            rows(rule).map {
                ClosedFinding(rule: rule.metadata.id, group: [], end: 0, values: [], count: 1, evidence: [$0.position])
            })
    }

    private func windows(
        _ rule: Rule, _ aggregate: AggregateRule, _ rows: [Row], partition: Int?
    ) -> Set<ClosedFinding> {
        let hop = aggregate.window.hop.components.seconds * 1_000_000_000
        let length = aggregate.window.length.components.seconds * 1_000_000_000
        let first = stream.events.joined().map(\.enqueued).min() ?? 0
        let last = stream.events.joined().map(\.enqueued).max() ?? 0
        var result: Set<ClosedFinding> = []
        var end = (first * 1_000_000 / hop - 10) * hop
        // As far as the test's last idle notice reaches.
        while end < (last + 400_000) * 1_000_000 - (rule.clock == .event ? 20_000_000_000 : 0) {
            let inside = rows.filter { $0.time >= end - length && $0.time <= end }
            if !inside.isEmpty || (aggregate.keys.isEmpty && end >= first * 1_000_000) {
                result.formUnion(window(rule, aggregate, inside, end, partition))
            }
            end += hop
        }
        return result
    }

    private func window(
        _ rule: Rule, _ aggregate: AggregateRule, _ rows: [Row], _ end: Int64, _ partition: Int?
    ) -> [ClosedFinding] {
        var groups: [(key: [Value], rows: [Row])] = aggregate.keys.isEmpty ? [([], [])] : []
        for row in rows {
            for key in keys(aggregate, row) {
                if let at = groups.firstIndex(where: { $0.key == key }) {
                    groups[at].rows.append(row)
                } else {
                    groups.append((key, [row]))
                }
            }
        }
        let prefix = partition.map { [NamedValue(name: "partition", value: .long(Int64($0)))] } ?? []
        var results = groups.map { key, rows in
            ClosedFinding(
                rule: rule.metadata.id,
                group: prefix + key.enumerated().map { NamedValue(name: "key\($0)", value: $1) }, end: end,
                values: aggregate.aggregates.map { NamedValue(name: $0.name, value: fold($0.function, rows)) },
                count: Int64(rows.count), evidence: rows.prefix(5).map(\.position))
        }
        switch rule.metadata.id {
        case "two levels": results = secondLevel(results, groups.map(\.rows), end)
        case "top": results = top(results, groups)
        default: results = results.filter { passes(rule.metadata.id, $0) }
        }
        return results
    }

    private func keys(_ aggregate: AggregateRule, _ row: Row) -> [[Value]] {
        var keys: [[Value]] = [[]]
        for key in aggregate.keys {
            guard case .field(let field) = key.expression else { continue }
            let value = field == ModelRules.user ? row.values["user"] : row.values["category"]
            var members: [Value] = []
            if case .bag(let list)? = value { for item in list where !members.contains(item) { members.append(item) } }
            if members.isEmpty { members = [value ?? .null] }
            keys = keys.flatMap { prefix in members.map { prefix + [$0] } }
        }
        return keys
    }

    private func fold(_ function: AggregateFunction, _ rows: [Row]) -> Value {
        if function == .countRows { return .long(Int64(rows.count)) }
        var values: [Value] = []
        for row in rows {
            switch row.values["n"] {
            case .bag(let list)?: values += list
            case .null?, nil: break
            case let value?: values.append(value)
            }
        }
        let numbers = values.map { value in
            if case .string(let text) = value { Value.long(Int64(text) ?? 0) } else { value }
        }
        let doubles = numbers.map { value -> Double in
            if case .long(let number) = value { return Double(number) }
            if case .double(let number) = value { return number }
            return 0
        }
        switch function {
        case .countRows: return .null
        case .count: return .long(Int64(values.count))
        case .sum:
            if numbers.isEmpty { return .null }
            let whole = numbers.compactMap { if case .long(let number) = $0 { number } else { nil } }
            if whole.count == numbers.count { return .long(whole.reduce(0, +)) }
            return .double(Self.exactSum(doubles))
        case .average: return numbers.isEmpty ? .null : .double(Self.exactSum(doubles) / Double(numbers.count))
        case .minimum: return zip(doubles, numbers).min { $0.0 < $1.0 }?.1 ?? .null
        case .maximum: return zip(doubles, numbers).max { $0.0 < $1.0 }?.1 ?? .null
        case .countDistinct: return .long(Int64(Set(values).count))
        case .values: return Value(members: Set(values).sorted { Value.totalOrder($0, $1) < 0 })
        case .percentile, .first, .last: return .null
        }
    }

    /// The test's doubles are multiples of 0.1 and sums of few: scaled by 2^60 they are exact in wide integers.
    private static func exactSum(_ values: [Double]) -> Double {
        var total: Int128 = 0
        for value in values { total += Int128(value * 1_152_921_504_606_846_976.0) }
        let magnitude = total.magnitude
        // Correct rounding by hand: keep 64 bits, the last one sticky.
        let width = 128 - magnitude.leadingZeroBitCount
        guard width > 64 else { return Double(total) / 1_152_921_504_606_846_976.0 }
        let shift = width - 64
        var kept = UInt64(truncatingIfNeeded: magnitude >> UInt128(shift))
        if magnitude & ((1 << UInt128(shift)) - 1) != 0 { kept |= 1 }
        let rounded = Double(kept) * Double(sign: .plus, exponent: shift - 60, significand: 1)
        return total < 0 ? -rounded : rounded
    }

    private func passes(_ rule: String, _ finding: ClosedFinding) -> Bool {
        func number(_ name: String) -> Double {
            switch finding.values.first(where: { $0.name == name })?.value {
            case .long(let value)?: Double(value)
            case .double(let value)?: value
            default: -.infinity
            }
        }
        switch rule {
        case "count": return number("count") >= 4
        case "every column": return number("count") > 1
        case "either": return number("count") >= 6 || number("maximum") >= 10_000
        case "few": return number("count") < 3
        case "silence": return number("count") < 2
        case "event time", "per partition": return number("count") >= 3
        default: return false
        }
    }

    private func top(_ results: [ClosedFinding], _ groups: [(key: [Value], rows: [Row])]) -> [ClosedFinding] {
        // Ties go to the group whose encoded key is lowest.
        let order = groups.indices.sorted { a, b in
            if groups[a].rows.count != groups[b].rows.count { return groups[a].rows.count > groups[b].rows.count }
            return encoded(groups[a].key).lexicographicallyPrecedes(encoded(groups[b].key))
        }
        return order.first.map { [results[$0]] } ?? []
    }

    private func encoded(_ key: [Value]) -> [UInt8] {
        var writer = ByteWriter()
        for value in key { writer.value(value) }
        return writer.bytes
    }

    private func secondLevel(_ first: [ClosedFinding], _ rows: [[Row]], _ end: Int64) -> [ClosedFinding] {
        var users: [(user: Value, members: [Int])] = []
        for (number, finding) in first.enumerated() where finding.count >= 2 {
            let user = finding.group[0].value
            if let at = users.firstIndex(where: { $0.user == user }) {
                users[at].members.append(number)
            } else {
                users.append((user, [number]))
            }
        }
        return users.compactMap { user, members in
            let kinds = Set(members.map { first[$0].group[1].value })
            guard kinds.count >= 2 else { return nil }
            let all = members.flatMap { rows[$0] }.sorted { ($0.time, $0.position) < ($1.time, $1.position) }
            return ClosedFinding(
                rule: "two levels", group: [NamedValue(name: "who", value: user)], end: end,
                values: [
                    NamedValue(name: "total", value: .long(Int64(all.count))),
                    NamedValue(name: "kinds", value: .long(Int64(kinds.count))),
                ], count: Int64(all.count), evidence: all.prefix(5).map(\.position))
        }
    }
}
