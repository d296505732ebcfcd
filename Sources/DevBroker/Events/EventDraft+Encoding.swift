import EventHubs

/// Writes stored events: the broker's annotations in the service's order, then the sender's bytes.
///
/// **Cost**: one copy of the content. The format is written by hand because every event passes here: the annotations have
/// fixed names and types, so that a general encoder would only add work.
extension EventDraft {
    /// Appends the event as it will be delivered, without delivery annotations.
    ///
    /// - Parameters:
    ///   - slab: the log's memory.
    ///   - stamps: what the log assigned.
    ///   - transfer: the bytes that `content` is a range of.
    func append(to slab: inout [UInt8], stamps: PartitionLog.Stamps, from transfer: UnsafeRawBufferPointer) {
        appendAnnotations(to: &slab, stamps: stamps)
        guard content.lowerBound >= 0, content.upperBound <= transfer.count else { return }
        slab.append(contentsOf: UnsafeRawBufferPointer(rebasing: transfer[content]))
    }

    private func appendAnnotations(to slab: inout [UInt8], stamps: PartitionLog.Stamps) {
        let offset = String(stamps.offset)
        var size = Self.fixedSize + offset.utf8.count + [UInt8].longSize(stamps.sequenceNumber) + keptAnnotations.count
        if let partitionKey { size += Self.partitionKeyName.count + [UInt8].stringSize(partitionKey) }
        let count = 2 * (keptPairs + (partitionKey == nil ? 4 : 5))
        slab.append(contentsOf: Self.sectionStart)
        if size < 255, count <= 255 {
            slab.append(0xC1)
            slab.append(UInt8(truncatingIfNeeded: size + 1))
            slab.append(UInt8(truncatingIfNeeded: count))
        } else {
            slab.append(0xD1)
            slab.appendBigEndian(UInt32(truncatingIfNeeded: size + 4))
            slab.appendBigEndian(UInt32(truncatingIfNeeded: count))
        }
        if let partitionKey {
            slab.append(contentsOf: Self.partitionKeyName)
            slab.appendString(partitionKey)
        }
        slab.append(contentsOf: Self.epochAndSequenceName)
        slab.appendLong(stamps.sequenceNumber)
        slab.append(contentsOf: Self.offsetName)
        slab.appendString(offset)
        slab.append(contentsOf: Self.enqueuedTimeName)
        slab.append(0x83)
        slab.appendBigEndian(UInt64(bitPattern: stamps.enqueuedTime))
        slab.append(contentsOf: keptAnnotations)
    }

    /// Bytes of the names, the offset's two-byte string header and the time with its constructor.
    private static let fixedSize = epochAndSequenceName.count + offsetName.count + 2 + enqueuedTimeName.count + 9
    private static let sectionStart: [UInt8] = [0x00, 0x53, 0x72]
    private static let partitionKeyName = symbol(DialectName.partitionKey)
    /// The replication epoch is -1 on a hub without geo-replication: a constant, joined with the name that follows it.
    private static let epochAndSequenceName =
        symbol(DialectName.sequenceNumberEpoch) + [0x54, 0xFF] + symbol(DialectName.sequenceNumber)
    private static let offsetName = symbol(DialectName.offset)
    private static let enqueuedTimeName = symbol(DialectName.enqueuedTime)

    private static func symbol(_ name: String) -> [UInt8] {
        [0xA3, UInt8(truncatingIfNeeded: name.utf8.count)] + Array(name.utf8)
    }
}

/// The runtime metric: what a receiver that asked for it finds in the delivery annotations of each event.
struct RuntimeMetric: Sendable, Equatable {
    var lastSequenceNumber: Int64
    var lastOffset: String
    var lastEnqueuedTime: Int64
    var retrievalTime: Int64

    /// The encoded delivery-annotations section, to be put in front of a stored event.
    var section: [UInt8] {
        var bytes: [UInt8] = [0x00, 0x53, 0x71, 0xD1, 0, 0, 0, 0, 0, 0, 0, 10]
        bytes.appendSymbol(DialectName.lastSequenceNumberEpoch)
        bytes.append(contentsOf: [0x54, 0xFF])
        bytes.appendSymbol(DialectName.lastSequenceNumber)
        bytes.appendLong(lastSequenceNumber)
        bytes.appendSymbol(DialectName.lastOffset)
        bytes.appendString(lastOffset)
        bytes.appendSymbol(DialectName.lastEnqueuedTime)
        bytes.append(0x83)
        bytes.appendBigEndian(UInt64(bitPattern: lastEnqueuedTime))
        bytes.appendSymbol(DialectName.retrievalTime)
        bytes.append(0x83)
        bytes.appendBigEndian(UInt64(bitPattern: retrievalTime))
        bytes.replaceBigEndian(UInt32(truncatingIfNeeded: bytes.count - 8), at: 4)
        return bytes
    }
}

extension [UInt8] {
    fileprivate mutating func appendSymbol(_ name: String) {
        append(0xA3)
        append(UInt8(truncatingIfNeeded: name.utf8.count))
        append(contentsOf: name.utf8)
    }

    /// A string in its short form where it fits.
    fileprivate mutating func appendString(_ text: String) {
        let count = text.utf8.count
        if count <= 255 {
            append(0xA1)
            append(UInt8(truncatingIfNeeded: count))
        } else {
            append(0xB1)
            appendBigEndian(UInt32(truncatingIfNeeded: count))
        }
        append(contentsOf: text.utf8)
    }

    fileprivate static func stringSize(_ text: String) -> Int {
        let count = text.utf8.count
        return count + (count <= 255 ? 2 : 5)
    }

    fileprivate static func longSize(_ value: Int64) -> Int {
        Int8(exactly: value) == nil ? 9 : 2
    }

    /// A long in its short form where it fits, as the service writes it.
    fileprivate mutating func appendLong(_ value: Int64) {
        if let small = Int8(exactly: value) {
            append(0x55)
            append(UInt8(bitPattern: small))
        } else {
            append(0x81)
            appendBigEndian(UInt64(bitPattern: value))
        }
    }

    fileprivate mutating func appendBigEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func replaceBigEndian(_ value: UInt32, at index: Int) {
        for position in 0..<4 where index + position < count {
            self[index + position] = UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32(position)))
        }
    }
}
