import Detection
import DiagnosticLogs
import RuleFormats
import Testing

/// Queries of the supported commands compile to the expected rule.
///
/// Expected values are written out in the model's own terms, so that a change of meaning shows.
@Suite struct ESQLQueryTests {
    static let category = path("category")
    static let operation = path("operationName")
    static let group = Field.derived(.resourceGroup)
    static let name = Field.derived(.resourceName)
    static let length = Expression.call(.toLong, [.field(path("properties", "responseLength"))])

    static func equals(_ field: Field, _ text: String) -> Condition {
        .field(field, .text(.literal(text, cased: true)))
    }

    static func differs(_ field: Field, _ text: String) -> Condition {
        .all([.not(.field(field, .null)), .not(equals(field, text))])
    }

    static let from = "FROM logs-azure_openai.logs-*\n"
    static let cat = "azure.open_ai.category"
    static let op = "azure.open_ai.operation_name"
    static let len = "azure.open_ai.properties.response_length"

    /// Filters before STATS, and what they are as two-valued conditions.
    @Test(
        arguments: [
            ("\(cat) == \"Audit\"", equals(category, "Audit")), ("\"Audit\" == \(cat)", equals(category, "Audit")),
            (
                "\(cat) == \"Audit\" and \(op) == \"ListKey\"",
                .all([equals(category, "Audit"), equals(operation, "ListKey")])
            ),
            (
                "\(cat) == \"Audit\" or \(op) == \"ListKey\"",
                .any([equals(category, "Audit"), equals(operation, "ListKey")])
            ),
            ("\(cat) != \"Audit\"", differs(category, "Audit")),
            ("NOT \(cat) == \"Audit\"", differs(category, "Audit")),
            (
                "not (\(cat) == \"Audit\" or \(op) == \"x\")",
                .all([
                    .not(.field(category, .null)), .not(equals(category, "Audit")), .not(.field(operation, .null)),
                    .not(equals(operation, "x")),
                ])
            ),
            (
                "not (\(cat) == \"Audit\" and \(op) == \"x\")",
                .any([differs(category, "Audit"), differs(operation, "x")])
            ),
            ("\(cat) IN (\"a\", \"b\")", .field(category, .oneOf(["a", "b"], caseSensitive: true))),
            ("\(cat) in (\"a\")", equals(category, "a")),
            (
                "\(cat) NOT IN (\"a\", \"b\")",
                .all([.not(.field(category, .null)), .not(.field(category, .oneOf(["a", "b"], caseSensitive: true)))])
            ),
            ("\(cat) NOT IN (\"a\", null)", .constant(false)), ("\(cat) IN (\"a\", null)", equals(category, "a")),
            ("\(cat) IS NULL", .field(category, .null)), ("\(cat) is not null", .not(.field(category, .null))),
            (
                "\(cat) LIKE \"Au*t?\"",
                .field(category, .text(.parts(.literal("Au"), .any, .literal("t"), .one, cased: true)))
            ),
            (
                "\(cat) NOT LIKE \"A*\"",
                .all([
                    .not(.field(category, .null)),
                    .not(.field(category, .text(.parts(.literal("A"), .any, cased: true)))),
                ])
            ),
            ("\(cat) LIKE \"*\"", .not(.field(category, .null))), ("NOT \(cat) LIKE \"*\"", .field(category, .null)),
            (
                "\(cat) LIKE (\"A*\", \"B\")",
                .any([.field(category, .text(.parts(.literal("A"), .any, cased: true))), equals(category, "B")])
            ),
            ("\(cat) LIKE \"\"\"a\\*b\"\"\"", equals(category, "a*b")),
            ("\(cat) LIKE \"a\\\\*b\"", equals(category, "a*b")),
            (
                "\(cat) RLIKE \"A.*t\"",
                .field(category, .regex(RegexPattern(source: "A.*t", dotAll: true, wholeText: true)))
            ),
            (
                "\(cat) RLIKE \"^a$|@\"",
                .field(category, .regex(RegexPattern(source: "\\^a\\$|(?:.*)", dotAll: true, wholeText: true)))
            ),
            ("STARTS_WITH(\(cat), \"A\")", .field(category, .text(.parts(.literal("A"), .any, cased: true)))),
            ("ends_with(\(cat), \"A\")", .field(category, .text(.parts(.any, .literal("A"), cased: true)))),
            ("\(len) >= 1000", .field(path("properties", "responseLength"), .integer(.greaterOrEqual, 1000))),
            ("1000 < \(len)", .field(path("properties", "responseLength"), .integer(.greater, 1000))),
            ("not \(len) >= 1000", .field(path("properties", "responseLength"), .integer(.less, 1000))),
            ("\(len) == 1.5", .field(path("properties", "responseLength"), .number(.equal, 1.5))),
            (
                "\(len) in (1, 2)",
                .any([
                    .field(path("properties", "responseLength"), .integer(.equal, 1)),
                    .field(path("properties", "responseLength"), .integer(.equal, 2)),
                ])
            ),
            ("azure.resource.group == \"RG-One\"", equals(group, "rg-one")),
            ("azure.resource.name LIKE \"ACCT*\"", .field(name, .text(.parts(.literal("acct"), .any, cased: true)))),
            ("`azure.open_ai.category` == \"Audit\"", equals(category, "Audit")),
            ("azure.`open_ai`.category == \"Audit\" // tail\n", equals(category, "Audit")),
            ("true", .constant(true)), ("false or \(cat) == \"Audit\"", equals(category, "Audit")),
            ("null", .constant(false)),
            ("no.such.column == \"x\"", .constant(false)), ("no.such.column is null", .constant(true)),
            ("no.such.column >= 5 or \(cat) == \"Audit\"", equals(category, "Audit")),
            ("azure.open_ai.result_signature == \"200\"", equals(path("resultSignature"), "200")),
            (
                "CIDR_MATCH(source.ip, \"10.0.0.0/8\") and \(cat) == \"Audit\"",
                .all([.field(.derived(.sourceAddress), .network("10.0.0.0/8")), equals(category, "Audit")])
            ),
            (
                "not cidr_match(source.ip, \"10.0.0.0/8\", \"::1\")",
                .all([
                    .not(.field(.derived(.sourceAddress), .null)),
                    .not(
                        .any([
                            .field(.derived(.sourceAddress), .network("10.0.0.0/8")),
                            .field(.derived(.sourceAddress), .network("::1")),
                        ])),
                ])
            ),
            (
                "azure.open_ai.properties.new_thing == \"x\"",
                .all([
                    equals(path("properties", "newThing"), "x"),
                    .holds(.compare(.equal, .field(path("properties", "newThing")), .literal(.string("x")))),
                ])
            ),
            (
                "azure.open_ai.properties.new_thing != \"x\"",
                .holds(.not(.compare(.equal, .field(path("properties", "newThing")), .literal(.string("x")))))
            ),
            (
                "TO_LOWER(\(cat)) == \"audit\"",
                .holds(.compare(.equal, .call(.toLower, [.field(category)]), .literal(.string("audit"))))
            ),
            (
                "\(len) / 1000 > 5",
                .holds(.compare(.greater, .arithmetic(.divide, length, .literal(.long(1000))), .literal(.long(5))))
            ),
            (
                "\(len) > -5 + 2 * 3",
                .holds(
                    .compare(
                        .greater, length,
                        .arithmetic(
                            .add, .literal(.long(-5)), .arithmetic(.multiply, .literal(.long(2)), .literal(.long(3))))))
            ),
        ] as [(String, Condition)])
    func filters(_ filter: String, _ expected: Condition) throws {
        let rule = try Make.rule(Self.from + "| WHERE \(filter)\n| STATS n = COUNT(*)")
        if filter.contains("new_thing != ") {
            // The parser keeps != as a comparison of its own.
            let comparison = Expression.compare(
                .notEqual, .field(path("properties", "newThing")), .literal(.string("x")))
            #expect(
                rule.condition
                    == .all([
                        .not(.field(path("properties", "newThing"), .null)),
                        .not(Self.equals(path("properties", "newThing"), "x")), .holds(comparison),
                    ]))
        } else {
            #expect(rule.condition == expected)
        }
    }

    @Test func thePublishedShape() throws {
        let body = try Make.body(
            """
            from logs-azure_openai.logs-*
            | where \(Self.op) == "ListKey" and \(Self.cat) == "Audit"
            | KEEP @timestamp, \(Self.op) , \(Self.cat), azure.resource.group, azure.resource.name, \(Self.len)
            | stats count = count(), largest = max(\(Self.len)) by azure.resource.group , azure.resource.name
            | where count >= 100 or largest >= 1000000
            | sort count desc
            """)
        #expect(body.window == HoppingWindow(length: .seconds(3600), hop: .seconds(600)))
        #expect(
            body.keys == [
                NamedExpression(name: "azure.resource.group", expression: .field(Self.group)),
                NamedExpression(name: "azure.resource.name", expression: .field(Self.name)),
            ])
        #expect(
            body.aggregates == [
                Aggregate(name: "count", function: .countRows, argument: nil),
                Aggregate(name: "largest", function: .maximum, argument: Self.length),
            ])
        #expect(
            body.stages == [
                .filter(
                    .or(
                        .compare(.greaterOrEqual, .column("count"), .literal(.long(100))),
                        .compare(.greaterOrEqual, .column("largest"), .literal(.long(1_000_000))))),
                .sort([SortKey(expression: .column("count"), descending: true, nullsFirst: true)]),
            ])
    }

    /// STATS clauses and their keys and aggregates.
    @Test(
        arguments: [
            ("COUNT(*)", [Aggregate(name: "COUNT(*)", function: .countRows, argument: nil)], []),
            ("count( )", [Aggregate(name: "count( )", function: .countRows, argument: nil)], []),
            (
                "n = COUNT(\(len)), s = SUM(\(len)), a = AVG(\(len)) BY \(cat)",
                [
                    Aggregate(name: "n", function: .count, argument: length),
                    Aggregate(name: "s", function: .sum, argument: length),
                    Aggregate(name: "a", function: .average, argument: length),
                ],
                [NamedExpression(name: cat, expression: .field(category))]
            ),
            (
                "lo = MIN(\(len)), hi = MAX(\(len)), d = COUNT_DISTINCT(\(op)), v = VALUES(\(op)) "
                    + "BY k = TO_LOWER(\(cat))",
                [
                    Aggregate(name: "lo", function: .minimum, argument: length),
                    Aggregate(name: "hi", function: .maximum, argument: length),
                    Aggregate(name: "d", function: .countDistinct, argument: .field(operation)),
                    Aggregate(name: "v", function: .values, argument: .field(operation)),
                ],
                [NamedExpression(name: "k", expression: .call(.toLower, [.field(category)]))]
            ),
            (
                "n = COUNT(*) WHERE \(cat) == \"Audit\"",
                [
                    Aggregate(
                        name: "n", function: .countRows, argument: nil,
                        filter: .compare(.equal, .field(category), .literal(.string("Audit"))))
                ], []
            ),
            ("n = COUNT(*), n = COUNT(\(len))", [Aggregate(name: "n", function: .count, argument: length)], []),
            (
                "n = COUNT(*) BY DATE_TRUNC(15 minutes, @timestamp)",
                [Aggregate(name: "n", function: .countRows, argument: nil)],
                [
                    NamedExpression(
                        name: "DATE_TRUNC(15 minutes, @timestamp)",
                        expression: .call(.dateTruncate, [.literal(.long(900_000)), .field(.derived(.eventTime))]))
                ]
            ),
            (
                "BY \(cat), \(op)", [],
                [
                    NamedExpression(name: cat, expression: .field(category)),
                    NamedExpression(name: op, expression: .field(operation)),
                ]
            ),
            (
                "d = COUNT_DISTINCT(\(op), 3000)",
                [Aggregate(name: "d", function: .countDistinct, argument: .field(operation))], []
            ),
            (
                "s = SUM(\(len) * 2)",
                [Aggregate(name: "s", function: .sum, argument: .arithmetic(.multiply, length, .literal(.long(2))))], []
            ),
        ] as [(String, [Aggregate], [NamedExpression])])
    func stats(_ text: String, _ aggregates: [Aggregate], _ keys: [NamedExpression]) throws {
        let body = try Make.body(Self.from + "| STATS \(text)")
        #expect(body.aggregates == aggregates)
        #expect(body.keys == keys)
        #expect(body.stages == [])
    }

    @Test func columnsComputedFromAggregates() throws {
        let body = try Make.body(
            Self.from
                + "| STATS spread = MAX(\(Self.len)) - MIN(\(Self.len)), n = COUNT(*), "
                + "r = ROUND(AVG(\(Self.len))) WHERE \(Self.cat) == \"a\" BY k = \(Self.cat)"
        )
        let filter = Expression.compare(.equal, .field(Self.category), .literal(.string("a")))
        #expect(
            body.aggregates == [
                Aggregate(name: "n", function: .countRows, argument: nil),
                Aggregate(name: "$1", function: .maximum, argument: Self.length),
                Aggregate(name: "$2", function: .minimum, argument: Self.length),
                Aggregate(name: "$3", function: .average, argument: Self.length, filter: filter),
            ])
        #expect(
            body.stages == [
                .evaluate([
                    NamedExpression(name: "spread", expression: .arithmetic(.subtract, .column("$1"), .column("$2"))),
                    NamedExpression(name: "r", expression: .call(.round, [.column("$3")])),
                ]), .keep(["spread", "n", "r", "k"]),
            ])
    }

    @Test func commandsBeforeStatsAreInlined() throws {
        let body = try Make.body(
            Self.from + """
                | EVAL who = TO_LOWER(\(Self.op)), who2 = CONCAT(who, "!")
                | RENAME who2 AS caller, \(Self.cat) AS kind
                | DROP who
                | KEEP caller, kind, azure.resource.*
                | WHERE kind == "Audit" AND caller IS NOT NULL
                | STATS n = COUNT(*) BY caller, azure.resource.group
                """)
        let caller = Expression.call(.concat, [.call(.toLower, [.field(Self.operation)]), .literal(.string("!"))])
        #expect(body.keys.map(\.expression) == [caller, .field(Self.group)])
        let rule = try Make.rule(Self.from + "| RENAME \(Self.cat) AS kind | WHERE kind == \"Audit\"")
        #expect(rule.condition == Self.equals(Self.category, "Audit"))
    }

    @Test func commandsBehindStats() throws {
        let body = try Make.body(
            Self.from
                + """
                | STATS n = COUNT(*), m = MAX(\(Self.len)), x = VALUES(\(Self.op)) BY \(Self.cat), azure.resource.name
                | EVAL big = n > 5, n2 = n * 2
                | WHERE big
                | DROP x, n?*
                | RENAME m AS top
                | KEEP azure.*, n, *
                | SORT n DESC NULLS LAST, top
                | LIMIT 10
                """.replacing("n?*", with: "n2*"))
        #expect(
            body.stages == [
                .evaluate([
                    NamedExpression(name: "big", expression: .compare(.greater, .column("n"), .literal(.long(5))))
                ]),
                .evaluate([
                    NamedExpression(name: "n2", expression: .arithmetic(.multiply, .column("n"), .literal(.long(2))))
                ]), .filter(.column("big")), .drop(["x", "n2"]), .rename([(from: "m", to: "top")]),
                .keep([Self.cat, "azure.resource.name", "n", "top", "big"]),
                .sort([
                    SortKey(expression: .column("n"), descending: true, nullsFirst: false),
                    SortKey(expression: .column("top"), descending: false, nullsFirst: false),
                ]), .limit(10),
            ])
    }

    @Test func secondStats() throws {
        let body = try Make.body(
            Self.from
                + "| STATS n = COUNT(*) BY \(Self.cat), \(Self.op) "
                + "| STATS total = SUM(n), k = COUNT_DISTINCT(\(Self.op)) BY \(Self.cat) | WHERE total > 5"
        )
        #expect(
            body.stages == [
                .fold(
                    keys: [NamedExpression(name: Self.cat, expression: .column(Self.cat))],
                    aggregates: [
                        Aggregate(name: "total", function: .sum, argument: .column("n")),
                        Aggregate(name: "k", function: .countDistinct, argument: .column(Self.op)),
                    ]), .filter(.compare(.greater, .column("total"), .literal(.long(5)))),
            ])
    }

    @Test func sourcesBecomeLogSources() throws {
        #expect(try Make.rule("FROM logs-azure.signinlogs-*").logSource == LogSource(dataset: "azure.signinlogs"))
        #expect(
            try Make.rule("FROM logs-azure.signinlogs-default METADATA _id, _index").logSource
                == LogSource(dataset: "azure.signinlogs"))
        #expect(try Make.rule("FROM \"logs-azure.auditlogs-*\"").logSource == LogSource(dataset: "azure.auditlogs"))
        let two = try Make.rule("FROM logs-azure.signinlogs-*, logs-azure.auditlogs-*")
        #expect(two.logSource == nil)
        #expect(
            two.condition
                == .field(.derived(.dataset), .oneOf(["azure.auditlogs", "azure.signinlogs"], caseSensitive: true)))
        let all = try Make.rule("FROM logs-*")
        #expect(all.logSource == nil && all.condition == .constant(true))
        let none = RuleLoader.load(text: Make.elastic("FROM logs-azure_openi.logs-*"), file: "t.toml")
        #expect(none.rules.first?.condition == .constant(false))
        #expect(none.warnings.first?.suggestion == "logs-azure_openai.logs-*")
    }

    @Test func queriesWithoutStatsMatch() throws {
        let rule = try Make.rule(Self.from + "| WHERE \(Self.cat) == \"Audit\" | KEEP \(Self.cat) | SORT \(Self.cat)")
        guard case .match(let match) = rule.body else {
            Issue.record("not a match rule")
            return
        }
        #expect(match.oncePer == nil)
        #expect(rule.suppression == Suppression())
    }

    @Test func literalsTakeTheTypeOfTheirColumn() throws {
        let rule = try Make.rule(
            "FROM logs-azure.signinlogs-*\n| WHERE azure.signinlogs.properties.is_interactive == \"true\" "
                + "AND azure.signinlogs.properties.status.error_code == 50126"
        )
        #expect(
            rule.condition
                == .all([
                    .field(path("properties", "isInteractive"), .boolean(true)),
                    .field(path("properties", "status", "errorCode"), .integer(.equal, 50126)),
                ]))
        let time = try Make.rule(Self.from + "| WHERE @timestamp >= \"2024-02-29T12:00:00.5Z\"")
        #expect(
            time.condition
                == .holds(
                    .compare(.greaterOrEqual, .field(.derived(.eventTime)), .literal(.datetime(1_709_208_000_500)))))
    }

    @Test func unknownColumnsAreWarnings() throws {
        let loaded = RuleLoader.load(
            text: Make.elastic(
                "FROM logs-azure_openai.logs-*\n| WHERE azure.resource.grp == \"x\"\n"
                    + "| STATS n = COUNT(*) BY azure.signinlogs.identity, _id"
            ),
            file: "t.toml")
        #expect(loaded.rules.count == 1)
        #expect(
            loaded.warnings.map(\.position) == [
                SourcePosition(line: 12, column: 9), SourcePosition(line: 13, column: 25),
                SourcePosition(line: 13, column: 52),
            ])
        #expect(loaded.warnings.map(\.code) == [.neverProduced, .neverProduced, .neverProduced])
        #expect(loaded.warnings[0].suggestion == "azure.resource.group")
        #expect(loaded.warnings[1].reason.contains("only in azure.signinlogs"))
    }

    @Test func numberedColumnsArePositionsInArrays() throws {
        let column = "azure.auditlogs.properties.target_resources.`0`.modified_properties.`1`.new_value"
        let rule = try Make.rule("FROM logs-azure.auditlogs-*\n| WHERE \(column) == \"x\"")
        let field = path("properties", "targetResources", "0", "modifiedProperties", "1", "newValue")
        #expect(
            rule.condition
                == .all([
                    Self.equals(field, "x"), .holds(.compare(.equal, .field(field), .literal(.string("x")))),
                ]))
    }
}
