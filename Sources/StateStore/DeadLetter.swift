public import Redaction

/// A message, or a part of one, that could not be decoded.
public struct DeadLetter: Hashable, Sendable {
    /// Partition number.
    public var partition: Int
    /// Sequence number of the message.
    public var sequence: Int64
    /// Its opaque broker offset.
    public var offset: String
    /// When the broker took it, milliseconds since the Unix epoch.
    public var enqueuedMs: Int64
    /// When hubwatch received it, nanoseconds since the Unix epoch.
    public var receivedNs: Int64
    /// Why, as a name: `notAnObject`, `truncated`, ….
    public var reason: String
    /// Where in the message decoding stopped; nil when the whole message is unusable.
    public var bytePosition: Int?
    /// The bytes as they came; what can be shown of them is their shape.
    public var bytes: SensitiveBytes

    /// Makes a dead letter.
    public init(
        partition: Int, sequence: Int64, offset: String, enqueuedMs: Int64, receivedNs: Int64, reason: String,
        bytePosition: Int?, bytes: SensitiveBytes
    ) {
        self.partition = partition
        self.sequence = sequence
        self.offset = offset
        self.enqueuedMs = enqueuedMs
        self.receivedNs = receivedNs
        self.reason = reason
        self.bytePosition = bytePosition
        self.bytes = bytes
    }

    /// Makes a dead letter.
    public init(
        partition: Int, sequence: Int64, offset: String, enqueuedMs: Int64, receivedNs: Int64, reason: String,
        bytePosition: Int?, bytes: [UInt8]
    ) {
        self.init(
            partition: partition, sequence: sequence, offset: offset, enqueuedMs: enqueuedMs, receivedNs: receivedNs,
            reason: reason, bytePosition: bytePosition, bytes: SensitiveBytes(bytes))
    }
}

/// A dead letter as stored.
public struct StoredDeadLetter: Hashable, Sendable {
    /// Its id; ids grow.
    public var id: Int64
    /// The letter.
    ///
    /// Its bytes are empty in lists, and when ``bytesKept`` is false.
    public var letter: DeadLetter
    /// Number of bytes that the letter had.
    public var bytesCount: Int
    /// False when the table had no room for the bytes; the hub may still have the event.
    public var bytesKept: Bool
    /// When it was replayed, nanoseconds since the Unix epoch; nil when it was not.
    public var replayedNs: Int64?

    /// Makes a stored dead letter.
    public init(id: Int64, letter: DeadLetter, bytesCount: Int, bytesKept: Bool, replayedNs: Int64?) {
        self.id = id
        self.letter = letter
        self.bytesCount = bytesCount
        self.bytesKept = bytesKept
        self.replayedNs = replayedNs
    }
}

/// What the dead-letter table holds and what it had no room for.
public struct DeadLetterCounts: Hashable, Sendable {
    /// Rows stored, replayed ones included.
    public var stored: Int64
    /// Rows of these that were replayed.
    public var replayed: Int64
    /// Rows of these without bytes.
    public var withoutBytes: Int64
    /// Bytes stored.
    public var bytes: Int64
    /// Letters ever that were only counted, because the table was full.
    public var overflowed: Int64
    /// Rows stored by reason.
    public var byReason: [String: Int64]

    /// Makes counts.
    public init(
        stored: Int64 = 0, replayed: Int64 = 0, withoutBytes: Int64 = 0, bytes: Int64 = 0, overflowed: Int64 = 0,
        byReason: [String: Int64] = [:]
    ) {
        self.stored = stored
        self.replayed = replayed
        self.withoutBytes = withoutBytes
        self.bytes = bytes
        self.overflowed = overflowed
        self.byReason = byReason
    }
}

/// How much the dead-letter table may hold.
///
/// Replayed letters make room first, oldest first. When the bytes are full, letters keep their row without bytes; when
/// the rows are full, letters are counted.
public struct DeadLetterBounds: Hashable, Sendable {
    /// Most rows.
    public var rowsMaximum: Int64
    /// Most bytes over all rows.
    public var bytesMaximum: Int64

    /// Makes bounds; 100,000 rows and 256 MB.
    public init(rowsMaximum: Int64 = 100_000, bytesMaximum: Int64 = 256_000_000) {
        self.rowsMaximum = rowsMaximum
        self.bytesMaximum = bytesMaximum
    }
}
