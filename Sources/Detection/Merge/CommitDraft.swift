/// Everything of one commit: it is stored as one transaction or not at all.
///
/// If storing fails, the same draft is tried again; the merger does not make it twice.
public struct CommitDraft: Sendable {
    /// New positions, by partition.
    public var positions: [Int: PartitionPosition]
    /// Changes of the state since the last commit, to be appended in this order.
    ///
    /// Empty when there is a snapshot.
    public var stateDeltas: [StateDelta]
    /// The whole state after this commit, when it was asked for: it replaces every blob stored before.
    public var snapshot: [UInt8]?
    /// New journal entries, in order.
    public var journal: [JournalEntry]
    /// New dead letters, in order.
    public var deadLetters: [DeadLetterRecord]
    /// Rules that see a partition for the first time with this commit.
    public var activations: [RuleStart]
    /// What an operator should hear about.
    public var notices: [OperationalNotice]
}

/// From where on a rule version has seen a partition.
public struct RuleStart: Hashable, Sendable, Codable {
    /// Id of the rule.
    public var ruleID: String
    /// Its version.
    public var version: String
    /// Partition number.
    public var partition: Int
    /// The rule has seen the messages behind this sequence number; -1 for all.
    public var sequenceNumber: Int64
}

/// A stored change of the state.
public struct StateDelta: Hashable, Sendable {
    /// The partition it is filed under.
    ///
    /// What was decided is filed with the lowest partition of the commit.
    public var partition: Int
    /// The change, with version and checksum; only the merger reads it.
    public var bytes: [UInt8]
}

/// What was stored before a restart.
public struct RestoredState: Sendable {
    /// The last snapshot, if any.
    public var snapshot: [UInt8]?
    /// All state deltas behind it, of all partitions together, in the order of their commits.
    public var deltas: [[UInt8]]
    /// Positions to go on from where they differ from those in the state, because an operator moved them.
    public var positions: [Int: PartitionPosition]

    /// Makes the state of a first start, or of what a store holds.
    public init(
        snapshot: [UInt8]? = nil, deltas: [[UInt8]] = [], positions: [Int: PartitionPosition] = [:]
    ) {
        self.snapshot = snapshot
        self.deltas = deltas
        self.positions = positions
    }
}

/// What a restart found.
public struct RestoreSummary: Hashable, Sendable {
    /// Groups that are being watched.
    public var groups: Int
    /// Findings that are open.
    public var openFindings: Int
    /// Ids of rules whose state was kept.
    public var rulesKept: [String]
    /// Number of rule versions whose state was dropped because no such rule is loaded any more.
    public var rulesDropped: Int
    /// Positions to go on from, by partition.
    public var positions: [Int: PartitionPosition]
}

/// Something that is not lost silently.
public struct OperationalNotice: Hashable, Sendable, Codable {
    /// What happened.
    public enum Kind: String, Hashable, Sendable, Codable {
        /// Records came after their window was closed and its panes were gone.
        case lateDropped
        /// Records belonged to new groups of a rule that has as many groups as it may.
        case groupsRefused
        /// A closed finding no longer holds after a record that came late.
        case withdrawn
        /// Windows without records were not judged because there were too many at once.
        case windowsSkipped
        /// Matched events were counted and not kept, because a pane of a correlation or sequence holds as many as it may;
        /// findings that such a list could change say so.
        case eventsNotKept
        /// Records had keys that a new-term rule has no room to remember.
        case termsRefused
    }

    /// What happened.
    public var kind: Kind
    /// The rule concerned.
    public var ruleID: String
    /// How often.
    public var count: Int64
}

/// How soon a commit is due.
public enum CommitUrgency: Int, Comparable, Sendable {
    /// There is nothing to commit.
    case none
    /// At the next interval.
    case interval
    /// At once: an alert waits.
    case now

    /// Orders by how soon.
    public static func < (a: CommitUrgency, b: CommitUrgency) -> Bool { a.rawValue < b.rawValue }
}

/// Bounds and choices of a merger.
public struct MergerOptions: Hashable, Sendable {
    /// Groups that a rule may watch at a time; records of further groups are counted and not folded.
    ///
    /// Default 100,000.
    public var groupsPerRuleMax: Int
    /// Keys that a new-term rule may remember at a time; records of further keys are counted and not folded.
    ///
    /// Default 250,000.
    public var newTermKeysMax: Int
    /// How long, in watermark time, a closed window can still be decided again.
    ///
    /// Default 10 minutes.
    public var closedWindowRetention: Duration
    /// Partitions that a partial answer covers, when partial answers are allowed; empty when the answer is whole.
    public var partialPartitions: [Int]
    /// Windows without records that are judged at once, for rules that such windows can satisfy.
    ///
    /// Default 10,000.
    public var emptyWindowsMax: Int
    /// Bounds of what is kept per group.
    public var limits: FoldLimits

    /// Makes options.
    public init(
        groupsPerRuleMax: Int = 100_000, newTermKeysMax: Int = 250_000,
        closedWindowRetention: Duration = .seconds(600), partialPartitions: [Int] = [], emptyWindowsMax: Int = 10_000,
        limits: FoldLimits = FoldLimits()
    ) {
        self.groupsPerRuleMax = max(1, groupsPerRuleMax)
        self.newTermKeysMax = max(1, newTermKeysMax)
        self.closedWindowRetention = closedWindowRetention
        self.partialPartitions = partialPartitions.sorted()
        self.emptyWindowsMax = max(1, emptyWindowsMax)
        self.limits = limits
    }
}
