/// A finding that a sink gave up on: the sink's dead letter.
///
/// It holds the finding itself, so that it can be sent again after the journal has forgotten the row.
public struct SinkLetter: Hashable, Sendable {
    /// Name of the sink.
    public var sink: String
    /// The journal row.
    public var row: JournalRow
    /// Why, for a person: what the receiver said, or that it was gone for too long.
    public var reason: String
    /// How often delivery was tried.
    public var attempts: Int
    /// When the sink gave up, nanoseconds since the Unix epoch.
    public var givenUpNs: Int64

    /// Makes a letter.
    public init(sink: String, row: JournalRow, reason: String, attempts: Int, givenUpNs: Int64) {
        self.sink = sink
        self.row = row
        self.reason = reason
        self.attempts = attempts
        self.givenUpNs = givenUpNs
    }
}

/// A sink's dead letter as stored.
public struct StoredSinkLetter: Hashable, Sendable {
    /// Its id; ids grow.
    public var id: Int64
    /// The letter.
    public var letter: SinkLetter
    /// When it was sent after all, nanoseconds since the Unix epoch; nil when it was not.
    public var resentNs: Int64?

    /// Makes a stored letter.
    public init(id: Int64, letter: SinkLetter, resentNs: Int64?) {
        self.id = id
        self.letter = letter
        self.resentNs = resentNs
    }
}

/// What a sink has given up on.
public struct SinkLetterCounts: Hashable, Sendable {
    /// Letters stored, those that were sent again included.
    public var stored: Int64
    /// Letters of these that were sent again.
    public var resent: Int64
    /// Letters ever that were only counted, because the table was full.
    public var overflowed: Int64

    /// Makes counts.
    public init(stored: Int64 = 0, resent: Int64 = 0, overflowed: Int64 = 0) {
        self.stored = stored
        self.resent = resent
        self.overflowed = overflowed
    }
}

/// How much the table of the sinks' dead letters may hold, over all sinks.
///
/// Letters that were sent again make room first, oldest first. When there is none left, letters are counted.
public struct SinkLetterBounds: Hashable, Sendable {
    /// Most letters.
    public var rowsMaximum: Int64
    /// Most bytes of findings.
    public var bytesMaximum: Int64

    /// Makes bounds; 100,000 letters and 256 MB.
    public init(rowsMaximum: Int64 = 100_000, bytesMaximum: Int64 = 256_000_000) {
        self.rowsMaximum = rowsMaximum
        self.bytesMaximum = bytesMaximum
    }
}

/// A store that keeps what sinks gave up on.
///
/// Apart from ``StateStore`` because only sinks with a receiver that may refuse need it.
public protocol SinkLetterStore: StateStore {
    /// Stores letters and the cursor behind them in one transaction: a finding is owed, delivered or a dead letter.
    ///
    /// Returns how many letters were only counted, because the table is full.
    func giveUp(_ letters: [SinkLetter], _ cursor: SinkCursor) async throws(StateStoreError) -> Int

    /// Letters behind `id`, in order; of one sink where that is given.
    func sinkLetters(
        of sink: String?, after id: Int64, limit: Int, includingResent: Bool
    ) async throws(StateStoreError) -> [StoredSinkLetter]

    /// Marks letters as sent again. Unknown ids are ignored; returns how many were marked now.
    func markResent(_ ids: [Int64], atNs: Int64) async throws(StateStoreError) -> Int

    /// What each sink has given up on, by name.
    func sinkLetterCounts() async throws(StateStoreError) -> [String: SinkLetterCounts]
}
