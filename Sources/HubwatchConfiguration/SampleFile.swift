/// The commented configuration file that shows every setting with its unit and default: `Config/hubwatch.yaml`.
///
/// It is written from the table of settings and a test compares the two, so that the file cannot fall behind.
public enum SampleFile {
    /// The whole text.
    public static var text: String {
        var lines = [
            "# hubwatch: every setting with its default. `hubwatch config settings` prints the same list.",
            "#",
            "# Later wins: this file, then environment variables, then flags. A setting's variable is HUBWATCH_ and its path in",
            "# capitals, without a leading SOURCE_: source.connection_string is HUBWATCH_CONNECTION_STRING, state.path is",
            "# HUBWATCH_STATE_PATH. An empty value is the default. Unknown names are errors. Check with:",
            "#   hubwatch config check --config Config/hubwatch.yaml",
        ]
        var open: [Substring] = []
        for setting in Setting.all {
            let sections = setting.path.split(separator: ".").dropLast()
            let name = setting.path.split(separator: ".").last ?? ""
            if Array(sections) != open {
                lines.append("")
                for (depth, section) in sections.enumerated() where depth >= open.count || open[depth] != section {
                    lines.append("\(indent(depth))\(section):")
                }
                open = Array(sections)
            }
            let margin = indent(sections.count)
            lines += wrapped(setting.summary, margin: margin)
            lines += wrapped("Takes: \(setting.accepts).", margin: margin)
            lines.append("\(margin)\(name):\(value(setting, margin))")
        }
        return (lines + sinks).joined(separator: "\n") + "\n"
    }

    /// The sinks, one of each type, commented out: a sink that is there is used.
    private static var sinks: [String] {
        var lines = [
            "",
            "# Further sinks, each under a name of its own (small letters, digits, hyphens); several of a type are fine. An option's",
            "# variable is HUBWATCH_SINK_, the name and the option in capitals: HUBWATCH_SINK_SOC_SECRET. Secrets belong into a file",
            "# or the environment. `hubwatch sinks test` sends a test finding to each. See docs/sinks.md.", "sinks:",
        ]
        let names = [
            "webhook": "soc", "slack": "alerts-channel", "teams": "security-team", "eventhub": "findings-hub",
            "syslog": "siem", "file": "archive",
        ]
        for type in SinkOption.types {
            lines += ["  # \(names[type] ?? type):", "  #   type: \(type)"]
            for option in SinkOption.all(of: type) {
                lines += wrapped("\(option.summary) Takes: \(option.accepts).", margin: "  #   ")
                lines.append("  #   \(option.path):\(option.defaultText.isEmpty ? "" : " \(option.defaultText)")")
            }
        }
        return lines
    }

    private static func value(_ setting: Setting, _ margin: String) -> String {
        if setting.kind == .list, !setting.defaultText.isEmpty { return "\n\(margin)  - \(setting.defaultText)" }
        if setting.path == "rules.placeholders" {
            return "\n\(margin)  # known_ai_portals: [c44b4083-3bb0-49c1-b47d-974e53cbdf3c]"
        }
        if setting.defaultText.isEmpty { return "" }
        return setting.defaultText.contains("{") ? " \"\(setting.defaultText)\"" : " \(setting.defaultText)"
    }

    private static func indent(_ depth: Int) -> String { String(repeating: "  ", count: depth) }

    private static func wrapped(_ text: String, margin: String) -> [String] {
        var lines: [String] = []
        var line = "\(margin)#"
        for word in text.split(separator: " ") {
            if line.count + 1 + word.count > 118 {
                lines.append(line)
                line = "\(margin)#"
            }
            line += " \(word)"
        }
        return lines + [line]
    }
}
