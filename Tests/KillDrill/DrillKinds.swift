import Detection
import DetectionOracle
import DiagnosticLogs

/// The kinds that look at single events: correlations, sequences, new terms and absences, judged by loops over all events.
///
/// Their spans are short: a slot and what is waited for behind it lie within ``DrillRules/lengthMaximum``.
extension DrillRules {
    private static let grant = "Grant"
    private static let revoke = "Revoke"
    private static let export = "Export"
    private static let user = NamedExpression(name: "user", expression: field("user"))

    private static func condition(_ operation: String) -> Condition {
        .field(
            .path(FieldPath(["operationName"])),
            .text(StringPattern(parts: [.literal(operation)], caseSensitive: true)))
    }

    private static func rule(
        _ id: String, _ body: RuleBody, condition: Condition = .constant(true), clock: Rule.Clock = .enqueued,
        scope: Rule.Scope = .global
    ) -> Rule {
        Rule(
            metadata: RuleMetadata(id: "drill-" + id, title: "Drill: \(id)"), condition: condition, body: body,
            clock: clock, lateness: .seconds(clock == .event ? eventLateness : 0), scope: scope)
    }

    /// The group of a record of one operation, as an oracle's member.
    private static func keys(_ operation: String) -> (OracleEvent) -> [[Value]] {
        { $0.fields["operation"] == .string(operation) ? $0.values("user").map { [$0] } : [] }
    }

    // MARK: Correlations

    /// What an oracle says of a window: the events in it, and which members each of them is.
    private typealias Judgement = @Sendable (_ window: [OracleEvent], _ seen: [Set<Int>]) -> [String: Value]?

    private static func correlation(
        _ id: String, seconds: Int64, _ operations: [String], value: String? = nil, _ test: CorrelationTest,
        clock: Rule.Clock = .enqueued, scope: Rule.Scope = .global, _ judge: @escaping Judgement
    ) -> DrillRule {
        let members = operations.map {
            CorrelationMember(
                name: $0, condition: condition($0), keys: [user.expression], values: value.map { [field($0)] } ?? [])
        }
        let body = CorrelationRule(timespan: .seconds(seconds), keyNames: ["user"], members: members, test: test)
        return DrillRule(
            rule(id, .correlation(body), clock: clock, scope: scope), over: Set(operations), keys: ["user"]
        ) { rule, stream in
            OracleCorrelation(
                rule: rule, span: seconds * 1_000_000_000, members: operations.map { keys($0) },
                hasValue: { event in value.map { !event.values($0).isEmpty } ?? true }, judge: judge
            ).findings(stream)
        }
    }

    /// Correlations over counts and folded values.
    var correlations: [DrillRule] {
        let (both, single) = ([Self.grant, Self.revoke], [Self.export])
        let many = Int(expected(0.02, 3))
        let clients = Int(expected(0.01, 3))
        let sum = expected(0.01, 3) * 375
        @Sendable func counted(_ window: [OracleEvent], _ passes: Bool) -> [String: Value]? {
            passes ? ["event_count": .long(Int64(window.count))] : nil
        }
        let atLeastMany = CorrelationTest.eventCount([Threshold(.greaterOrEqual, .long(Int64(many)))])
        let inPartition = max(2, many / 4)
        return [
            Self.correlation("event count", seconds: 3, both, atLeastMany) { window, _ in
                counted(window, window.count >= many)
            },
            Self.correlation("event count in event time", seconds: 3, both, atLeastMany, clock: .event) { window, _ in
                counted(window, window.count >= many)
            },
            Self.correlation(
                "event count per partition", seconds: 3, both,
                .eventCount([Threshold(.greaterOrEqual, .long(Int64(inPartition)))]), scope: .partition
            ) { window, _ in counted(window, window.count >= inPartition) },
            Self.correlation(
                "few events", seconds: 2, both,
                .eventCount([Threshold(.greaterOrEqual, .long(2)), Threshold(.less, .long(Int64(many + 2)))])
            ) { window, _ in counted(window, (2..<many + 2).contains(window.count)) },
            Self.correlation(
                "value count", seconds: 3, single, value: "client",
                .valueCount([Threshold(.greaterOrEqual, .long(Int64(clients)))])
            ) { window, _ in
                let distinct = Set(window.flatMap { $0.values("client") }).count
                return distinct >= clients ? ["value_count": .long(Int64(distinct))] : nil
            },
            Self.correlation(
                "value sum", seconds: 3, single, value: "n", .valueSum([Threshold(.greater, .long(sum))])
            ) { window, _ in
                let total = Int64(OracleNumbers.sum(window.flatMap { $0.numbers("n") }))
                return total > sum ? ["value_sum": .long(total)] : nil
            },
            Self.correlation(
                "value average", seconds: 2, single, value: "score", .valueAverage([Threshold(.less, .double(450.5))])
            ) { window, _ in
                let numbers = window.flatMap { $0.numbers("score") }
                let mean = OracleNumbers.sum(numbers) / Double(numbers.count)
                return mean < 450.5 ? ["value_avg": .double(mean)] : nil
            },
            Self.correlation(
                "value percentile", seconds: 2, single, value: "n",
                .valuePercentile(75, [Threshold(.greaterOrEqual, .long(800))])
            ) { window, _ in
                let number = OracleNumbers.percentile(window.flatMap { $0.numbers("n") }, 75)
                return number >= 800 ? ["value_percentile": .double(number)] : nil
            },
        ]
    }

    /// Correlations over which members have occurred.
    var temporals: [DrillRule] {
        let three = [Self.grant, Self.revoke, Self.export]
        @Sendable func names(_ seen: [Set<Int>]) -> [String: Value] {
            let found = three.indices.filter { member in seen.contains { $0.contains(member) } }
            let list = found.map { Value.string(three[$0]) }
            return ["temporal": list.count == 1 ? list[0] : .bag(list)]
        }
        @Sendable func has(_ seen: [Set<Int>], _ member: Int) -> Bool { seen.contains { $0.contains(member) } }
        let without = MemberCondition.all([
            .any([.member(Self.grant), .member(Self.revoke)]), .not(.member(Self.export)),
        ])
        return [
            Self.correlation("temporal", seconds: 2, three, .temporal(.all(three.map { .member($0) }))) { _, seen in
                three.indices.allSatisfy { has(seen, $0) } ? names(seen) : nil
            },
            Self.correlation("temporal without", seconds: 2, three, .temporal(without)) { _, seen in
                (has(seen, 0) || has(seen, 1)) && !has(seen, 2) ? names(seen) : nil
            },
            Self.correlation("temporal ordered", seconds: 2, three, .temporalOrdered) { _, seen in
                OracleCorrelation.isOrdered(seen, members: 3)
                    ? ["temporal_ordered": .bag(three.map { .string($0) })] : nil
            },
        ]
    }

    // MARK: Sequences

    /// A step of a sequence: an operation, how often in a row, and whether it must not occur.
    private struct Step {
        var operation: String
        var runs = 1
        var isNegated = false

        static func of(_ operation: String, runs: Int = 1) -> Step { Step(operation: operation, runs: runs) }
        static func no(_ operation: String) -> Step { Step(operation: operation, isNegated: true) }

        var rule: SequenceStep {
            SequenceStep(
                condition: condition(operation), keys: [user.expression], runs: runs, isNegated: isNegated)
        }
        var oracle: OracleSequence.Step {
            OracleSequence.Step(keys: DrillRules.keys(operation), runs: runs, isNegated: isNegated)
        }
    }

    private static func sequence(
        _ id: String, _ steps: [Step], until: Step? = nil, clock: Rule.Clock = .enqueued
    ) -> DrillRule {
        let seconds: Int64 = 2
        let body = SequenceRule(
            maxspan: .seconds(seconds), keyNames: ["user"], steps: steps.map(\.rule), until: until?.rule)
        return DrillRule(
            rule(id, .sequence(body), clock: clock), over: Set((steps + [until].compactMap(\.self)).map(\.operation)),
            keys: ["user"]
        ) { rule, stream in
            OracleSequence(
                rule: rule, span: seconds * 1_000_000_000, steps: steps.map(\.oracle), until: until?.oracle
            ).findings(stream)
        }
    }

    /// Sequences.
    var sequences: [DrillRule] {
        let (grant, revoke, export) = (Self.grant, Self.revoke, Self.export)
        return [
            Self.sequence("sequence", [.of(grant), .of(revoke), .of(export)]),
            Self.sequence("sequence in event time", [.of(grant), .of(revoke)], clock: .event),
            Self.sequence("sequence with runs", [.of(grant, runs: 2), .of(revoke)]),
            Self.sequence("sequence without", [.of(grant), .no(export), .of(revoke)]),
            Self.sequence("sequence not before", [.no(export), .of(grant), .of(revoke)]),
            Self.sequence("sequence not after", [.of(grant), .of(revoke), .no(export)]),
            Self.sequence("sequence until", [.of(grant), .of(revoke, runs: 2)], until: .of(export)),
        ]
    }

    // MARK: Sightings

    /// New terms of the day that ends in the drill, and users that fall silent.
    var sightings: [DrillRule] {
        let crossing = crossing
        var newTerm = Self.rule(
            "new term",
            .newTerm(
                NewTermRule(
                    keys: [Self.user, NamedExpression(name: "client", expression: Self.field("client"))],
                    history: .seconds(86_400), reportsWhileLearning: true)), condition: Self.condition("Visit"),
            clock: .event)
        newTerm.lateness = .milliseconds(crossing.lateness)
        let absence = Self.rule(
            "absence", .absence(AbsenceRule(keys: [Self.user], silence: .seconds(2), forget: .seconds(2))),
            condition: Self.condition(Self.grant))
        return [
            DrillRule(newTerm, over: ["Visit"], keys: ["user", "client"]) { rule, stream in
                OracleSightings.newTerms(rule, stream, history: 86_400_000_000_000, since: nil) { event in
                    event.values("user").flatMap { user in event.values("client").map { [user, $0] } }
                }.filter { $0.end < crossing.dayEnd * 1_000_000 }
            },
            DrillRule(absence, over: [Self.grant], keys: ["user"]) { rule, stream in
                OracleSightings.absences(rule, stream, silence: 2_000_000_000, keys: Self.keys(Self.grant))
            },
        ]
    }
}
