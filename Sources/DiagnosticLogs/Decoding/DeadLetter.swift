/// Bytes that could not be decoded to records, and why.
///
/// Valid only while its callback runs.
public struct DeadLetter {
    /// Why.
    public let reason: DeadLetterReason
    /// The original bytes, before any repair; copy them to keep them.
    public let bytes: UnsafeRawBufferPointer
    /// Where ``bytes`` starts in the message body.
    public let start: Int
    /// The byte of the message body where decoding stopped.
    public let position: Int
    /// Number among the message's outcomes (records, metrics, dead letters), from 0.
    public let index: Int
}

/// Why bytes could not be decoded.
///
/// Raw values are stable: they are stored and counted.
public enum DeadLetterReason: String, Hashable, Sendable, Codable, CaseIterable {
    /// Plain text, a number, a literal, or an array where a record belongs.
    case notAnObject
    /// Not JSON, and no repair helped.
    case malformed
    /// The message ends inside a value.
    case truncated
    /// Something follows the end of the message's JSON.
    case trailingText
    /// More than 64 containers inside each other.
    case tooDeep
    /// The message body is larger than the limit.
    case bodyTooLarge
    /// One record is larger than the limit.
    case recordTooLarge
    /// UTF-16 text.
    case utf16
    /// Compressed bytes.
    case compressed
    /// The AMQP message has no body that could hold a log; given by the caller, not by the decoder.
    case unusableMessage
}
