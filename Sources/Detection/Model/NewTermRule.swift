/// A rule that finds keys that were not seen for a while: a new country for a user, a new client application.
///
/// A sighting at time t is new if the key has no sighting in `[t - history, t)`. A finding is (rule, key, day of the new
/// sighting), days counted in UTC since the Unix epoch; because the history is at least a day, only a day's first sighting
/// can be new. It is decided when the watermark has passed: a partition that lags may hold an earlier sighting.
///
/// Nothing is new before the rule has watched for the length of its history, measured in enqueued times from where it was
/// activated: only sightings from `activation + history` on can be findings.
///
/// Source: Elastic `new_terms` rules.
public struct NewTermRule: Sendable {
    /// Columns that make the key; a record with a null among them takes no part.
    public var keys: [NamedExpression]
    /// How long a key must not have been seen; whole seconds, at least a day.
    public var history: Duration
    /// Reports new keys before the rule has watched for the length of its history.
    public var reportsWhileLearning: Bool

    /// Makes a new-term rule.
    public init(keys: [NamedExpression], history: Duration, reportsWhileLearning: Bool = false) {
        self.keys = keys
        self.history = history
        self.reportsWhileLearning = reportsWhileLearning
    }
}
