/// A cursor over the text of a time.
struct TimeReader {
    private let text: UnsafeRawBufferPointer
    private var at = 0

    init(text: UnsafeRawBufferPointer) { self.text = text }

    mutating func read() -> Timestamp? {
        while byte == 0x20 { at += 1 }
        guard text.count - at <= 48 else { return nil }
        let start = at
        guard let first = number(digits: 1...19) else { return negativeNumber(from: start) }
        let digits = at - start
        switch byte {
        case UInt8(ascii: "-") where digits == 4: return readISO(year: first)
        case UInt8(ascii: "/") where digits <= 2: return readUS(month: first)
        default: return isAtEnd ? Timestamp(epoch: first) : nil
        }
    }

    private func negativeNumber(from start: Int) -> Timestamp? {
        JSONNumber.integer(UnsafeRawBufferPointer(rebasing: text[start...])).flatMap { Timestamp(epoch: $0) }
    }

    private mutating func readISO(year: Int64) -> Timestamp? {
        at += 1
        guard let month = number(digits: 2...2), take(UInt8(ascii: "-")), let day = number(digits: 2...2) else {
            return nil
        }
        guard byte | 0x20 == UInt8(ascii: "t") || byte == 0x20 else { return nil }
        at += 1
        guard let hour = number(digits: 2...2), hour <= 24 else { return nil }
        return readClock(CivilDate(year: year, month: month, day: day), hour: hour, mayBeTwelveHours: false)
    }

    private mutating func readUS(month: Int64) -> Timestamp? {
        at += 1
        guard let day = number(digits: 1...2), take(UInt8(ascii: "/")), let year = number(digits: 4...4),
            take(0x20), let hour = number(digits: 1...2)
        else { return nil }
        return readClock(CivilDate(year: year, month: month, day: day), hour: hour, mayBeTwelveHours: true)
    }

    /// Minutes, seconds, fraction, AM or PM, zone.
    private mutating func readClock(_ date: CivilDate, hour: Int64, mayBeTwelveHours: Bool) -> Timestamp? {
        guard take(UInt8(ascii: ":")), let minute = number(digits: 2...2), minute < 60 else { return nil }
        var second: Int64 = 0
        var fraction: Int64 = 0
        if take(UInt8(ascii: ":")) {
            // A leap second is written as 60.
            guard let value = number(digits: 2...2), value <= 60 else { return nil }
            second = value
            if take(UInt8(ascii: ".")) {
                guard let value = readFraction() else { return nil }
                fraction = value
            }
        }
        var hour = hour
        if mayBeTwelveHours {
            guard let adjusted = readHalfOfDay(hour) else { return nil }
            hour = adjusted
        }
        guard hour < 24 || hour == 24 && minute == 0 && second == 0 && fraction == 0, let days = date.daysSinceEpoch,
            let offset = readZone()
        else { return nil }
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
        return Timestamp(seconds: seconds, nanoseconds: fraction)
    }

    /// Nanoseconds; digits beyond the ninth are dropped.
    private mutating func readFraction() -> Int64? {
        var value: Int64 = 0
        var digits = 0
        while JSONNumber.isDigit(byte) {
            if digits < 9 { value = value * 10 + Int64(byte - 0x30) }
            digits += 1
            at += 1
        }
        guard digits > 0 else { return nil }
        while digits < 9 {
            value *= 10
            digits += 1
        }
        return value
    }

    private mutating func readHalfOfDay(_ hour: Int64) -> Int64? {
        let start = at
        while byte == 0x20 { at += 1 }
        let letter = byte | 0x20
        guard letter == UInt8(ascii: "a") || letter == UInt8(ascii: "p"), at + 1 < text.count,
            text[at + 1] | 0x20 == UInt8(ascii: "m")
        else {
            at = start
            return hour
        }
        at += 2
        guard (1...12).contains(hour) else {
            // "13:00 PM" is wrong but means one thing; "00:10 AM" likewise.
            return hour < 24 ? hour : nil
        }
        return hour % 12 + (letter == UInt8(ascii: "p") ? 12 : 0)
    }

    /// Seconds east of Greenwich; 0 when nothing is written.
    private mutating func readZone() -> Int64? {
        while byte == 0x20 { at += 1 }
        if isAtEnd { return 0 }
        if byte | 0x20 == UInt8(ascii: "z") {
            at += 1
            return isAtEnd ? 0 : nil
        }
        let sign: Int64
        if take(UInt8(ascii: "+")) { sign = 1 } else if take(UInt8(ascii: "-")) { sign = -1 } else { return nil }
        guard let hours = number(digits: 2...2), hours <= 23 else { return nil }
        var minutes: Int64 = 0
        if !isAtEnd {
            _ = take(UInt8(ascii: ":"))
            guard let value = number(digits: 2...2), value < 60 else { return nil }
            minutes = value
        }
        return isAtEnd ? sign * (hours * 3600 + minutes * 60) : nil
    }

    private var byte: UInt8 { at < text.count ? text[at] : 0 }

    private var isAtEnd: Bool {
        var end = at
        while end < text.count, text[end] == 0x20 { end += 1 }
        return end >= text.count
    }

    private mutating func take(_ wanted: UInt8) -> Bool {
        guard byte == wanted, at < text.count else { return false }
        at += 1
        return true
    }

    /// Reads digits, as many as there are; nil when their number is not allowed or the value is too large.
    private mutating func number(digits allowed: ClosedRange<Int>) -> Int64? {
        var value: Int64 = 0
        let start = at
        while JSONNumber.isDigit(byte), at - start < allowed.upperBound {
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = scaled.addingReportingOverflow(Int64(byte - 0x30))
            if overflow || carry { return nil }
            value = sum
            at += 1
        }
        return allowed.contains(at - start) ? value : nil
    }
}
