/// Everything that one commit writes, together or not at all.
///
/// Empty members write nothing. The order of ``journal`` is the order of the journal ids.
public struct StateTransaction: Hashable, Sendable {
    /// When the commit was asked for, nanoseconds since the Unix epoch: `updated_at` of the positions.
    public var committedNs: Int64
    /// New positions, one per partition at most.
    public var positions: [PartitionPosition]
    /// What was folded since the last commit, as the engine encodes it.
    public var deltas: [StateDelta]
    /// A compact form of older deltas that takes their place.
    public var snapshot: StateSnapshot?
    /// Findings to record, in order.
    public var journal: [JournalDraft]
    /// Messages that could not be decoded.
    public var deadLetters: [DeadLetter]
    /// Rule versions that became active.
    public var activations: [RuleActivation]
    /// Events that will never be seen.
    public var gaps: [SequenceGap]
    /// The hub that the positions belong to, when it is new or was recreated.
    public var source: SourceIdentity?
    /// Small named values to set; nil removes one.
    public var meta: [String: String?]

    /// Makes an empty transaction.
    public init(committedNs: Int64) {
        self.committedNs = committedNs
        self.positions = []
        self.deltas = []
        self.journal = []
        self.deadLetters = []
        self.activations = []
        self.gaps = []
        self.meta = [:]
    }
}

/// What a commit did.
public struct CommitReceipt: Hashable, Sendable {
    /// Ids of the journal rows written, in the order of the drafts that were new.
    public var journalIDs: [Int64]
    /// Drafts that the journal held already; they were not written again.
    public var alreadyJournaled: [JournalKey]
    /// Highest delta id so far: what a later ``StateSnapshot/Coverage/through(_:)`` may name.
    ///
    /// 0 when none was written.
    public var lastDeltaID: Int64
    /// Dead letters stored with their bytes.
    public var deadLettersStored: Int
    /// Dead letters whose row was stored without bytes: the byte bound was reached.
    ///
    /// The hub may still have the event.
    public var deadLettersWithoutBytes: Int
    /// Dead letters that were only counted: the row bound was reached.
    public var deadLettersOverflowed: Int

    /// Makes a receipt.
    public init(
        journalIDs: [Int64] = [], alreadyJournaled: [JournalKey] = [], lastDeltaID: Int64 = 0,
        deadLettersStored: Int = 0, deadLettersWithoutBytes: Int = 0, deadLettersOverflowed: Int = 0
    ) {
        self.journalIDs = journalIDs
        self.alreadyJournaled = alreadyJournaled
        self.lastDeltaID = lastDeltaID
        self.deadLettersStored = deadLettersStored
        self.deadLettersWithoutBytes = deadLettersWithoutBytes
        self.deadLettersOverflowed = deadLettersOverflowed
    }
}

/// What one partition folded between two commits.
public struct StateDelta: Hashable, Sendable {
    /// Partition number.
    public var partition: Int
    /// The engine's encoding; opaque here.
    public var bytes: [UInt8]

    /// Makes a delta.
    public init(partition: Int, bytes: [UInt8]) {
        self.partition = partition
        self.bytes = bytes
    }
}

/// The sum of many deltas, which it replaces.
public struct StateSnapshot: Hashable, Sendable {
    /// Which deltas a snapshot holds.
    public enum Coverage: Hashable, Sendable {
        /// Every delta, including those of the transaction that carries the snapshot: they need not be given.
        case everything
        /// The older snapshot and the deltas up to this id (compaction behind the writer).
        case through(Int64)
    }

    /// The engine's encoding; opaque here.
    public var bytes: [UInt8]
    /// Which deltas it holds; they are removed in the same transaction.
    public var covers: Coverage

    /// Makes a snapshot.
    public init(bytes: [UInt8], covers: Coverage = .everything) {
        self.bytes = bytes
        self.covers = covers
    }
}

/// How far one partition has been folded.
public struct PartitionPosition: Hashable, Sendable {
    /// Partition number; negative for the pseudo-partition of replayed dead letters.
    public var partition: Int
    /// Sequence number of the last folded message.
    public var sequence: Int64
    /// Its opaque broker offset.
    public var offset: String
    /// When the broker took it, milliseconds since the Unix epoch.
    public var enqueuedMs: Int64
    /// The partition's watermark, nanoseconds since the Unix epoch.
    public var watermarkNs: Int64
    /// When the position was stored, nanoseconds since the Unix epoch.
    ///
    /// Commits write the transaction's own time.
    public var updatedNs: Int64
    /// When the hub that numbered these events was made, milliseconds since the Unix epoch; nil where that is unknown.
    ///
    /// A hub of the same name with another time of creation has other events under the same numbers.
    public var createdMs: Int64?

    /// Makes a position.
    public init(
        partition: Int, sequence: Int64, offset: String, enqueuedMs: Int64, watermarkNs: Int64, updatedNs: Int64 = 0,
        createdMs: Int64? = nil
    ) {
        self.partition = partition
        self.sequence = sequence
        self.offset = offset
        self.enqueuedMs = enqueuedMs
        self.watermarkNs = watermarkNs
        self.updatedNs = updatedNs
        self.createdMs = createdMs
    }
}

/// The hub and consumer group that positions belong to.
public struct SourceIdentity: Hashable, Sendable {
    /// Host name of the namespace.
    public var namespace: String
    /// Name of the hub.
    public var hub: String
    /// Consumer group.
    public var consumerGroup: String
    /// The hub's `created_at` in milliseconds since the Unix epoch; nil where the broker has none.
    ///
    /// A change means that
    /// the hub was recreated and stored positions mean nothing.
    public var createdMs: Int64?

    /// Makes an identity.
    public init(namespace: String, hub: String, consumerGroup: String, createdMs: Int64?) {
        self.namespace = namespace
        self.hub = hub
        self.consumerGroup = consumerGroup
        self.createdMs = createdMs
    }
}

/// From which sequence number on a version of a rule judges a partition.
public struct RuleActivation: Hashable, Sendable {
    /// Rule id.
    public var ruleID: String
    /// Hash of the rule's compiled meaning and parameters.
    public var version: String
    /// Partition number.
    public var partition: Int
    /// First sequence number that the version judges.
    public var sequence: Int64
    /// When it was activated, nanoseconds since the Unix epoch.
    public var activatedNs: Int64

    /// Makes an activation.
    public init(ruleID: String, version: String, partition: Int, sequence: Int64, activatedNs: Int64) {
        self.ruleID = ruleID
        self.version = version
        self.partition = partition
        self.sequence = sequence
        self.activatedNs = activatedNs
    }
}
