import ArgumentParser
import DiagnosticLogs
import Foundation
import HubwatchConfiguration
import HubwatchRuntime

/// The flags that all kinds of replay share.
struct ReplayOptions: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: "Configuration file. Default: HUBWATCH_CONFIG, or /etc/hubwatch/hubwatch.yaml when it exists.")
    var configFile: String?

    @Option(
        name: .customLong("rules"),
        help: "Rule file or folder instead of the configuration's; may be given several times.")
    var rulePaths: [String] = []

    @Option(help: "Only the rule with this id; may be given several times.")
    var rule: [String] = []

    @Option(help: "Findings file to write, OCSF JSON lines. Default: none; the live run's file is never touched.")
    var findings: String?

    @Option(
        help: "Readable findings on standard output: auto (a terminal, or no --findings and no --json), always, never.")
    var terminal: String?

    @Flag(
        inversion: .prefixedNo,
        help:
            "At the end, close windows as if nothing followed. Default: for files that are read whole; not for a hub, with --state or --to."
    )
    var closeWindows: Bool?

    @Flag(help: "No progress and no summary.") var quiet = false
    @Flag(help: "The summary as one JSON object on standard output.") var json = false

    @Option(help: "Least severe log line: trace, debug, info, notice, warning, error (log.level). Default: warning.")
    var logLevel: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Any other setting, such as limits.message_bytes=8MiB; may be given several times.",
            valueName: "setting=value"))
    var assignments: [String] = []

    /// The settings in force: the live run's, but nothing of it is written to.
    func configuration(needsSource: Bool, flags: [String] = []) throws -> Configuration {
        var arguments = flags
        if let configFile { arguments += ["--config", configFile] }
        for path in rulePaths { arguments += ["--rules", path] }
        arguments += ["--log-level", logLevel ?? "warning"]
        for assignment in assignments { arguments += ["--set", assignment] }
        var settings = try ConfigurationOptions.parse(arguments).configuration(needsSource: needsSource)
        settings.rules.only = Set(rule)
        settings.findings.file = findings
        settings.findings.terminal = terminal ?? (json ? "never" : "auto")
        guard ["auto", "always", "never"].contains(settings.findings.terminal) else {
            throw CommandFailure(.usage, "--terminal takes auto, always or never")
        }
        return settings
    }

    /// A time of the command line.
    static func time(_ text: String?, _ flag: String) throws -> Timestamp? {
        guard let text else { return nil }
        let value = text.hasPrefix("time:") ? String(text.dropFirst(5)) : text
        guard value.contains("-"), let time = Timestamp(parsing: value) else {
            throw CommandFailure(.usage, "\(flag) takes a time such as 2026-01-31T12:00:00Z; '\(text)' is none")
        }
        return time
    }
}
