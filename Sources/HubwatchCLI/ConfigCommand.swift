import ArgumentParser
import HubwatchConfiguration
import HubwatchRuntime
import Redaction

/// `hubwatch config`.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Check and show the configuration.",
        subcommands: [Check.self, Show.self, Settings.self, Sample.self])

    /// `hubwatch config check`.
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check", abstract: "Name every mistake in the configuration and the rules at once.")
        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            let settings = try options.configuration()
            let trial = try SinkTrial(options)
            var problems: [ConfigurationProblem] = []
            for sink in settings.sinks { if let problem = await trial.problem(of: sink) { problems.append(problem) } }
            await trial.close()
            guard problems.isEmpty else { throw CommandFailure(ConfigurationError(problems)) }
            let rules = RuleReport.load(settings.rules)
            for diagnostic in rules.refusals + rules.warnings { Terminal.output("\(diagnostic)") }
            if !rules.refusals.isEmpty {
                throw CommandFailure(.badInput, "\(rules.refusals.count) rules are refused")
            }
            Terminal.output("The configuration is right. Rules that will run: \(rules.rules.count)")
        }
    }

    /// `hubwatch config show`.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show the settings in force and where each was given; secrets are hidden.")
        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            let layers = try options.layers()
            let width = Setting.all.map(\.path.count).max() ?? 0
            for setting in Setting.all {
                let given = layers.values[setting.path]
                var value = given?.texts.joined(separator: ",") ?? setting.defaultText
                if let lists = given?.lists, !lists.isEmpty { value = lists.keys.sorted().joined(separator: ",") }
                if setting.isSecret, given != nil, !value.isEmpty { value = "(hidden)" }
                // A key that stands where none belongs is hidden too.
                value = SecretText.masked(value)
                let name = setting.path + String(repeating: " ", count: width - setting.path.count)
                Terminal.output("\(name)  \(value)\(given.map { "   # \($0.place)" } ?? "")")
            }
            let sinks = layers.shownSinks()
            for line in sinks.lines { Terminal.output(line) }
            let problems = layers.problems + sinks.problems
            if !problems.isEmpty { throw CommandFailure(ConfigurationError(problems)) }
        }
    }

    /// `hubwatch config sample`.
    struct Sample: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "sample", abstract: "Print a commented configuration file with every setting.")

        func run() async throws { Terminal.write(Array(SampleFile.text.utf8), to: 1) }
    }

    /// `hubwatch config settings`.
    struct Settings: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "settings", abstract: "List every setting with its meaning, default and environment variable.")

        func run() async throws {
            for setting in Setting.all {
                Terminal.output(setting.path)
                Terminal.output("    \(setting.summary)")
                let fallback = setting.defaultText.isEmpty ? "none" : setting.defaultText
                Terminal.output("    \(setting.environmentName); takes \(setting.accepts); default \(fallback)")
                Terminal.output("    A change is taken \(setting.effect.rawValue).")
            }
            Terminal.output("sinks.NAME.type\n    Further sinks. Takes \(SinkOption.types.joined(separator: " | ")).")
            for type in SinkOption.types {
                for option in SinkOption.all(of: type) {
                    Terminal.output("sinks.NAME.\(option.path)   (\(type))")
                    Terminal.output("    \(option.summary)")
                    let fallback = option.defaultText.isEmpty ? "none" : option.defaultText
                    let variable = SinkOption.environmentName("NAME", option.path)
                    Terminal.output("    \(variable); takes \(option.accepts); default \(fallback)")
                }
            }
        }
    }
}
