import Detection
import DiagnosticLogs
import FindingFormats
import Sinks
import StateStore

/// The engine's commit in the store's terms: values on one side, rows and bytes on the other.
enum CommitTranslation {
    static func transaction(
        _ draft: CommitDraft, committed: Timestamp, created: [Int: Int64] = [:]
    ) throws(FindingFormatError) -> StateTransaction {
        var transaction = StateTransaction(committedNs: committed.nanoseconds)
        transaction.positions = draft.positions.sorted { $0.key < $1.key }.compactMap { partition, position in
            // A partition that was only ever seen idle has nothing to resume from.
            guard position.isKnown else { return nil }
            var stored = stored(position, partition: partition, updated: committed)
            stored.createdMs = created[partition]
            return stored
        }
        transaction.deltas = draft.stateDeltas.map { (delta: Detection.StateDelta) in
            StoredStateDelta(partition: delta.partition, bytes: delta.bytes)
        }
        transaction.snapshot = draft.snapshot.map { StateSnapshot(bytes: $0, covers: .everything) }
        var journal: [JournalDraft] = []
        for entry in draft.journal { journal.append(try JournalDraft(entry)) }
        transaction.journal = journal
        transaction.deadLetters = draft.deadLetters.map(deadLetter)
        transaction.activations = draft.activations.map {
            RuleActivation(
                ruleID: $0.ruleID, version: $0.version, partition: $0.partition, sequence: $0.sequenceNumber,
                activatedNs: committed.nanoseconds)
        }
        return transaction
    }

    static func position(_ stored: StoredPosition) -> Detection.PartitionPosition {
        Detection.PartitionPosition(
            sequenceNumber: stored.sequence, offset: stored.offset,
            enqueuedTime: Timestamp(milliseconds: stored.enqueuedMs),
            watermark: Timestamp(nanoseconds: stored.watermarkNs))
    }

    private static func stored(
        _ position: Detection.PartitionPosition, partition: Int, updated: Timestamp
    ) -> StoredPosition {
        StoredPosition(
            partition: partition, sequence: position.sequenceNumber, offset: position.offset,
            enqueuedMs: position.enqueuedTime.milliseconds, watermarkNs: position.watermark.nanoseconds,
            updatedNs: updated.nanoseconds)
    }

    private static func deadLetter(_ record: DeadLetterRecord) -> StoredLetter {
        StoredLetter(
            partition: record.partition, sequence: record.sequenceNumber, offset: record.offset,
            enqueuedMs: record.enqueuedTime.milliseconds, receivedNs: record.receivedAt.nanoseconds,
            reason: record.reason.rawValue, bytePosition: record.faultPosition, bytes: record.bytes)
    }
}
