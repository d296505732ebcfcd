/// What to do where events are missing, or a position means nothing any more.
public enum GapPolicy: String, Hashable, Sendable, CaseIterable {
    /// Go on at the oldest event that there is.
    case earliest
    /// Go on behind the newest event.
    case latest
    /// End with an error: a person decides.
    case stop

    static let names = allCases.map(\.rawValue)
}

/// The policy for each cause.
public struct GapPolicies: Hashable, Sendable {
    /// The hub no longer keeps what comes after the position.
    public var overrun: GapPolicy
    /// The hub was deleted and made again.
    public var recreated: GapPolicy
    /// The broker refuses the position although it is the same hub.
    public var refused: GapPolicy

    /// Makes policies; the defaults are those of the settings.
    public init(overrun: GapPolicy = .earliest, recreated: GapPolicy = .earliest, refused: GapPolicy = .stop) {
        self.overrun = overrun
        self.recreated = recreated
        self.refused = refused
    }
}

/// What to do when sinks owe as much as the journal may hold.
public enum JournalFullPolicy: String, Hashable, Sendable, CaseIterable {
    /// Read no more until they have caught up.
    case stop
    /// Read on; findings are counted and lost.
    case drop

    static let names = allCases.map(\.rawValue)
}
