import Detection
import DiagnosticLogs
import Spelling

/// Reads a rule file in Elastic's TOML form.
///
/// **Source**: the rule schema of Elastic's public detection rules. Only `type = "esql"` is run; others are refused
/// with their type.
struct ElasticRuleReader {
    private let document: TOMLDocument
    private let file: String
    private let options: RuleLoadingOptions
    private var warnings = WarningList()

    /// Reads the one rule of a file.
    ///
    /// **Errors**: without the file name, which the caller adds.
    static func read(
        _ text: String, file: String, options: RuleLoadingOptions
    ) -> Result<(rule: Rule, warnings: [RuleDiagnostic]), RuleDiagnostic> {
        let document: TOMLDocument
        do throws(RuleDiagnostic) { document = try TOMLDocument(text) } catch { return .failure(error) }
        var reader = ElasticRuleReader(document: document, file: file, options: options)
        do throws(RuleDiagnostic) {
            let rule = try reader.rule()
            return .success((rule, reader.warnings.items))
        } catch {
            return .failure(reader.named(error))
        }
    }

    private init(document: TOMLDocument, file: String, options: RuleLoadingOptions) {
        self.document = document
        self.file = file
        self.options = options
    }

    /// The error with the rule's name, where there is one.
    private func named(_ error: RuleDiagnostic) -> RuleDiagnostic {
        var error = error
        if case .string(let name)? = document.node(["rule", "name"]) { error.rule = name }
        if case .string(let id)? = document.node(["rule", "rule_id"]) { error.rule = id }
        return error
    }

    private mutating func rule() throws(RuleDiagnostic) -> Rule {
        try checkShape()
        let metadata = try metadata()
        let schedule = try ElasticSchedule(document)
        let plan = try plan()
        let suppression = try suppression(schedule, plan: plan)
        let body: RuleBody
        if let aggregation = plan.aggregation {
            body = .aggregate(
                AggregateRule(
                    window: schedule.window, keys: aggregation.keys, aggregates: aggregation.aggregates,
                    stages: aggregation.stages, maxSignals: try maxSignals()))
        } else {
            _ = try maxSignals()
            body = .match(MatchRule())
        }
        return Rule(
            metadata: metadata, logSource: plan.logSource, condition: plan.condition, body: body,
            clock: schedule.clock, lateness: schedule.lateness, suppression: suppression)
    }

    // Shape

    private static let ruleKeys: [String] = [
        "actions", "alert_suppression", "author", "building_block_type", "description", "enabled", "exceptions_list",
        "false_positives", "filters", "from", "index", "interval", "investigation_fields", "language", "license",
        "max_signals", "meta", "name", "note", "outcome", "output_index", "query", "references", "related_integrations",
        "required_fields", "risk_score", "risk_score_mapping", "rule_id", "rule_name_override", "setup", "severity",
        "severity_mapping", "tags", "threat", "threat_index", "threshold", "throttle", "timeline_id", "timeline_title",
        "timestamp_override", "timestamp_override_fallback_disabled", "to", "type", "version",
    ]

    private mutating func checkShape() throws(RuleDiagnostic) {
        guard case .table(let members)? = document.node(["rule"]) else {
            throw RuleDiagnostic(code: .invalid, position: .start, reason: "table [rule] is missing")
        }
        for key in members.keys.sorted() where !Self.ruleKeys.contains(key) {
            warnings.add(
                .lint, "key \"\(key)\" of [rule] is not known and has no effect", at: document.position(["rule", key]),
                suggestion: NearestName.of(key, in: Self.ruleKeys))
        }
        let type = try required(["rule", "type"])
        guard type == "esql" else {
            throw RuleDiagnostic(
                code: .unsupported, position: document.valuePosition(["rule", "type"]),
                reason: "rules of type \"\(type)\" are not run yet; only \"esql\" is",
                suggestion: NearestName.of(type, in: ["esql"]))
        }
        if let language = try document.string(["rule", "language"]), language != "esql" {
            throw RuleDiagnostic(
                code: .invalid, position: document.valuePosition(["rule", "language"]),
                reason: "language \"\(language)\" does not go with type \"esql\"", suggestion: "esql")
        }
        if let maturity = try document.string(["metadata", "maturity"]), maturity == "deprecated",
            !options.includeRetired
        {
            throw RuleDiagnostic(
                code: .unsupported, position: document.valuePosition(["metadata", "maturity"]),
                reason: "the rule is deprecated; retired rules load only when asked for")
        }
    }

    private func required(_ path: [String]) throws(RuleDiagnostic) -> String {
        guard let text = try document.string(path) else {
            throw RuleDiagnostic(
                code: .invalid, position: document.position(path),
                reason: "\"\(path.joined(separator: "."))\" is missing")
        }
        guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
            throw RuleDiagnostic(
                code: .invalid, position: document.valuePosition(path),
                reason: "\"\(path.joined(separator: "."))\" is empty")
        }
        return text
    }

    // Metadata

    private mutating func metadata() throws(RuleDiagnostic) -> RuleMetadata {
        let id = try required(["rule", "rule_id"])
        guard RuleIdentifier.isUUID(id) else {
            throw RuleDiagnostic(
                code: .invalid, position: document.valuePosition(["rule", "rule_id"]),
                reason: "\"\(id)\" is not a UUID")
        }
        let tags = try document.strings(["rule", "tags"])
        var attacks = try threats()
        for attack in tags.compactMap(AttackTags.entry(elastic:)) where !attacks.contains(attack) {
            attacks.append(attack)
        }
        return RuleMetadata(
            id: id, title: try required(["rule", "name"]), description: try description(), severity: try severity(),
            riskScore: try riskScore(), authors: try document.strings(["rule", "author"]),
            references: try document.strings(["rule", "references"]),
            falsePositives: try document.strings(["rule", "false_positives"]), tags: tags, attacks: attacks,
            license: try document.string(["rule", "license"]),
            origin: RuleMetadata.Origin(file: file, format: "elastic", line: document.position(["rule"]).line))
    }

    private func description() throws(RuleDiagnostic) -> String {
        let text = try document.string(["rule", "description"]) ?? ""
        return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private mutating func severity() throws(RuleDiagnostic) -> RuleMetadata.Severity {
        let levels: [(String, RuleMetadata.Severity)] = [
            ("low", .low), ("medium", .medium), ("high", .high), ("critical", .critical),
        ]
        let text = try required(["rule", "severity"])
        guard let level = levels.first(where: { $0.0 == text.lowercased() }) else {
            throw RuleDiagnostic(
                code: .invalid, position: document.valuePosition(["rule", "severity"]),
                reason: "severity \"\(text)\" is not low, medium, high or critical",
                suggestion: NearestName.of(text, in: levels.map(\.0)))
        }
        return level.1
    }

    private func riskScore() throws(RuleDiagnostic) -> Int? {
        guard let score = try document.integer(["rule", "risk_score"]) else { return nil }
        guard (0...100).contains(score) else {
            throw RuleDiagnostic(
                code: .invalid, position: document.valuePosition(["rule", "risk_score"]),
                reason: "risk_score \(score) is not between 0 and 100")
        }
        return score
    }

    private func maxSignals() throws(RuleDiagnostic) -> Int {
        guard let count = try document.integer(["rule", "max_signals"]) else { return 100 }
        guard count > 0 else {
            throw RuleDiagnostic(
                code: .invalid, position: document.valuePosition(["rule", "max_signals"]),
                reason: "max_signals must be positive")
        }
        return count
    }

    private func threats() throws(RuleDiagnostic) -> [RuleMetadata.Attack] {
        var attacks: [RuleMetadata.Attack] = []
        func add(_ path: [String]) throws(RuleDiagnostic) {
            guard let id = try document.string(path + ["id"]) else { return }
            let attack =
                id.uppercased().hasPrefix("AML.")
                ? AttackTags.atlas(id) : AttackTags.attack(id, name: try document.string(path + ["name"]))
            if !attacks.contains(attack) { attacks.append(attack) }
        }
        for index in 0..<(try document.count(["rule", "threat"]) ?? 0) {
            let threat = ["rule", "threat", "[\(index)]"]
            try add(threat + ["tactic"])
            for technique in 0..<(try document.count(threat + ["technique"]) ?? 0) {
                let path = threat + ["technique", "[\(technique)]"]
                try add(path)
                for sub in 0..<(try document.count(path + ["subtechnique"]) ?? 0) {
                    try add(path + ["subtechnique", "[\(sub)]"])
                }
            }
        }
        return attacks
    }

    // Query

    private mutating func plan() throws(RuleDiagnostic) -> ESQLPlan {
        let path = ["rule", "query"]
        let query = try required(path)
        let map = document.locator.places[path]?.map ?? SourceMap(start: document.valuePosition(path))
        let bytes = Array(query.utf8)
        do {
            let plan = try ESQLCompiler.compile(query)
            for note in plan.notes {
                warnings.add(
                    note.code, note.reason, at: map.position(of: note.offset, in: bytes), suggestion: note.suggestion)
            }
            return plan
        } catch {
            throw RuleDiagnostic(
                code: error.code, position: map.position(of: error.offset, in: bytes), reason: error.reason,
                suggestion: error.suggestion)
        }
    }

    // Suppression

    /// Without `alert_suppression` a group that stays over its threshold is one alert per window length.
    private mutating func suppression(
        _ schedule: ElasticSchedule, plan: ESQLPlan
    ) throws(RuleDiagnostic) -> Suppression {
        let path = ["rule", "alert_suppression"]
        let whole = plan.aggregation == nil ? Suppression() : Suppression(duration: schedule.window.length)
        guard document.node(path) != nil else { return whole }
        let groups = try document.strings(path + ["group_by"])
        let keys = plan.aggregation?.keys.map(\.name) ?? []
        if Set(groups) != Set(keys) {
            warnings.add(
                .lint, "alert_suppression groups by \(groups), but alerts are grouped by the keys of the rule, \(keys)",
                at: document.position(path + ["group_by"]))
        }
        if let strategy = try document.string(path + ["missing_fields_strategy"]),
            !["suppress", "doNotSuppress"].contains(strategy)
        {
            throw RuleDiagnostic(
                code: .invalid, position: document.valuePosition(path + ["missing_fields_strategy"]),
                reason: "\"\(strategy)\" is not suppress or doNotSuppress",
                suggestion: NearestName.of(strategy, in: ["suppress", "doNotSuppress"]))
        }
        guard document.node(path + ["duration"]) != nil else { return whole }
        return Suppression(duration: try suppressionDuration(path + ["duration"]))
    }

    private func suppressionDuration(_ path: [String]) throws(RuleDiagnostic) -> Duration {
        guard let value = try document.integer(path + ["value"]), let unit = try document.string(path + ["unit"]) else {
            throw RuleDiagnostic(
                code: .invalid, position: document.position(path), reason: "a duration needs \"value\" and \"unit\"")
        }
        guard let seconds = DurationText.seconds("\(value)\(unit)"), seconds > 0 else {
            throw RuleDiagnostic(
                code: .invalid, position: document.valuePosition(path + ["value"]),
                reason: "\(value) \(unit) is not a duration; units are s, m, h and d")
        }
        return .seconds(seconds)
    }
}
