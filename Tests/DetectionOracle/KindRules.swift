package import Detection
package import DiagnosticLogs

/// A rule and what the oracle says of it.
package struct KindCase {
    package var rule: Rule
    package var judge: ([OracleEvent]) -> [OracleFinding]
}

/// One rule of every kind over records with the fields `operation` (listkey, create, delete), `category` (Audit, Trace),
/// `user` and `n`; spans are in units, so that the same rules fit streams of seconds and of hours.
package struct KindRules {
    /// Nanoseconds of a unit; whole seconds.
    package var unit: Int64
    package var clock: Rule.Clock
    /// Units.
    package var lateness: Int64

    package init(unit: Int64, clock: Rule.Clock, lateness: Int64) {
        self.unit = unit
        self.clock = clock
        self.lateness = lateness
    }

    package static let operation = Field.path(FieldPath(["operationName"]))
    package static let category = Field.path(FieldPath(["category"]))
    package static let user = Field.path(FieldPath(["properties", "user"]))
    package static let number = Field.path(FieldPath(["properties", "n"]))

    package func span(_ units: Int64) -> Duration { .nanoseconds(units * unit) }

    package func rule(
        _ id: String, _ body: RuleBody, condition: Condition = .constant(true), scope: Rule.Scope = .global
    ) -> Rule {
        Rule(
            metadata: RuleMetadata(id: "\(clock) \(id)", title: id), condition: condition, body: body, clock: clock,
            lateness: span(lateness), scope: scope)
    }

    package static func operation(_ name: String) -> Condition {
        .field(operation, .text(StringPattern(parts: [.literal(name)], caseSensitive: false)))
    }

    package func stream(_ events: [OracleEvent]) -> OracleStream {
        OracleStream(events, usesEventTime: clock == .event)
    }

    /// The keys of records of one operation.
    package static func keys(_ name: String, _ field: String = "user") -> (OracleEvent) -> [[Value]] {
        { $0.text("operation") == name ? $0.values(field).map { [$0] } : [] }
    }

    package var all: [KindCase] { correlations + sequences + sightings + columns }
}

extension KindRules {
    private static func member(
        _ name: String, _ key: Field = user, values: [Expression] = []
    ) -> CorrelationMember {
        CorrelationMember(name: name, condition: operation(name), keys: [.field(key)], values: values)
    }

    private func correlation(
        _ id: String, _ units: Int64, _ members: [CorrelationMember], _ test: CorrelationTest,
        scope: Rule.Scope = .global, keys: [OracleCorrelation.Member],
        hasValue: @escaping (OracleEvent) -> Bool = { _ in true },
        judge: @escaping ([OracleEvent], [Set<Int>]) -> [String: Value]?
    ) -> KindCase {
        let made = rule(
            id,
            .correlation(CorrelationRule(timespan: span(units), keyNames: ["who"], members: members, test: test)),
            scope: scope)
        return KindCase(rule: made) { events in
            let parts = scope == .global ? [nil] : Set(events.map(\.partition)).map { Optional($0) }
            return parts.flatMap { part -> [OracleFinding] in
                let own = events.filter { event in part.map { event.partition == $0 } ?? true }
                let oracle = OracleCorrelation(
                    rule: made.metadata.id, span: units * unit, members: keys, hasValue: hasValue, judge: judge)
                return oracle.findings(stream(own)).map { finding in
                    var finding = finding
                    if let part { finding.group.insert(.long(Int64(part)), at: 0) }
                    return finding
                }
            }
        }
    }

    private func counting(_ name: String, _ value: Value, _ passes: Bool) -> [String: Value]? {
        passes ? [name: value] : nil
    }

    package var correlations: [KindCase] {
        let both = [Self.member("listkey"), Self.member("delete")]
        let keys = [Self.keys("listkey"), Self.keys("delete")]
        let three = both + [Self.member("create")]
        let threeKeys = keys + [Self.keys("create")]
        let valued = [Self.member("listkey", values: [.field(Self.number)])]
        let hasNumber: (OracleEvent) -> Bool = { !$0.numbers("n").isEmpty }
        func names(_ seen: [Set<Int>]) -> [String: Value] {
            let found = ["listkey", "delete", "create"].indices.filter { number in seen.contains { $0.contains(number) }
            }
            let list = found.map { Value.string(["listkey", "delete", "create"][$0]) }
            return ["temporal": list.count == 1 ? list[0] : .bag(list)]
        }
        func has(_ seen: [Set<Int>], _ member: Int) -> Bool { seen.contains { $0.contains(member) } }
        return [
            correlation("event count", 20, both, .eventCount([Threshold(.greaterOrEqual, .long(4))]), keys: keys) {
                window, _ in counting("event_count", .long(Int64(window.count)), window.count >= 4)
            },
            correlation(
                "partition count", 30, both, .eventCount([Threshold(.greater, .long(2))]), scope: .partition, keys: keys
            ) { window, _ in counting("event_count", .long(Int64(window.count)), window.count > 2) },
            correlation(
                "few", 10, both, .eventCount([Threshold(.greaterOrEqual, .long(2)), Threshold(.less, .long(4))]),
                keys: keys
            ) { window, _ in counting("event_count", .long(Int64(window.count)), (2..<4).contains(window.count)) },
            correlation(
                "aliases", 15, [Self.member("listkey"), Self.member("delete", Self.category)],
                .eventCount([Threshold(.greaterOrEqual, .long(3))]), keys: [keys[0], Self.keys("delete", "category")]
            ) { window, _ in counting("event_count", .long(Int64(window.count)), window.count >= 3) },
            correlation(
                "value count", 20, valued, .valueCount([Threshold(.greaterOrEqual, .long(3))]), keys: [keys[0]],
                hasValue: { !$0.values("n").isEmpty }
            ) { window, _ in
                let distinct = Set(window.flatMap { $0.values("n") }).count
                return counting("value_count", .long(Int64(distinct)), distinct >= 3)
            },
            correlation(
                "value sum", 20, valued, .valueSum([Threshold(.greater, .double(14.5))]), keys: [keys[0]],
                hasValue: hasNumber
            ) { window, _ in
                let numbers = window.flatMap { $0.numbers("n") }
                let sum = OracleNumbers.sum(numbers)
                let isWhole = numbers.allSatisfy { if case .long = $0 { true } else { false } }
                return counting("value_sum", isWhole ? .long(Int64(sum)) : .double(sum), sum > 14.5)
            },
            correlation(
                "value avg", 20, valued, .valueAverage([Threshold(.less, .double(3.5))]), keys: [keys[0]],
                hasValue: hasNumber
            ) { window, _ in
                let numbers = window.flatMap { $0.numbers("n") }
                let mean = OracleNumbers.sum(numbers) / Double(numbers.count)
                return counting("value_avg", .double(mean), mean < 3.5)
            },
            correlation(
                "value percentile", 20, valued, .valuePercentile(75, [Threshold(.greaterOrEqual, .long(9))]),
                keys: [keys[0]], hasValue: hasNumber
            ) { window, _ in
                let value = OracleNumbers.percentile(window.flatMap { $0.numbers("n") }, 75)
                return counting("value_percentile", .double(value), value >= 9)
            },
            correlation(
                "temporal", 10, three, .temporal(.all(["listkey", "delete", "create"].map { .member($0) })),
                keys: threeKeys
            ) { _, seen in (0..<3).allSatisfy { has(seen, $0) } ? names(seen) : nil },
            correlation(
                "temporal not", 15, three,
                .temporal(.all([.atLeast(1, [.member("listkey"), .member("delete")]), .not(.member("create"))])),
                keys: threeKeys
            ) { _, seen in (has(seen, 0) || has(seen, 1)) && !has(seen, 2) ? names(seen) : nil },
            correlation("ordered", 12, three, .temporalOrdered, keys: threeKeys) { _, seen in
                OracleCorrelation.isOrdered(seen, members: 3)
                    ? ["temporal_ordered": .bag([.string("listkey"), .string("delete"), .string("create")])] : nil
            },
        ]
    }

    private func sequence(
        _ id: String, _ units: Int64, _ steps: [(name: String, runs: Int, isNegated: Bool)], until: String? = nil
    ) -> KindCase {
        func step(_ name: String, _ runs: Int = 1, _ isNegated: Bool = false) -> SequenceStep {
            SequenceStep(
                condition: Self.operation(name), keys: [.field(Self.user)], runs: runs, isNegated: isNegated)
        }
        let made = rule(
            id,
            .sequence(
                SequenceRule(
                    maxspan: span(units), keyNames: ["who"], steps: steps.map { step($0.name, $0.runs, $0.isNegated) },
                    until: until.map { step($0) })))
        let oracle = OracleSequence(
            rule: made.metadata.id, span: units * unit,
            steps: steps.map { OracleSequence.Step(keys: Self.keys($0.name), runs: $0.runs, isNegated: $0.isNegated) },
            until: until.map { OracleSequence.Step(keys: Self.keys($0)) })
        return KindCase(rule: made) { oracle.findings(stream($0)) }
    }

    package var sequences: [KindCase] {
        [
            sequence("steps", 10, [("listkey", 1, false), ("delete", 1, false), ("create", 1, false)]),
            sequence("same steps", 15, [("listkey", 1, false), ("delete", 1, false), ("listkey", 1, false)]),
            sequence("runs", 20, [("listkey", 3, false), ("delete", 1, false)]),
            sequence("without", 15, [("listkey", 1, false), ("create", 1, true), ("delete", 1, false)]),
            sequence("until", 20, [("listkey", 1, false), ("delete", 2, false)], until: "create"),
            sequence("not after", 5, [("listkey", 1, false), ("delete", 1, false), ("create", 1, true)]),
            sequence("not before", 8, [("create", 1, true), ("listkey", 1, false), ("delete", 1, false)]),
            sequence("one and not", 5, [("listkey", 2, false), ("delete", 1, true)]),
        ]
    }

    package var sightings: [KindCase] {
        let key = NamedExpression(name: "who", expression: .field(Self.user))
        let keys = Self.keys("listkey")
        let isKey = Self.operation("listkey")
        let absence = rule(
            "absence", .absence(AbsenceRule(keys: [key], silence: span(7), forget: span(7))), condition: isKey)
        var cases = [
            KindCase(rule: absence) { events in
                OracleSightings.absences(absence.metadata.id, stream(events), silence: 7 * unit, keys: keys)
            }
        ]
        for (days, learns) in [(1, true), (1, false), (2, true)] as [(Int64, Bool)] {
            let history = days * 86_400_000_000_000 + (days == 2 ? -3_600_000_000_000 * 9 : 0)
            let newTerm = rule(
                "new term \(days) \(learns)",
                .newTerm(NewTermRule(keys: [key], history: .nanoseconds(history), reportsWhileLearning: !learns)),
                condition: isKey)
            cases.append(
                KindCase(rule: newTerm) { events in
                    OracleSightings.newTerms(
                        newTerm.metadata.id, stream(events), history: history,
                        since: learns ? events.map(\.enqueued).min() : nil, keys: keys)
                })
        }
        return cases
    }

    package var columns: [KindCase] {
        func column(_ function: AggregateFunction, _ filter: Expression? = nil) -> Aggregate {
            Aggregate(
                name: function.rawValue, function: function, argument: .field(Self.number), filter: filter,
                percentile: 75)
        }
        let key = NamedExpression(name: "who", expression: .field(Self.category))
        let rows = Aggregate(name: "rows", function: .countRows, argument: nil)
        let window = HoppingWindow(length: span(20), hop: span(10))
        let every = rule(
            "columns",
            .aggregate(
                AggregateRule(
                    window: window, keys: [key],
                    aggregates: [
                        rows, column(.count), column(.sum), column(.average), column(.minimum), column(.maximum),
                        column(.countDistinct), column(.percentile), column(.first), column(.last),
                    ], stages: [])), condition: Self.operation("listkey"))
        // A ratio is two counts, divided behind the aggregation.
        let audit = Aggregate(
            name: "keys", function: .countRows, argument: nil,
            filter: .compare(.equal, .call(.toLower, [.field(Self.operation)]), .literal(.string("listkey"))))
        let share = Expression.arithmetic(
            .divide, .call(.toDouble, [.column("keys")]), .call(.toDouble, [.column("rows")]))
        let ratio = rule(
            "ratio",
            .aggregate(
                AggregateRule(
                    window: window, keys: [key], aggregates: [rows, audit],
                    stages: [
                        .evaluate([NamedExpression(name: "ratio", expression: share)]),
                        .filter(.compare(.greater, .column("ratio"), .literal(.double(0.5)))),
                    ])))
        let (length, hop) = (20 * unit, 10 * unit)
        return [
            KindCase(rule: every) { events in
                OracleColumns.findings(
                    every.metadata.id, stream(events), length: length, hop: hop, keys: Self.keys("listkey", "category"),
                    judge: OracleColumns.columns)
            },
            KindCase(rule: ratio) { events in
                OracleColumns.findings(
                    ratio.metadata.id, stream(events), length: length, hop: hop,
                    keys: { $0.values("category").map { [$0] } }
                ) { rows in
                    let keys = rows.count { $0.text("operation") == "listkey" }
                    let share = Double(keys) / Double(rows.count)
                    guard share > 0.5 else { return nil }
                    return [
                        "rows": .long(Int64(rows.count)), "keys": .long(Int64(keys)), "ratio": .double(share),
                    ]
                }
            },
        ]
    }
}
