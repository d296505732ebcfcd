import FindingFormats
import StateStore

/// The journal rows behind a cursor that have a line in a file, one after the other.
struct OwedRows {
    private let store: any StateStore
    private let name: String
    private var position: Int64
    private var batch: ArraySlice<JournalRow> = []

    init(store: any StateStore, after id: Int64, name: String) {
        self.store = store
        self.position = id
        self.name = name
    }

    /// The next row that is sent and can be written; nil at the end of the journal.
    mutating func peek() async throws(SinkError) -> JournalRow? {
        while true {
            while let row = batch.first {
                if row.draft.status == .active, (try? JournalPayload.decode(row.draft.payload)) != nil { return row }
                drop()
            }
            do {
                batch = try await store.journal(after: position, limit: 64)[...]
            } catch {
                throw SinkError(.store(error), path: name)
            }
            if batch.isEmpty { return nil }
        }
    }

    /// Goes on to the row behind the peeked one.
    mutating func drop() {
        guard let row = batch.popFirst() else { return }
        position = row.id
    }

    /// What a line of the row carries as `metadata.uid`.
    static func identity(of row: JournalRow) -> String? {
        (try? JournalPayload.decode(row.draft.payload)).map(OCSFFormat.identity)
    }
}
