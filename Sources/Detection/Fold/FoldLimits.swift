/// Bounds of what folding keeps.
///
/// Every one is counted when it is met; none changes which order gives which result.
public struct FoldLimits: Hashable, Sendable {
    /// Distinct values counted exactly per column, group and pane; beyond it the count is an estimate.
    ///
    /// Default 10,000.
    public var distinctValuesMax: Int
    /// Values that `VALUES` lists, the lowest ones.
    ///
    /// Default 1,000.
    public var listedValuesMax: Int
    /// Distinct numbers that a percentile keeps exactly per group and pane; beyond it they are counted in buckets.
    ///
    /// Default 1,000.
    public var percentileValuesMax: Int
    /// Matched events that correlations and sequences keep per group and pane, the earliest ones; a rule whose threshold
    /// is larger keeps as many as that.
    ///
    /// Default 2,000.
    public var listedEventsMax: Int
    /// Records kept as evidence per finding, the earliest ones.
    ///
    /// Default 5.
    public var evidenceMax: Int
    /// Group keys that a partition's fold remembers between deltas to save allocations.
    ///
    /// Default 65,536.
    public var internedGroupsMax: Int
    /// How far a record's own time may be ahead of its enqueued time before the enqueued time is used instead (rules on
    /// the event clock only).
    ///
    /// Default one hour.
    public var eventTimeAheadMax: Duration

    /// Makes limits; values below 1 are raised to 1.
    public init(
        distinctValuesMax: Int = 10_000, listedValuesMax: Int = 1_000, percentileValuesMax: Int = 1_000,
        listedEventsMax: Int = 2_000, evidenceMax: Int = 5, internedGroupsMax: Int = 65_536,
        eventTimeAheadMax: Duration = .seconds(3_600)
    ) {
        self.distinctValuesMax = max(1, distinctValuesMax)
        self.listedValuesMax = max(1, listedValuesMax)
        self.percentileValuesMax = max(1, percentileValuesMax)
        self.listedEventsMax = max(1, listedEventsMax)
        self.evidenceMax = max(1, evidenceMax)
        self.internedGroupsMax = max(1, internedGroupsMax)
        self.eventTimeAheadMax = eventTimeAheadMax
    }
}
