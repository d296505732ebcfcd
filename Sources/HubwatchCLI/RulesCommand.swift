import ArgumentParser
import Detection
import HubwatchConfiguration
import HubwatchRuntime
import RuleFormats

/// `hubwatch rules`.
struct RulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "List and check detection rules (Sigma, Elastic ES|QL).",
        subcommands: [List.self, Check.self])

    /// `hubwatch rules list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "List the rules that would run.")
        @Argument(help: "Rule files or folders; default: those of the configuration.") var paths: [String] = []
        @OptionGroup var options: ConfigurationOptions
        @Flag(help: "One JSON object a rule.") var json = false

        func run() async throws {
            let rules = try RuleReport.load(paths: paths, options: options)
            for rule in rules.rules {
                Terminal.output(json ? RuleReport.json(rule, rules) : RuleReport.text(rule, rules))
            }
            for refusal in rules.refusals { Terminal.error("\(refusal)") }
            if rules.rules.isEmpty, rules.refusals.isEmpty { Terminal.error("no rules found") }
        }
    }

    /// `hubwatch rules check`.
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check", abstract: "Check rule files: each mistake with file, line, column and reason.",
            discussion: "Exits 65 when a rule is refused.")
        @Argument(help: "Rule files or folders; default: those of the configuration.") var paths: [String] = []
        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            let rules = try RuleReport.load(paths: paths, options: options)
            for diagnostic in rules.refusals + rules.warnings { Terminal.output("\(diagnostic)") }
            Terminal.output(
                "\(rules.rules.count) rules can run, \(rules.refusals.count) refused, \(rules.warnings.count) warnings")
            if !rules.refusals.isEmpty { throw ExitCode(ExitStatus.badInput.rawValue) }
        }
    }
}

/// Loads rules for the commands and writes them as text or JSON.
enum RuleReport {
    static func load(paths: [String], options: ConfigurationOptions) throws -> RuleSelection {
        var layers = try options.layers()
        if !paths.isEmpty { layers.add(flag: "rules", path: "rules.paths", text: paths.joined(separator: ",")) }
        // The source may be missing or wrong: only the rule settings matter here.
        return load(try Configuration.rules(layers))
    }

    static func load(_ settings: Configuration.Rules) -> RuleSelection { RuleSelection(loading: settings) }

    static func text(_ rule: Rule, _ rules: RuleSelection) -> String {
        let explanation = rules.compiled?.explanation(of: rule.metadata.id).map { "    \($0)" } ?? ""
        return """
            \(rule.metadata.title)
                id \(rule.metadata.id)  version \(rules.compiled?.fingerprint(of: rule.metadata.id) ?? "-")
                severity \(rule.metadata.severity)  status \(rule.metadata.status.rawValue)  \(rule.metadata.origin.format)  \(rule.metadata.origin.file):\(rule.metadata.origin.line)
            \(explanation)
            """
    }

    static func json(_ rule: Rule, _ rules: RuleSelection) -> String {
        JSONText.object([
            ("id", .text(rule.metadata.id)), ("title", .text(rule.metadata.title)),
            ("version", .text(rules.compiled?.fingerprint(of: rule.metadata.id) ?? "")),
            ("severity", .text("\(rule.metadata.severity)")), ("status", .text(rule.metadata.status.rawValue)),
            ("format", .text(rule.metadata.origin.format)), ("file", .text(rule.metadata.origin.file)),
            ("line", .number(Int64(rule.metadata.origin.line))),
        ])
    }
}
