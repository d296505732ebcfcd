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
    /// Matching records are looked at in the span that ends with each of them.
    case correlation(CorrelationRule)
    /// Matching records that follow each other in a stated order are a finding.
    case sequence(SequenceRule)
    /// A key that was not seen for a while is a finding.
    case newTerm(NewTermRule)
    /// A key that is not seen any more is a finding.
    case absence(AbsenceRule)
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
