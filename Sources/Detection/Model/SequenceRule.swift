/// A rule over events that follow each other: first this, then that, within a span, for the same key.
///
/// Events are ordered by (time, partition, sequence, index). A *chain* takes one event for every step that is not negated
/// (`runs` of them for a step that repeats), each after the one before; from its first to its last event it is no longer
/// than `maxspan`; between two steps no event of a negated step that stands between them occurs, and between its first
/// and its last event none that satisfies `until`. An event is taken once by a chain. Of the chains that end with the same
/// event the *closest* counts: the one that begins latest; of those, the one whose last event but one is latest, and so on
/// backwards. Negated steps in front of the first step must not occur before the closest chain in the `maxspan` before its
/// end; those behind the last step not after it until `maxspan` after its beginning.
///
/// A finding is (rule, group, slot of the chain's last event), slots being the spans `[k * maxspan, (k + 1) * maxspan)`
/// since the Unix epoch. It is the first chain of the slot, by its last event, that holds.
///
/// Source: EQL sequences.
public struct SequenceRule: Sendable {
    /// The longest that a chain may take, from its first event to its last; whole seconds.
    public var maxspan: Duration
    /// Names of the columns that make the group key; every step gives one expression for each.
    public var keyNames: [String]
    /// The steps, in order; at least two, one of them not negated.
    public var steps: [SequenceStep]
    /// What ends a chain before it is complete.
    public var until: SequenceStep?
    /// Compares texts of keys without case.
    public var ignoresCase: Bool

    /// Makes a sequence.
    public init(
        maxspan: Duration, keyNames: [String], steps: [SequenceStep], until: SequenceStep? = nil,
        ignoresCase: Bool = false
    ) {
        self.maxspan = maxspan
        self.keyNames = keyNames
        self.steps = steps
        self.until = until
        self.ignoresCase = ignoresCase
    }
}

/// One step of a sequence.
public struct SequenceStep: Sendable {
    /// Which records it may see; nil for all.
    public var logSource: LogSource?
    /// What a record must satisfy, besides the rule's own condition.
    public var condition: Condition
    /// The group key, one expression for each name of the rule; a record with a null among them takes no part.
    public var keys: [Expression]
    /// How many events in a row make the step; from 1 to 100.
    public var runs: Int
    /// True for a step that must not occur.
    public var isNegated: Bool

    /// Makes a step.
    public init(
        logSource: LogSource? = nil, condition: Condition, keys: [Expression], runs: Int = 1, isNegated: Bool = false
    ) {
        self.logSource = logSource
        self.condition = condition
        self.keys = keys
        self.runs = runs
        self.isNegated = isNegated
    }
}
