/// The grammar of JSON numbers (RFC 8259, section 6), and their values without traps.
enum JSONNumber {
    /// End of the number that starts at `start`, or `start` when there is none.
    @inline(__always)
    static func end(_ bytes: UnsafePointer<UInt8>, from start: Int, limit: Int) -> Int {
        var at = start
        if at < limit, bytes[at] == UInt8(ascii: "-") { at += 1 }
        guard at < limit, isDigit(bytes[at]) else { return start }
        if bytes[at] == UInt8(ascii: "0") {
            at += 1
        } else {
            // Azure writes ticks of 18 digits.
            while at + 8 <= limit, DigitWord(bytes + at).isDigits { at += 8 }
            while at < limit, isDigit(bytes[at]) { at += 1 }
        }
        if at < limit, bytes[at] == UInt8(ascii: ".") {
            at += 1
            guard at < limit, isDigit(bytes[at]) else { return start }
            while at < limit, isDigit(bytes[at]) { at += 1 }
        }
        if at < limit, bytes[at] | 0x20 == UInt8(ascii: "e") {
            at += 1
            if at < limit, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") { at += 1 }
            guard at < limit, isDigit(bytes[at]) else { return start }
            while at < limit, isDigit(bytes[at]) { at += 1 }
        }
        return at
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// Whether a text is one number and nothing else.
    static func isNumber(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let base = text.baseAddress, !text.isEmpty else { return false }
        return end(base.assumingMemoryBound(to: UInt8.self), from: 0, limit: text.count) == text.count
    }

    /// The integer that a text spells, exactly; nil when it has a fraction, is too large or is no number.
    static func integer(_ text: UnsafeRawBufferPointer) -> Int64? {
        var at = 0
        let negative = text.first == UInt8(ascii: "-")
        if negative { at = 1 }
        guard at < text.count else { return nil }
        var value: Int64 = 0
        while at < text.count {
            let digit = text[at] &- 0x30
            guard digit < 10 else { return integerOfDecimal(text) }
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            // Counted downward, because the smallest integer has no positive twin.
            let (sum, carry) = scaled.subtractingReportingOverflow(Int64(digit))
            if overflow || carry { return nil }
            value = sum
            at += 1
        }
        if negative { return value }
        return value == .min ? nil : -value
    }

    /// `12.0` and `1e3` are integers too.
    private static func integerOfDecimal(_ text: UnsafeRawBufferPointer) -> Int64? {
        guard let value = double(text) else { return nil }
        // Above 2^53 a double no longer says which integer was meant.
        guard abs(value) <= 9_007_199_254_740_992 else { return nil }
        return Int64(exactly: value)
    }

    /// The number that a text spells, or nil when it is none; infinite values are nil.
    static func double(_ text: UnsafeRawBufferPointer) -> Double? {
        guard text.count <= 512, isNumber(text) else { return nil }
        guard let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite else { return nil }
        return value
    }
}

/// Eight characters at once, the first in the lowest byte.
struct DigitWord {
    /// The characters less those of `"00000000"`: digits are 0 to 9.
    private let values: UInt64

    /// Reads eight bytes.
    @inline(__always)
    init(_ bytes: UnsafeRawPointer) {
        values = bytes.loadUnaligned(as: UInt64.self).littleEndian ^ 0x3030_3030_3030_3030
    }

    /// Whether all eight are digits.
    @inline(__always)
    var isDigits: Bool { areDigits(.max) }

    /// Whether those under a mask of whole bytes are digits.
    @inline(__always)
    func areDigits(_ mask: UInt64) -> Bool {
        // A byte above 9 has a high bit, or gets one when six are added; a carry comes out of such a byte only.
        let asked = values & mask
        return (asked | (asked &+ 0x0606_0606_0606_0606 & mask)) & 0xF0F0_F0F0_F0F0_F0F0 == 0
    }

    /// The two digits at a place and behind it, as a number; both are known to be digits.
    @inline(__always)
    func pair(at place: UInt64) -> Int64 {
        let digits = values &>> (8 &* place)
        return Int64(truncatingIfNeeded: (digits & 0xFF) &* 10 &+ digits &>> 8 & 0xFF)
    }

    /// The number that the first seven spell; they are known to be digits.
    @inline(__always)
    var firstSeven: Int64 {
        // Pairs, then fours, then all, the number of the first seven being that of eight of which the first is 0.
        let digits = values &<< 8
        let pairs = (digits &* 10 &+ digits &>> 8) & 0x00FF_00FF_00FF_00FF
        let fours = (pairs &* 100 &+ pairs &>> 16) & 0x0000_FFFF_0000_FFFF
        return Int64(truncatingIfNeeded: (fours &* 10_000 &+ fours &>> 32) & 0xFFFF_FFFF)
    }
}
