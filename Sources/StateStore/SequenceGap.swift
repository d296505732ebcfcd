/// Why events are missing.
public enum GapCause: String, Hashable, Sendable, CaseIterable {
    /// The hub no longer kept them when reading went on.
    case retention
    /// The hub was deleted and made again: its old events are gone, and new ones have the same numbers.
    case recreated
    /// The hub's numbers end before the position, although it is the same hub: a failover to a copy that lags.
    case rewound
    /// The broker refused the position, although the hub has that number.
    case refused
    /// The hub jumped over numbers while it was being read.
    case discontinuity
}

/// Events that will never be seen: the exact range, why, and what was done about it.
public struct SequenceGap: Hashable, Sendable {
    /// What was done.
    public enum Policy: String, Hashable, Sendable, CaseIterable {
        /// Reading went on at the oldest event that there is.
        case earliest
        /// Reading went on behind the newest event that there was.
        case latest
    }

    /// Partition number.
    public var partition: Int
    /// First sequence number that is missing.
    public var firstMissing: Int64
    /// Last sequence number that is missing, itself missing; nil when nobody knows it: the numbers of a hub that is gone.
    public var lastMissing: Int64?
    /// Why.
    public var cause: GapCause
    /// What was done.
    public var policy: Policy
    /// When it was noticed, nanoseconds since the Unix epoch.
    public var detectedNs: Int64
    /// When the hub that numbered the missing events was made, milliseconds since the Unix epoch; nil where unknown.
    public var createdMs: Int64?
    /// When the hub that took its place was made; nil when it is the same.
    public var recreatedMs: Int64?

    /// Makes a gap.
    public init(
        partition: Int, firstMissing: Int64, lastMissing: Int64?, cause: GapCause, policy: Policy, detectedNs: Int64,
        createdMs: Int64? = nil, recreatedMs: Int64? = nil
    ) {
        self.partition = partition
        self.firstMissing = firstMissing
        self.lastMissing = lastMissing
        self.cause = cause
        self.policy = policy
        self.detectedNs = detectedNs
        self.createdMs = createdMs
        self.recreatedMs = recreatedMs
    }

    /// How many events are missing, held at the largest number; nil when nobody knows.
    public var count: Int64? {
        guard let lastMissing else { return nil }
        let (difference, overflow) = lastMissing.subtractingReportingOverflow(firstMissing)
        return overflow || difference == .max ? .max : difference + 1
    }
}
