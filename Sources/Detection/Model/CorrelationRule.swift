/// A rule over the span that ends with each matching event: "five of these within ten minutes", wherever the ten minutes
/// begin.
///
/// For an event at time t the window is the closed span `[t - timespan, t]` over all events of its group; such an event is
/// the window's anchor. A finding is (rule, group, slot), where slots are the spans `[k * timespan, (k + 1) * timespan)`
/// since the Unix epoch: it holds if the window of any anchor in the slot passes the test, so a million events past a
/// threshold are one finding. Its values, count and evidence are those of the window of the earliest anchor that passes.
///
/// Source: Sigma correlations.
public struct CorrelationRule: Sendable {
    /// Length of the window; whole seconds.
    public var timespan: Duration
    /// Names of the columns that make the group key; every member gives one expression for each.
    public var keyNames: [String]
    /// What can contribute, in order; at most 63.
    public var members: [CorrelationMember]
    /// What a window must satisfy.
    public var test: CorrelationTest
    /// Compares texts of keys and of counted values without case.
    public var ignoresCase: Bool

    /// Makes a correlation.
    public init(
        timespan: Duration, keyNames: [String], members: [CorrelationMember], test: CorrelationTest,
        ignoresCase: Bool = false
    ) {
        self.timespan = timespan
        self.keyNames = keyNames
        self.members = members
        self.test = test
        self.ignoresCase = ignoresCase
    }
}

/// One kind of record that contributes to a correlation: another rule's condition, and where it keeps the group key.
public struct CorrelationMember: Sendable {
    /// What the test and the findings call it.
    public var name: String
    /// Which records it may see; nil for all.
    public var logSource: LogSource?
    /// What a record must satisfy, besides the rule's own condition.
    public var condition: Condition
    /// The group key, one expression for each name of the rule.
    ///
    /// A record with a null among them takes no part; a bag puts it into one group for each of its values.
    public var keys: [Expression]
    /// What is counted or folded: one expression, or several that are one value together (`value_count` of a tuple).
    ///
    /// A record without a value (for sums, means and percentiles: without a number) takes no part. Empty for tests that
    /// read no value.
    public var values: [Expression]

    /// Makes a member.
    public init(
        name: String, logSource: LogSource? = nil, condition: Condition, keys: [Expression], values: [Expression] = []
    ) {
        self.name = name
        self.logSource = logSource
        self.condition = condition
        self.keys = keys
        self.values = values
    }
}

/// What a correlation's window must satisfy; of several thresholds all must be met.
public enum CorrelationTest: Sendable {
    /// Number of events.
    case eventCount([Threshold])
    /// Number of distinct values.
    case valueCount([Threshold])
    /// Exact sum of the values.
    case valueSum([Threshold])
    /// Mean of the values, a double.
    case valueAverage([Threshold])
    /// The value at a percentile from 0 to 100, by linear interpolation between the closest ranks.
    case valuePercentile(Double, [Threshold])
    /// Which members have occurred.
    case temporal(MemberCondition)
    /// Every member has occurred, one event each, in the members' order.
    ///
    /// Events are ordered by (time, partition, sequence, index): of two events with the same time in different
    /// partitions the one in the lower partition comes first. That is arbitrary, and the same on every run.
    case temporalOrdered
}

/// A number that a value is compared with.
public struct Threshold: Hashable, Sendable {
    /// The test.
    public var comparison: Comparison
    /// A long or a double.
    public var value: Value

    /// Makes a threshold.
    public init(_ comparison: Comparison, _ value: Value) {
        self.comparison = comparison
        self.value = value
    }
}

/// Which members of a correlation must have occurred in a window.
public indirect enum MemberCondition: Hashable, Sendable {
    /// The member with this name has occurred.
    case member(String)
    /// All hold.
    case all([MemberCondition])
    /// At least one holds.
    case any([MemberCondition])
    /// At least so many hold.
    case atLeast(Int, [MemberCondition])
    /// Does not hold; can only be decided when the slot is over.
    case not(MemberCondition)
}
