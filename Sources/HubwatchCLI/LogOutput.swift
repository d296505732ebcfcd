import DiagnosticLogs
import HubwatchRuntime
import Logging
import Synchronization

/// Writes log lines to standard error, as text for people or as JSON for programs.
///
/// ``LogLine`` says what may be in one.
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
    private let write: @Sendable (String) -> Void

    init(level: Logger.Level, format: Format, statusLine: StatusLine) {
        self.init(level: LogLevel(level), format: format, statusLine: statusLine)
    }

    init(level: LogLevel, format: Format, statusLine: StatusLine) {
        self.init(
            level: level, format: format,
            colour: Terminal.usesColour("auto", isTerminal: Terminal.errorIsTerminal)
        ) { line in
            statusLine.above { Terminal.error(line) }
        }
    }

    /// - Parameter write: takes a line, without its end.
    init(level: LogLevel, format: Format, colour: Bool, write: @escaping @Sendable (String) -> Void) {
        self.shared = level
        self.format = format
        self.colour = colour && format == .text
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let line = LogLine(event, metadata: metadata, time: WallClock.system.now().iso8601)
        write(format == .json ? line.json : line.text(colour: colour))
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
