/// A parsed ES|QL query.
struct ESQLQuery: Hashable, Sendable {
    /// Index patterns of `FROM`.
    var patterns: [ESQLName]
    /// Names behind `METADATA`.
    var metadata: [ESQLName]
    /// The commands behind the source, in order.
    var commands: [ESQLCommand]
}

/// A name or pattern with its place.
struct ESQLName: Hashable, Sendable {
    var text: String
    /// True when the text holds a `*` that stands for any run.
    var isPattern = false
    var range: Range<Int>
}

/// One command of the pipeline.
struct ESQLCommand: Hashable, Sendable {
    /// What the command does.
    enum Kind: Hashable, Sendable {
        case filter(ESQLExpression)
        case evaluate([ESQLAssignment])
        case keep([ESQLName])
        case drop([ESQLName])
        case rename([ESQLRenaming])
        case stats(aggregates: [ESQLAggregate], keys: [ESQLAssignment])
        case sort([ESQLOrder])
        case limit(Int)
    }

    var kind: Kind
    /// The command's keyword.
    var range: Range<Int>
}

/// `name = expression`; the name is the expression's source text when none is written.
struct ESQLAssignment: Hashable, Sendable {
    var name: String
    var expression: ESQLExpression
    var range: Range<Int>
}

/// `from AS to`.
struct ESQLRenaming: Hashable, Sendable {
    var from: ESQLName
    var to: ESQLName
}

/// One column of `STATS`, with its own filter.
struct ESQLAggregate: Hashable, Sendable {
    var name: String
    var expression: ESQLExpression
    var filter: ESQLExpression?
    var range: Range<Int>
}

/// One key of `SORT`.
struct ESQLOrder: Hashable, Sendable {
    var expression: ESQLExpression
    var descending: Bool
    /// Nil: the language's default for the direction.
    var nullsFirst: Bool?
}

/// An expression with its place.
struct ESQLExpression: Hashable, Sendable {
    /// Operators that compare.
    enum Comparison: Hashable, Sendable { case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual }
    /// Operators that compute.
    enum Operator: Hashable, Sendable { case add, subtract, multiply, divide, remainder }

    /// What an expression is.
    ///
    /// Chains of AND and OR are lists, so that a long chain does not become a deep tree.
    indirect enum Kind: Hashable, Sendable {
        case null
        case boolean(Bool)
        /// Digits, as written.
        case integer(String)
        case decimal(String)
        case string(String)
        /// A count and a unit: `15 minutes`.
        case span(count: String, unit: String)
        case list([ESQLExpression])
        case column(String)
        case star
        case call(String, [ESQLExpression])
        case not(ESQLExpression)
        case all([ESQLExpression])
        case any([ESQLExpression])
        case compare(Comparison, ESQLExpression, ESQLExpression)
        case arithmetic(Operator, ESQLExpression, ESQLExpression)
        case negate(ESQLExpression)
        case isNull(ESQLExpression, negated: Bool)
        case isIn(ESQLExpression, [ESQLExpression], negated: Bool)
        case like(ESQLExpression, [ESQLExpression], negated: Bool)
        case matches(ESQLExpression, [ESQLExpression], negated: Bool)
        case cast(ESQLExpression, String)
    }

    var kind: Kind
    /// Bytes of the query.
    var range: Range<Int>
}
