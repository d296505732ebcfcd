public import AMQPTypes

/// The facts that the service writes on each event, read in place.
///
/// **Shape**: ranges are into the message's bytes; text is UTF-8 there.
/// **Cost**: no allocation; one pass over the message annotations and, where present, the delivery annotations.
/// **Errors**: none: what cannot be read is nil, and ``isMalformed`` says that a map broke off.
public struct EventAnnotations: Hashable, Sendable {
    /// `x-opt-sequence-number`.
    public var sequenceNumber: Int64?
    /// `x-opt-offset`, where its text is.
    public var offset: Range<Int>?
    /// `x-opt-enqueued-time`, in milliseconds since 1970.
    public var enqueuedTime: Int64?
    /// `x-opt-partition-key`, where its text is.
    public var partitionKey: Range<Int>?
    /// Runtime metric: the partition's last sequence number when this event was sent.
    public var lastSequenceNumber: Int64?
    /// Runtime metric: when the partition's last event arrived, in milliseconds since 1970.
    public var lastEnqueuedTime: Int64?
    /// Whether a map could not be read to its end.
    public var isMalformed = false

    /// Makes empty facts.
    public init() {}

    /// Reads the annotations of an encoded message whose sections were scanned.
    public init(_ bytes: UnsafeRawBufferPointer, _ sections: MessageSections) {
        if let range = sections.messageAnnotations {
            unsafe readMap(bytes, range) { facts, key, value in unsafe facts.readMessageAnnotation(key, value) }
        }
        if let range = sections.deliveryAnnotations {
            unsafe readMap(bytes, range) { facts, key, value in unsafe facts.readDeliveryAnnotation(key, value) }
        }
    }

    @inline(__always)
    private mutating func readMap(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>,
        _ take: (inout EventAnnotations, UnsafeRawBufferPointer, AnnotationValue) -> Void
    ) {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count,
            var reader = unsafe AnnotationReader(bytes, map: range)
        else {
            isMalformed = true
            return
        }
        while reader.remaining > 1 {
            guard let key = reader.value(), let value = reader.value() else {
                isMalformed = true
                return
            }
            reader.remaining -= 2
            guard key.isText, let slice = unsafe key.content(of: bytes) else { continue }
            unsafe take(&self, slice, value)
        }
    }

    @inline(__always)
    private mutating func readMessageAnnotation(_ key: UnsafeRawBufferPointer, _ value: AnnotationValue) {
        switch key.count {
        case 12: if unsafe matches(key, "x-opt-offset"), value.isText { offset = value.range }
        case 19:
            if unsafe matches(key, "x-opt-enqueued-time") {
                enqueuedTime = value.number
            } else if unsafe matches(key, "x-opt-partition-key"), value.isText {
                partitionKey = value.range
            }
        case 21: if unsafe matches(key, "x-opt-sequence-number") { sequenceNumber = value.number }
        default: break
        }
    }

    @inline(__always)
    private mutating func readDeliveryAnnotation(_ key: UnsafeRawBufferPointer, _ value: AnnotationValue) {
        switch key.count {
        case 22: if unsafe matches(key, "last_enqueued_time_utc") { lastEnqueuedTime = value.number }
        case 29: if unsafe matches(key, "last_enqueued_sequence_number") { lastSequenceNumber = value.number }
        default: break
        }
    }
}

/// Whether the bytes are this text; the counts are known to be equal.
@inline(__always)
private func matches(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
    guard let base = bytes.baseAddress, bytes.count == text.utf8CodeUnitCount, bytes.count >= 8 else { return false }
    let other = unsafe UnsafeRawPointer(text.utf8Start)
    var i = 0
    // Eight bytes at a time; the last step overlaps the one before it.
    while i < bytes.count {
        let at = min(i, bytes.count - 8)
        let a = unsafe base.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        let b = unsafe other.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        if a != b { return false }
        i += 8
    }
    return true
}

/// One value of an annotation map: where its content is, and its number when it is one.
private struct AnnotationValue {
    var constructor: UInt8
    var range: Range<Int>
    var number: Int64?

    /// Whether it is a string or a symbol.
    @inline(__always)
    var isText: Bool {
        constructor == 0xa1 || constructor == 0xa3 || constructor == 0xb1 || constructor == 0xb3
    }

    @inline(__always)
    func content(of bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        unsafe UnsafeRawBufferPointer(rebasing: bytes[range])
    }
}

/// Walks the values of one map.
///
/// Every read is checked against the map's end, which lies inside the message.
@safe
private struct AnnotationReader {
    private let bytes: UnsafeRawBufferPointer
    private var offset: Int
    private let end: Int
    /// Values that the map says are still to come.
    var remaining: Int

    @inline(__always)
    init?(_ bytes: UnsafeRawBufferPointer, map range: Range<Int>) {
        unsafe self.bytes = bytes
        end = range.upperBound
        offset = range.lowerBound
        remaining = 0
        guard range.count >= 3 else { return nil }
        switch unsafe bytes[offset] {
        case 0xc1:
            remaining = unsafe Int(bytes[offset + 2])
            offset += 3
        case 0xd1:
            guard range.count >= 9 else { return nil }
            remaining = Int(word(at: offset + 5))
            offset += 9
        default: return nil
        }
    }

    @inline(__always)
    private func word(at offset: Int) -> UInt32 {
        unsafe UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// The next value; nil when the map breaks off.
    @inline(__always)
    mutating func value() -> AnnotationValue? {
        guard offset < end else { return nil }
        let constructor = unsafe bytes[offset]
        offset += 1
        let width: Int
        switch constructor >> 4 {
        case 0x4: width = 0
        case 0x5: width = 1
        case 0x6: width = 2
        case 0x7: width = 4
        case 0x8: width = 8
        case 0x9: width = 16
        case 0xa, 0xc, 0xe:
            guard offset < end else { return nil }
            width = unsafe Int(bytes[offset])
            offset += 1
        case 0xb, 0xd, 0xf:
            guard end - offset >= 4 else { return nil }
            width = Int(word(at: offset))
            offset += 4
        case 0x0 where constructor == 0:
            return describedValue()
        default: return nil
        }
        guard end - offset >= width else { return nil }
        let start = offset
        offset += width
        let number = unsafe Self.number(constructor, bytes, start)
        return AnnotationValue(constructor: constructor, range: start..<offset, number: number)
    }

    /// Skips a described value; annotations that we read are never described, and a nested one ends the map.
    @inline(never)
    private mutating func describedValue() -> AnnotationValue? {
        guard offset < end, unsafe bytes[offset] != 0, value() != nil else { return nil }
        let start = offset
        guard offset < end, unsafe bytes[offset] != 0, value() != nil else { return nil }
        return AnnotationValue(constructor: 0, range: start..<offset, number: nil)
    }

    @inline(__always)
    private static func number(_ constructor: UInt8, _ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int64? {
        switch constructor {
        case 0x81, 0x83:
            return unsafe Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: Int64.self))
        case 0x55, 0x54, 0x51: return unsafe Int64(Int8(bitPattern: bytes[start]))
        case 0x80:
            return unsafe Int64(exactly: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)))
        case 0x71: return unsafe Int64(Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: Int32.self)))
        case 0x70: return unsafe Int64(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self)))
        case 0x53, 0x52: return unsafe Int64(bytes[start])
        case 0x44, 0x43: return 0
        default: return nil
        }
    }
}
