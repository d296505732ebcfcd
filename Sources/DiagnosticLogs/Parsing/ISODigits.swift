/// The fast path for the form that nearly every record has: `2024-05-24T12:23:02.4350000Z`, with up to nine digits of
/// fraction or none.
enum ISODigits {
    /// Nanoseconds since the epoch, or nil when the text has another form or another value than this path takes.
    static func read(_ text: UnsafeRawBufferPointer) -> Int64? {
        let count = text.count
        guard count >= 20, count <= 30, let base = text.baseAddress else { return nil }
        // `YYYY-MM-`, `DDThh:mm` and, overlapping it, `hh:mm:ss`.
        let (date, clock, seconds) = (DigitWord(base), DigitWord(base + 8), DigitWord(base + 11))
        guard date.areDigits(0x00FF_FF00_FFFF_FFFF), clock.areDigits(0xFFFF_00FF_FF00_FFFF),
            seconds.areDigits(0xFFFF_00FF_FF00_FFFF),
            byte(base, 4) == UInt8(ascii: "-"), byte(base, 7) == UInt8(ascii: "-"),
            byte(base, 10) == UInt8(ascii: "T"), byte(base, 13) == UInt8(ascii: ":"),
            byte(base, 16) == UInt8(ascii: ":"), byte(base, count - 1) == UInt8(ascii: "Z")
        else { return nil }
        let year = date.pair(at: 0) &* 100 &+ date.pair(at: 2)
        let (hour, minute, second) = (clock.pair(at: 3), clock.pair(at: 6), seconds.pair(at: 6))
        guard year >= 1700, year <= 2200, hour < 24, minute < 60, second < 60,
            let fraction = fraction(base, count),
            let days = CivilDate(year: year, month: date.pair(at: 5), day: clock.pair(at: 0)).daysSinceEpoch
        else { return nil }
        return (days &* 86_400 &+ hour &* 3600 &+ minute &* 60 &+ second) &* 1_000_000_000 &+ fraction
    }

    /// Nanoseconds, or nil when what follows the seconds is no fraction of one to nine digits.
    @inline(__always)
    private static func fraction(_ base: UnsafeRawPointer, _ count: Int) -> Int64? {
        if count == 20 { return 0 }
        guard byte(base, 19) == UInt8(ascii: "."), count > 21 else { return nil }
        if count == 28 {
            let digits = DigitWord(base + 20)
            return digits.areDigits(0x00FF_FFFF_FFFF_FFFF) ? digits.firstSeven &* 100 : nil
        }
        var fraction: Int64 = 0
        for at in 20..<count - 1 {
            let digit = byte(base, at) &- 0x30
            guard digit < 10 else { return nil }
            fraction = fraction * 10 + Int64(digit)
        }
        return fraction * scale(digits: count - 21)
    }

    @inline(__always)
    private static func byte(_ base: UnsafeRawPointer, _ at: Int) -> UInt8 {
        base.load(fromByteOffset: at, as: UInt8.self)
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
