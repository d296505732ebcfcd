import DiagnosticLogs
import FindingFormats
import HubwatchRuntime
import Logging
import Redaction

/// Writes log lines to standard error, as text for people or as JSON for programs.
struct LogOutput: LogHandler {
    enum Format: String { case text, json }

    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    private let format: Format
    private let colour: Bool
    private let statusLine: StatusLine

    init(level: Logger.Level, format: Format, statusLine: StatusLine) {
        self.logLevel = level
        self.format = format
        self.colour = format == .text && Terminal.usesColour("auto", isTerminal: Terminal.errorIsTerminal)
        self.statusLine = statusLine
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let merged = metadata.merging(event.metadata ?? [:]) { $1 }
        let time = WallClock.system.now().iso8601
        // Messages carry what brokers say: neither a token nor control characters must reach the terminal.
        let message = SecretText.masked("\(event.message)")
        let line =
            switch format {
            case .json: Self.json(time, event.level, message, merged)
            case .text: text(time, event.level, TerminalText.escaped(message), merged)
            }
        statusLine.above { Terminal.error(line) }
    }

    private func text(_ time: String, _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) -> String {
        let tail = metadata.sorted { $0.key < $1.key }
            .map { " \($0.key)=\(TerminalText.escaped(SecretText.masked("\($0.value)")))" }.joined()
        let short = time.prefix(19) + "Z"
        guard colour else { return "\(short) \(level.rawValue) \(message)\(tail)" }
        let code =
            switch level {
            case .critical, .error: "31"
            case .warning: "33"
            case .notice: "1"
            case .info, .debug, .trace: "2"
            }
        return "\u{1B}[2m\(short)\u{1B}[0m \u{1B}[\(code)m\(message)\u{1B}[0m\u{1B}[2m\(tail)\u{1B}[0m"
    }

    private static func json(
        _ time: String, _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata
    ) -> String {
        var line =
            "{\"time\":\(JSONText.quoted(time)),\"level\":\"\(level.rawValue)\",\"message\":\(JSONText.quoted(message))"
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            line += ",\(JSONText.quoted(key)):\(JSONText.quoted(SecretText.masked("\(value)")))"
        }
        return line + "}"
    }
}
