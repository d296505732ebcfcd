/// What a store holds for the process that takes over.
///
/// The engine's state is ``snapshot`` (if any) followed by ``deltas`` in order; both empty is a first start.
public struct LoadedState: Hashable, Sendable {
    /// The hub that the positions belong to; nil on a first start.
    public var source: SourceIdentity?
    /// Positions by partition.
    public var positions: [PartitionPosition]
    /// The compacted state, opaque; nil when there is none.
    public var snapshot: [UInt8]?
    /// Deltas behind the snapshot, in the order of their commits.
    public var deltas: [StoredDelta]
    /// Rule activations, by rule id, version, partition.
    public var activations: [RuleActivation]
    /// Id of the newest journal row; 0 when there is none.
    public var lastJournalID: Int64
    /// Cursors of all sinks, by name.
    public var cursors: [SinkCursor]
    /// Dead letters so far.
    public var deadLetters: DeadLetterCounts
    /// Small named values.
    public var meta: [String: String]

    /// Makes a state; members are set after.
    public init() {
        self.positions = []
        self.deltas = []
        self.activations = []
        self.lastJournalID = 0
        self.cursors = []
        self.deadLetters = DeadLetterCounts()
        self.meta = [:]
    }

    /// True when nothing was ever committed.
    public var isEmpty: Bool {
        source == nil && positions.isEmpty && snapshot == nil && deltas.isEmpty && lastJournalID == 0 && meta.isEmpty
    }
}

/// A delta as stored.
public struct StoredDelta: Hashable, Sendable {
    /// Its id; ids grow with every commit.
    public var id: Int64
    /// Partition number.
    public var partition: Int
    /// The engine's encoding; opaque here.
    public var bytes: [UInt8]

    /// Makes a stored delta.
    public init(id: Int64, partition: Int, bytes: [UInt8]) {
        self.id = id
        self.partition = partition
        self.bytes = bytes
    }
}
