internal import DiagnosticLogs

/// The body of a sequence rule, compiled.
struct CompiledSequence: SlottedBody {
    /// A step, or `until`.
    private struct Step: Sendable {
        var program: Int
        var keys: [CompiledExpression]
    }

    let frame: BodyFrame
    let axis: SlotAxis
    let keyColumns: ColumnNames
    let opensEarly: Bool
    private let steps: [Step]
    private let ignoresCase: Bool
    /// Per place of a chain: the bit of its step, and the bits of what must not stand before it.
    private let places: [UInt64]
    private let forbidden: [UInt64]
    private let leading: UInt64
    private let trailing: UInt64
    private let until: UInt64

    init(_ sequence: SequenceRule, of rule: Rule, _ compilation: inout CompilationContext) throws(DetectionError) {
        var shape = Shape()
        try shape.read(sequence)
        guard let axis = SlotAxis(sequence.maxspan, back: 1, ahead: shape.trailing == 0 ? 0 : 1) else {
            throw DetectionError(.ruleNotRunnable, "maxspan must be whole seconds between 1 second and 400 days")
        }
        self.axis = axis
        frame = BodyFrame(rule, defaultSuppression: axis.length, overlap: axis.length)
        ignoresCase = sequence.ignoresCase
        var steps: [Step] = []
        for step in sequence.steps + (sequence.until.map { [$0] } ?? []) {
            guard step.keys.count == sequence.keyNames.count else {
                throw DetectionError(
                    .ruleNotRunnable,
                    "step \(steps.count + 1) gives \(step.keys.count) keys and the rule names \(sequence.keyNames.count)"
                )
            }
            steps.append(
                Step(
                    program: try compilation.program(step.condition.restricted(to: step.logSource)),
                    keys: try compilation.compile(step.keys)))
        }
        self.steps = steps
        keyColumns = ColumnNames(sequence.keyNames, steps.map { compilation.sensitivities(of: $0.keys) })
        (places, forbidden) = (shape.places, shape.forbidden)
        (leading, trailing) = (shape.leading, shape.trailing)
        until = sequence.until == nil ? 0 : 1 << UInt64(sequence.steps.count)
        opensEarly = until == 0 && leading == 0 && trailing == 0 && forbidden.allSatisfy { $0 == 0 }
    }

    /// The steps as places of a chain and what must not stand between them.
    private struct Shape {
        var places: [UInt64] = []
        var forbidden: [UInt64] = []
        var leading: UInt64 = 0
        var trailing: UInt64 = 0

        mutating func read(_ sequence: SequenceRule) throws(DetectionError) {
            guard (2...62).contains(sequence.steps.count), sequence.steps.contains(where: { !$0.isNegated }) else {
                throw DetectionError(
                    .ruleNotRunnable, "a sequence needs from 2 to 62 steps, one of which must not be negated")
            }
            var between: UInt64 = 0
            for (number, step) in sequence.steps.enumerated() {
                let bit: UInt64 = 1 << UInt64(number)
                guard (1...100).contains(step.runs), step.runs == 1 || !step.isNegated else {
                    throw DetectionError(
                        .ruleNotRunnable,
                        "step \(number + 1) runs \(step.runs) times; it must be from 1 to 100, and 1 for a negated step"
                    )
                }
                if step.isNegated {
                    between |= bit
                    continue
                }
                if places.isEmpty { leading = between }
                for run in 0..<step.runs {
                    forbidden.append(places.isEmpty || run > 0 ? 0 : between)
                    places.append(bit)
                }
                between = 0
            }
            trailing = between
        }
    }

    var kind: String { "sequence" }
    var shownColumns: ColumnNames { keyColumns }
    var timing: String {
        "\(places.count) events in order within \(ReasonText.span(axis.length)), one finding each "
            + ReasonText.span(axis.length)
    }

    func findingEnds(ofSlotEnding end: Int64) -> ClosedRange<Int64> {
        let last = axis.bounds(ofPane: axis.pane(ofSlotEnding: end)).end
        return last...last
    }

    func emptyAccumulators(_ limits: FoldLimits) -> [Accumulator] {
        [.events(EventList(bound: max(limits.listedEventsMax, places.count)))]
    }

    func contributions(of record: FoldedRecord, _ limits: FoldLimits) -> [Contribution] {
        var found: [Contribution] = []
        for (number, step) in steps.enumerated() where record.satisfies(step.program) {
            let keys = step.keys.map { $0.evaluate(in: record.context) }
            for key in GroupKey.complete(keys, ignoringCase: ignoresCase) {
                let bit: UInt64 = 1 << UInt64(number)
                if let at = found.firstIndex(where: { $0.key == key }) {
                    found[at].steps |= bit
                } else {
                    found.append(Contribution(key: key, steps: bit))
                }
            }
        }
        return found
    }

    func mayHold(_ group: GroupState, slotEnding end: Int64, _ limits: FoldLimits) -> Bool {
        let pane = axis.pane(ofSlotEnding: end)
        guard let own = group.partial(ofPane: pane)?.events else { return false }
        let seen = own.steps | (group.partial(ofPane: pane - 1)?.events?.steps ?? 0)
        return places.allSatisfy { seen & $0 != 0 }
    }

    func rows(_ groups: [GroupState], slotEnding end: Int64, isWhole: Bool, _ scene: DecisionScene) -> [DecisionRow] {
        let pane = axis.pane(ofSlotEnding: end)
        return groups.compactMap { group in
            guard group.partial(ofPane: pane) != nil else { return nil }
            let panes = group.panes(in: axis.panes(ofSlotEnding: end))
            let events = panes.flatMap { $0.partial.events?.entries ?? [] }
            guard let chain = firstChain(events, pane) else { return nil }
            let taken = chain.map { events[$0] }
            guard let first = taken.first?.stamp, let last = taken.last?.stamp else { return nil }
            let columns = group.columns(keyColumns)
            let bounds = axis.bounds(ofPane: pane)
            return DecisionRow(
                key: group.key, group: columns,
                values: [
                    ColumnValue(name: "first_event", value: .datetime(Timestamp(nanoseconds: first.time).milliseconds)),
                    ColumnValue(name: "last_event", value: .datetime(Timestamp(nanoseconds: last.time).milliseconds)),
                ], start: bounds.start, end: bounds.end, count: Int64(taken.count), first: first, last: last,
                evidence: taken.prefix(scene.limits.evidenceMax).map(\.evidence),
                bounded: panes.contains { $0.partial.droppedEvents > 0 } ? ["events"] : [],
                reason: ReasonText.sequence(taken.count, span: axis.length, group: scene.masking.shown(columns)))
        }
    }

    /// The first chain that is completed in a pane and holds, as numbers of events.
    private func firstChain(_ events: [EventEntry], _ pane: Int64) -> [Int]? {
        var finder = ChainFinder(places: places, forbidden: forbidden, until: until)
        let lastLeading = Self.previous(leading, events)
        let nextTrailing = Self.next(trailing, events)
        for (number, event) in events.enumerated() {
            guard let (start, chain) = finder.take(number, event.steps), axis.pane(of: event.stamp.time) == pane
            else { continue }
            let (begin, last) = (events[start].stamp.time, event.stamp.time)
            guard begin >= last - axis.length else { continue }
            if let before = lastLeading[start], events[before].stamp.time >= last - axis.length { continue }
            if let after = nextTrailing[number], events[after].stamp.time <= begin + axis.length { continue }
            return finder.events(of: chain)
        }
        return nil
    }

    /// Per event: the last one before it with one of these steps.
    private static func previous(_ steps: UInt64, _ events: [EventEntry]) -> [Int?] {
        var last: Int?
        return events.indices.map { number in
            defer { if events[number].steps & steps != 0 { last = number } }
            return last
        }
    }

    /// Per event: the next one behind it with one of these steps.
    private static func next(_ steps: UInt64, _ events: [EventEntry]) -> [Int?] {
        var result = [Int?](repeating: nil, count: events.count)
        var coming: Int?
        for number in events.indices.reversed() {
            result[number] = coming
            if events[number].steps & steps != 0 { coming = number }
        }
        return result
    }
}
