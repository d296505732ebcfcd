import Detection
import DiagnosticLogs

/// Rules of every kind that match every record and show as much of it as a rule can.
enum CanaryRules {
    private static func field(_ steps: String...) -> Detection.Expression { .field(.path(FieldPath(steps))) }

    private static let note = field("properties", "note")
    private static let prompt = field("properties", "prompt")
    private static let body = field("properties", "requestBody")
    private static let talk = field("properties", "requestBody", "messages", "content")
    private static let address = field("properties", "clientIp")
    private static let user = field("properties", "userName")

    private static func named(_ list: [(String, Detection.Expression)]) -> [NamedExpression] {
        list.map { NamedExpression(name: $0.0, expression: $0.1) }
    }

    private static func rule(_ id: String, _ body: RuleBody) -> Rule {
        Rule(
            metadata: RuleMetadata(id: id, title: "Canary \(id)", severity: .high),
            condition: .not(.field(.path(FieldPath(["nothing"])), .exists(true))), body: body)
    }

    private static let aggregate = AggregateRule(
        window: HoppingWindow(length: .seconds(60), hop: .seconds(60)),
        keys: named([
            ("note", note), ("said", prompt), ("upper", .call(.toUpper, [body])), ("from", address), ("who", user),
        ]),
        aggregates: [
            Aggregate(name: "n", function: .countRows, argument: nil),
            Aggregate(name: "bodies", function: .values, argument: body),
            Aggregate(name: "talks", function: .values, argument: talk),
            Aggregate(name: "lowest", function: .minimum, argument: prompt),
            Aggregate(
                name: "highest", function: .maximum, argument: .call(.concat, [note, .literal(.string(" ")), prompt])),
            Aggregate(name: "first", function: .first, argument: address),
            Aggregate(name: "last", function: .last, argument: user),
            Aggregate(name: "keys", function: .countDistinct, argument: field("properties", "apiKey")),
            Aggregate(name: "notes", function: .values, argument: note),
        ],
        stages: [
            .filter(
                .and(
                    .compare(.greaterOrEqual, .column("n"), .literal(.long(1))),
                    .or(.isNull(.column("said")), .compare(.notEqual, .column("said"), .literal(.string("x")))))),
            .filter(
                .or(
                    .isNull(.column("upper")),
                    .like(
                        .call(.toLower, [.column("upper")]),
                        StringPattern(parts: [.any, .literal("z"), .any], caseSensitive: true)))),
            .evaluate(
                named([
                    (
                        "joined",
                        .call(
                            .coalesce,
                            [
                                .call(.concat, [.column("who"), .literal(.string("/")), .column("from")]),
                                .column("note"),
                            ])
                    ),
                    (
                        "chosen",
                        .call(
                            .case,
                            [.compare(.greater, .column("n"), .literal(.long(0))), .column("said"), .column("note")])
                    ),
                ])),
            .rename([(from: "bodies", to: "renamed")]),
        ])

    private static let second = AggregateRule(
        window: HoppingWindow(length: .seconds(60), hop: .seconds(60)), keys: named([("said", prompt), ("who", user)]),
        aggregates: [
            Aggregate(name: "n", function: .countRows, argument: nil),
            Aggregate(name: "b", function: .maximum, argument: body),
        ],
        stages: [
            .fold(
                keys: named([("who", .column("who"))]),
                aggregates: [
                    Aggregate(name: "all", function: .values, argument: .column("b")),
                    Aggregate(name: "sum", function: .sum, argument: .column("n")),
                ])
        ])

    private static func members(_ keys: [Detection.Expression], _ values: [Detection.Expression] = [])
        -> [CorrelationMember]
    {
        [CorrelationMember(name: "any", condition: .constant(true), keys: keys, values: values)]
    }

    /// All of them.
    static let all: [Rule] = [
        rule("match", .match(MatchRule())),
        rule("once", .match(MatchRule(oncePer: .path(FieldPath(["properties", "prompt"]))))),
        rule("aggregate", .aggregate(aggregate)), rule("second", .aggregate(second)),
        rule(
            "count",
            .correlation(
                CorrelationRule(
                    timespan: .seconds(60), keyNames: ["said", "from"], members: members([prompt, address]),
                    test: .eventCount([Threshold(.greaterOrEqual, .long(1))])))),
        rule(
            "sum",
            .correlation(
                CorrelationRule(
                    timespan: .seconds(60), keyNames: ["note"],
                    members: members([note], [field("properties", "requestLength")]),
                    test: .valueSum([Threshold(.greaterOrEqual, .long(0))])))),
        rule(
            "sequence",
            .sequence(
                SequenceRule(
                    maxspan: .seconds(60), keyNames: ["category"],
                    steps: (0..<2).map { _ in
                        SequenceStep(
                            condition: .field(
                                .path(FieldPath(["category"])), .oneOf(["AzureOpenAIRequestUsage"], caseSensitive: true)
                            ),
                            keys: [.field(.path(FieldPath(["category"])))])
                    }))),
        rule(
            "new",
            .newTerm(
                NewTermRule(
                    keys: named([("talk", talk), ("who", user)]), history: .seconds(86_400), reportsWhileLearning: true)
            )),
        rule(
            "silent",
            .absence(
                AbsenceRule(
                    keys: named([("body", body), ("from", address)]), silence: .seconds(60), forget: .seconds(600)))),
    ]
}
