internal import DiagnosticLogs

/// One folded column, compiled.
struct CompiledFold: Sendable {
    var function: AggregateFunction
    var argument: CompiledExpression?
    var filter: CompiledExpression?

    /// True when the argument is a text by its making (`TO_STRING` and the like), which is never taken for a number.
    var isText: Bool {
        guard case .call(let function, _)? = argument else { return false }
        return switch function {
        case .toString, .toLower, .toUpper, .concat: true
        case .length, .coalesce, .case, .startsWith, .endsWith, .toLong, .toDouble, .dateTruncate, .round, .absolute:
            false
        }
    }
}

/// The body of an aggregate rule, compiled.
struct CompiledAggregate: Sendable {
    let axis: PaneAxis
    let keyNames: [String]
    let keys: [CompiledExpression]
    let folds: [CompiledFold]
    let pipeline: RowPipeline
    /// Nanoseconds; zero on the enqueued clock, where nothing can be late.
    let lateness: Int64
    /// Nanoseconds; the window length when the rule gives none.
    let suppression: Int64
    /// True when findings may open before their window is over.
    let opensEarly: Bool
    let clock: Rule.Clock
    /// True when each partition has its own groups.
    let isPartitioned: Bool

    init(_ aggregate: AggregateRule, of rule: Rule, _ atoms: AtomTable) throws(DetectionError) {
        guard let axis = PaneAxis(aggregate.window) else {
            throw DetectionError(
                .ruleNotRunnable, "the window and its hop must be whole seconds between 1 second and 400 days")
        }
        self.axis = axis
        keyNames = aggregate.keys.map(\.name)
        var keys: [CompiledExpression] = []
        for key in aggregate.keys { keys.append(try atoms.scope.compile(key.expression)) }
        self.keys = keys
        folds = try CompiledFold.compile(aggregate.aggregates, atoms.scope)
        pipeline = try RowPipeline(aggregate)
        lateness = rule.clock == .event ? max(0, rule.lateness.nanoseconds) : 0
        let given = rule.suppression.duration.nanoseconds
        suppression = given > 0 ? given : axis.length
        opensEarly = GrowthAnalysis.isGrowing(aggregate)
        clock = rule.clock
        isPartitioned = rule.scope == .partition
    }

    /// Empty accumulators, one per column.
    var emptyAccumulators: [Accumulator] { folds.map { Accumulator($0.function) } }
}

extension CompiledFold {
    static func compile(_ list: [Aggregate], _ scope: ExpressionScope) throws(DetectionError) -> [CompiledFold] {
        var folds: [CompiledFold] = []
        for aggregate in list {
            if aggregate.function != .countRows, aggregate.argument == nil {
                throw DetectionError(.ruleNotRunnable, "column '\(aggregate.name)' folds nothing: it has no argument")
            }
            var fold = CompiledFold(function: aggregate.function)
            if let argument = aggregate.argument { fold.argument = try scope.compile(argument) }
            if let filter = aggregate.filter { fold.filter = try scope.compile(filter) }
            folds.append(fold)
        }
        return folds
    }

    /// Folds one row into an accumulator.
    func fold(
        _ context: borrowing some ExpressionContext, into accumulator: inout Accumulator, bounds: FoldLimits,
        scratch: inout ByteWriter
    ) {
        if let filter, filter.evaluate(in: context).truth != true { return }
        let value = argument?.evaluate(in: context) ?? .null
        accumulator.fold(
            value, countsRows: function == .countRows, isText: isText, bounds: bounds, scratch: &scratch)
    }
}
