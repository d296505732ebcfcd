import Redaction
import StateStore

/// The smallest thing that passes the conformance suite: the meaning of the protocol without a file.
actor InMemoryStateStore: StateStore {
    private var state = LoadedState()
    private var lastDeltaID: Int64 = 0
    private var gapList: [SequenceGap] = []
    private var rows: [JournalRow] = []
    private var keys: Set<JournalKey> = []
    private var letters: [StoredDeadLetter] = []

    func load() async throws(StateStoreError) -> LoadedState {
        var state = state
        state.deadLetters = counts()
        return state
    }

    func commit(_ transaction: StateTransaction) async throws(StateStoreError) -> CommitReceipt {
        var receipt = CommitReceipt()
        for var position in transaction.positions {
            position.updatedNs = transaction.committedNs
            place(position)
        }
        if let source = transaction.source { state.source = source }
        for (key, value) in transaction.meta { state.meta[key] = value }
        if let snapshot = transaction.snapshot {
            state.snapshot = snapshot.bytes
            switch snapshot.covers {
            case .everything: state.deltas = []
            case .through(let id): state.deltas.removeAll { $0.id <= id }
            }
        }
        if transaction.snapshot?.covers != .everything {
            for delta in transaction.deltas {
                lastDeltaID += 1
                state.deltas.append(StoredDelta(id: lastDeltaID, partition: delta.partition, bytes: delta.bytes))
            }
        }
        receipt.lastDeltaID = lastDeltaID
        for draft in transaction.journal {
            guard keys.insert(draft.key).inserted else {
                receipt.alreadyJournaled.append(draft.key)
                continue
            }
            state.lastJournalID += 1
            rows.append(JournalRow(id: state.lastJournalID, draft: draft))
            receipt.journalIDs.append(state.lastJournalID)
        }
        for letter in transaction.deadLetters {
            let id = Int64(letters.count + 1)
            letters.append(
                StoredDeadLetter(
                    id: id, letter: letter, bytesCount: letter.bytes.count, bytesKept: true, replayedNs: nil))
            receipt.deadLettersStored += 1
        }
        for activation in transaction.activations {
            let known = state.activations.contains {
                $0.ruleID == activation.ruleID && $0.version == activation.version
                    && $0.partition == activation.partition
            }
            if !known { state.activations.append(activation) }
        }
        gapList += transaction.gaps
        return receipt
    }

    private func place(_ position: PartitionPosition) {
        state.positions.removeAll { $0.partition == position.partition }
        state.positions.append(position)
        state.positions.sort { $0.partition < $1.partition }
    }

    func positions() async throws(StateStoreError) -> [PartitionPosition] { state.positions }

    func setPosition(_ position: PartitionPosition, keepingState: Bool) async throws(StateStoreError) {
        place(position)
        if !keepingState { (state.snapshot, state.deltas) = (nil, []) }
    }

    func resetPositions(of partitions: [Int]?) async throws(StateStoreError) {
        if let partitions {
            state.positions.removeAll { partitions.contains($0.partition) }
        } else {
            (state.positions, state.source) = ([], nil)
        }
        (state.snapshot, state.deltas) = (nil, [])
    }

    func gaps(of partition: Int?, limit: Int) async throws(StateStoreError) -> [SequenceGap] {
        Array(gapList.filter { partition == nil || $0.partition == partition }.prefix(limit))
    }

    func journal(after id: Int64, limit: Int) async throws(StateStoreError) -> [JournalRow] {
        Array(rows.filter { $0.id > id }.prefix(max(0, limit)))
    }

    func journalUsage() async throws(StateStoreError) -> JournalUsage {
        var owed: [String: Int64] = [:]
        var owedBytes: [String: Int64] = [:]
        for cursor in state.cursors {
            let behind = rows.filter { $0.id > cursor.journalID }
            owed[cursor.sink] = Int64(behind.count)
            owedBytes[cursor.sink] = Int64(behind.map(\.draft.payload.count).reduce(0, +))
        }
        return JournalUsage(
            rows: Int64(rows.count), bytes: Int64(rows.map(\.draft.payload.count).reduce(0, +)),
            oldestID: rows.first?.id ?? 0, newestID: state.lastJournalID, owed: owed, owedBytes: owedBytes)
    }

    func pruneJournal(_ retention: JournalRetention, nowNs: Int64) async throws(StateStoreError) -> Int {
        let delivered = state.cursors.map(\.journalID).min() ?? .max
        var excess = Int64(rows.map(\.draft.payload.count).reduce(0, +)) - retention.bytesMaximum
        var count = 0
        for row in rows {
            guard row.id <= delivered, row.draft.decidedNs <= nowNs - retention.ageMinimumNs,
                excess > 0 || row.draft.decidedNs < nowNs - retention.ageMaximumNs
            else { break }
            excess -= Int64(row.draft.payload.count)
            count += 1
        }
        for row in rows.prefix(count) { keys.remove(row.draft.key) }
        rows.removeFirst(count)
        return count
    }

    func cursor(of sink: String) async throws(StateStoreError) -> SinkCursor? {
        state.cursors.first { $0.sink == sink }
    }

    func advanceCursor(_ cursor: SinkCursor) async throws(StateStoreError) {
        if let old = state.cursors.first(where: { $0.sink == cursor.sink }), old.journalID > cursor.journalID {
            throw StateStoreError(.invalidArgument, path: "memory")
        }
        state.cursors.removeAll { $0.sink == cursor.sink }
        state.cursors.append(cursor)
        state.cursors.sort { $0.sink < $1.sink }
    }

    func removeCursor(of sink: String) async throws(StateStoreError) { state.cursors.removeAll { $0.sink == sink } }

    func deadLetters(
        after id: Int64, limit: Int, includingReplayed: Bool
    ) async throws(StateStoreError) -> [StoredDeadLetter] {
        let wanted = letters.filter { $0.id > id && (includingReplayed || $0.replayedNs == nil) }
        return wanted.prefix(limit).map { letter in
            var letter = letter
            letter.letter.bytes = []
            return letter
        }
    }

    func deadLetter(_ id: Int64) async throws(StateStoreError) -> StoredDeadLetter? {
        letters.first { $0.id == id }
    }

    func markReplayed(_ ids: [Int64], atNs: Int64) async throws(StateStoreError) -> Int {
        var marked = 0
        for index in letters.indices where ids.contains(letters[index].id) && letters[index].replayedNs == nil {
            letters[index].replayedNs = atNs
            marked += 1
        }
        return marked
    }

    func deadLetterCounts() async throws(StateStoreError) -> DeadLetterCounts { counts() }

    private func counts() -> DeadLetterCounts {
        var counts = DeadLetterCounts(stored: Int64(letters.count))
        for letter in letters {
            counts.bytes += Int64(letter.bytesCount)
            counts.replayed += letter.replayedNs == nil ? 0 : 1
            counts.byReason[letter.letter.reason, default: 0] += 1
        }
        return counts
    }

    func close() async throws(StateStoreError) {}
}
