/// Turns the text between the quotes of a JSON string into the text it means.
///
/// Lenient on purpose: an unknown escape stays as written, a lone surrogate becomes U+FFFD. A rule must be able to look
/// at such a value; refusing the record would let a sender hide behind one byte.
enum JSONEscapes {
    /// Writes the meaning of `source` to `target`, which must have room for as many bytes; returns how many were written.
    static func unescape(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawPointer) -> Int {
        guard let start = source.baseAddress else { return 0 }
        let bytes = start.assumingMemoryBound(to: UInt8.self)
        let count = source.count
        var at = 0
        var written = 0
        while at < count {
            // Eight bytes at once: strings that hold JSON have a backslash every few bytes, too close for memchr.
            if at &+ 8 <= count {
                let word = (start + at).loadUnaligned(as: UInt64.self)
                (target + written).storeBytes(of: word, as: UInt64.self)
                let run = bytesBeforeBackslash(word.littleEndian)
                at &+= run
                written &+= run
                if run == 8 { continue }
            } else if bytes[at] != UInt8(ascii: "\\") {
                (target + written).storeBytes(of: bytes[at], as: UInt8.self)
                at &+= 1
                written &+= 1
                continue
            }
            // Nearly all are quotes.
            if at &+ 1 < count, bytes[at &+ 1] == UInt8(ascii: "\"") {
                (target + written).storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
                at &+= 2
                written &+= 1
            } else {
                at &+= unescapeOne(bytes + at, count - at, target, &written)
            }
        }
        return written
    }

    /// Number of bytes in front of the first backslash of a word, 8 when it has none.
    @inline(__always)
    private static func bytesBeforeBackslash(_ word: UInt64) -> Int {
        let difference = word ^ 0x5C5C_5C5C_5C5C_5C5C
        let zeros = (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
        return zeros.trailingZeroBitCount / 8
    }

    /// Reads one escape; returns how many bytes it took.
    @inline(never)
    private static func unescapeOne(
        _ bytes: UnsafePointer<UInt8>, _ count: Int, _ target: UnsafeMutableRawPointer, _ written: inout Int
    ) -> Int {
        func put(_ byte: UInt8) {
            target.storeBytes(of: byte, toByteOffset: written, as: UInt8.self)
            written += 1
        }
        guard count > 1 else {
            put(bytes[0])
            return 1
        }
        switch bytes[1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): put(bytes[1])
        case UInt8(ascii: "n"): put(0x0A)
        case UInt8(ascii: "t"): put(0x09)
        case UInt8(ascii: "r"): put(0x0D)
        case UInt8(ascii: "b"): put(0x08)
        case UInt8(ascii: "f"): put(0x0C)
        case UInt8(ascii: "u"):
            guard let unit = hexadecimal(bytes + 2, count - 2) else {
                put(bytes[0])
                return 1
            }
            return unescapeUnicode(unit, bytes, count, target, &written)
        default:
            put(bytes[0])
            return 1
        }
        return 2
    }

    private static func unescapeUnicode(
        _ unit: UInt32, _ bytes: UnsafePointer<UInt8>, _ count: Int, _ target: UnsafeMutableRawPointer,
        _ written: inout Int
    ) -> Int {
        var scalar = unit
        var used = 6
        if unit & 0xFC00 == 0xD800, count >= 12, bytes[6] == UInt8(ascii: "\\"), bytes[7] == UInt8(ascii: "u"),
            let low = hexadecimal(bytes + 8, count - 8), low & 0xFC00 == 0xDC00
        {
            scalar = 0x10000 + (unit & 0x3FF) << 10 + (low & 0x3FF)
            used = 12
        }
        let character = Unicode.Scalar(scalar) ?? "\u{FFFD}"
        for byte in UTF8.encode(character) ?? UTF8.encodedReplacementCharacter {
            target.storeBytes(of: byte, toByteOffset: written, as: UInt8.self)
            written += 1
        }
        return used
    }

    private static func hexadecimal(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UInt32? {
        guard count >= 4 else { return nil }
        var value: UInt32 = 0
        for i in 0..<4 {
            let byte = bytes[i]
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x41 + 10
            case 0x61...0x66: digit = byte - 0x61 + 10
            default: return nil
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
