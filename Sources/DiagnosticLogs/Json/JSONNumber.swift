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
