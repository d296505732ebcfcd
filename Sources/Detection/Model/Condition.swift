public import DiagnosticLogs

/// What a record must satisfy.
///
/// Two-valued: a test of a missing field is false and its negation is true (Sigma's logic). Three-valued logic
/// (ES|QL's) lives inside ``holds(_:)`` and never leaks out.
public indirect enum Condition: Hashable, Sendable {
    /// Always or never.
    case constant(Bool)
    /// All hold; true when empty.
    case all([Condition])
    /// At least one holds; false when empty.
    case any([Condition])
    /// At least `count` hold.
    case atLeast(Int, [Condition])
    /// Does not hold.
    case not(Condition)
    /// A test of one field. On an array, any element may pass.
    case field(Field, Matcher)
    /// Some string, number or boolean anywhere in the record contains the pattern, without case.
    case keyword(StringPattern)
    /// The expression is true (not false, not null).
    case holds(Expression)
}

/// A test of one value.
public enum Matcher: Hashable, Sendable {
    /// Text matches a pattern (exact, prefix, suffix, substring or wildcards).
    case text(StringPattern)
    /// Text equals one of many literals: a hash set, without order.
    case oneOf([String], caseSensitive: Bool)
    /// Numerically equal; numeric strings are read as numbers.
    case number(Comparison, Double)
    /// Equal to an integer, exactly; numeric strings are read as numbers.
    case integer(Comparison, Int64)
    /// true or false, or their text.
    case boolean(Bool)
    /// Missing or JSON null.
    case null
    /// Present (JSON null counts) or not.
    case exists(Bool)
    /// A regular expression found anywhere in the text.
    case regex(RegexPattern)
    /// An address inside a network, `10.0.0.0/8`; a port is stripped first.
    case network(String)
    /// The text of another field of the same record, without case unless asked.
    case sameAs(Field, caseSensitive: Bool)
}

/// The order tests.
public enum Comparison: String, Hashable, Sendable, Codable {
    /// Equal.
    case equal
    /// Not equal.
    case notEqual
    /// Less.
    case less
    /// Less or equal.
    case lessOrEqual
    /// Greater.
    case greater
    /// Greater or equal.
    case greaterOrEqual
}

/// A pattern over text, as parts: literals and wildcards, anchored at both ends.
///
/// `contains` of Sigma is `[any, literal, any]`; an exact value is one literal.
public struct StringPattern: Hashable, Sendable {
    /// One part of a pattern.
    public enum Part: Hashable, Sendable {
        /// This text.
        case literal(String)
        /// Any run of characters, also none, also over line ends.
        case any
        /// Exactly one character.
        case one
    }

    /// The parts, in order; empty matches only the empty text.
    public var parts: [Part]
    /// Compares case.
    public var caseSensitive: Bool

    /// Makes a pattern.
    public init(parts: [Part], caseSensitive: Bool) {
        self.parts = parts
        self.caseSensitive = caseSensitive
    }
}

/// A regular expression and how it is read.
public struct RegexPattern: Hashable, Sendable {
    /// The expression, in the common subset (no back-references, no look-around).
    public var source: String
    /// Without case.
    public var ignoreCase: Bool
    /// `^` and `$` at line ends.
    public var multiline: Bool
    /// `.` matches line ends.
    public var dotAll: Bool
    /// The whole text must match (ES|QL `RLIKE`); otherwise anywhere.
    public var wholeText: Bool

    /// Makes a pattern.
    public init(
        source: String, ignoreCase: Bool = false, multiline: Bool = false, dotAll: Bool = false, wholeText: Bool = false
    ) {
        self.source = source
        self.ignoreCase = ignoreCase
        self.multiline = multiline
        self.dotAll = dotAll
        self.wholeText = wholeText
    }
}
