import Detection
import DiagnosticLogs
import RuleFormats
import Testing

/// What is wrong with a query is named at its exact line and column in the file.
///
/// The query begins at line 11 of the rule; its first line here is the source, the second the fault.
@Suite struct ESQLErrorTests {
    static let cat = "azure.open_ai.category"

    /// Second line of the query, column in it, part of the reason, suggestion.
    @Test(
        arguments: [
            ("| WHER x == 1", 3, "not an ES|QL command", "WHERE"),
            ("| MV_EXPAND x", 3, "MV_EXPAND is not supported", nil),
            ("| INLINE STATS x = COUNT(*)", 3, "INLINE STATS is not supported", nil),
            ("| LOOKUP JOIN a ON b", 3, "LOOKUP JOIN", nil),
            ("| ", 3, "a command was expected", nil), ("WHERE x == 1", 1, "\"|\" or the end", nil),
            ("| WHERE", 8, "a value was expected, found the end", nil),
            ("| WHERE \(cat) ==", 34, "a value was expected", nil),
            ("| WHERE \(cat) = \"x\"", 32, "\"|\" or the end of the query was expected, found \"=\"", nil),
            ("| WHERE \(cat) == \"x", 35, "string is not closed", nil),
            ("| WHERE \(cat) == \"\"\"x\"\"", 35, "\"\"\" is missing", nil),
            ("| WHERE \(cat) == \"a\\q\"", 37, "unknown escape", "\\\\"),
            ("| WHERE `abc == 1", 9, "back-quote is missing", nil),
            ("| WHERE /* never closed", 9, "comment is not closed", nil),
            ("| WHERE \(cat) == \"x\" ; y", 39, "unexpected character \";\"", nil),
            ("| WHERE \(cat) == ü", 35, "unexpected character \"ü\"", nil),
            ("| WHERE (\(cat) == \"x\"", 39, "\")\" was expected", nil),
            ("| WHERE \(cat) IN \"x\"", 35, "\"(\" was expected", nil),
            ("| WHERE \(cat) LIKE 5", 37, "a pattern must be a string", nil),
            ("| WHERE \(cat) NOT 5", 36, "IN, LIKE or RLIKE", nil),
            ("| WHERE \(cat) IS 5", 35, "NULL was expected", nil),
            ("| WHERE \(cat) == 5", 35, "cannot compare keyword with long", nil),
            ("| WHERE 5 == \(cat)", 14, "cannot compare long with keyword", nil),
            ("| WHERE \(cat)", 9, "WHERE needs a condition, not keyword", nil),
            ("| WHERE 1 < 2 < 3", 15, "cannot be chained", nil),
            ("| WHERE NOT \(cat)", 13, "NOT needs a condition", nil),
            ("| WHERE \(cat) + 1 > 2", 9, "\"+\" needs a number", nil),
            ("| WHERE @timestamp > \"soon\"", 22, "is not a date", nil),
            ("| WHERE @timestamp > NOW() - 1 hour", 22, "function NOW is not supported", nil),
            ("| WHERE COUNT(*) > 5", 9, "can only stand in STATS", nil),
            ("| WHERE LENGHT(\(cat)) > 5", 9, "unknown function LENGHT", "LENGTH"),
            ("| WHERE TO_LOWER(\(cat), 1) == \"x\"", 9, "takes one argument, not 2", nil),
            ("| WHERE REPLACE(\(cat), \"a\", \"b\") == \"x\"", 9, "function REPLACE is not supported", nil),
            ("| WHERE TO_LOWER(5) == \"x\"", 18, "TO_LOWER needs text", nil),
            ("| WHERE \(cat) RLIKE \"a<1-5>\"", 38, "is an operator in RLIKE", nil),
            ("| WHERE \(cat) RLIKE \"(a\"", 38, "\")\" is missing", nil),
            ("| WHERE \(cat) LIKE \"a\\\\b\"", 37, "must stand before", nil),
            ("| EVAL 5 = 6", 8, "a column name was expected before", "=="),
            ("| RENAME a TO b", 12, "AS was expected", nil),
            ("| KEEP", 7, "a column name was expected", nil), ("| KEEP a..b", 8, "is not a column name", nil),
            ("| STATS", 8, "needs an aggregate or BY", nil),
            ("| STATS x = MEDIAN(\(cat))", 13, "aggregate MEDIAN is not supported", nil),
            ("| STATS x = SUM(\(cat))", 17, "SUM needs a number", nil),
            ("| STATS x = \(cat)", 13, "must be inside an aggregate", nil),
            ("| STATS x = 5", 13, "is not an aggregate", nil), ("| STATS x = MAX(*)", 17, "only COUNT(*)", nil),
            ("| STATS x = COUNT(*) | WHERE y > 1", 30, "unknown column \"y\"", nil),
            ("| STATS count = COUNT(*) | WHERE cuont > 1", 34, "unknown column", "count"),
            ("| STATS x = COUNT(*) | KEEP y", 29, "unknown column", nil),
            ("| STATS x = COUNT(*) | SORT x UP", 31, "\"|\" or the end", nil),
            ("| STATS x = COUNT(*) | LIMIT -1", 30, "a number of rows", nil),
            ("| LIMIT 10", 3, "LIMIT before STATS", nil),
            ("| KEEP \(cat) | WHERE azure.resource.name == \"x\"", 39, "an earlier KEEP leaves it out", nil),
            ("| DROP \(cat) | WHERE \(cat) == \"x\"", 39, "an earlier DROP or RENAME", nil),
            ("| STATS x = COUNT(*) BY DATE_TRUNC(1 month, @timestamp)", 36, "use days or shorter spans", nil),
            ("| WHERE CASE(\(cat), 1) > 0", 14, "CASE needs a condition", nil),
            ("| WHERE \(cat)::geo_point == \"x\"", 9, "cast to \"geo_point\"", nil),
            ("| WHERE CIDR_MATCH(source.ip, \"10.0.0.0/99\")", 31, "is not a network", nil),
        ] as [(String, Int, String, String?)])
    func isLocated(_ line: String, _ column: Int, _ reason: String, _ suggestion: String?) throws {
        let refusal = try Make.refusal(Make.elastic("FROM logs-azure_openai.logs-*\n" + line), file: "t.toml")
        #expect(refusal.reason.contains(reason), "\(refusal)")
        // What is missing at the end is missing behind the query's last line.
        if refusal.reason.contains("found the end") || (line == "| " && refusal.line == 13) {
            #expect(refusal.position == SourcePosition(line: 13, column: 1))
        } else {
            #expect(refusal.position == SourcePosition(line: 12, column: column), "\(refusal)")
        }
        #expect(refusal.suggestion == suggestion)
    }

    @Test(arguments: [
        ("FORM logs-*", "FROM", 1), ("ROW x = 1", nil, 1), ("FROM", nil, 5), ("FROM a, | WHERE true", nil, 9),
    ])
    func sources(_ query: String, _ suggestion: String?, _ column: Int) throws {
        let refusal = try Make.refusal(Make.elastic(query), file: "t.toml")
        #expect(refusal.suggestion == suggestion)
        #expect(refusal.line == (query == "FROM" ? 12 : 11))
    }

    @Test func columnsCountThroughEscapes() throws {
        let text = Make.elastic("").replacing(
            "query = '''\n\n'''", with: "query = \"FROM logs-*\\n| WHERE \\u0022a\\u0022 == 5\"")
        let refusal = try Make.refusal(text, file: "t.toml")
        #expect(refusal.reason == "cannot compare keyword with long")
        // query = "FROM logs-*\n| WHERE \u0022a\u0022 == 5": the 5 is the 48th character of its line.
        #expect(refusal.position == SourcePosition(line: 10, column: 48))
    }

    @Test func depthAndSizeAreBounded() throws {
        let from = "FROM logs-azure_openai.logs-* "
        let nested =
            from + "| WHERE " + String(repeating: "(", count: 3000) + "true" + String(repeating: ")", count: 3000)
        #expect(try Make.refusal(Make.elastic(nested), file: "t.toml").reason.contains("nested"))
        let minus = from + "| WHERE 1 > " + String(repeating: "- ", count: 3000) + "1"
        #expect(try Make.refusal(Make.elastic(minus), file: "t.toml").reason.contains("nested"))
        let sum = from + "| WHERE 1 > " + Array(repeating: "1", count: 3000).joined(separator: " + ")
        #expect(try Make.refusal(Make.elastic(sum), file: "t.toml").reason.contains("nested"))
        let nots = from + "| WHERE " + String(repeating: "NOT ", count: 3000) + "true"
        #expect(try Make.refusal(Make.elastic(nots), file: "t.toml").reason.contains("nested"))
        var doubling = from + "| EVAL a0 = azure.open_ai.properties.response_length"
        for level in 1...40 { doubling += " | EVAL a\(level) = a\(level - 1) + a\(level - 1)" }
        #expect(try Make.refusal(Make.elastic(doubling), file: "t.toml").reason.contains("too large"))
        let chain = from + "| WHERE " + (0..<1500).map { "\(Self.cat) == \"\($0)\"" }.joined(separator: " OR ")
        guard case .any(let parts) = try Make.rule(chain).condition else { return }
        #expect(parts.count == 1500)
    }
}
