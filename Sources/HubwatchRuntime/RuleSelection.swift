public import Detection
public import HubwatchConfiguration
public import RuleFormats

/// The rules that a configuration selects: loaded, compiled, and those refused with their reasons.
public struct RuleSelection: Sendable {
    /// Rules that can run, in file order.
    public private(set) var rules: [Rule]
    /// Rules that cannot, each with its place and reason.
    public private(set) var refusals: [RuleDiagnostic]
    /// What a rule author should look at.
    public private(set) var warnings: [RuleDiagnostic]
    /// The rules as the engine runs them; nil when there are none.
    public let compiled: CompiledRules?

    /// Loads and compiles.
    ///
    /// One bad rule never stops the others.
    /// - Parameter others: rules that stand in no file.
    public init(loading settings: Configuration.Rules, adding others: [Rule] = []) {
        let placeholders = RulePlaceholders.builtIn.overlaid(with: RulePlaceholders(lists: settings.placeholders))
        let loaded = RuleLoader.load(paths: settings.paths, options: RuleLoadingOptions(placeholders: placeholders))
        warnings = loaded.warnings
        refusals = loaded.refusals
        rules = []
        var shadow = ShadowSelection(settings.shadow)
        for var rule in loaded.rules + others {
            if shadow.contains(rule.metadata) { rule.metadata.status = .shadow }
            guard settings.only.isEmpty || settings.only.contains(rule.metadata.id) else { continue }
            do {
                try CompiledRules.check(rule)
                rules.append(rule)
            } catch {
                refusals.append(Self.refusal(of: rule, error))
            }
        }
        warnings += shadow.warnings
        for id in settings.only.sorted() where !loaded.rules.contains(where: { $0.metadata.id == id }) {
            refusals.append(Self.unknown(id))
        }
        do {
            compiled = rules.isEmpty ? nil : try CompiledRules(rules, masking: settings.masking)
        } catch {
            compiled = nil
            if let rule = rules.first(where: { $0.metadata.id == error.ruleID }) ?? rules.first {
                refusals.append(Self.refusal(of: rule, error))
            }
        }
        warnOfMasks()
    }

    /// Columns of findings that will be masks: the rule runs, and its author should know.
    private mutating func warnOfMasks() {
        for rule in rules {
            let columns = compiled?.contentColumns(of: rule.metadata.id) ?? []
            guard !columns.isEmpty else { continue }
            let names = columns.map { "'\($0)'" }.joined(separator: ", ")
            warnings.append(
                RuleDiagnostic(
                    severity: .warning, code: .lint, file: rule.metadata.origin.file,
                    position: SourcePosition(line: rule.metadata.origin.line, column: 1), rule: rule.metadata.id,
                    reason: "findings show masks for \(names): the fields hold prompts, completions or bodies"))
        }
    }

    /// The files that a configuration's rules stand in.
    static func files(_ settings: Configuration.Rules) -> [String] { RuleLoader.files(of: settings.paths) }

    private static func unknown(_ id: String) -> RuleDiagnostic {
        RuleDiagnostic(
            severity: .refusal, code: .unknownName, file: "--rule", position: SourcePosition(line: 1, column: 1),
            rule: id, reason: "no rule has the id '\(id)': `hubwatch rules list` shows them")
    }

    private static func refusal(of rule: Rule, _ error: DetectionError) -> RuleDiagnostic {
        RuleDiagnostic(
            severity: .refusal, code: .unsupported, file: rule.metadata.origin.file,
            position: SourcePosition(line: rule.metadata.origin.line, column: 1), rule: rule.metadata.id,
            reason: error.message)
    }
}
