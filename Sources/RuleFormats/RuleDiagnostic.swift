/// What is wrong with a rule, where, and what would help.
///
/// The one error of this target. A refused rule has exactly one with ``Severity/refusal``; a rule that loads may have
/// any number with ``Severity/warning``.
public struct RuleDiagnostic: Error, Hashable, Sendable {
    /// Whether the rule was kept out.
    public enum Severity: String, Hashable, Sendable, Codable {
        /// The rule does not run.
        case refusal = "error"
        /// The rule runs; the reader should know.
        case warning
    }

    /// What kind of fault it is, for counting and for tests.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// Stable name.
        public let rawValue: String
        /// Makes a code from its name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The file cannot be read, or is no text.
        public static let unreadable = Code(rawValue: "unreadable")
        /// The text is not YAML, TOML, ES|QL or a condition.
        public static let syntax = Code(rawValue: "syntax")
        /// A required part is missing, or has the wrong type or value.
        public static let invalid = Code(rawValue: "invalid")
        /// A name that does not exist.
        public static let unknownName = Code(rawValue: "unknown_name")
        /// Legal in the rule language, but not run here.
        public static let unsupported = Code(rawValue: "unsupported")
        /// Two rules share an id.
        public static let duplicate = Code(rawValue: "duplicate")
        /// A column or field that the log source never carries.
        public static let neverProduced = Code(rawValue: "never_produced")
        /// Loads, but probably does not mean what its author meant.
        public static let lint = Code(rawValue: "lint")
    }

    /// Whether the rule was kept out.
    public var severity: Severity
    /// What kind of fault it is.
    public var code: Code
    /// File, as it was found.
    public var file: String
    /// Where in the file.
    public var position: SourcePosition
    /// The rule's id or title, where one could be read.
    public var rule: String?
    /// What is wrong, in one sentence.
    public var reason: String
    /// What to write instead, where there is a good guess.
    public var suggestion: String?

    /// Makes a diagnostic.
    public init(
        severity: Severity = .refusal, code: Code, file: String = "", position: SourcePosition, rule: String? = nil,
        reason: String, suggestion: String? = nil
    ) {
        self.severity = severity
        self.code = code
        self.file = file
        self.position = position
        self.rule = rule
        self.reason = reason
        self.suggestion = suggestion
    }

    /// Line, from 1.
    public var line: Int { position.line }
    /// Column, from 1.
    public var column: Int { position.column }
}

extension RuleDiagnostic: CustomStringConvertible {
    /// One line as compilers write it: `file:line:column: error: reason; did you mean "x"?`.
    public var description: String {
        var text = "\(file):\(position.line):\(position.column): \(severity.rawValue): \(reason)"
        if let suggestion { text += "; did you mean \"\(suggestion)\"?" }
        return text
    }
}

/// Collects the warnings of one rule while it is being compiled.
struct WarningList {
    private(set) var items: [RuleDiagnostic] = []

    /// Adds a warning; the same one at the same place is kept once.
    mutating func add(
        _ code: RuleDiagnostic.Code, _ reason: String, at position: SourcePosition, suggestion: String? = nil
    ) {
        let item = RuleDiagnostic(
            severity: .warning, code: code, position: position, reason: reason, suggestion: suggestion)
        if !items.contains(item) { items.append(item) }
    }

    /// Adds all of another list.
    mutating func add(_ other: WarningList) {
        for item in other.items where !items.contains(item) { items.append(item) }
    }
}
