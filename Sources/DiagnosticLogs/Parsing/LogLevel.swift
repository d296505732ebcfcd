/// How grave a record says it is.
///
/// Raw values are Azure's own numbers.
public enum LogLevel: Int, Hashable, Sendable, Codable, CaseIterable {
    /// Critical.
    case critical = 1
    /// Error.
    case error = 2
    /// Warning.
    case warning = 3
    /// Informational; also written `Information`.
    case informational = 4
    /// Verbose.
    case verbose = 5

    /// Reads a level from a word or a digit, without case.
    public init?(parsing text: String) {
        switch FieldAliases.asciiLowercased(text) {
        case "critical", "fatal", "1": self = .critical
        case "error", "2": self = .error
        case "warning", "warn", "3": self = .warning
        case "informational", "information", "info", "4": self = .informational
        case "verbose", "debug", "trace", "5": self = .verbose
        default: return nil
        }
    }
}
