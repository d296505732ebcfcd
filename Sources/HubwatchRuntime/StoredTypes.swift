import StateStore

// The store and the engine both speak of positions and deltas. The module `StateStore` holds a protocol of the same name,
// so its types cannot be qualified: this file, which sees only the store, gives them names that are unambiguous elsewhere.

/// A position as the store keeps it.
typealias StoredPosition = PartitionPosition
/// A delta as the store keeps it.
typealias StoredStateDelta = StateDelta
/// A gap as the store keeps it.
typealias StoredGap = SequenceGap
/// A dead letter as the store keeps it.
typealias StoredLetter = DeadLetter
