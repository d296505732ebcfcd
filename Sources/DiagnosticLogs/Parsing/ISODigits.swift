/// The fast path for the form that nearly every record has: `2024-05-24T12:23:02.4350000Z`, with up to nine digits of
/// fraction or none.
enum ISODigits {
    /// Nanoseconds since the epoch, or nil when the text has another form or another value than this path takes.
    static func read(_ text: UnsafeRawBufferPointer) -> Int64? {
        let count = text.count
        guard count >= 20, count <= 30, let base = text.baseAddress, byte(base, count - 1) == UInt8(ascii: "Z"),
            byte(base, 4) == UInt8(ascii: "-"), byte(base, 7) == UInt8(ascii: "-"),
            byte(base, 10) == UInt8(ascii: "T"), byte(base, 13) == UInt8(ascii: ":"),
            byte(base, 16) == UInt8(ascii: ":")
        else { return nil }
        // Every digit is checked here; a byte that is none makes `bad` exceed 9.
        var bad: UInt64 = 0
        let year = pair(base, 0, &bad) * 100 + pair(base, 2, &bad)
        let month = pair(base, 5, &bad)
        let day = pair(base, 8, &bad)
        let hour = pair(base, 11, &bad)
        let minute = pair(base, 14, &bad)
        let second = pair(base, 17, &bad)
        guard bad == 0, year >= 1700, year <= 2200, hour < 24, minute < 60, second < 60 else { return nil }
        var fraction: Int64 = 0
        if count > 20 {
            guard byte(base, 19) == UInt8(ascii: "."), count > 21 else { return nil }
            for at in 20..<count - 1 {
                let digit = byte(base, at) &- 0x30
                guard digit < 10 else { return nil }
                fraction = fraction * 10 + Int64(digit)
            }
            fraction *= scale(digits: count - 21)
        }
        guard let days = CivilDate(year: year, month: month, day: day).daysSinceEpoch else { return nil }
        return (days * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000_000 + fraction
    }

    @inline(__always)
    private static func byte(_ base: UnsafeRawPointer, _ at: Int) -> UInt8 {
        base.load(fromByteOffset: at, as: UInt8.self)
    }

    @inline(__always)
    private static func pair(_ base: UnsafeRawPointer, _ at: Int, _ bad: inout UInt64) -> Int64 {
        let tens = byte(base, at) &- 0x30
        let ones = byte(base, at + 1) &- 0x30
        bad |= tens > 9 || ones > 9 ? 1 : 0
        return Int64(tens) * 10 + Int64(ones)
    }

    private static func scale(digits: Int) -> Int64 {
        switch digits {
        case 1: 100_000_000
        case 2: 10_000_000
        case 3: 1_000_000
        case 4: 100_000
        case 5: 10_000
        case 6: 1000
        case 7: 100
        case 8: 10
        default: 1
        }
    }
}
