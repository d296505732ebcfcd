import Detection
import DiagnosticLogs
import Spelling

/// Reads one document of a Sigma file.
///
/// **Source**: Sigma rules specification 2.1. Correlations and filters are recognised and refused.
struct SigmaRuleReader {
    private let document: YAMLNode
    private let file: String
    private let options: RuleLoadingOptions
    private var warnings = WarningList()

    /// Reads a rule.
    ///
    /// **Errors**: without the file name, which the caller adds.
    static func read(
        _ document: YAMLNode, file: String, options: RuleLoadingOptions
    ) -> Result<(rule: Rule, warnings: [RuleDiagnostic]), RuleDiagnostic> {
        var reader = SigmaRuleReader(document: document, file: file, options: options)
        do throws(RuleDiagnostic) {
            let rule = try reader.rule()
            return .success((rule, reader.warnings.items))
        } catch {
            var error = error
            error.rule = document["id"]?.value.text ?? document["title"]?.value.text
            return .failure(error)
        }
    }

    private init(document: YAMLNode, file: String, options: RuleLoadingOptions) {
        self.document = document
        self.file = file
        self.options = options
    }

    private mutating func rule() throws(RuleDiagnostic) -> Rule {
        let detection = try kind()
        let metadata = try metadata()
        let logSource = try logSource()
        let fields = SigmaFields(service: logSource.service)
        var compiler = SigmaDetectionCompiler(fields: fields, placeholders: options.placeholders)
        let condition = try compiler.compile(detection)
        warnings.add(compiler.warnings)
        if case .constant = condition {
            throw RuleDiagnostic(
                code: .invalid, position: detection.key.position, reason: "the condition does not depend on the record")
        }
        let knobs = try SigmaKnobs(document["hubwatch"]?.value, fields: fields, warnings: &warnings)
        var rule = Rule(
            metadata: metadata, logSource: logSource, condition: condition,
            body: .match(MatchRule(oncePer: knobs.oncePer)), clock: knobs.clock, lateness: knobs.lateness,
            scope: knobs.scope, suppression: knobs.suppression)
        rule.metadata.status = knobs.status
        return rule
    }

    // Shape

    private static let keys: [String] = [
        "author", "correlation", "date", "description", "detection", "falsepositives", "fields", "filter", "hubwatch",
        "id", "level", "license", "logsource", "modified", "name", "references", "related", "scope", "status", "tags",
        "taxonomy", "title",
    ]

    /// The detection section, or why the document is no detection rule.
    private mutating func kind() throws(RuleDiagnostic) -> YAMLPair {
        guard let pairs = document.pairs else {
            throw RuleDiagnostic(
                code: .invalid, position: document.position,
                reason: "a rule must be a map, not \(document.kindName)")
        }
        for (key, reason) in [
            ("correlation", "correlation rules are not run yet"), ("filter", "filters are not run yet"),
            ("action", "\"action\" was removed from Sigma: write each rule in full"),
        ] {
            if let found = document[key] {
                throw RuleDiagnostic(code: .unsupported, position: found.key.position, reason: reason)
            }
        }
        for pair in pairs {
            // Unknown keys are custom attributes; only likely slips are worth a word.
            guard let key = pair.key.text, !Self.keys.contains(key), let near = NearestName.of(key, in: Self.keys)
            else {
                continue
            }
            warnings.add(
                .lint, "key \"\(key)\" is not known and has no effect", at: pair.key.position, suggestion: near)
        }
        guard let detection = document["detection"] else {
            throw RuleDiagnostic(
                code: .invalid, position: document.position, reason: "\"detection\" is missing",
                suggestion: pairs.compactMap(\.key.text).first {
                    NearestName.of($0, in: ["detection"]) != nil
                }.map { _ in "detection" })
        }
        return detection
    }

    // Metadata

    private mutating func metadata() throws(RuleDiagnostic) -> RuleMetadata {
        guard let title = try text("title"), !title.isEmpty else {
            throw RuleDiagnostic(code: .invalid, position: document.position, reason: "\"title\" is missing")
        }
        if title.count > 256 {
            warnings.add(.lint, "the title is longer than 256 characters", at: position("title"))
        }
        try checkStatus()
        let tags = try texts("tags")
        var attacks: [RuleMetadata.Attack] = []
        for entry in tags.compactMap(AttackTags.entry(sigma:)) where !attacks.contains(entry) { attacks.append(entry) }
        let authors = try text("author").map { author in
            author.split(separator: ",").map { String($0.drop(while: \.isWhitespace)) }.filter { !$0.isEmpty }
        }
        return RuleMetadata(
            id: try id(title: title), title: title, description: try description(), severity: try level(),
            authors: authors ?? [], references: try texts("references"),
            falsePositives: try texts("falsepositives"), tags: tags, attacks: attacks, license: try text("license"),
            origin: RuleMetadata.Origin(file: file, format: "sigma", line: document.position.line))
    }

    private func position(_ key: String) -> SourcePosition { document[key]?.value.position ?? document.position }

    private func text(_ key: String) throws(RuleDiagnostic) -> String? {
        guard let node = document[key]?.value, node.scalar != .null else { return nil }
        guard let text = node.text else {
            throw RuleDiagnostic(
                code: .invalid, position: node.position, reason: "\"\(key)\" must be text, not \(node.kindName)")
        }
        return text
    }

    /// A list of texts, or a single one.
    private func texts(_ key: String) throws(RuleDiagnostic) -> [String] {
        guard let node = document[key]?.value, node.scalar != .null else { return [] }
        var result: [String] = []
        for element in node.elements ?? [node] {
            guard let text = element.text else {
                throw RuleDiagnostic(
                    code: .invalid, position: element.position,
                    reason: "\"\(key)\" must be a list of texts; this is \(element.kindName)")
            }
            result.append(text)
        }
        return result
    }

    private func description() throws(RuleDiagnostic) -> String {
        (try text("description") ?? "").split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private mutating func id(title: String) throws(RuleDiagnostic) -> String {
        if let id = try text("id") {
            guard RuleIdentifier.isUUID(id) else {
                throw RuleDiagnostic(code: .invalid, position: position("id"), reason: "\"\(id)\" is not a UUID")
            }
            return id.lowercased()
        }
        let slug = RuleIdentifier.slug(of: try text("name") ?? title)
        guard !slug.isEmpty else {
            throw RuleDiagnostic(code: .invalid, position: document.position, reason: "\"id\" is missing")
        }
        warnings.add(
            .lint, "the rule has no \"id\": \"\(slug)\" is used, and a new title would make it another rule",
            at: document.position)
        return slug
    }

    private func checkStatus() throws(RuleDiagnostic) {
        let known = ["stable", "test", "experimental", "deprecated", "unsupported"]
        guard let status = try text("status") else { return }
        guard known.contains(status) else {
            throw RuleDiagnostic(
                code: .invalid, position: position("status"),
                reason: "status \"\(status)\" is not one of \(known.joined(separator: ", "))",
                suggestion: NearestName.of(status, in: known))
        }
        if status == "deprecated" || status == "unsupported", !options.includeRetired {
            throw RuleDiagnostic(
                code: .unsupported, position: position("status"),
                reason: "the rule is \(status); retired rules load only when asked for")
        }
    }

    private mutating func level() throws(RuleDiagnostic) -> RuleMetadata.Severity {
        let levels: [(String, RuleMetadata.Severity)] = [
            ("informational", .informational), ("low", .low), ("medium", .medium), ("high", .high),
            ("critical", .critical),
        ]
        guard let text = try text("level") else {
            warnings.add(.lint, "the rule has no \"level\": medium is used", at: document.position)
            return .medium
        }
        guard let level = levels.first(where: { $0.0 == text.lowercased() }) else {
            throw RuleDiagnostic(
                code: .invalid, position: position("level"),
                reason: "level \"\(text)\" is not one of \(levels.map(\.0).joined(separator: ", "))",
                suggestion: NearestName.of(text, in: levels.map(\.0)))
        }
        return level.1
    }

    // Log source

    private static let services = [
        "activitylogs", "auditlogs", "openai", "pim", "platformlogs", "riskdetection", "signinlogs",
    ]

    private mutating func logSource() throws(RuleDiagnostic) -> LogSource {
        guard let node = document["logsource"] else {
            throw RuleDiagnostic(
                code: .invalid, position: document.position, reason: "\"logsource\" is missing")
        }
        guard let pairs = node.value.pairs else {
            throw RuleDiagnostic(
                code: .invalid, position: node.value.position,
                reason: "\"logsource\" must be a map, not \(node.value.kindName)")
        }
        var source = LogSource()
        for pair in pairs {
            let key = pair.key.text ?? ""
            let value = pair.value.scalar == .null ? nil : pair.value.text?.lowercased()
            switch key {
            case "product": source.product = value
            case "service": source.service = value
            case "category": source.category = value
            default: continue
            }
            guard pair.value.text != nil else {
                throw RuleDiagnostic(
                    code: .invalid, position: pair.value.position,
                    reason: "\"logsource.\(key)\" must be text, not \(pair.value.kindName)")
            }
            note(key, value, at: pair.value.position)
        }
        return source
    }

    /// Warns of log sources that no record here has.
    private mutating func note(_ key: String, _ value: String?, at position: SourcePosition) {
        guard let value else { return }
        if key == "product", value != "azure" {
            warnings.add(
                .neverProduced, "no record has product \"\(value)\"", at: position,
                suggestion: NearestName.of(value, in: ["azure"]))
        }
        if key == "service", !Self.services.contains(value) {
            warnings.add(
                .neverProduced, "no record has service \"\(value)\"", at: position,
                suggestion: NearestName.of(value, in: Self.services))
        }
        if key == "service", value == "pim" {
            warnings.add(
                .neverProduced, "alerts of Privileged Identity Management are not in diagnostic logs", at: position)
        }
    }
}
