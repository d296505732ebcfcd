/// Appends values to a byte array in the one encoding that the engine stores and hashes.
///
/// **Shape**: unsigned integers are little-endian base 128, signed ones zigzag before that; strings and blobs carry
/// their length; nothing depends on hashing or on the machine.
struct ByteWriter {
    /// What was written.
    private(set) var bytes: [UInt8] = []

    init(reserving capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func flag(_ value: Bool) { bytes.append(value ? 1 : 0) }

    mutating func unsigned(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func count(_ value: Int) { unsigned(UInt64(truncatingIfNeeded: max(0, value))) }

    mutating func signed(_ value: Int64) {
        unsigned(UInt64(bitPattern: value) << 1 ^ UInt64(bitPattern: value >> 63))
    }

    mutating func fixed(_ value: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    mutating func wide(_ value: Int128) {
        fixed(UInt64(truncatingIfNeeded: value))
        fixed(UInt64(truncatingIfNeeded: value >> 64))
    }

    mutating func string(_ value: String) {
        var copy = value
        copy.withUTF8 { text in
            count(text.count)
            bytes.append(contentsOf: text)
        }
    }

    mutating func optional(_ value: String?) {
        flag(value != nil)
        if let value { string(value) }
    }

    mutating func blob(_ value: [UInt8]) {
        count(value.count)
        bytes.append(contentsOf: value)
    }

    mutating func raw(_ value: [UInt8]) { bytes.append(contentsOf: value) }

    mutating func raw(_ value: UnsafeRawBufferPointer) { bytes.append(contentsOf: value) }

    /// Empties the writer and keeps its memory.
    mutating func clear() { bytes.removeAll(keepingCapacity: true) }
}
