/// Moving a partition by decision instead of by folding.
extension Merger {
    /// Goes on somewhere else: what is decided and watched stays, the next commit holds the new position.
    ///
    /// Deltas of the partition that were folded before must have been merged.
    public mutating func move(_ partition: Int, to position: PartitionPosition) {
        positions[partition] = position
        pending.positions[partition] = position
    }
}
