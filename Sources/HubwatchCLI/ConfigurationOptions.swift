import ArgumentParser
import HubwatchConfiguration

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The flags that give settings, shared by the commands that read the configuration.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: "Configuration file. Default: HUBWATCH_CONFIG, or /etc/hubwatch/hubwatch.yaml when it exists.")
    var configFile: String?

    @Option(help: "Event hub (source.hub).")
    var hub: String?

    @Option(help: "File with the Event Hubs connection string (source.connection_string_file).")
    var connectionStringFile: String?

    @Option(help: "Fully qualified namespace, in place of a connection string (source.namespace).")
    var namespace: String?

    @Option(help: "How to sign in to the namespace: auto, managed-identity, azure-cli, … (source.credential).")
    var credential: String?

    @Option(help: "Consumer group (source.consumer_group).")
    var consumerGroup: String?

    @Option(help: "Partitions to read: all, or a list such as 0-3,7 (source.partitions).")
    var partitions: String?

    @Option(help: "This instance of how many, such as 1/4 (source.instance).")
    var instance: String?

    @Option(help: "Owner level (epoch) of the receivers, or none (source.owner_level).")
    var ownerLevel: String?

    @Option(
        help: "Where to start: earliest, latest, a time, or a sequence number; overrides checkpoints (source.from).")
    var from: String?

    @Option(help: "PEM file of certificate authorities to trust besides the system's (source.ca_file).")
    var caFile: String?

    @Option(name: .customLong("rules"), help: "Rule file or folder; may be given several times (rules.paths).")
    var rulePaths: [String] = []

    @Flag(help: "Run rules that need all partitions on a part of them (rules.allow_partial).")
    var allowPartial = false

    @Option(help: "State file (state.path).")
    var state: String?

    @Option(help: "Findings file, OCSF JSON lines (findings.file).")
    var findings: String?

    @Option(help: "Readable findings on standard output: auto, always, never (findings.terminal).")
    var terminal: String?

    @Option(help: "Least severe log line: trace, debug, info, notice, warning, error (log.level).")
    var logLevel: String?

    @Option(help: "Form of log lines: text or json (log.format).")
    var logFormat: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Any other setting, such as state.commit_interval=2s; may be given several times.",
            valueName: "setting=value"))
    var assignments: [String] = []

    /// The layers of file, environment and flags.
    func layers() throws -> ConfigurationLayers {
        var layers = ConfigurationLayers()
        let environment = ProcessInfo.processInfo.environment
        if let file = fileInForce {
            layers.add(yaml: try readText(file), name: file)
        }
        layers.add(environment: environment)
        for (flag, path, value) in given { layers.add(flag: flag, path: path, text: value) }
        for assignment in assignments {
            guard let sign = assignment.firstIndex(of: "=") else {
                throw CommandFailure(.usage, "--set takes setting=value; '\(assignment)' has no '='")
            }
            layers.add(
                flag: "--set", path: String(assignment[..<sign]),
                text: String(assignment[assignment.index(after: sign)...]))
        }
        for warning in layers.warnings { Terminal.error("warning: \(warning)") }
        return layers
    }

    /// The settings in force; every problem at once when there are any.
    func configuration(needsSource: Bool = true) throws -> Configuration {
        do {
            return try Configuration(layers(), needsSource: needsSource, readFile: Self.settingFile)
        } catch let error as ConfigurationError {
            throw CommandFailure(error)
        }
    }

    /// The rule settings in force, for commands that judge without a source.
    func rules() throws -> Configuration.Rules {
        do {
            return try Configuration.rules(layers(), readFile: Self.settingFile)
        } catch let error as ConfigurationError {
            throw CommandFailure(error)
        }
    }

    private static func settingFile(_ path: String) throws(ConfigurationProblem) -> String {
        do throws(CommandFailure) { return try readText(path) } catch {
            throw ConfigurationProblem(place: path, message: error.message)
        }
    }

    /// The state file's path, without needing the rest of the configuration to be right.
    func statePath() throws -> String {
        let layers = try layers()
        return layers.values["state.path"]?.texts.first ?? Setting.named("state.path")?.defaultText ?? ""
    }

    private var given: [(flag: String, path: String, value: String)] {
        var list: [(String, String, String)] = []
        func add(_ flag: String, _ path: String, _ value: String?) {
            if let value { list.append((flag, path, value)) }
        }
        add("--hub", "source.hub", hub)
        add("--connection-string-file", "source.connection_string_file", connectionStringFile)
        add("--namespace", "source.namespace", namespace)
        add("--credential", "source.credential", credential)
        add("--consumer-group", "source.consumer_group", consumerGroup)
        add("--partitions", "source.partitions", partitions)
        add("--instance", "source.instance", instance)
        add("--owner-level", "source.owner_level", ownerLevel)
        add("--from", "source.from", from)
        add("--ca-file", "source.ca_file", caFile)
        add("--rules", "rules.paths", rulePaths.isEmpty ? nil : rulePaths.joined(separator: ","))
        add("--allow-partial", "rules.allow_partial", allowPartial ? "true" : nil)
        add("--state", "state.path", state)
        add("--findings", "findings.file", findings)
        add("--terminal", "findings.terminal", terminal)
        add("--log-level", "log.level", logLevel)
        add("--log-format", "log.format", logFormat)
        return list
    }

    /// The configuration file that is read; nil for none.
    var fileInForce: String? {
        let named = configFile ?? ProcessInfo.processInfo.environment["HUBWATCH_CONFIG"]
        if let named, !named.isEmpty { return named }
        let system = "/etc/hubwatch/hubwatch.yaml"
        return FileManager.default.fileExists(atPath: system) ? system : nil
    }
}

/// Reads a small text file.
func readText(_ path: String) throws(CommandFailure) -> String {
    guard FileManager.default.fileExists(atPath: path) else {
        throw CommandFailure(.inputNotFound, "there is no file '\(path)'")
    }
    guard let data = FileManager.default.contents(atPath: path) else {
        throw CommandFailure(.notAllowed, "'\(path)' cannot be read: check its rights")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
        throw CommandFailure(.badInput, "'\(path)' is not UTF-8 text")
    }
    return text
}
