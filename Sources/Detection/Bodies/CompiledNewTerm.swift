internal import DiagnosticLogs

/// The body of a new-term rule, compiled: a pane a day, whose first and last sighting are all it needs.
struct CompiledNewTerm: SlottedBody {
    let frame: BodyFrame
    let axis: SlotAxis
    let keyColumns: ColumnNames
    private let keys: [CompiledExpression]
    private let history: Int64
    private let reportsWhileLearning: Bool

    static let day: Int64 = 86_400_000_000_000

    init(_ newTerm: NewTermRule, of rule: Rule, _ compilation: CompilationContext) throws(DetectionError) {
        let (seconds, attoseconds) = newTerm.history.components
        guard attoseconds == 0, (86_400...(400 * 86_400)).contains(seconds) else {
            throw DetectionError(.ruleNotRunnable, "the history must be whole seconds between 1 day and 400 days")
        }
        guard !newTerm.keys.isEmpty else {
            throw DetectionError(.ruleNotRunnable, "a new-term rule needs a key to remember")
        }
        history = seconds * 1_000_000_000
        let days = (history + Self.day - 1) / Self.day
        guard let axis = SlotAxis(.seconds(86_400), back: days, ahead: 0) else {
            throw DetectionError(.ruleNotRunnable, "the history cannot be cut into days")
        }
        self.axis = axis
        frame = BodyFrame(rule, defaultSuppression: Self.day, overlap: 0)
        keys = try compilation.compile(newTerm.keys.map(\.expression))
        keyColumns = ColumnNames(newTerm.keys.map(\.name), [compilation.sensitivities(of: keys)])
        reportsWhileLearning = newTerm.reportsWhileLearning
    }

    var kind: String { "new term" }
    var shownColumns: ColumnNames { keyColumns }
    var timing: String {
        "keys not seen for \(ReasonText.span(history)), one finding a day"
            + (reportsWhileLearning ? "" : ", none in the first \(ReasonText.span(history)) of watching")
    }
    var opensEarly: Bool { false }

    func groupsMax(_ options: MergerOptions) -> (count: Int, notice: OperationalNotice.Kind) {
        (options.newTermKeysMax, .termsRefused)
    }

    func contributions(of record: FoldedRecord, _ limits: FoldLimits) -> [Contribution] {
        GroupKey.complete(keys.map { $0.evaluate(in: record.context) }).map { Contribution(key: $0) }
    }

    func rows(_ groups: [GroupState], slotEnding end: Int64, isWhole: Bool, _ scene: DecisionScene) -> [DecisionRow] {
        let day = axis.pane(ofSlotEnding: end)
        return groups.compactMap { group in
            guard let own = group.partial(ofPane: day), isNew(own.first.time, group, day, scene) else { return nil }
            let columns = group.columns(keyColumns)
            let bounds = axis.bounds(ofPane: day)
            let first = Timestamp(nanoseconds: own.first.time)
            return DecisionRow(
                key: group.key, group: columns,
                values: [ColumnValue(name: "first_seen", value: .datetime(first.milliseconds))], start: bounds.start,
                end: bounds.end, count: own.rows, first: own.first, last: own.last, evidence: own.evidence, bounded: [],
                reason: ReasonText.newTerm(history: history, group: scene.masking.shown(columns)))
        }
    }

    /// True when a day's first sighting has none before it in the history, and the rule could have seen one.
    private func isNew(_ first: Int64, _ group: GroupState, _ day: Int64, _ scene: DecisionScene) -> Bool {
        if !reportsWhileLearning {
            guard let since = scene.watchedSince, first - history >= since else { return false }
        }
        // Days do not overlap: the last sighting before the day is in the last pane before it.
        guard let before = group.panes(in: day - axis.back...day - 1).last else { return true }
        return before.partial.last.time < first - history
    }
}
