import DiagnosticLogs

@testable import Detection

/// A generated record: what the engine reads as JSON and the oracles read as values.
struct ModelRecord {
    var operation: String
    var category: String
    var user: Value
    var number: Value
    var eventTime: Int64

    var json: String {
        """
        {"time":"\(CivilTime.text(milliseconds: eventTime))","operationName":"\(operation)","category":"\(category)",\
        "resultType":"Success","properties":{"user":\(Self.json(user)),"n":\(Self.json(number))}}
        """
    }

    static func json(_ value: Value) -> String {
        switch value {
        case .null: "null"
        case .boolean(let flag): flag ? "true" : "false"
        case .long(let number): String(number)
        case .double(let number): String(number)
        case .string(let text): "\"\(text)\""
        case .datetime(let time): "\"\(CivilTime.text(milliseconds: time))\""
        case .bag(let values): "[" + values.map(json).joined(separator: ",") + "]"
        }
    }
}

/// A generated message.
struct ModelEvent {
    var partition: Int
    var sequence: Int64
    var enqueued: Int64
    var records: [ModelRecord]

    var body: [UInt8] { Array("{\"records\":[\(records.map(\.json).joined(separator: ","))]}".utf8) }
}

/// A stream of generated messages: times fall on the borders of panes often, partitions lag, groups repeat.
struct ModelStream {
    static let start: Int64 = 1_767_225_600_000
    var events: [[ModelEvent]]

    init(seed: UInt64, partitions: Int, messages: Int, lateness: Int64 = 20_000, scale: Int64 = 1) {
        var generator = SeededGenerator(seed: seed)
        events = (0..<partitions).map { partition in
            var time = Self.start + Int64.random(in: 0...5, using: &generator) * 1_000 * scale
            return (0..<messages).map { number in
                // Whole seconds often, so that ties and borders (every 10 s) are common.
                time += scale * ([0, 0, 1_000, 1_000, 2_000, 5_000, 137, 10_000].randomElement(using: &generator) ?? 0)
                let records = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
                    Self.record(enqueued: time, lateness: lateness, scale: scale, &generator)
                }
                return ModelEvent(
                    partition: partition, sequence: Int64(number) * 2 + 7, enqueued: time, records: records)
            }
        }
    }

    private static func record(
        enqueued: Int64, lateness: Int64, scale: Int64, _ generator: inout SeededGenerator
    ) -> ModelRecord {
        let users: [Value] = [
            .string("ann"), .string("bob"), .string("cy"), .null, .bag([.string("ann"), .string("dee")]),
            .bag([.string("bob"), .string("bob")]),
        ]
        let numbers: [Value] = [
            .long(3), .long(12), .long(-4), .double(0.1), .double(2.5e10), .double(-0.7), .null, .string("8"),
            .bag([.long(1), .long(9)]),
        ]
        return ModelRecord(
            operation: ["ListKey", "Create", "LISTKEY", "Delete"].randomElement(using: &generator) ?? "",
            category: ["Audit", "Trace"].randomElement(using: &generator) ?? "",
            user: users.randomElement(using: &generator) ?? .null,
            number: numbers.randomElement(using: &generator) ?? .null,
            eventTime: enqueued - Int64.random(in: 0...(lateness / 1_000), using: &generator) * 1_000 * scale)
    }
}

/// Rules over generated records.
enum ModelRules {
    static let operation = Field.path(FieldPath(["operationName"]))
    static let category = Field.path(FieldPath(["category"]))
    static let user = Field.path(FieldPath(["properties", "user"]))
    static let number = Field.path(FieldPath(["properties", "n"]))

    static func text(_ field: Field, _ literal: String) -> Condition {
        .field(field, .text(StringPattern(parts: [.literal(literal)], caseSensitive: false)))
    }

    static func column(_ name: String, _ test: Comparison, _ bound: Int64) -> Expression {
        .compare(test, .column(name), .literal(.long(bound)))
    }

    static func aggregate(
        _ id: String, length: Int64 = 60, hop: Int64 = 10, keys: [Field] = [user], columns: [Aggregate],
        stages: [RowStage], clock: Rule.Clock = .enqueued, lateness: Int64 = 0, scope: Rule.Scope = .global
    ) -> Rule {
        Rule(
            metadata: RuleMetadata(id: id, title: id), condition: text(operation, "listkey"),
            body: .aggregate(
                AggregateRule(
                    window: HoppingWindow(length: .seconds(length), hop: .seconds(hop)),
                    keys: keys.enumerated().map { NamedExpression(name: "key\($0)", expression: .field($1)) },
                    aggregates: columns, stages: stages)),
            clock: clock, lateness: .seconds(lateness), scope: scope)
    }

    static let count = Aggregate(name: "count", function: .countRows, argument: nil)

    static func fold(_ function: AggregateFunction, filter: Expression? = nil) -> Aggregate {
        Aggregate(
            name: function == .count ? "numbers" : function.rawValue, function: function, argument: .field(number),
            filter: filter)
    }

    /// One rule of each kind that matters to merging.
    static let all: [Rule] = [
        aggregate("count", columns: [count], stages: [.filter(column("count", .greaterOrEqual, 4))]),
        aggregate(
            "every column", length: 30, hop: 10, keys: [user, category],
            columns: [
                count, fold(.count), fold(.sum), fold(.average), fold(.minimum), fold(.maximum), fold(.countDistinct),
                fold(.values),
            ], stages: [.filter(column("count", .greater, 1))]),
        aggregate(
            "either", columns: [count, fold(.maximum)],
            stages: [
                .filter(.or(column("count", .greaterOrEqual, 6), column("maximum", .greaterOrEqual, 10_000))),
                .sort([SortKey(expression: .column("count"), descending: true, nullsFirst: true)]),
            ]),
        aggregate("few", keys: [category], columns: [count], stages: [.filter(column("count", .less, 3))]),
        aggregate(
            "silence", length: 20, hop: 20, keys: [], columns: [count], stages: [.filter(column("count", .less, 2))]),
        aggregate(
            "event time", length: 30, hop: 15, columns: [count], stages: [.filter(column("count", .greaterOrEqual, 3))],
            clock: .event, lateness: 20),
        aggregate(
            "two levels", keys: [user, category], columns: [count],
            stages: [
                .filter(column("count", .greaterOrEqual, 2)),
                .fold(
                    keys: [NamedExpression(name: "who", expression: .column("key0"))],
                    aggregates: [
                        Aggregate(name: "total", function: .sum, argument: .column("count")),
                        Aggregate(name: "kinds", function: .countDistinct, argument: .column("key1")),
                    ]), .filter(column("kinds", .greaterOrEqual, 2)),
            ]),
        aggregate(
            "top", columns: [count],
            stages: [.sort([SortKey(expression: .column("count"), descending: true, nullsFirst: false)]), .limit(1)]),
        aggregate(
            "per partition", columns: [count], stages: [.filter(column("count", .greaterOrEqual, 3))], scope: .partition
        ),
        Rule(
            metadata: RuleMetadata(id: "match", title: "match"),
            condition: .all([text(operation, "delete"), text(category, "audit")]), body: .match(MatchRule())),
    ]
}
