import Redaction

/// A column of a decided row as the engine knows it: the value itself, and what must be known before it is shown.
///
/// Findings hold ``NamedValue``s, and a masking is the only thing that makes one of these into one of those.
struct ColumnValue: Sendable {
    var name: String
    var value: Value
    var sensitivity: Sensitivity = []
}

/// Names of columns, and what their values are.
struct ColumnNames: Sendable {
    var names: [String] = []
    var sensitivities: [Sensitivity] = []

    init() {}

    /// Names of columns that several lists of expressions fill: each column is what any of them is.
    init(_ names: [String], _ lists: [[Sensitivity]]) {
        self.names = names
        sensitivities = names.indices.map { at in
            lists.reduce(into: []) { if $1.indices.contains(at) { $0.formUnion($1[at]) } }
        }
    }

    /// The columns with these values.
    func columns(_ values: [Value]) -> [ColumnValue] {
        zip(names.indices, values).map { ColumnValue(name: names[$0], value: $1, sensitivity: sensitivities[$0]) }
    }

    /// The columns at these places.
    func picking(_ places: [Int]) -> ColumnNames {
        var picked = ColumnNames()
        for place in places { picked.append(names[place], sensitivities[place]) }
        return picked
    }

    mutating func append(_ name: String, _ sensitivity: Sensitivity) {
        names.append(name)
        sensitivities.append(sensitivity)
    }

    mutating func append(contentsOf other: ColumnNames) {
        names += other.names
        sensitivities += other.sensitivities
    }
}

extension Masking {
    /// A value that may be shown: masked, or with the secrets inside its texts hidden.
    func value(_ value: Value, _ sensitivity: Sensitivity) -> Value {
        switch value {
        case .null: return .null
        case .bag(let members): return .bag(members.map { self.value($0, sensitivity) })
        case .string(let text): return .string(self.text(text, sensitivity))
        case .boolean, .long, .double, .datetime:
            guard hides(sensitivity), let text = value.text else { return value }
            return .string(self.text(text, sensitivity))
        }
    }

    /// A column that may be shown.
    func shown(_ column: ColumnValue) -> NamedValue {
        NamedValue(name: column.name, value: value(column.value, column.sensitivity))
    }

    /// Columns that may be shown.
    func shown(_ columns: [ColumnValue]) -> [NamedValue] { columns.map { shown($0) } }
}

extension CompiledExpression {
    /// What the expression's value is, from what the fields and columns are that it is made of.
    ///
    /// Truth values and lengths tell nothing of the text they were made from; everything else is as sensitive as the
    /// most sensitive part that can reach it.
    func sensitivity(slot: (Int) -> Sensitivity, column: (Int) -> Sensitivity) -> Sensitivity {
        func of(_ part: CompiledExpression) -> Sensitivity { part.sensitivity(slot: slot, column: column) }
        switch self {
        case .literal, .compare, .and, .or, .not, .isNull, .isIn, .like, .matches: return []
        case .slot(let number): return slot(number)
        case .column(let number): return column(number)
        case .arithmetic(_, let a, let b): return of(a).union(of(b))
        case .negate(let a): return of(a)
        case .call(.length, _), .call(.startsWith, _), .call(.endsWith, _): return []
        case .call(.case, let arguments):
            // Conditions choose; only what is chosen can come out. The last of an odd number is the default.
            let chosen = arguments.indices.filter { $0 % 2 == 1 || $0 == arguments.count - 1 }
            return chosen.reduce(into: []) { $0.formUnion(of(arguments[$1])) }
        case .call(_, let arguments): return arguments.reduce(into: []) { $0.formUnion(of($1)) }
        }
    }
}

extension CompiledFold {
    /// What the column's values are, for an argument that is this: counts tell nothing of what was counted.
    func sensitivity(_ argument: Sensitivity) -> Sensitivity {
        switch function {
        case .countRows, .count, .countDistinct: []
        case .sum, .average, .minimum, .maximum, .values, .percentile, .first, .last: argument
        }
    }
}
