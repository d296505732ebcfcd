import Detection
import DiagnosticLogs
import StateStore

/// What the coordinator tells of itself, per commit and interval.
extension Coordinator {
    /// Publishes what the rules counted and hold, and that the commits still move.
    func publishRules() {
        let counts = merger.ruleCounts
        let loads = Dictionary(merger.ruleLoads.map { ($0.ruleID, $0) }) { first, _ in first }
        let now = clock.now()
        status.update {
            $0.ruleCounts = counts
            $0.ruleLoads = loads
            $0.beatAt = now
        }
    }

    /// A commit succeeded.
    func noteCommit(_ transaction: StateTransaction, _ receipt: CommitReceipt, begun: Timestamp) {
        let now = clock.now()
        // The time of day may be set back meanwhile.
        let duration = Duration.nanoseconds(max(0, now.nanoseconds &- begun.nanoseconds))
        let bytes = transaction.bytes
        status.update { status in
            status.commit.failingSince = nil
            status.commit.lastAt = now
            status.commit.lastDuration = duration
            status.commit.lastBytes = Int64(bytes)
            status.beatAt = now
            if let newest = receipt.journalIDs.last {
                status.newestJournalID = max(status.newestJournalID, newest)
                for name in status.sinks.keys { status.sinks[name]?.journalGrew(to: newest, now: now) }
            }
        }
        options.committed?(duration, bytes)
    }

    /// An attempt to commit failed and is repeated.
    func noteFailure(_ error: StateStoreError) {
        let now = clock.now()
        status.update {
            $0.commit.failures += 1
            $0.commit.failingSince = $0.commit.failingSince ?? now
            $0.commit.lastError = error
            $0.beatAt = now
        }
    }

    /// A gap goes into the next commit.
    func noteGap(_ gap: StoredGap) {
        status.update {
            $0.gaps[gap.cause.rawValue, default: 0] += 1
            let (sum, overflow) = $0.eventsMissing.addingReportingOverflow(gap.count ?? 0)
            $0.eventsMissing = overflow ? .max : sum
        }
    }
}
