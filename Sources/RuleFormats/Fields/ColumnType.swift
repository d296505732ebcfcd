import Detection

/// The type of an ES|QL expression, as far as it is known when a rule is loaded.
enum ColumnType: String, Hashable, Sendable {
    case boolean
    case long
    case double
    case keyword
    case date
    case ip
    /// Always null.
    case null
    /// A span of time, `15 minutes`: only an argument of `DATE_TRUNC`.
    case span
    /// Not declared: whatever the record holds.
    case unknown

    /// Integers and decimals.
    var isNumeric: Bool { self == .long || self == .double }
}

/// A column that ES|QL rules can read, in terms of the raw record.
struct ColumnDefinition: Hashable, Sendable {
    /// How it is computed.
    var expression: Expression
    /// Its declared type.
    var type: ColumnType
    /// True when the raw member is known to hold one value at most.
    ///
    /// Only then do a two-valued field test (which asks whether *any* element passes) and ES|QL's comparison (null for
    /// several values) agree.
    var isSingle: Bool
}
