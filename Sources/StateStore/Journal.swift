/// What happened to a finding.
///
/// Raw values are OCSF `activity_id`.
public enum JournalActivity: Int, Hashable, Sendable, CaseIterable {
    /// It was raised.
    case create = 1
    /// It changed.
    case update = 2
    /// Its window closed: the values are final.
    case close = 3
}

/// Whether rows are sent to sinks.
public enum JournalStatus: String, Hashable, Sendable, CaseIterable {
    /// Sent.
    case active
    /// Recorded and counted, sent nowhere.
    case shadow
}

/// What makes a journal row unique: the same finding, activity and revision is recorded once, however often it is
/// found.
public struct JournalKey: Hashable, Sendable {
    /// Finding id.
    public var findingID: String
    /// What happened to it.
    public var activity: JournalActivity
    /// 0 for create and the first update or close; the engine counts up when it re-decides.
    public var revision: Int

    /// Makes a key.
    public init(findingID: String, activity: JournalActivity, revision: Int = 0) {
        self.findingID = findingID
        self.activity = activity
        self.revision = revision
    }
}

/// A row to be written to the journal.
public struct JournalDraft: Hashable, Sendable {
    /// What makes it unique.
    public var key: JournalKey
    /// Rule id, for people who look with sqlite3.
    public var ruleID: String
    /// True for an alert, false for a finding that an earlier alert covers.
    public var isAlert: Bool
    /// Whether it is sent.
    public var status: JournalStatus
    /// The finding, encoded; JSON so that sqlite3 can show it.
    ///
    /// Opaque here.
    public var payload: [UInt8]
    /// When it was decided, nanoseconds since the Unix epoch.
    public var decidedNs: Int64

    /// Makes a draft.
    public init(
        key: JournalKey, ruleID: String, isAlert: Bool, status: JournalStatus, payload: [UInt8], decidedNs: Int64
    ) {
        self.key = key
        self.ruleID = ruleID
        self.isAlert = isAlert
        self.status = status
        self.payload = payload
        self.decidedNs = decidedNs
    }
}

/// A row of the journal.
public struct JournalRow: Hashable, Sendable {
    /// Its id; ids grow and are never used twice.
    public var id: Int64
    /// What was written.
    public var draft: JournalDraft

    /// Makes a row.
    public init(id: Int64, draft: JournalDraft) {
        self.id = id
        self.draft = draft
    }
}

/// How far one sink has come.
public struct SinkCursor: Hashable, Sendable {
    /// Name of the sink.
    public var sink: String
    /// Id of the last journal row it has delivered; 0 for none.
    public var journalID: Int64
    /// Inode of its file; 0 for sinks that are not files.
    public var inode: UInt64
    /// Length of its file behind that row, in bytes; 0 for sinks that are not files.
    public var length: Int64

    /// Makes a cursor.
    public init(sink: String, journalID: Int64, inode: UInt64 = 0, length: Int64 = 0) {
        self.sink = sink
        self.journalID = journalID
        self.inode = inode
        self.length = length
    }
}

/// Which delivered journal rows are kept.
///
/// Rows are what makes a finding that is found again recorded once, so `ageMinimumNs` must be longer than the longest
/// window plus its lateness plus the longest outage after which events are read again (the hub's retention is safe).
public struct JournalRetention: Hashable, Sendable {
    /// Rows younger than this are never removed.
    public var ageMinimumNs: Int64
    /// Rows older than this are removed once every sink has delivered them.
    public var ageMaximumNs: Int64
    /// Beyond this many payload bytes the oldest delivered rows are removed although they are younger than
    /// `ageMaximumNs`.
    public var bytesMaximum: Int64

    /// Makes a retention; 7 days at least, 90 days at most, 1 GB.
    public init(
        ageMinimumNs: Int64 = 7 * 86_400 * 1_000_000_000, ageMaximumNs: Int64 = 90 * 86_400 * 1_000_000_000,
        bytesMaximum: Int64 = 1_000_000_000
    ) {
        self.ageMinimumNs = ageMinimumNs
        self.ageMaximumNs = ageMaximumNs
        self.bytesMaximum = bytesMaximum
    }
}

/// How full the journal is.
///
/// The runtime stops credit when what sinks owe exceeds its bound.
public struct JournalUsage: Hashable, Sendable {
    /// Number of rows.
    public var rows: Int64
    /// Payload bytes.
    public var bytes: Int64
    /// Id of the oldest row; 0 when empty.
    public var oldestID: Int64
    /// Id of the newest row ever written; 0 when none was.
    public var newestID: Int64
    /// Rows that each sink has not delivered yet, by sink name.
    public var owed: [String: Int64]
    /// Payload bytes of these rows, by sink name.
    public var owedBytes: [String: Int64]

    /// Makes a usage.
    public init(
        rows: Int64 = 0, bytes: Int64 = 0, oldestID: Int64 = 0, newestID: Int64 = 0, owed: [String: Int64] = [:],
        owedBytes: [String: Int64] = [:]
    ) {
        self.rows = rows
        self.bytes = bytes
        self.oldestID = oldestID
        self.newestID = newestID
        self.owed = owed
        self.owedBytes = owedBytes
    }
}
