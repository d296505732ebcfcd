/// A line of the findings journal: what happened to a finding.
///
/// A finding of a match rule has one entry, its creation. A finding of a window is created (early, or when its window
/// is over) and closed with its final values when the window is over; a record that comes later still updates it.
public struct JournalEntry: Hashable, Sendable, Codable {
    /// What happened.
    ///
    /// The names are OCSF's.
    public enum Activity: String, Hashable, Sendable, Codable {
        /// The finding is new.
        case create
        /// Its values changed after it was closed.
        case update
        /// Its window is over; the values are final.
        case close
    }

    /// The finding as it is now.
    public var finding: Finding
    /// What happened to it.
    public var activity: Activity
    /// Counts updates, from 1; 0 for other activities.
    public var revision: Int
    /// True when this entry raises a new alert.
    ///
    /// Entries of findings that belong to an alert raised before carry its id.
    public var isAlert: Bool
    /// The alert that the finding belongs to: a hash of rule id, group and slot.
    ///
    /// 32 hexadecimal digits.
    public var alertID: String

    /// Makes an entry.
    public init(finding: Finding, activity: Activity, revision: Int = 0, isAlert: Bool, alertID: String) {
        self.finding = finding
        self.activity = activity
        self.revision = revision
        self.isAlert = isAlert
        self.alertID = alertID
    }

    /// True when the values are final: what runs over the same events must agree on.
    public var isFinal: Bool { activity != .create || finding.window == nil }

    /// Unique in the journal: inserting an entry whose key is there already changes nothing.
    public var key: String {
        switch activity {
        case .create: finding.id + "-create"
        case .close: finding.id + "-close"
        case .update: finding.id + "-update-\(revision)"
        }
    }
}
