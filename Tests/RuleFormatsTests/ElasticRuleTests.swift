import Detection
import DiagnosticLogs
import Foundation
import RuleFormats
import Testing

/// Whole TOML files: metadata, threat mapping, schedule, suppression, and what is refused.
@Suite struct ElasticRuleTests {
    static let query = "FROM logs-azure_openai.logs-*\n| STATS n = COUNT(*) BY azure.resource.name"

    static func load(_ text: String) -> LoadedRules { RuleLoader.load(text: text, file: "t.toml") }

    @Test func metadataIsRead() throws {
        let text = #"""
            # a comment
            [metadata]
            creation_date = "2025/01/01"
            maturity = "production"

            [rule]
            author = ["One", "Two"]
            description = """
            Two
            lines. \
                joined
            """
            language = "esql"
            license = "MIT"
            name = "A name"
            note = """Triage # ' " '''"""
            risk_score = 73
            rule_id = "aaaaaaaa-2222-3333-4444-555555555555"
            severity = "high"
            false_positives = ["none"]
            references = [
              "https://example.org", # why
            ]
            tags = ["Domain: LLM", "Mitre Atlas: T0044"]
            timestamp_override = "event.ingested"
            type = "esql"
            from = "now-9m"
            interval = "8m"
            max_signals = 7
            query = '''
            FROM logs-azure.signinlogs-* | STATS n = COUNT(*)
            '''

            [[rule.threat]]
            framework = "MITRE ATT&CK"
            [[rule.threat.technique]]
            id = "T1078"
            name = "Valid Accounts"
            [[rule.threat.technique.subtechnique]]
            id = "T1078.004"
            name = "Cloud Accounts"
            [rule.threat.tactic]
            id = "TA0001"
            name = "Initial Access"
            [[rule.threat]]
            [rule.threat.tactic]
            id = "TA0003"
            name = "Persistence"
            """#
        let loaded = Self.load(text)
        #expect(loaded.refusals == [] && loaded.warnings == [])
        let rule = try #require(loaded.rules.first)
        #expect(rule.metadata.title == "A name" && rule.metadata.description == "Two lines. joined")
        #expect(rule.metadata.authors == ["One", "Two"] && rule.metadata.riskScore == 73)
        #expect(rule.metadata.severity == .high && rule.metadata.license == "MIT")
        #expect(rule.metadata.falsePositives == ["none"] && rule.metadata.references == ["https://example.org"])
        #expect(rule.metadata.attacks.map(\.id) == ["TA0001", "T1078", "T1078.004", "TA0003", "AML.T0044"])
        #expect(
            rule.metadata.attacks.map(\.name) == [
                "Initial Access", "Valid Accounts", "Cloud Accounts", "Persistence", "Full AI Model Access",
            ])
        #expect(rule.metadata.origin == RuleMetadata.Origin(file: "t.toml", format: "elastic", line: 6))
        #expect(rule.clock == .enqueued && rule.lateness == .seconds(0))
        #expect(rule.suppression == Suppression(duration: .seconds(540)))
        guard case .aggregate(let body) = rule.body else { return }
        #expect(body.window == HoppingWindow(length: .seconds(540), hop: .seconds(480)) && body.maxSignals == 7)
        #expect(body.keys == [])
    }

    @Test func scheduleDefaultsAndClock() throws {
        let text = Make.elastic(Self.query).replacing("from = \"now-60m\"\n", with: "").replacing(
            "interval = \"10m\"\n", with: "")
        let rule = try #require(Self.load(text).rules.first)
        guard case .aggregate(let body) = rule.body else { return }
        #expect(body.window == HoppingWindow(length: .seconds(360), hop: .seconds(300)) && body.maxSignals == 100)
        #expect(rule.clock == .event && rule.lateness == .seconds(60))
        let long = try #require(Self.load(Make.elastic(Self.query)).rules.first)
        #expect(long.lateness == .seconds(900))
    }

    @Test func suppression() throws {
        let extra = """
            [rule.alert_suppression]
            group_by = ["azure.resource.name"]
            missing_fields_strategy = "suppress"
            [rule.alert_suppression.duration]
            value = 3
            unit = "h"
            """
        let loaded = Self.load(Make.elastic(Self.query, extra: extra))
        #expect(loaded.warnings == [])
        #expect(loaded.rules.first?.suppression == Suppression(duration: .seconds(10800)))
        let other = Self.load(
            Make.elastic(Self.query, extra: extra.replacing("azure.resource.name", with: "user.name")))
        #expect(other.warnings.map(\.line) == [15])
    }

    /// What is replaced, by what, line, column, part of the reason, suggestion.
    @Test(
        arguments: [
            ("type = \"esql\"", "type = \"eql\"", 7, 9, "\"eql\" are not run", "esql"),
            ("type = \"esql\"", "type = \"threshold\"", 7, 9, "are not run", nil),
            ("severity = \"low\"", "severity = \"lwo\"", 6, 13, "not low, medium", "low"),
            ("severity = \"low\"", "severity = 5", 6, 12, "must be a string, not an integer", nil),
            ("name = \"T\"\n", "", 3, 1, "\"rule.name\" is missing", nil),
            ("rule_id = \"1111", "rule_id = \"x", 5, 12, "not a UUID", nil),
            ("from = \"now-60m\"", "from = \"60m\"", 8, 9, "not of the form", "now-60m"),
            ("from = \"now-60m\"", "from = \"now-60x\"", 8, 9, "not of the form", nil),
            ("interval = \"10m\"", "interval = \"0m\"", 9, 13, "interval", nil),
            ("[rule]", "[rules]", 1, 1, "table [rule] is missing", nil),
            ("maturity = \"production\"", "maturity = \"deprecated\"", 2, 13, "deprecated", nil),
            ("[rule]", "[rule", 3, 6, "", nil),
            ("name = \"T\"", "name = \"T\"\nname = \"U\"", 5, 1, "", nil),
            ("interval = \"10m\"", "timestamp_override = \"event.created\"", 9, 23, "not supported", nil),
            ("interval = \"10m\"", "risk_score = 101", 9, 14, "between 0 and 100", nil),
            ("interval = \"10m\"", "tags = [\"a\", 5]", 9, 14, "must be a string", nil),
            ("[rule]", "[[=]]", 3, 1, "needs a name", nil),
            ("interval = \"10m\"", "tags = [}", 9, 9, "found \"}\"", nil),
            ("interval = \"10m\"", "language = \"kuery\"", 9, 13, "does not go with", "esql"),
        ] as [(String, String, Int, Int, String, String?)])
    func refusals(_ old: String, _ new: String, _ line: Int, _ column: Int, _ reason: String, _ suggestion: String?)
        throws
    {
        let refusal = try Make.refusal(Make.elastic(Self.query).replacing(old, with: new), file: "t.toml")
        #expect(reason.isEmpty || refusal.reason.contains(reason), "\(refusal)")
        #expect(refusal.line == line, "\(refusal)")
        if !reason.isEmpty { #expect(refusal.column == column, "\(refusal)") }
        #expect(refusal.suggestion == suggestion)
    }

    @Test func unknownKeysAreWarnings() {
        let loaded = Self.load(Make.elastic(Self.query, extra: "refrences = []"))
        #expect(loaded.rules.count == 1)
        #expect(loaded.warnings.map(\.suggestion) == ["references"])
        #expect(loaded.warnings.first?.position == SourcePosition(line: 14, column: 1))
    }

    @Test func windowsLineEndsChangeNothing() throws {
        let text = Make.elastic("FROM logs-azure_openai.logs-*\n| WHERE azure.open_ai.category == 5")
        let refusal = try Make.refusal(text.replacing("\n", with: "\r\n"), file: "t.toml")
        #expect(refusal.position == SourcePosition(line: 12, column: 35))
        let rule = try #require(Self.load(Make.elastic(Self.query).replacing("\n", with: "\r\n")).rules.first)
        #expect(try "\(rule)" == "\(#require(Self.load(Make.elastic(Self.query)).rules.first))")
    }

    /// The rule as its vendor publishes it, from the file that `HUBWATCH_PUBLISHED_RULE` names.
    static let published: String? = {
        guard let path = ProcessInfo.processInfo.environment["HUBWATCH_PUBLISHED_RULE"],
            let data = FileManager.default.contents(atPath: path), let text = String(validating: data, as: UTF8.self),
            let start = text.range(of: "[metadata]")
        else { return nil }
        return String(text[start.lowerBound...])
    }()

    /// The published rule loads unmodified and means what our own rule means.
    @Test(.enabled(if: published != nil, "HUBWATCH_PUBLISHED_RULE names no file"))
    func thePublishedRuleLoadsUnmodified() throws {
        let loaded = Self.load(try #require(Self.published))
        #expect(loaded.refusals == [] && loaded.warnings == [])
        let rule = try #require(loaded.rules.first)
        try CompiledRules.check(rule)
        #expect(rule.metadata.id == "4021e78d-5293-48d3-adee-a70fa4c18fab")
        #expect(rule.metadata.attacks.map(\.id) == ["AML.T0044"])
        #expect(rule.metadata.severity == .medium && rule.metadata.riskScore == 47)
        let ours = try PackTests.rule("azure_openai_model_theft.toml")
        #expect(rule.clock == ours.clock && rule.logSource == ours.logSource)
        guard case .aggregate(let theirs) = rule.body, case .aggregate(let mine) = ours.body else {
            Issue.record("not aggregate rules")
            return
        }
        #expect(theirs.window == mine.window && theirs.keys == mine.keys)
        #expect(theirs.aggregates.map(\.function) == mine.aggregates.map(\.function))
        #expect(theirs.aggregates.map(\.argument) == mine.aggregates.map(\.argument))
        guard case .all(let a) = rule.condition, case .all(let b) = ours.condition else {
            Issue.record("not conjunctions")
            return
        }
        #expect(Set(a) == Set(b))
    }
}
