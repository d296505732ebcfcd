/// A rule that finds keys that have fallen silent: an agent that stopped reporting, a log that is not sent any more.
///
/// A group that was seen at time t and has no sighting in `(t, t + silence]` is a finding: (rule, group, t). A key that
/// was never seen cannot be missed; a rule without keys watches all its records as one group. To be told of a window
/// without records even before the first one, use an ``AggregateRule`` without keys.
///
/// Panes have the length `silence`, so a gap always lies between panes, and their first and last sightings find every gap
/// exactly.
public struct AbsenceRule: Sendable {
    /// Columns that make the group key; a record with a null among them takes no part.
    public var keys: [NamedExpression]
    /// How long a group may be silent; whole seconds.
    public var silence: Duration
    /// How long after its last sighting a silent group is remembered, so that late records can still correct its
    /// finding; at least `silence`.
    public var forget: Duration

    /// Makes an absence rule.
    public init(keys: [NamedExpression], silence: Duration, forget: Duration) {
        self.keys = keys
        self.silence = silence
        self.forget = forget
    }
}
