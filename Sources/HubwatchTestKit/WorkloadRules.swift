public import Detection
import DiagnosticLogs

/// Rules over the records of a ``Workload``, one of each kind.
public enum WorkloadRules {
    private static let operation = Field.path(FieldPath(["operationName"]))
    private static let category = Field.path(FieldPath(["category"]))
    private static let user = Field.path(FieldPath(["properties", "user"]))
    private static let number = Field.path(FieldPath(["properties", "n"]))

    private static func text(_ field: Field, _ literal: String) -> Condition {
        .field(field, .text(StringPattern(parts: [.literal(literal)], caseSensitive: false)))
    }

    private static func column(_ name: String, _ test: Comparison, _ bound: Int64) -> Expression {
        .compare(test, .column(name), .literal(.long(bound)))
    }

    private static func fold(_ function: AggregateFunction) -> Aggregate {
        Aggregate(name: function.rawValue, function: function, argument: .field(number))
    }

    private static let count = Aggregate(name: "count", function: .countRows, argument: nil)

    private static func windows(
        _ id: String, length: Int64, hop: Int64, keys: [Field] = [user], columns: [Aggregate], stages: [RowStage],
        clock: Rule.Clock = .enqueued, scope: Rule.Scope = .global, status: RuleMetadata.Status = .active
    ) -> Rule {
        Rule(
            metadata: RuleMetadata(id: id, title: id, status: status), condition: text(operation, "listkey"),
            body: .aggregate(
                AggregateRule(
                    window: HoppingWindow(length: .seconds(length), hop: .seconds(hop)),
                    keys: keys.enumerated().map { NamedExpression(name: "key\($0)", expression: .field($1)) },
                    aggregates: columns, stages: stages)),
            clock: clock, lateness: clock == .event ? .milliseconds(Workload.lateness) : .zero, scope: scope)
    }

    /// One rule of each kind that matters.
    public static let all: [Rule] = [
        windows("count", length: 10, hop: 2, columns: [count], stages: [.filter(column("count", .greaterOrEqual, 4))]),
        windows(
            "every column", length: 6, hop: 3, keys: [user, category],
            columns: [
                count, fold(.count), fold(.sum), fold(.average), fold(.minimum), fold(.maximum), fold(.countDistinct),
                fold(.values),
            ], stages: [.filter(column("count", .greater, 1))]),
        windows(
            "few", length: 10, hop: 5, keys: [category], columns: [count], stages: [.filter(column("count", .less, 3))]),
        windows(
            "event time", length: 6, hop: 3, columns: [count], stages: [.filter(column("count", .greaterOrEqual, 3))],
            clock: .event),
        windows(
            "per partition", length: 10, hop: 10, columns: [count],
            stages: [.filter(column("count", .greaterOrEqual, 3))], scope: .partition),
        windows(
            "in the shadow", length: 10, hop: 10, columns: [count],
            stages: [.filter(column("count", .greaterOrEqual, 2))], status: .shadow),
        Rule(
            metadata: RuleMetadata(id: "match", title: "match"),
            condition: .all([text(operation, "delete"), text(category, "audit")]), body: .match(MatchRule())),
    ]
}
