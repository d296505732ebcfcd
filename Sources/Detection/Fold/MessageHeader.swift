public import DiagnosticLogs
public import Redaction

/// What the broker says about a message; the offset's bytes are only valid during the call it is passed to.
public struct MessageHeader {
    /// Sequence number in the partition.
    public var sequenceNumber: Int64
    /// The broker's opaque offset, as text.
    public var offset: UnsafeRawBufferPointer
    /// When the broker took the message.
    public var enqueuedTime: Timestamp
    /// When this process received it.
    public var receivedAt: Timestamp

    /// Makes a header.
    public init(
        sequenceNumber: Int64, offset: UnsafeRawBufferPointer, enqueuedTime: Timestamp, receivedAt: Timestamp
    ) {
        self.sequenceNumber = sequenceNumber
        self.offset = offset
        self.enqueuedTime = enqueuedTime
        self.receivedAt = receivedAt
    }
}

/// How far a partition was folded.
public struct PartitionPosition: Hashable, Sendable, Codable {
    /// Sequence number of the last folded message; -1 when there was none.
    public var sequenceNumber: Int64
    /// Its offset; empty when there was none.
    public var offset: String
    /// Its enqueued time.
    public var enqueuedTime: Timestamp
    /// The running maximum of enqueued times, and of what idle partitions were told.
    public var watermark: Timestamp
    /// The enqueued time of the first message that was ever folded; nil when there was none.
    public var firstEnqueuedTime: Timestamp?

    /// Makes a position.
    public init(
        sequenceNumber: Int64, offset: String, enqueuedTime: Timestamp, watermark: Timestamp,
        firstEnqueuedTime: Timestamp? = nil
    ) {
        self.sequenceNumber = sequenceNumber
        self.offset = offset
        self.enqueuedTime = enqueuedTime
        self.watermark = watermark
        self.firstEnqueuedTime = firstEnqueuedTime
    }

    /// True when no message was folded yet: the partition is known to be idle, no more.
    public var isStart: Bool { sequenceNumber < 0 }
}

/// A message or a piece of one that could not be used, with all that is needed to look at it and to replay it.
public struct DeadLetterRecord: Hashable, Sendable, Codable {
    /// Partition number.
    public var partition: Int
    /// Sequence number of the message.
    public var sequenceNumber: Int64
    /// Offset of the message.
    public var offset: String
    /// When the broker took the message.
    public var enqueuedTime: Timestamp
    /// When this process received it.
    public var receivedAt: Timestamp
    /// Which outcome of the message it is, from 0.
    public var index: Int
    /// Byte of the body at which the fault was found.
    public var faultPosition: Int
    /// What is wrong.
    public var reason: DeadLetterReason
    /// The original bytes.
    public var bytes: SensitiveBytes

    /// Makes a dead letter.
    public init(
        partition: Int, sequenceNumber: Int64, offset: String, enqueuedTime: Timestamp, receivedAt: Timestamp,
        index: Int, faultPosition: Int, reason: DeadLetterReason, bytes: [UInt8]
    ) {
        self.partition = partition
        self.sequenceNumber = sequenceNumber
        self.offset = offset
        self.enqueuedTime = enqueuedTime
        self.receivedAt = receivedAt
        self.index = index
        self.faultPosition = faultPosition
        self.reason = reason
        self.bytes = SensitiveBytes(bytes)
    }
}

/// What a fold counted.
///
/// Counters only grow; a delta holds what was added since the one before.
public struct FoldCounters: Hashable, Sendable {
    /// Messages folded.
    public var messages: Int64 = 0
    /// Messages that were folded before and came again.
    public var redelivered: Int64 = 0
    /// Bytes of folded bodies.
    public var bytes: Int64 = 0
    /// Records judged.
    public var records: Int64 = 0
    /// Metrics and empty bodies, which are not judged.
    public var skipped: Int64 = 0
    /// Dead letters made.
    public var deadLetters: Int64 = 0
    /// Records that satisfied a rule, once per rule.
    public var matched: Int64 = 0
    /// Records that were late for a rule, once per rule.
    public var late: Int64 = 0
    /// Records whose own time was too far ahead to be believed, once per rule.
    public var timesAhead: Int64 = 0
    /// What the decoder counted: repairs, reasons of dead letters, times that could not be read.
    public var decoding = EnvelopeSummary()

    /// All zero.
    public init() {}

    /// Adds other counters.
    public mutating func add(_ other: FoldCounters) {
        messages &+= other.messages
        redelivered &+= other.redelivered
        bytes &+= other.bytes
        records &+= other.records
        skipped &+= other.skipped
        deadLetters &+= other.deadLetters
        matched &+= other.matched
        late &+= other.late
        timesAhead &+= other.timesAhead
        decoding.add(other.decoding)
    }
}

/// What a fold counted for one rule.
public struct RuleCount: Hashable, Sendable {
    /// Id of the rule.
    public var ruleID: String
    /// Records that satisfied it.
    public var matched: Int64
    /// Of these, records that were late for it.
    public var late: Int64
}
