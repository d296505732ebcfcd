public import DiagnosticLogs

/// A detection rule in the one form that the engine knows; every rule format compiles to it.
///
///     predicate  ->  group key  ->  monoid  ->  decision over the merged panes of a window
public struct Rule: Sendable {
    /// What the rule is called, how bad it is, where it came from.
    public var metadata: RuleMetadata
    /// Which records the rule may see; nil for all.
    public var logSource: LogSource?
    /// What a record must satisfy.
    public var condition: Condition
    /// What happens with the records that satisfy it.
    public var body: RuleBody
    /// The clock on which windows and lateness are measured.
    public var clock: Clock
    /// How much later than its event time a record may be enqueued before it counts as late.
    public var lateness: Duration
    /// Whether the rule needs all partitions.
    public var scope: Scope
    /// How findings become alerts.
    public var suppression: Suppression

    /// Makes a rule.
    public init(
        metadata: RuleMetadata, logSource: LogSource? = nil, condition: Condition, body: RuleBody,
        clock: Clock = .enqueued, lateness: Duration = .seconds(0), scope: Scope = .global,
        suppression: Suppression = Suppression()
    ) {
        self.metadata = metadata
        self.logSource = logSource
        self.condition = condition
        self.body = body
        self.clock = clock
        self.lateness = lateness
        self.scope = scope
        self.suppression = suppression
    }

    /// The time that a rule's windows run on.
    public enum Clock: String, Sendable, Codable {
        /// The broker's enqueued time: the same on every replay. What Elastic's `event.ingested` means.
        case enqueued
        /// The record's own time.
        case event
    }

    /// Which partitions a rule's answer depends on.
    public enum Scope: String, Sendable, Codable {
        /// Groups may spread over partitions: the answer needs all of them.
        case global
        /// Each partition is judged by itself.
        case partition
    }
}

/// The rest of a rule behind its condition.
public enum RuleBody: Sendable {
    /// Every matching record is a finding.
    case match(MatchRule)
    /// Matching records are grouped and folded per window; a row of the result is a finding.
    case aggregate(AggregateRule)
}

/// A rule whose every matching record is a finding.
public struct MatchRule: Sendable {
    /// The field that names an operation: records that share it are one finding; nil: each record is its own.
    ///
    /// The record that stands for the operation is the first in its partition; when an operation's records spread over
    /// partitions, the one that is merged first. The finding's id is the same either way.
    public var oncePer: Field?

    /// Makes a match rule.
    public init(oncePer: Field? = nil) { self.oncePer = oncePer }
}

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

    /// Makes an aggregate.
    public init(name: String, function: AggregateFunction, argument: Expression?, filter: Expression? = nil) {
        self.name = name
        self.function = function
        self.argument = argument
        self.filter = filter
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

/// How findings of a group become alerts: one alert per `floor(window end / duration)`.
public struct Suppression: Hashable, Sendable {
    /// The span in which a group alerts once.
    ///
    /// Zero: none given. A rule with windows then alerts once per window length, and a match rule with every finding.
    public var duration: Duration

    /// Makes a suppression.
    public init(duration: Duration = .seconds(0)) { self.duration = duration }
}

/// The logs that a rule reads.
///
/// A dimension that is nil fits every record. Source: Sigma `logsource`.
public struct LogSource: Hashable, Sendable {
    /// `azure`, or nil.
    public var product: String?
    /// As ``DerivedField/service`` names it, or nil.
    public var service: String?
    /// A category, or nil.
    public var category: String?
    /// As ``DerivedField/dataset`` names it, or nil.
    public var dataset: String?

    /// Makes a log source.
    public init(product: String? = nil, service: String? = nil, category: String? = nil, dataset: String? = nil) {
        self.product = product
        self.service = service
        self.category = category
        self.dataset = dataset
    }
}
