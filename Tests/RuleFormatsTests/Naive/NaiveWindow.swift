import Detection
import DiagnosticLogs

/// A result row: columns in order.
typealias NaiveRow = [(name: String, value: Value)]

/// Runs a compiled aggregate rule as a batch: all records in, rows of one window out.
enum NaiveWindow {
    static func rows(_ rule: Rule, _ records: [NaiveRecord]) -> [NaiveRow] {
        guard case .aggregate(let body) = rule.body else { return [] }
        let input = records.filter { $0.satisfies(rule.condition) }.map { record in
            { (expression: Expression) in record.value(of: expression) }
        }
        return run(body.stages, on: fold(body.keys, body.aggregates, input))
    }

    private static func fold(
        _ keys: [NamedExpression], _ aggregates: [Aggregate], _ rows: [(Expression) -> Value]
    ) -> [NaiveRow] {
        var groups: [[Value]: [(Expression) -> Value]] = keys.isEmpty ? [[]: []] : [:]
        var order: [[Value]] = keys.isEmpty ? [[]] : []
        for row in rows {
            let key = keys.map { row($0.expression) }
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(row)
        }
        return order.map { key in
            let members = groups[key] ?? []
            return aggregates.map { ($0.name, aggregate($0, members)) } + zip(keys, key).map { ($0.name, $1) }
        }
    }

    private static func aggregate(_ aggregate: Aggregate, _ rows: [(Expression) -> Value]) -> Value {
        let rows = rows.filter { row in aggregate.filter.map { row($0) == .boolean(true) } ?? true }
        if aggregate.function == .countRows { return .long(Int64(rows.count)) }
        guard let argument = aggregate.argument else { return .null }
        let values = rows.flatMap { row -> [Value] in
            switch row(argument) {
            case .null: []
            case .bag(let items): items
            case let value: [value]
            }
        }
        switch aggregate.function {
        case .countRows, .count: return .long(Int64(values.count))
        case .countDistinct: return .long(Int64(Set(values).count))
        case .values:
            let set = Array(Set(values)).sorted { "\($0)" < "\($1)" }
            return set.isEmpty ? .null : set.count == 1 ? set[0] : .bag(set)
        case .minimum:
            return values.min { (NaiveExpression.double($0) ?? 0) < (NaiveExpression.double($1) ?? 0) } ?? .null
        case .maximum:
            return values.max { (NaiveExpression.double($0) ?? 0) < (NaiveExpression.double($1) ?? 0) } ?? .null
        case .sum, .average:
            let numbers = values.compactMap { NaiveExpression.double($0) }
            guard !numbers.isEmpty else { return .null }
            let sum = numbers.reduce(0, +)
            if aggregate.function == .average { return .double(sum / Double(numbers.count)) }
            return values.allSatisfy { if case .long = $0 { true } else { false } } ? .long(Int64(sum)) : .double(sum)
        case .percentile, .first, .last: return .null
        }
    }

    private static func run(_ stages: [RowStage], on rows: [NaiveRow]) -> [NaiveRow] {
        stages.reduce(rows) { rows, stage in
            switch stage {
            case .filter(let expression): rows.filter { read($0)(expression) == .boolean(true) }
            case .evaluate(let columns):
                rows.map { row in
                    columns.reduce(row) { row, column in
                        row.filter { $0.name != column.name } + [(column.name, read(row)(column.expression))]
                    }
                }
            case .keep(let names): rows.map { row in names.compactMap { name in row.first { $0.name == name } } }
            case .drop(let names): rows.map { row in row.filter { !names.contains($0.name) } }
            case .rename(let pairs):
                rows.map { row in
                    row.map { column in
                        (pairs.first { $0.from == column.name }?.to ?? column.name, column.value)
                    }
                }
            case .sort(let keys): rows.sorted { precedes($0, $1, keys) }
            case .limit(let count): Array(rows.prefix(count))
            case .fold(let keys, let aggregates): fold(keys, aggregates, rows.map { read($0) })
            }
        }
    }

    private static func read(_ row: NaiveRow) -> (Expression) -> Value {
        { expression in
            NaiveExpression.value(of: expression) { leaf in
                guard case .column(let name) = leaf else { return .null }
                return row.first { $0.name == name }?.value ?? .null
            }
        }
    }

    private static func precedes(_ a: NaiveRow, _ b: NaiveRow, _ keys: [SortKey]) -> Bool {
        for key in keys {
            let (x, y) = (read(a)(key.expression), read(b)(key.expression))
            if x == y { continue }
            if x == .null { return key.nullsFirst }
            if y == .null { return !key.nullsFirst }
            if case .string(let s) = x, case .string(let t) = y { return key.descending ? s > t : s < t }
            let (p, q) = (NaiveExpression.double(x) ?? 0, NaiveExpression.double(y) ?? 0)
            if p != q { return key.descending ? p > q : p < q }
        }
        return false
    }
}
