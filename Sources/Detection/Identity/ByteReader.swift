/// Reads what ``ByteWriter`` wrote; never traps, whatever the bytes are.
struct ByteReader {
    private let bytes: ArraySlice<UInt8>
    private var at: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        self.at = bytes.startIndex
    }

    init(_ bytes: [UInt8]) { self.init(bytes[...]) }

    /// Bytes that were not read yet.
    var remaining: Int { bytes.endIndex - at }

    /// An error for bytes that cannot be what they claim.
    static func malformed(_ what: String) -> DetectionError {
        DetectionError(.stateMalformed, "stored detection state is damaged: \(what)")
    }

    mutating func byte() throws(DetectionError) -> UInt8 {
        guard at < bytes.endIndex else { throw Self.malformed("it ends early") }
        defer { at += 1 }
        return bytes[at]
    }

    mutating func flag() throws(DetectionError) -> Bool {
        switch try byte() {
        case 0: return false
        case 1: return true
        default: throw Self.malformed("a flag is neither 0 nor 1")
        }
    }

    mutating func unsigned() throws(DetectionError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte()
            if shift == 63, next > 1 { throw Self.malformed("an integer is too long") }
            value |= UInt64(next & 0x7f) << shift
            if next < 0x80 { return value }
            shift += 7
            if shift > 63 { throw Self.malformed("an integer is too long") }
        }
    }

    mutating func signed() throws(DetectionError) -> Int64 {
        let value = try unsigned()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A number of things that each take at least `size` bytes; refuses numbers that the rest cannot hold.
    mutating func count(eachAtLeast size: Int = 1) throws(DetectionError) -> Int {
        let value = try unsigned()
        guard value <= UInt64(remaining / max(1, size)) else { throw Self.malformed("a count exceeds the data") }
        return Int(value)
    }

    mutating func integer() throws(DetectionError) -> Int {
        guard let value = Int(exactly: try signed()) else { throw Self.malformed("an integer is out of range") }
        return value
    }

    mutating func fixed() throws(DetectionError) -> UInt64 {
        guard remaining >= 8 else { throw Self.malformed("it ends early") }
        var value: UInt64 = 0
        for index in 0..<8 { value |= UInt64(bytes[at + index]) << UInt64(index * 8) }
        at += 8
        return value
    }

    mutating func wide() throws(DetectionError) -> Int128 {
        let low = try fixed()
        let high = try fixed()
        return Int128(Int64(bitPattern: high)) << 64 | Int128(low)
    }

    mutating func slice() throws(DetectionError) -> ArraySlice<UInt8> {
        let length = try count()
        defer { at += length }
        return bytes[at..<at + length]
    }

    mutating func blob() throws(DetectionError) -> [UInt8] { Array(try slice()) }

    mutating func string() throws(DetectionError) -> String {
        guard let text = String(validating: try slice(), as: UTF8.self) else {
            throw Self.malformed("a text is not UTF-8")
        }
        return text
    }

    mutating func optionalString() throws(DetectionError) -> String? { try flag() ? try string() : nil }
}
