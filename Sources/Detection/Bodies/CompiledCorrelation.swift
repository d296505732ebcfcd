internal import DiagnosticLogs
import Redaction

/// The body of a correlation, compiled.
struct CompiledCorrelation: SlottedBody {
    /// A member: the number of its condition, and its expressions.
    private struct Member: Sendable {
        var program: Int
        var keys: [CompiledExpression]
        var values: [CompiledExpression]
    }

    let frame: BodyFrame
    let axis: SlotAxis
    let keyColumns: ColumnNames
    /// What the value that the test reads is.
    let valueSensitivity: Sensitivity
    let test: CompiledTest
    let opensEarly: Bool
    private let members: [Member]
    private let ignoresCase: Bool
    /// Events that the thresholds need to be kept.
    private let eventsNeeded: Int

    /// The largest threshold that can be counted in lists of events.
    static let countMax = 100_000

    init(
        _ correlation: CorrelationRule, of rule: Rule, _ compilation: inout CompilationContext
    ) throws(DetectionError) {
        guard let axis = SlotAxis(correlation.timespan, back: 1, ahead: 0) else {
            throw DetectionError(.ruleNotRunnable, "the timespan must be whole seconds between 1 second and 400 days")
        }
        self.axis = axis
        frame = BodyFrame(rule, defaultSuppression: axis.length, overlap: axis.length)
        ignoresCase = correlation.ignoresCase
        test = try CompiledTest(correlation)
        var members: [Member] = []
        for member in correlation.members {
            guard member.keys.count == correlation.keyNames.count else {
                throw DetectionError(
                    .ruleNotRunnable,
                    "'\(member.name)' gives \(member.keys.count) keys and the rule names \(correlation.keyNames.count)")
            }
            guard test.accepts(valueCount: member.values.count) else {
                throw DetectionError(
                    .ruleNotRunnable, "\(test.name) cannot use the \(member.values.count) values of '\(member.name)'")
            }
            members.append(
                Member(
                    program: try compilation.program(member.condition.restricted(to: member.logSource)),
                    keys: try compilation.compile(member.keys), values: try compilation.compile(member.values)))
        }
        self.members = members
        keyColumns = ColumnNames(correlation.keyNames, members.map { compilation.sensitivities(of: $0.keys) })
        valueSensitivity =
            test.draws == .numbers
            ? members.flatMap { compilation.sensitivities(of: $0.values) }.reduce(into: []) { $0.formUnion($1) } : []
        eventsNeeded = test.eventsNeeded
        guard eventsNeeded <= Self.countMax else {
            throw DetectionError(
                .ruleNotRunnable,
                "the threshold is above \(Self.countMax), more events than are kept; use a rule with hopping windows")
        }
        opensEarly =
            test.isGrowing
            || (test.isGrowingSum
                && correlation.members.allSatisfy { $0.values.allSatisfy(GrowthAnalysis.isNonNegative) })
    }

    var kind: String { "correlation" }
    var shownColumns: ColumnNames {
        var columns = keyColumns
        columns.append(test.name, valueSensitivity)
        return columns
    }
    var timing: String {
        "\(test.name) in the \(ReasonText.span(axis.length)) before each event, one finding each "
            + ReasonText.span(axis.length)
    }

    func emptyAccumulators(_ limits: FoldLimits) -> [Accumulator] {
        [.events(EventList(bound: max(limits.listedEventsMax, eventsNeeded)))]
    }

    /// A record that satisfies several members with the same key is one event; its value is that of the first of them.
    func contributions(of record: FoldedRecord, _ limits: FoldLimits) -> [Contribution] {
        var found: [Contribution] = []
        for (number, member) in members.enumerated() where record.satisfies(member.program) {
            guard let drawn = draw(member, record, limits) else { continue }
            let keys = member.keys.map { $0.evaluate(in: record.context) }
            for key in GroupKey.complete(keys, ignoringCase: ignoresCase) {
                let bit: UInt64 = 1 << UInt64(number)
                if let at = found.firstIndex(where: { $0.key == key }) {
                    found[at].steps |= bit
                } else {
                    found.append(Contribution(key: key, steps: bit, numbers: drawn.numbers, hashes: drawn.hashes))
                }
            }
        }
        return found
    }

    /// What is folded of a record; nil when it has no value that the test can use.
    private func draw(
        _ member: Member, _ record: FoldedRecord, _ limits: FoldLimits
    ) -> (numbers: [Value], hashes: [StableHash])? {
        switch test.draws {
        case .nothing: return ([], [])
        case .numbers:
            let value = member.values.first?.evaluate(in: record.context) ?? .null
            let numbers = value.members.prefix(limits.listedValuesMax).compactMap { member -> Value? in
                if case .string(let text) = member { Value(number: text) } else { member.isNumber ? member : nil }
            }
            return numbers.isEmpty ? nil : (numbers, [])
        case .identities:
            let values = member.values.map { $0.evaluate(in: record.context) }
            let hashes = GroupKey.complete(values, ignoringCase: ignoresCase).map { tuple in
                var writer = ByteWriter()
                for value in tuple { writer.value(value) }
                return StableHash(writer.bytes)
            }
            return hashes.isEmpty ? nil : ([], hashes)
        }
    }

    func mayHold(_ group: GroupState, slotEnding end: Int64, _ limits: FoldLimits) -> Bool {
        let pane = axis.pane(ofSlotEnding: end)
        guard let own = group.partial(ofPane: pane)?.events else { return false }
        let before = group.partial(ofPane: pane - 1)?.events
        return test.mayHold(
            events: own.entries.count + (before?.entries.count ?? 0), steps: own.steps | (before?.steps ?? 0))
    }

    func rows(_ groups: [GroupState], slotEnding end: Int64, isWhole: Bool, _ scene: DecisionScene) -> [DecisionRow] {
        let pane = axis.pane(ofSlotEnding: end)
        return groups.compactMap { group in
            guard let own = group.partial(ofPane: pane)?.events else { return nil }
            let before = group.partial(ofPane: pane - 1)
            let events = (before?.events?.entries ?? []) + own.entries
            let from = events.count - own.entries.count
            guard let (range, value) = firstWindow(events, anchorsFrom: from) else { return nil }
            let window = events[range]
            let columns = group.columns(keyColumns)
            let bounds = axis.bounds(ofPane: pane)
            let isBounded = group.panes(in: pane - 1...pane).contains { $0.partial.droppedEvents > 0 }
            let shown = scene.masking.value(value, valueSensitivity)
            return DecisionRow(
                key: group.key, group: columns,
                values: [ColumnValue(name: test.name, value: value, sensitivity: valueSensitivity)],
                start: bounds.start, end: bounds.end, count: Int64(window.count), first: window.first?.stamp,
                last: window.last?.stamp, evidence: window.prefix(scene.limits.evidenceMax).map(\.evidence),
                bounded: isBounded ? ["events"] : [],
                reason: ReasonText.correlation(
                    test.name, shown, test.thresholds, span: axis.length, group: scene.masking.shown(columns)))
        }
    }

    /// The window of the earliest anchor that passes, as a range of events, and what the test read of it.
    private func firstWindow(_ events: [EventEntry], anchorsFrom: Int) -> (Range<Int>, Value)? {
        var window = CorrelationWindow(test)
        var (low, high) = (0, 0)
        while high < events.count {
            // Anchors of one time have one window: the span is closed, so events of that time are all inside.
            let time = events[high].stamp.time
            let anchor = high
            while high < events.count, events[high].stamp.time == time {
                window.add(events[high], number: high)
                high += 1
            }
            while events[low].stamp.time < time - axis.length {
                window.remove(events[low])
                low += 1
            }
            if anchor >= anchorsFrom, let value = window.passing(from: low) { return (low..<high, value) }
        }
        return nil
    }
}
