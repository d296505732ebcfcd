/// Where hubwatch keeps what it must not lose: positions, partial results, the findings journal and the dead letters.
///
/// **Shape**: blobs are opaque bytes; the store knows neither AMQP nor detection. All times enter as arguments: a store
/// has no clock.
///
/// **Guarantee**: a commit is one transaction. After a crash at any instant the store holds all of a commit or none of
/// it, and everything that ``commit(_:)`` answered for is still there. Positions, partial results and findings
/// therefore never disagree.
///
/// **Isolation**: every call suspends and works on the store's own queue, never on the caller's executor. Cancelling
/// the calling task does not interrupt a call: a draining process can still commit.
///
/// **Errors**: only ``StateStoreError``; `isRetriable` says whether waiting can help. A failed commit changed nothing
/// and may be given again as it is.
public protocol StateStore: Sendable {
    /// Everything that a process needs to go on where the last one stopped.
    func load() async throws(StateStoreError) -> LoadedState

    /// Writes everything in the transaction, or nothing.
    func commit(_ transaction: StateTransaction) async throws(StateStoreError) -> CommitReceipt

    // Positions

    /// The stored positions, by partition.
    func positions() async throws(StateStoreError) -> [PartitionPosition]

    /// Moves one partition by hand.
    ///
    /// - Parameter keepingState: true keeps the partial results, which is right for a move forward (a stated gap). A
    /// move backward must discard them, for all partitions, or events are counted twice.
    func setPosition(_ position: PartitionPosition, keepingState: Bool) async throws(StateStoreError)

    /// Forgets the positions of these partitions (nil: of all) and the partial results of every partition, which cannot
    /// be taken apart. The journal, cursors and dead letters stay: a finding found again is recorded once.
    func resetPositions(of partitions: [Int]?) async throws(StateStoreError)

    /// Recorded gaps, oldest first; of one partition where that is given.
    func gaps(of partition: Int?, limit: Int) async throws(StateStoreError) -> [SequenceGap]

    // Journal

    /// Rows behind `id`, in order.
    func journal(after id: Int64, limit: Int) async throws(StateStoreError) -> [JournalRow]

    /// How much the journal holds and how far each sink is behind.
    func journalUsage() async throws(StateStoreError) -> JournalUsage

    /// Removes delivered rows as the retention says; rows that some sink still owes stay. Returns how many were
    /// removed.
    func pruneJournal(_ retention: JournalRetention, nowNs: Int64) async throws(StateStoreError) -> Int

    /// The cursor of a sink; nil when it never had one.
    func cursor(of sink: String) async throws(StateStoreError) -> SinkCursor?

    /// Stores how far a sink has come. Throws `.invalidArgument` when the journal id would go backward.
    func advanceCursor(_ cursor: SinkCursor) async throws(StateStoreError)

    /// Forgets a sink that is no longer configured, so that it stops holding rows back.
    func removeCursor(of sink: String) async throws(StateStoreError)

    // Dead letters

    /// Dead letters behind `id`, in order, without their bytes.
    func deadLetters(
        after id: Int64, limit: Int, includingReplayed: Bool
    ) async throws(StateStoreError) -> [StoredDeadLetter]

    /// One dead letter with its bytes; nil when there is none.
    func deadLetter(_ id: Int64) async throws(StateStoreError) -> StoredDeadLetter?

    /// Marks dead letters as replayed. Unknown ids are ignored; returns how many were marked now.
    func markReplayed(_ ids: [Int64], atNs: Int64) async throws(StateStoreError) -> Int

    /// What the dead-letter table holds and what it had no room for.
    func deadLetterCounts() async throws(StateStoreError) -> DeadLetterCounts

    /// Writes what is pending and gives the store up. Later calls throw `.closed`.
    func close() async throws(StateStoreError)
}
