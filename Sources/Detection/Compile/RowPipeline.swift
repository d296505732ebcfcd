import Redaction

/// A row of a window: a group's columns, and which groups of the first aggregation it was made of.
struct ResultRow: Sendable {
    var columns: [Value]
    /// Names and values of the group key.
    var group: [ColumnValue]
    /// Numbers of the first-level groups behind the row.
    var origins: [Int]
    /// What the filters that the row passed say about it, for people: made of masked values.
    var reasons: [String]
}

/// The stages behind the aggregation, compiled against the names of the columns that reach them.
struct RowPipeline: Sendable {
    private enum Stage: Sendable {
        case filter(CompiledExpression, ColumnNames)
        /// Columns of the new row; each from the old row or from an expression over the row so far.
        case evaluate([(keep: [Int], CompiledExpression)])
        case project([Int])
        case sort([(CompiledExpression, descending: Bool, nullsFirst: Bool)])
        case limit(Int)
        case fold(keys: [CompiledExpression], ColumnNames, folds: [CompiledFold])
    }

    private var stages: [Stage] = []
    /// The columns at the end.
    private(set) var columns = ColumnNames()
    /// For every column of the first row: the aggregate or the key it comes from.
    private let sources: [Source]

    private enum Source: Sendable {
        case aggregate(Int)
        case key(Int)
    }

    /// Compiles the stages of a rule whose keys and aggregates are as sensitive as stated.
    init(
        _ rule: AggregateRule, keys: [Sensitivity], aggregates: [Sensitivity]
    ) throws(DetectionError) {
        var names: [String] = []
        var sources: [Source] = []
        // Aggregates first, then keys; the later of two equal names wins.
        for (index, aggregate) in rule.aggregates.enumerated() {
            Self.append(aggregate.name, Source.aggregate(index), &names, &sources)
        }
        for (index, key) in rule.keys.enumerated() { Self.append(key.name, Source.key(index), &names, &sources) }
        self.sources = sources
        for (name, source) in zip(names, sources) {
            switch source {
            case .aggregate(let index): columns.append(name, aggregates[index])
            case .key(let index): columns.append(name, keys[index])
            }
        }
        for stage in rule.stages { try add(stage) }
    }

    private static func append<T>(_ name: String, _ item: T, _ names: inout [String], _ items: inout [T]) {
        if let at = names.firstIndex(of: name) {
            names.remove(at: at)
            items.remove(at: at)
        }
        names.append(name)
        items.append(item)
    }

    private mutating func add(_ stage: RowStage) throws(DetectionError) {
        let scope = ExpressionScope(slot: { _ in nil }, columns: columns.names)
        switch stage {
        case .filter(let expression):
            stages.append(.filter(try scope.compile(expression), columns))
        case .evaluate(let list):
            var steps: [(keep: [Int], CompiledExpression)] = []
            for column in list {
                // Later columns see earlier ones; a column that is replaced moves last.
                let compiled = try ExpressionScope(slot: { _ in nil }, columns: columns.names).compile(
                    column.expression)
                let keep = columns.names.indices.filter { columns.names[$0] != column.name }
                steps.append((Array(keep), compiled))
                let sensitivity = sensitivity(of: compiled)
                columns = columns.picking(keep)
                columns.append(column.name, sensitivity)
            }
            stages.append(.evaluate(steps))
        case .keep(let names):
            project(names.compactMap { columns.names.lastIndex(of: $0) })
        case .drop(let names):
            project(columns.names.indices.filter { !names.contains(columns.names[$0]) })
        case .rename(let pairs):
            for (from, to) in pairs where from != to {
                guard let at = columns.names.lastIndex(of: from) else { continue }
                project(columns.names.indices.filter { columns.names[$0] != to })
                let moved = columns.names.lastIndex(of: from) ?? at
                columns.names[moved] = to
            }
        case .sort(let keys):
            var order: [(CompiledExpression, descending: Bool, nullsFirst: Bool)] = []
            for key in keys { order.append((try scope.compile(key.expression), key.descending, key.nullsFirst)) }
            stages.append(.sort(order))
        case .limit(let count): stages.append(.limit(max(0, count)))
        case .fold(let keys, let aggregates):
            var compiled: [CompiledExpression] = []
            for key in keys { compiled.append(try scope.compile(key.expression)) }
            for aggregate in aggregates where aggregate.function == .first || aggregate.function == .last {
                throw DetectionError(
                    .ruleNotRunnable,
                    "column '\(aggregate.name)' wants the first or last of rows, which have no time of their own")
            }
            let folds = try CompiledFold.compile(aggregates, scope)
            let keyColumns = ColumnNames(keys.map(\.name), [compiled.map { sensitivity(of: $0) }])
            var folded = ColumnNames(
                aggregates.map(\.name), [folds.map { $0.sensitivity($0.argument.map { sensitivity(of: $0) } ?? []) }])
            folded.append(contentsOf: keyColumns)
            stages.append(.fold(keys: compiled, keyColumns, folds: folds))
            columns = folded
        }
    }

    private mutating func project(_ places: [Int]) {
        stages.append(.project(places))
        columns = columns.picking(places)
    }

    /// What the value of an expression over the columns so far is.
    private func sensitivity(of expression: CompiledExpression) -> Sensitivity {
        expression.sensitivity(slot: { _ in .always }) { columns.sensitivities[$0] }
    }

    /// True when a second aggregation makes rows of several groups.
    var regroups: Bool { stages.contains { if case .fold = $0 { true } else { false } } }

    /// True when no stage looks at more than one row.
    var isRowLocal: Bool {
        !stages.contains { stage in
            switch stage {
            case .filter, .evaluate, .project, .sort: false
            case .limit, .fold: true
            }
        }
    }

    /// False when the first filter refuses a group's row: a cheap look before the whole row is made.
    func mayPass(key: [Value], aggregates: [Value]) -> Bool {
        guard case .filter(let expression, _)? = stages.first else { return true }
        return expression.evaluate(in: RowContext(columns: firstColumns(key, aggregates))).truth == true
    }

    private func firstColumns(_ key: [Value], _ aggregates: [Value]) -> [Value] {
        sources.map { source in
            switch source {
            case .aggregate(let index): aggregates[index]
            case .key(let index): index < key.count ? key[index] : .null
            }
        }
    }

    /// The first row of a group.
    func row(key: [Value], names: ColumnNames, aggregates: [Value], origin: Int) -> ResultRow {
        ResultRow(
            columns: firstColumns(key, aggregates), group: names.columns(key), origins: [origin], reasons: [])
    }

    /// Runs the rows of one window through the stages.
    ///
    /// Rows come in the order of their group keys; what has no order of its own keeps it, so equal input gives equal
    /// output.
    func run(_ rows: [ResultRow], _ scene: DecisionScene) -> [ResultRow] {
        var rows = rows
        for stage in stages {
            switch stage {
            case .filter(let expression, let columns):
                rows = rows.compactMap { row in
                    let context = RowContext(columns: row.columns)
                    guard expression.evaluate(in: context).truth == true else { return nil }
                    var passed = row
                    ReasonText.collect(expression, context, columns, scene.masking, into: &passed.reasons)
                    return passed
                }
            case .evaluate(let steps):
                for index in rows.indices {
                    for (keep, expression) in steps {
                        let columns = rows[index].columns
                        let value = expression.evaluate(in: RowContext(columns: columns))
                        rows[index].columns = keep.map { columns[$0] } + [value]
                    }
                }
            case .project(let columns):
                for index in rows.indices {
                    rows[index].columns = columns.map { [old = rows[index].columns] in old[$0] }
                }
            case .sort(let keys): Self.sort(&rows, keys)
            case .limit(let count): rows = Array(rows.prefix(count))
            case .fold(let keys, let names, let folds): rows = Self.fold(rows, keys, names, folds, scene.limits)
            }
        }
        return rows
    }

    private static func sort(
        _ rows: inout [ResultRow], _ keys: [(CompiledExpression, descending: Bool, nullsFirst: Bool)]
    ) {
        let decorated = rows.enumerated().map { offset, row in
            let context = RowContext(columns: row.columns)
            return (
                offset: offset,
                values: keys.map { key -> Value in
                    // Several values sort by their smallest ascending, by their largest descending.
                    let members = key.0.evaluate(in: context).members.sorted { Value.totalOrder($0, $1) < 0 }
                    return (key.descending ? members.last : members.first) ?? .null
                }
            )
        }
        let sorted = decorated.sorted { a, b in
            for (index, key) in keys.enumerated() {
                let (x, y) = (a.values[index], b.values[index])
                if x == .null || y == .null {
                    if x == .null && y == .null { continue }
                    return (x == .null) == key.nullsFirst
                }
                let order = Value.totalOrder(x, y)
                if order != 0 { return (order < 0) != key.descending }
            }
            return a.offset < b.offset
        }
        rows = sorted.map { rows[$0.offset] }
    }

    private static func fold(
        _ rows: [ResultRow], _ keys: [CompiledExpression], _ names: ColumnNames, _ folds: [CompiledFold],
        _ limits: FoldLimits
    ) -> [ResultRow] {
        var groups: [[UInt8]: Int] = [:]
        var results: [(key: [UInt8], values: [Value], accumulators: [Accumulator], origins: [Int], reasons: [String])] =
            []
        var scratch = ByteWriter()
        func add(_ row: ResultRow?, _ key: [Value]) {
            var writer = ByteWriter()
            for value in key { writer.value(value) }
            let at = groups[writer.bytes] ?? results.count
            if at == results.count {
                groups[writer.bytes] = at
                results.append((writer.bytes, key, folds.map { Accumulator($0.function) }, [], []))
            }
            guard let row else { return }
            let context = RowContext(columns: row.columns)
            for (index, fold) in folds.enumerated() {
                fold.fold(context, into: &results[at].accumulators[index], bounds: limits, scratch: &scratch)
            }
            results[at].origins += row.origins
            if results[at].reasons.isEmpty { results[at].reasons = row.reasons }
        }
        // Without keys there is always one row, also of nothing.
        if keys.isEmpty { add(nil, []) }
        for row in rows {
            let context = RowContext(columns: row.columns)
            for key in GroupKey.combinations(keys.map { $0.evaluate(in: context) }) { add(row, key) }
        }
        return results.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { result in
            let values = zip(folds, result.accumulators).map { $0.result($1, limits) }
            return ResultRow(
                columns: values + result.values,
                group: names.columns(result.values),
                origins: Array(Set(result.origins)).sorted(), reasons: [])
        }
    }
}

/// The group keys that a row falls into.
enum GroupKey {
    /// Every combination of the members of the keys' bags; a null is a member of its own, equal members count once.
    static func combinations(_ keys: [Value]) -> [[Value]] {
        // Nearly always each key has one value.
        if !keys.contains(where: { if case .bag = $0 { true } else { false } }) { return [keys.map(\.canonical)] }
        var result: [[Value]] = [[]]
        for key in keys {
            var members: [Value] = []
            for member in key.members.map(\.canonical) where !members.contains(member) { members.append(member) }
            if members.isEmpty { members = [.null] }
            // A record with many bags must not multiply without bound.
            guard result.count * members.count <= 1_024 else { return Array(result.prefix(1_024)) }
            result = result.flatMap { prefix in members.map { prefix + [$0] } }
        }
        return result
    }

    /// The combinations of keys that have a value each; none when one is null.
    static func complete(_ keys: [Value], ignoringCase: Bool = false) -> [[Value]] {
        guard !keys.contains(.null) else { return [] }
        return combinations(ignoringCase ? keys.map(\.folded) : keys)
    }
}
