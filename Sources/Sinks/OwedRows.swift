import Detection
import FindingFormats
import StateStore

/// The journal rows behind a cursor that have a line in a file, one after the other.
struct OwedRows {
    private let store: any StateStore
    private let name: String
    private var position: Int64
    private var batch: ArraySlice<JournalRow> = []
    private var identity: String?

    init(store: any StateStore, after id: Int64, name: String) {
        self.store = store
        self.position = id
        self.name = name
    }

    /// The next row that is sent and can be written, with the `metadata.uid` that its line carries; nil at the end.
    mutating func peek() async throws(SinkError) -> (id: Int64, identity: String)? {
        while true {
            while let row = batch.first {
                if identity == nil, row.draft.status == .active {
                    identity = (try? JournalRecord(payload: row.draft.payload))?.entry.key
                }
                if let identity { return (row.id, identity) }
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
        identity = nil
        guard let row = batch.popFirst() else { return }
        position = row.id
    }
}
