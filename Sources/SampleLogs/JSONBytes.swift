/// Writing of compact JSON as UTF-8 bytes, without a document in between.
extension [UInt8] {
    /// Appends text as it stands.
    mutating func append(text: String) {
        append(contentsOf: text.utf8)
    }

    /// Appends a whole number.
    mutating func append(number: Int64) {
        var magnitude = number.magnitude
        if number < 0 { append(UInt8(ascii: "-")) }
        if magnitude < 10 {
            append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: magnitude))
            return
        }
        var divisor: UInt64 = 1
        while magnitude / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: magnitude / divisor))
            magnitude %= divisor
            divisor /= 10
        }
    }

    /// Appends the lowest `width` decimal digits of a number that is not negative.
    mutating func append(digits number: Int, width: Int) {
        var divisor = 1
        for _ in 1..<Swift.max(width, 1) { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }

    /// Appends an identifier in lower-case hexadecimal, with dashes or (as in role assignments) without.
    mutating func append(guid: GUID, dashes: Bool = true) {
        append(hex: guid.high >> 32, width: 8)
        if dashes { append(UInt8(ascii: "-")) }
        append(hex: guid.high >> 16, width: 4)
        if dashes { append(UInt8(ascii: "-")) }
        append(hex: guid.high, width: 4)
        if dashes { append(UInt8(ascii: "-")) }
        append(hex: guid.low >> 48, width: 4)
        if dashes { append(UInt8(ascii: "-")) }
        append(hex: guid.low, width: 12)
    }

    /// Appends the lowest `width` hexadecimal digits of a word, in lower case.
    mutating func append(hex word: UInt64, width: Int) {
        var shift = width * 4
        while shift > 0 {
            shift -= 4
            let digit = UInt8(truncatingIfNeeded: (word >> UInt64(shift)) & 0xF)
            append(digit < 10 ? digit &+ 48 : digit &+ 87)
        }
    }

    /// Appends a time as Azure writes it: `2026-11-21T08:00:00.1234567Z`.
    mutating func append(time: EventTime) {
        let seconds = time.seconds
        let ticks = Int((time.nanoseconds &- seconds &* 1_000_000_000) / 100)
        append(dateAndClock: seconds)
        append(UInt8(ascii: "."))
        append(digits: ticks, width: 7)
        append(UInt8(ascii: "Z"))
    }

    /// Appends `2026-11-21T08:00:00`, without fraction or zone.
    mutating func append(dateAndClock seconds: Int64) {
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let date = CivilDate(daysSinceEpoch: days)
        let clock = Int(seconds &- days &* 86_400)
        append(digits: date.year, width: 4)
        append(UInt8(ascii: "-"))
        append(digits: date.month, width: 2)
        append(UInt8(ascii: "-"))
        append(digits: date.day, width: 2)
        append(UInt8(ascii: "T"))
        append(digits: clock / 3600, width: 2)
        append(UInt8(ascii: ":"))
        append(digits: clock / 60 % 60, width: 2)
        append(UInt8(ascii: ":"))
        append(digits: clock % 60, width: 2)
    }

    /// Appends bytes as the inside of a JSON string: quotes, backslashes and control characters are escaped.
    mutating func append<Bytes: Sequence<UInt8>>(escaping bytes: Bytes) {
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(byte)
            case 0x0A:
                append(text: "\\n")
            case 0..<0x20:
                append(text: "\\u00")
                append(hex: UInt64(byte), width: 2)
            default:
                append(byte)
            }
        }
    }

    /// Appends text as a whole JSON string, quotes included.
    mutating func append(quoted text: String) {
        append(UInt8(ascii: "\""))
        append(escaping: text.utf8)
        append(UInt8(ascii: "\""))
    }
}
