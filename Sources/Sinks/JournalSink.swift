public import Detection
import DiagnosticLogs
public import FindingFormats
public import StateStore

/// A place that findings go to.
///
/// The journal is the outbox; a sink reads it behind its own cursor.
///
/// **Guarantee**: a sink advances its cursor only behind what it delivered. It may see a row twice, never not at all.
public protocol JournalSink: Sendable {
    /// Name of the sink: the key of its cursor, so it must not change between runs.
    var name: String { get }

    /// Takes up the thread where the last process left it. Returns the id of the last row that is delivered.
    func start(_ store: any StateStore) async throws(SinkError) -> Int64

    /// Delivers the active rows among these, in order, and advances the cursor behind the last.
    ///
    /// May be given rows again that a failed call delivered in part; must not deliver those twice if it can tell.
    func deliver(_ rows: [JournalRow], _ store: any StateStore) async throws(SinkError)

    /// Gives up files and connections.
    func stop() async
}

extension JournalDraft {
    /// The row for an entry that the engine decided.
    public init(_ entry: JournalEntry) throws(FindingFormatError) {
        let status: JournalStatus =
            switch entry.finding.rule.status {
            case .active: .active
            case .shadow: .shadow
            }
        self.init(
            key: JournalKey(
                findingID: entry.finding.id, activity: JournalActivity(entry.activity), revision: entry.revision),
            ruleID: entry.finding.rule.id, isAlert: entry.isAlert, status: status,
            payload: try JournalRecord(entry).payload(), decidedNs: entry.finding.times.decided.nanoseconds)
    }
}

extension JournalActivity {
    /// The stored form of the engine's activity.
    public init(_ activity: JournalEntry.Activity) {
        switch activity {
        case .create: self = .create
        case .update: self = .update
        case .close: self = .close
        }
    }
}
