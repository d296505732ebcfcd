/// Calendar arithmetic in UTC, without Foundation.
///
/// Source: Howard Hinnant's days-from-civil algorithms.
enum CivilTime {
    /// Writes milliseconds since the epoch as `2026-01-31T23:59:59.123Z`.
    static func text(milliseconds: Int64) -> String {
        let (day, rest) = floorDivide(milliseconds, 86_400_000)
        let (year, month, dayOfMonth) = civil(fromDays: day)
        let seconds = rest / 1_000
        return
            "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfMonth, 2))T\(padded(seconds / 3_600, 2)):"
            + "\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2)).\(padded(rest % 1_000, 3))Z"
    }

    /// Reads `2026-01-31`, `2026-01-31T23:59`, with optional seconds, fraction and `Z` or `+hh:mm`; nil otherwise.
    static func parse(_ text: String) -> Int64? {
        var scan = Scan(rest: Array(text.utf8)[...])
        guard let year = scan.digits(4), scan.take(0x2d), let month = scan.digits(2), scan.take(0x2d),
            let day = scan.digits(2), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        var milliseconds = days(year: year, month: month, day: day) * 86_400_000
        if scan.rest.isEmpty { return milliseconds }
        guard scan.take(0x54) || scan.take(0x74) || scan.take(0x20), let hour = scan.digits(2), hour < 24,
            scan.take(0x3a), let minute = scan.digits(2), minute < 60
        else { return nil }
        milliseconds += (hour * 60 + minute) * 60_000
        if scan.take(0x3a) {
            guard let second = scan.digits(2), second < 61 else { return nil }
            milliseconds += second * 1_000
            if scan.take(0x2e) {
                guard let fraction = scan.fraction() else { return nil }
                milliseconds += fraction
            }
        }
        if scan.rest.isEmpty { return milliseconds }
        if scan.take(0x5a) || scan.take(0x7a) { return scan.rest.isEmpty ? milliseconds : nil }
        let ahead = scan.take(0x2b)
        guard ahead || scan.take(0x2d), let hours = scan.digits(2) else { return nil }
        _ = scan.take(0x3a)
        guard let minutes = scan.digits(2), scan.rest.isEmpty else { return nil }
        let offset = (hours * 60 + minutes) * 60_000
        return ahead ? milliseconds - offset : milliseconds + offset
    }

    /// Divides toward negative infinity; the divisor is positive.
    static func floorDivide(_ a: Int64, _ b: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
        return remainder < 0 ? (quotient - 1, remainder + b) : (quotient, remainder)
    }

    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = floorDivide(shifted, 400).quotient
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(fromDays days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days + 719_468
        let (era, dayOfEra) = floorDivide(shifted, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthIndex + 2) / 5 + 1)
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value.magnitude)
        let zeros = String(repeating: "0", count: max(0, width - digits.utf8.count))
        return (value < 0 ? "-" : "") + zeros + digits
    }
}

private struct Scan {
    var rest: ArraySlice<UInt8>

    mutating func take(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest.removeFirst()
        return true
    }

    mutating func digits(_ count: Int) -> Int64? {
        guard rest.count >= count else { return nil }
        var value: Int64 = 0
        for byte in rest.prefix(count) {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        rest.removeFirst(count)
        return value
    }

    /// Milliseconds of one to nine digits behind a point.
    mutating func fraction() -> Int64? {
        var value: Int64 = 0
        var count = 0
        while let byte = rest.first, byte >= 0x30, byte <= 0x39, count < 9 {
            if count < 3 { value = value * 10 + Int64(byte - 0x30) }
            count += 1
            rest.removeFirst()
        }
        guard count > 0 else { return nil }
        for _ in 0..<max(0, 3 - count) { value *= 10 }
        return value
    }
}
