/// A rule that groups and folds records per window and judges the rows: `STATS … BY …` and what follows it.
public struct AggregateRule: Sendable {
    /// The window.
    public var window: HoppingWindow
    /// Columns that make the group key, in order; empty for one group of everything.
    ///
    /// A null is a group of its own.
    public var keys: [NamedExpression]
    /// Columns folded per group, in order.
    public var aggregates: [Aggregate]
    /// What is done with the result rows at each hop, in order.
    public var stages: [RowStage]
    /// The most rows that count as findings at one hop upstream.
    ///
    /// Kept for display: it never cuts findings.
    public var maxSignals: Int

    /// Makes an aggregate rule.
    public init(
        window: HoppingWindow, keys: [NamedExpression], aggregates: [Aggregate], stages: [RowStage],
        maxSignals: Int = 100
    ) {
        self.window = window
        self.keys = keys
        self.aggregates = aggregates
        self.stages = stages
        self.maxSignals = maxSignals
    }
}

/// Windows of one length, ending at every multiple of a hop since the Unix epoch, closed at both ends:
/// window *k* holds the times in `[k * hop - length, k * hop]`.
///
/// Source: Elastic rule schedule `from now-60m`, `interval 10m`.
public struct HoppingWindow: Hashable, Sendable {
    /// Length of the window; whole seconds.
    public var length: Duration
    /// Distance between the ends of two windows; whole seconds.
    public var hop: Duration

    /// Makes a window.
    public init(length: Duration, hop: Duration) {
        self.length = length
        self.hop = hop
    }
}

/// One folded column.
public struct Aggregate: Hashable, Sendable {
    /// Column name.
    public var name: String
    /// The monoid.
    public var function: AggregateFunction
    /// What is folded; nil only for `countRows`.
    public var argument: Expression?
    /// Rows that take part: those where this is true; nil for all.
    public var filter: Expression?
    /// The percentile, from 0 to 100; read by `percentile` only.
    public var percentile: Double

    /// Makes an aggregate.
    public init(
        name: String, function: AggregateFunction, argument: Expression?, filter: Expression? = nil,
        percentile: Double = 50
    ) {
        self.name = name
        self.function = function
        self.argument = argument
        self.filter = filter
        self.percentile = percentile
    }
}

/// The monoids a column can be folded with.
///
/// Azure senders write many numbers as texts: sums, means, minima and maxima read a numeric text as a number, and where
/// numbers and other values meet in one minimum or maximum the numbers win. An argument that is made a text by a function
/// such as `TO_STRING` is compared as text.
public enum AggregateFunction: String, Hashable, Sendable, Codable {
    /// Number of rows.
    case countRows
    /// Number of non-null values.
    case count
    /// Exact sum; integers stay integers.
    case sum
    /// Mean, a double.
    case average
    /// Smallest value.
    case minimum
    /// Largest value.
    case maximum
    /// Exact number of distinct values up to a bound.
    case countDistinct
    /// Distinct values as a bag, up to a bound.
    case values
    /// The number at a percentile, by linear interpolation between the closest ranks, a double.
    ///
    /// Exact while there are few distinct numbers (``FoldLimits/percentileValuesMax``), then from fixed buckets with a
    /// relative error of at most 1/128 for magnitudes from 2^-30 to 2^80.
    case percentile
    /// The value of the first record that has one, in the order (time, partition, sequence, index).
    case first
    /// The value of the last record that has one.
    case last
}

/// What is done with the rows of a hop.
///
/// Rows have named columns; expressions here read them with `.column`.
public enum RowStage: Hashable, Sendable {
    /// Keeps the rows where the expression is true.
    case filter(Expression)
    /// Adds or replaces columns, in order.
    case evaluate([NamedExpression])
    /// Keeps these columns, in this order.
    case keep([String])
    /// Removes these columns.
    case drop([String])
    /// Renames columns.
    case rename([(from: String, to: String)])
    /// Orders the rows.
    case sort([SortKey])
    /// Keeps the first rows.
    case limit(Int)
    /// Folds the rows once more, from scratch at each hop.
    case fold(keys: [NamedExpression], aggregates: [Aggregate])
}

extension RowStage {
    /// Compares two stages.
    public static func == (a: RowStage, b: RowStage) -> Bool {
        switch (a, b) {
        case (.filter(let x), .filter(let y)): x == y
        case (.evaluate(let x), .evaluate(let y)): x == y
        case (.keep(let x), .keep(let y)), (.drop(let x), .drop(let y)): x == y
        case (.rename(let x), .rename(let y)): x.elementsEqual(y) { $0 == $1 }
        case (.sort(let x), .sort(let y)): x == y
        case (.limit(let x), .limit(let y)): x == y
        case (.fold(let k, let a), .fold(let l, let b)): k == l && a == b
        default: false
        }
    }

    /// Feeds the stage to a hasher (for sets in memory only; identities use ``RuleFingerprint``).
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .filter(let x): hasher.combine(x)
        case .evaluate(let x): hasher.combine(x)
        case .keep(let x): hasher.combine(x)
        case .drop(let x): hasher.combine(x)
        case .rename(let x):
            for (from, to) in x {
                hasher.combine(from)
                hasher.combine(to)
            }
        case .sort(let x): hasher.combine(x)
        case .limit(let x): hasher.combine(x)
        case .fold(let k, let a):
            hasher.combine(k)
            hasher.combine(a)
        }
    }
}

/// A column with its definition.
public struct NamedExpression: Hashable, Sendable {
    /// Column name.
    public var name: String
    /// What it holds.
    public var expression: Expression

    /// Makes a column.
    public init(name: String, expression: Expression) {
        self.name = name
        self.expression = expression
    }
}

/// One key of an ordering.
public struct SortKey: Hashable, Sendable {
    /// What is compared.
    public var expression: Expression
    /// Largest first.
    public var descending: Bool
    /// Nulls before all values.
    public var nullsFirst: Bool

    /// Makes a sort key.
    public init(expression: Expression, descending: Bool, nullsFirst: Bool) {
        self.expression = expression
        self.descending = descending
        self.nullsFirst = nullsFirst
    }
}
