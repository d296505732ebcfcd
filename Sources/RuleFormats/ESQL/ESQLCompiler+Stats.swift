import Detection

/// STATS: keys, aggregates, and columns computed from several aggregates.
extension ESQLCompiler {
    /// A compiled STATS.
    struct Fold {
        var keys: [NamedExpression]
        var aggregates: [Aggregate]
        /// What computes the columns that are not plain aggregates.
        var stages: [RowStage]
        /// Columns of the result: aggregates, then keys.
        var columns: [RowColumn]
    }

    mutating func compileStats(
        aggregates: [ESQLAggregate], keys: [ESQLAssignment], input: Place
    ) throws(ESQLError) -> Fold {
        var compiledKeys: [NamedExpression] = []
        foldKeys = []
        hiddenAggregates = []
        foldInput = input
        for key in keys {
            let value = try compile(key.expression, in: input)
            compiledKeys.removeAll { $0.name == key.name }
            foldKeys.removeAll { $0.name == key.name }
            compiledKeys.append(NamedExpression(name: key.name, expression: value.expression))
            foldKeys.append(RowColumn(name: key.name, type: value.type))
        }
        var plain: [Aggregate] = []
        var computed: [NamedExpression] = []
        var visible: [RowColumn] = []
        for aggregate in aggregates {
            // The later of two equal names wins; keys come last.
            plain.removeAll { $0.name == aggregate.name }
            computed.removeAll { $0.name == aggregate.name }
            visible.removeAll { $0.name == aggregate.name }
            guard !compiledKeys.contains(where: { $0.name == aggregate.name }) else {
                note(
                    .lint, at: aggregate.range.lowerBound,
                    "\"\(aggregate.name)\" is also a key of BY, which replaces this column")
                continue
            }
            let filter = try aggregate.filter.map { expression throws(ESQLError) in
                let value = try compile(expression, in: input)
                try requireBoolean(value, at: expression.range.lowerBound, "WHERE")
                return value.expression
            }
            if case .call(let name, let arguments) = aggregate.expression.kind, Self.isAggregate(name) {
                let (function, argument, type) = try compileAggregate(
                    name, arguments, at: aggregate.expression.range.lowerBound)
                plain.append(
                    Aggregate(name: aggregate.name, function: function, argument: argument, filter: filter))
                visible.append(RowColumn(name: aggregate.name, type: type))
            } else {
                let (value, type) = try compileComputed(aggregate, filter: filter)
                computed.append(value)
                visible.append(RowColumn(name: aggregate.name, type: type))
            }
        }
        var stages: [RowStage] = []
        let columns = visible + foldKeys
        if !computed.isEmpty { stages = [.evaluate(computed), .keep(columns.map(\.name))] }
        return Fold(
            keys: compiledKeys, aggregates: plain + hiddenAggregates, stages: stages, columns: columns)
    }

    /// A column such as `MAX(a) - MIN(a)`: its aggregates are folded as hidden columns.
    private mutating func compileComputed(
        _ aggregate: ESQLAggregate, filter: Expression?
    ) throws(ESQLError) -> (NamedExpression, ColumnType) {
        let first = hiddenAggregates.count
        let value = try compile(aggregate.expression, in: .folded)
        for index in hiddenAggregates.indices where index >= first { hiddenAggregates[index].filter = filter }
        guard hiddenAggregates.count > first else {
            throw ESQLError(
                .invalid, at: aggregate.expression.range.lowerBound,
                "\"\(aggregate.name)\" in STATS is not an aggregate such as COUNT(*) or MAX(column)")
        }
        return (NamedExpression(name: aggregate.name, expression: value.expression), value.type)
    }

    /// Whether a function is an aggregate that can be run.
    static func isAggregate(_ name: String) -> Bool { aggregateNames.contains(name) }

    static let aggregateNames: [String] = ["AVG", "COUNT", "COUNT_DISTINCT", "MAX", "MIN", "SUM", "VALUES"]

    /// Aggregates of the language that are not run.
    static let otherAggregates: Set<String> = [
        "ABSENT", "FIRST", "LAST", "MEDIAN", "MEDIAN_ABSOLUTE_DEVIATION", "PERCENTILE", "PRESENT", "SAMPLE",
        "ST_CENTROID_AGG", "ST_EXTENT_AGG", "STD_DEV", "TOP", "VARIANCE", "WEIGHTED_AVG",
    ]

    /// The argument of a minimum or maximum.
    ///
    /// What is declared as text is compared as text, also where it reads as a number.
    private static func comparable(_ value: TypedExpression) -> Expression {
        guard value.type == .keyword else { return value.expression }
        if case .call(.toString, _) = value.expression { return value.expression }
        return .call(.toString, [value.expression])
    }

    /// An aggregate inside an expression of STATS: folded as a hidden column, read back by its name.
    mutating func hiddenAggregate(
        _ name: String, _ arguments: [ESQLExpression], at offset: Int
    ) throws(ESQLError) -> TypedExpression {
        let (function, argument, type) = try compileAggregate(name, arguments, at: offset)
        let hidden = "$\(hiddenAggregates.count + 1)"
        hiddenAggregates.append(Aggregate(name: hidden, function: function, argument: argument))
        return TypedExpression(expression: .column(hidden), type: type)
    }

    private mutating func compileAggregate(
        _ name: String, _ arguments: [ESQLExpression], at offset: Int
    ) throws(ESQLError) -> (AggregateFunction, Expression?, ColumnType) {
        if name == "COUNT" {
            guard arguments.count <= 1 else { throw ESQLError(.invalid, at: offset, "COUNT takes one argument") }
            guard let argument = arguments.first, argument.kind != .star else { return (.countRows, nil, .long) }
            let value = try compile(argument, in: foldInput)
            return (.count, value.expression, .long)
        }
        guard let argument = arguments.first, arguments.count == 1 || name == "COUNT_DISTINCT" && arguments.count == 2
        else { throw ESQLError(.invalid, at: offset, "\(name) takes one argument, not \(arguments.count)") }
        guard argument.kind != .star else {
            throw ESQLError(.invalid, at: argument.range.lowerBound, "\(name)(*) does not exist; only COUNT(*)")
        }
        if arguments.count == 2 {
            // The precision of the approximate count: ours is exact.
            guard case .integer = arguments[1].kind else {
                throw ESQLError(.invalid, at: arguments[1].range.lowerBound, "the precision must be an integer")
            }
        }
        let value = try compile(argument, in: foldInput)
        switch name {
        case "COUNT_DISTINCT": return (.countDistinct, value.expression, .long)
        case "VALUES": return (.values, value.expression, value.type)
        case "MIN": return (.minimum, Self.comparable(value), value.type)
        case "MAX": return (.maximum, Self.comparable(value), value.type)
        default:
            guard value.type.isNumeric || value.type == .unknown || value.type == .null else {
                throw ESQLError(
                    .invalid, at: argument.range.lowerBound, "\(name) needs a number, not \(value.type.rawValue)")
            }
            return name == "SUM" ? (.sum, value.expression, value.type) : (.average, value.expression, .double)
        }
    }
}
