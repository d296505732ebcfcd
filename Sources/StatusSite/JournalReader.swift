import FindingFormats
import StateStore
import StatusPage

/// Reads new findings and gaps from the state file for the page, beside the run that writes it.
///
/// It has a connection of its own, for reading only: nothing that it does waits for a commit, and no commit waits for it.
///
/// **Bounds**: `batch` rows a read and `batchesMax` reads a look; gaps up to `gapsMax`. **Isolation**: its actor; the store
/// works on its own queue.
actor JournalReader {
    private static let batch = 200
    private static let batchesMax = 10
    private static let gapsMax = 50

    private let path: String
    private let findingsMax: Int
    private var store: SQLiteStateStore?
    private var shelf: FindingShelf
    private var gaps: [StatusView.Gap] = []
    /// Why the state file cannot be read; nil while it can.
    private var trouble: String?

    init(path: String, findingsMax: Int = 500) {
        self.path = path
        self.findingsMax = findingsMax
        shelf = FindingShelf(limit: findingsMax)
    }

    /// What was read so far.
    struct Known: Sendable {
        var shelf: FindingShelf
        var gaps: [StatusView.Gap]
        var trouble: String?
    }

    /// Reads what is new.
    func look() async -> Known {
        do throws(StateStoreError) {
            let store = try await opened()
            try await readJournal(store)
            gaps = try await store.gaps(of: nil, limit: 10_000).suffix(Self.gapsMax).reversed().map(StatusView.Gap.init)
            trouble = nil
        } catch {
            // A file that is not there yet is made by the run in a moment.
            trouble = error.code == .notFound ? nil : "The page cannot read findings from the state file: \(error)"
        }
        return Known(shelf: shelf, gaps: gaps, trouble: trouble)
    }

    /// Gives the file up.
    func close() async {
        try? await store?.close()
        store = nil
    }

    private func opened() async throws(StateStoreError) -> SQLiteStateStore {
        if let store { return store }
        let opened = try SQLiteStateStore(path: path, mode: .readOnly)
        let newest = try await opened.journalUsage().newestID
        // A finding has up to three rows, and more when it is decided again.
        shelf = FindingShelf(limit: findingsMax, after: max(0, newest - Int64(findingsMax) * 3))
        store = opened
        return opened
    }

    private func readJournal(_ store: SQLiteStateStore) async throws(StateStoreError) {
        for _ in 0..<Self.batchesMax {
            let rows = try await store.journal(after: shelf.lastRow, limit: Self.batch)
            for row in rows { shelf.journaled(row: row.id, try? JournalRecord(payload: row.draft.payload).entry) }
            if rows.count < Self.batch { return }
        }
    }
}

extension StatusView.Gap {
    init(_ gap: SequenceGap) {
        self.init(
            partition: gap.partition, first: gap.firstMissing, last: gap.lastMissing, cause: gap.cause.rawValue,
            policy: gap.policy.rawValue, detectedSeconds: gap.detectedNs / 1_000_000_000)
    }
}
