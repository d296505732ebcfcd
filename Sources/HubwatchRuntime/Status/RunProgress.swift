public import DiagnosticLogs
public import EventHubs
public import Sinks
public import StateStore

/// How far one sink has come.
public struct SinkProgress: Sendable, Hashable {
    /// Id of the last journal row delivered; nil before it has started.
    public private(set) var cursor: Int64?
    /// Rows delivered since the start.
    public private(set) var delivered: Int64 = 0
    /// Attempts that failed.
    public private(set) var failures: Int64 = 0
    /// Since when every attempt has failed.
    public private(set) var failingSince: Timestamp?
    /// Since when rows wait and nothing moves.
    public private(set) var waitingSince: Timestamp?
    /// When it last delivered.
    public private(set) var lastDelivery: Timestamp?
    /// The last failure.
    public private(set) var lastError: SinkError?

    /// Takes a step; `newest` is the id of the newest journal row.
    mutating func take(_ fact: SinkFact, newest: Int64, now: Timestamp) {
        switch fact {
        case .started(let through):
            cursor = through
            failingSince = nil
            waitingSince = through < newest ? now : nil
        case .delivered(let through, let rows):
            cursor = through
            delivered += Int64(rows)
            lastDelivery = now
            failingSince = nil
            waitingSince = through < newest ? now : nil
        case .failed(let error):
            failures += 1
            failingSince = failingSince ?? now
            lastError = error
        case .resumed:
            failingSince = nil
        }
    }

    /// The journal has grown.
    mutating func journalGrew(to newest: Int64, now: Timestamp) {
        if waitingSince == nil, cursor ?? 0 < newest { waitingSince = now }
    }
}

/// How the commits get on.
public struct CommitProgress: Sendable, Hashable {
    /// Attempts that failed.
    public var failures: Int64 = 0
    /// Since when every attempt has failed.
    public var failingSince: Timestamp?
    /// The last failure.
    public var lastError: StateStoreError?
    /// When the last one succeeded.
    public var lastAt: Timestamp?
    /// How long it took.
    public var lastDuration: Duration = .zero
    /// Bytes that it wrote.
    public var lastBytes: Int64 = 0
}

/// How the connections to the hub get on.
public struct ConnectionProgress: Sendable, Hashable {
    /// Numbers of the connections that are open and authorized.
    public private(set) var ready: Set<Int> = []
    /// How many were lost, by what the other side said.
    public private(set) var lost: [String: Int64] = [:]
    /// How many links were lost, by reason.
    public internal(set) var linksLost: [String: Int64] = [:]
    /// When the tokens in force end, milliseconds since the Unix epoch, by connection and audience.
    private var expiries: [Int: [String: Int64]] = [:]
    /// The last failure.
    public private(set) var lastError: EventHubsError?

    /// When the token that ends first ends.
    public var tokenExpiry: Int64? { expiries.values.flatMap(\.values).min() }

    mutating func becameReady(_ connection: Int) { ready.insert(connection) }

    mutating func wasLost(_ connection: Int, _ error: EventHubsError) {
        ready.remove(connection)
        expiries[connection] = nil
        lastError = error
        lost[error.countingName, default: 0] += 1
    }

    mutating func wasAuthorized(_ connection: Int, audience: String, until: Int64) {
        expiries[connection, default: [:]][audience] = until
    }
}

/// What the last look into the state file found.
public struct StoreLook: Sendable, Hashable {
    /// The journal.
    public var journal = JournalUsage()
    /// The dead letters.
    public var deadLetters = DeadLetterCounts()
}
