public import Detection
public import FindingFormats

/// The newest findings, as the journal tells of them.
///
/// A finding is created, updated and closed in rows of its own; here it is one thing that shows what was said of it last,
/// at the place where it was first heard of.
///
/// **Bounds**: so many findings; the oldest leaves first.
public struct FindingShelf: Sendable {
    /// Id of the last journal row that was taken.
    public private(set) var lastRow: Int64
    /// Rows that could not be read as findings.
    public private(set) var unreadableRows = 0
    private let limit: Int
    /// Oldest first.
    private var digests: [FindingDigest] = []

    /// Makes an empty shelf.
    ///
    /// - Parameters:
    ///   - limit: most findings.
    ///   - row: the journal's row behind which to begin.
    public init(limit: Int = 500, after row: Int64 = 0) {
        self.limit = max(1, limit)
        lastRow = row
    }

    /// Takes a row of the journal; one that was taken before changes nothing.
    ///
    /// - Parameter entry: nil for a row that is no finding.
    /// - Returns: whether the shelf has changed.
    @discardableResult
    public mutating func journaled(row: Int64, _ entry: JournalEntry?) -> Bool {
        guard row > lastRow else { return false }
        lastRow = row
        guard let entry else {
            unreadableRows += 1
            return true
        }
        var digest = FindingDigest(entry)
        if let place = digests.lastIndex(where: { $0.id == digest.id }) {
            digest.decidedMs = digests[place].decidedMs
            digest.latencyMs = digests[place].latencyMs
            digest.isAlert = digest.isAlert || digests[place].isAlert
            digests[place] = digest
        } else {
            digests.append(digest)
            if digests.count > limit { digests.removeFirst(digests.count - limit) }
        }
        return true
    }

    /// The findings, newest first.
    public var newestFirst: [FindingDigest] { digests.reversed() }
}
