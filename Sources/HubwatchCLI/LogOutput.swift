import DiagnosticLogs
import FindingFormats
import HubwatchRuntime
import Logging
import Redaction
import Synchronization

/// Writes log lines to standard error, as text for people or as JSON for programs.
struct LogOutput: LogHandler {
    enum Format: String { case text, json }

    var metadata: Logger.Metadata = [:]
    /// The level in force; one that is set on a copy is that copy's own.
    var logLevel: Logger.Level {
        get { own ?? shared.level }
        set { own = newValue }
    }
    private var own: Logger.Level?
    private let shared: LogLevel
    private let format: Format
    private let colour: Bool
    private let statusLine: StatusLine

    init(level: Logger.Level, format: Format, statusLine: StatusLine) {
        self.init(level: LogLevel(level), format: format, statusLine: statusLine)
    }

    init(level: LogLevel, format: Format, statusLine: StatusLine) {
        self.shared = level
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

/// The least severe level that is written, shared by all loggers of a process: a reload may change it.
final class LogLevel: Sendable {
    private let state: Mutex<Logger.Level>

    init(_ level: Logger.Level) { state = Mutex(level) }

    var level: Logger.Level {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
