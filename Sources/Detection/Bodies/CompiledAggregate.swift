internal import DiagnosticLogs

/// One folded column, compiled.
struct CompiledFold: Sendable {
    var function: AggregateFunction
    var argument: CompiledExpression?
    var filter: CompiledExpression?
    var percentile: Double = 50

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

/// The body of an aggregate rule, compiled: hopping windows, which are its slots.
struct CompiledAggregate: GroupedBody {
    let frame: BodyFrame
    let axis: PaneAxis
    let keyColumns: ColumnNames
    let keys: [CompiledExpression]
    /// The slots of the keys, when each key is a field as it is.
    private let keySlots: [Int]?
    let folds: [CompiledFold]
    let columnNames: [String]
    let pipeline: RowPipeline
    let opensEarly: Bool

    init(_ aggregate: AggregateRule, of rule: Rule, _ compilation: CompilationContext) throws(DetectionError) {
        guard let axis = PaneAxis(aggregate.window) else {
            throw DetectionError(
                .ruleNotRunnable, "the window and its hop must be whole seconds between 1 second and 400 days")
        }
        self.axis = axis
        frame = BodyFrame(rule, defaultSuppression: axis.length, overlap: axis.length)
        keys = try compilation.compile(aggregate.keys.map(\.expression))
        let slots = keys.compactMap { if case .slot(let slot) = $0 { slot } else { nil } }
        keySlots = slots.count == keys.count ? slots : nil
        keyColumns = ColumnNames(aggregate.keys.map(\.name), [compilation.sensitivities(of: keys)])
        folds = try CompiledFold.compile(aggregate.aggregates, compilation.atoms.scope)
        columnNames = aggregate.aggregates.map(\.name)
        pipeline = try RowPipeline(
            aggregate, keys: keyColumns.sensitivities,
            aggregates: folds.map { fold in
                fold.sensitivity(fold.argument.map { compilation.sensitivities(of: [$0])[0] } ?? [])
            })
        opensEarly = GrowthAnalysis.isGrowing(aggregate)
    }

    var kind: String { "aggregate" }
    var shownColumns: ColumnNames {
        var columns = keyColumns
        columns.append(contentsOf: pipeline.columns)
        return columns
    }
    var timing: String {
        "window \(ReasonText.span(axis.length)), every \(ReasonText.span(axis.hop)), "
            + "panes of \(ReasonText.span(axis.pane))"
    }
    var hop: Int64 { axis.hop }
    var slotsOverlap: Bool { true }
    var comparesGroups: Bool { !pipeline.isRowLocal }

    func pane(of time: Int64) -> Int64? { axis.pane(of: time) }
    func contains(pane: Int64) -> Bool { axis.contains(pane: pane) }
    func panes(ofSlotEnding end: Int64) -> ClosedRange<Int64> { axis.panes(ofWindowEndingAt: end) }

    func ownSlots(of pane: Int64) -> SlotSpan {
        SlotSpan(first: axis.firstWindowEnd(of: pane), last: axis.lastWindowEnd(of: pane))
    }

    func touchedSlots(of pane: Int64) -> SlotSpan { ownSlots(of: pane) }

    func lastClosedEnd(watermark: Int64) -> Int64 {
        axis.lastClosedEnd(watermark: watermark, lateness: frame.lateness)
    }

    func emptyAccumulators(_ limits: FoldLimits) -> [Accumulator] { folds.map { Accumulator($0.function) } }

    func contributions(of record: FoldedRecord, _ limits: FoldLimits) -> [Contribution] {
        GroupKey.combinations(keys.map { $0.evaluate(in: record.context) }).map { Contribution(key: $0) }
    }

    func writeKey(of record: FoldedRecord, to key: inout ByteWriter) -> Bool {
        guard let keySlots else { return false }
        for slot in keySlots where !key.plainValue(record.context.record[slot]) { return false }
        return true
    }

    func fold(
        _ record: FoldedRecord, into accumulators: inout [Accumulator], limits: FoldLimits, scratch: inout ByteWriter
    ) {
        for (index, fold) in folds.enumerated() {
            fold.fold(
                record.context, into: &accumulators[index], at: record.stamp.place, bounds: limits, scratch: &scratch)
        }
    }
}

extension CompiledFold {
    static func compile(_ list: [Aggregate], _ scope: ExpressionScope) throws(DetectionError) -> [CompiledFold] {
        var folds: [CompiledFold] = []
        for aggregate in list {
            if aggregate.function != .countRows, aggregate.argument == nil {
                throw DetectionError(.ruleNotRunnable, "column '\(aggregate.name)' folds nothing: it has no argument")
            }
            if aggregate.function == .percentile, !(0...100).contains(aggregate.percentile) {
                throw DetectionError(
                    .ruleNotRunnable,
                    "column '\(aggregate.name)' asks for percentile \(aggregate.percentile); it must be from 0 to 100")
            }
            var fold = CompiledFold(function: aggregate.function, percentile: aggregate.percentile)
            if let argument = aggregate.argument { fold.argument = try scope.compile(argument) }
            if let filter = aggregate.filter { fold.filter = try scope.compile(filter) }
            folds.append(fold)
        }
        return folds
    }

    /// Folds one row into an accumulator.
    func fold(
        _ context: borrowing some ExpressionContext, into accumulator: inout Accumulator, at place: RecordPlace? = nil,
        bounds: FoldLimits, scratch: inout ByteWriter
    ) {
        if let filter, filter.evaluate(in: context).truth != true { return }
        let value = argument?.evaluate(in: context) ?? .null
        accumulator.fold(
            value, countsRows: function == .countRows, isText: isText, at: place, bounds: bounds, scratch: &scratch)
    }

    /// The column's value.
    func result(_ accumulator: Accumulator, _ limits: FoldLimits) -> Value {
        accumulator.result(of: function, rank: percentile, bounds: limits)
    }
}
