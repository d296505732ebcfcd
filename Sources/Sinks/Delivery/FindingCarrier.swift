public import Detection

/// A finding on its way to a receiver.
public struct Parcel: Sendable {
    /// The journal row; 0 for a finding that is in no journal, such as a test.
    public var journalID: Int64
    /// The finding and what happened to it.
    ///
    /// Its `key` is the same on every attempt, after every restart: what a receiver tells repeats by.
    public var entry: JournalEntry

    /// Makes a parcel.
    public init(journalID: Int64, entry: JournalEntry) {
        self.journalID = journalID
        self.entry = entry
    }
}

/// What became of an attempt.
public struct CarryOutcome: Sendable {
    /// How many parcels, from the first on, the receiver took.
    public var accepted: Int
    /// Why it did not take the next one; nil when it took all that were tried.
    public var failure: DeliveryFailure?
    /// What the receiver said of the last one that it took, for a person: `200 OK`.
    public var answer: String

    /// Makes an outcome.
    public init(accepted: Int, failure: DeliveryFailure? = nil, answer: String = "") {
        self.accepted = accepted
        self.failure = failure
        self.answer = answer
    }
}

/// The way to one receiver: makes one attempt, and decides nothing about the next.
///
/// **Isolation**: may be called from any executor, one call at a time; never from an event loop.
public protocol FindingCarrier: Sendable {
    /// Most parcels that one attempt takes.
    var parcelsMaximum: Int { get }

    /// Where findings go, for a person: host and port, a hub's name; never a secret part of an address.
    var destination: String { get }

    /// Tries to deliver the parcels, in order. Returns within the time that the settings allow, whatever the receiver does.
    func carry(_ parcels: [Parcel]) async -> CarryOutcome

    /// Closes connections.
    func close() async
}
