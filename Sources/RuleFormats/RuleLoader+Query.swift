public import Detection

extension RuleLoader {
    /// Compiles a bare ES|QL query to a rule, as if it stood in a rule file with this schedule.
    ///
    /// For tools and tests that compare a query with another engine. Places in diagnostics are those of the query; one
    /// without STATS becomes a match rule and leaves the window unused.
    public static func load(
        query: String, id: String, window: HoppingWindow, clock: Rule.Clock = .enqueued
    ) -> LoadedRules {
        let bytes = Array(query.utf8)
        let map = SourceMap()
        do throws(ESQLError) {
            let plan = try ESQLCompiler.compile(query)
            let metadata = RuleMetadata(id: id, title: id, origin: RuleMetadata.Origin(file: id, format: "elastic"))
            let body: RuleBody =
                plan.aggregation.map { aggregation in
                    .aggregate(
                        AggregateRule(
                            window: window, keys: aggregation.keys, aggregates: aggregation.aggregates,
                            stages: aggregation.stages))
                } ?? .match(MatchRule())
            let rule = Rule(
                metadata: metadata, logSource: plan.logSource, condition: plan.condition, body: body, clock: clock)
            let warnings = plan.notes.map { note in
                RuleDiagnostic(
                    severity: .warning, code: note.code, file: id, position: map.position(of: note.offset, in: bytes),
                    rule: id, reason: note.reason, suggestion: note.suggestion)
            }
            return LoadedRules(rules: [rule], warnings: warnings)
        } catch {
            let refusal = RuleDiagnostic(
                code: error.code, file: id, position: map.position(of: error.offset, in: bytes), rule: id,
                reason: error.reason, suggestion: error.suggestion)
            return LoadedRules(refusals: [refusal])
        }
    }
}
