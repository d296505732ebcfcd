internal import DiagnosticLogs

/// The body of an absence rule, compiled: panes as long as the silence, so that every gap lies between two of them.
struct CompiledAbsence: SlottedBody {
    let frame: BodyFrame
    let axis: SlotAxis
    let keyColumns: ColumnNames
    private let keys: [CompiledExpression]
    private let forget: Int64

    init(_ absence: AbsenceRule, of rule: Rule, _ compilation: CompilationContext) throws(DetectionError) {
        guard let axis = SlotAxis(absence.silence, back: 0, ahead: 1) else {
            throw DetectionError(.ruleNotRunnable, "the silence must be whole seconds between 1 second and 400 days")
        }
        let forget = absence.forget.nanoseconds
        guard forget >= axis.length, forget <= 800 * CompiledNewTerm.day else {
            throw DetectionError(
                .ruleNotRunnable, "a silent group must be remembered for at least the silence and at most 800 days")
        }
        self.axis = axis
        self.forget = forget
        frame = BodyFrame(rule, defaultSuppression: axis.length, overlap: 0)
        keys = try compilation.compile(absence.keys.map(\.expression))
        keyColumns = ColumnNames(absence.keys.map(\.name), [compilation.sensitivities(of: keys)])
    }

    var kind: String { "absence" }
    var shownColumns: ColumnNames { keyColumns }
    var timing: String {
        "groups silent for \(ReasonText.span(axis.length)), forgotten after \(ReasonText.span(forget))"
    }
    var opensEarly: Bool { false }

    func retention(_ given: Int64) -> Int64 { max(given, forget - axis.length) }

    func findingEnds(ofSlotEnding end: Int64) -> ClosedRange<Int64> { end - axis.length + 1...end }

    func contributions(of record: FoldedRecord, _ limits: FoldLimits) -> [Contribution] {
        GroupKey.complete(keys.map { $0.evaluate(in: record.context) }).map { Contribution(key: $0) }
    }

    func rows(_ groups: [GroupState], slotEnding end: Int64, isWhole: Bool, _ scene: DecisionScene) -> [DecisionRow] {
        let pane = axis.pane(ofSlotEnding: end)
        return groups.compactMap { group in
            guard let own = group.partial(ofPane: pane) else { return nil }
            let last = own.last.time
            if let next = group.partial(ofPane: pane + 1), next.first.time <= last + axis.length { return nil }
            let columns = group.columns(keyColumns)
            return DecisionRow(
                key: group.key, group: columns,
                values: [
                    ColumnValue(name: "last_seen", value: .datetime(Timestamp(nanoseconds: last).milliseconds))
                ], start: last, end: last + axis.length, count: own.rows, first: own.first, last: own.last,
                evidence: own.evidence, bounded: [],
                reason: ReasonText.absence(axis.length, group: scene.masking.shown(columns)))
        }
    }
}
