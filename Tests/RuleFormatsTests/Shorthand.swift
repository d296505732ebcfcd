import Detection
import DiagnosticLogs
import RuleFormats
import Testing

/// Rule texts and expectations in few words.
enum Make {
    /// A Sigma rule around a detection section, whose lines are indented by four.
    static func sigma(_ detection: String, extra: String = "", service: String = "activitylogs") -> String {
        let indented = detection.split(separator: "\n", omittingEmptySubsequences: false).map { "    " + $0 }
            .joined(separator: "\n")
        return """
            title: T
            id: 11111111-2222-3333-4444-555555555555
            level: low
            logsource:
                product: azure
                service: \(service)
            detection:
            \(indented)
            \(extra)
            """
    }

    /// The condition of a Sigma rule around a detection section.
    static func condition(_ detection: String, service: String = "activitylogs") throws -> Condition {
        let loaded = RuleLoader.load(text: sigma(detection, service: service), file: "t.yml")
        if let refusal = loaded.refusals.first { throw refusal }
        return try #require(loaded.rules.first).condition
    }

    /// What one item means: `field|modifiers: value`.
    static func item(_ item: String) throws -> Condition { try condition("s:\n    \(item)\ncondition: s") }

    /// The one refusal of a text.
    static func refusal(_ text: String, file: String = "t.yml") throws -> RuleDiagnostic {
        let loaded = RuleLoader.load(text: text, file: file)
        #expect(loaded.rules.isEmpty)
        return try #require(loaded.refusals.first)
    }

    /// An Elastic rule around a query, which begins at line 11, column 1.
    static func elastic(_ query: String, extra: String = "") -> String {
        """
        [metadata]
        maturity = "production"
        [rule]
        name = "T"
        rule_id = "11111111-2222-3333-4444-555555555555"
        severity = "low"
        type = "esql"
        from = "now-60m"
        interval = "10m"
        query = '''
        \(query)
        '''
        \(extra)
        """
    }

    /// The rule of a query.
    static func rule(_ query: String) throws -> Rule {
        let loaded = RuleLoader.load(text: elastic(query), file: "t.toml")
        if let refusal = loaded.refusals.first { throw refusal }
        return try #require(loaded.rules.first)
    }

    /// The aggregate body of a query.
    static func body(_ query: String) throws -> AggregateRule {
        guard case .aggregate(let body) = try rule(query).body else { throw NotAnAggregate() }
        return body
    }

    struct NotAnAggregate: Error {}
}

/// A raw path.
func path(_ steps: String...) -> Field { .path(FieldPath(steps)) }

extension StringPattern {
    /// One literal.
    static func literal(_ text: String, cased: Bool = false) -> StringPattern {
        StringPattern(parts: text.isEmpty ? [] : [.literal(text)], caseSensitive: cased)
    }

    /// Parts, without case.
    static func parts(_ parts: StringPattern.Part..., cased: Bool = false) -> StringPattern {
        StringPattern(parts: parts, caseSensitive: cased)
    }
}
