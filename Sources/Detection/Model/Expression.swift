public import DiagnosticLogs

/// A value computed from a record (``field(_:)``) or from a row of a hop (``column(_:)``), with ES|QL's three-valued
/// logic.
///
/// A null argument makes the result null, except where noted.
public indirect enum Expression: Hashable, Sendable {
    /// A constant.
    case literal(Value)
    /// A field of the record.
    case field(Field)
    /// A named column of a result row.
    case column(String)
    /// Comparison.
    case compare(Comparison, Expression, Expression)
    /// And, with `false and null = false`.
    case and(Expression, Expression)
    /// Or, with `true or null = true`.
    case or(Expression, Expression)
    /// Not; null stays null.
    case not(Expression)
    /// Is null; never null itself.
    case isNull(Expression)
    /// Equal to some member; null when none is equal and one side is null.
    case isIn(Expression, [Expression])
    /// Whole text against a pattern (`LIKE`).
    case like(Expression, StringPattern)
    /// Whole text against a regular expression (`RLIKE`).
    case matches(Expression, RegexPattern)
    /// Arithmetic.
    case arithmetic(Arithmetic, Expression, Expression)
    /// Negated number.
    case negate(Expression)
    /// A function by name.
    case call(ScalarFunction, [Expression])
}

/// Arithmetic operators.
///
/// Integer division goes toward zero; overflow and division by zero are null.
public enum Arithmetic: String, Hashable, Sendable, Codable {
    /// a + b
    case add
    /// a - b
    case subtract
    /// a * b
    case multiply
    /// a / b
    case divide
    /// a % b
    case remainder
}

/// The scalar functions the engine knows.
///
/// Later rule formats add to this list.
public enum ScalarFunction: String, Hashable, Sendable, Codable, CaseIterable {
    /// `TO_LOWER(text)`
    case toLower
    /// `TO_UPPER(text)`
    case toUpper
    /// `LENGTH(text)`, in characters.
    case length
    /// `CONCAT(a, b, …)`; null if any is null.
    case concat
    /// `COALESCE(a, b, …)`: the first that is not null.
    case coalesce
    /// `CASE(condition, value, …, [else])`
    case `case`
    /// `STARTS_WITH(text, prefix)`
    case startsWith
    /// `ENDS_WITH(text, suffix)`
    case endsWith
    /// `TO_STRING(value)`
    case toString
    /// `TO_LONG(value)`
    case toLong
    /// `TO_DOUBLE(value)`
    case toDouble
    /// `DATE_TRUNC(span, time)`; the span is a literal in milliseconds.
    case dateTruncate
    /// `ROUND(number)`
    case round
    /// `ABS(number)`
    case absolute
}

/// A value of a row.
///
/// A field is a bag of none (null), one, or many values.
public enum Value: Hashable, Sendable, Codable {
    /// No value.
    case null
    /// true or false
    case boolean(Bool)
    /// A 64-bit integer.
    case long(Int64)
    /// A double.
    case double(Double)
    /// Text.
    case string(String)
    /// A time in milliseconds since the Unix epoch.
    case datetime(Int64)
    /// Two or more values.
    case bag([Value])
}
