package import DiagnosticLogs

/// Times as text, in UTC, without a calendar library: the proleptic Gregorian calendar is arithmetic.
package enum TimeText {
    /// `2026-03-01T12:00:00.1234567Z`: as many fraction digits as the time has, in groups of three, none when whole.
    package static func iso(_ time: Timestamp) -> String {
        let parts = Parts(time)
        return "\(parts.date)T\(parts.clock)\(fraction(parts.nanosecond))Z"
    }

    /// `2026-03-01 12:00:00.123`: for people; milliseconds, none when whole.
    package static func plain(_ time: Timestamp) -> String {
        let parts = Parts(time)
        let milliseconds = parts.nanosecond / 1_000_000
        return "\(parts.date) \(parts.clock)" + (milliseconds == 0 ? "" : "." + padded(milliseconds, 3))
    }

    /// A span for people: `850 µs`, `41 ms`, `2.35 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`.
    package static func span(nanoseconds: Int64) -> String {
        if nanoseconds < 0 { return "-" + span(nanoseconds: nanoseconds == .min ? .max : -nanoseconds) }
        switch nanoseconds {
        case 0: return "0 ms"
        case ..<1_000_000: return "\(nanoseconds / 1_000) µs"
        case ..<1_000_000_000: return "\(nanoseconds / 1_000_000) ms"
        case ..<60_000_000_000:
            let hundredths = nanoseconds / 10_000_000
            if hundredths % 100 == 0 { return "\(hundredths / 100) s" }
            return "\(hundredths / 100).\(padded(hundredths % 100, 2)) s"
        default: break
        }
        let seconds = nanoseconds / 1_000_000_000
        let units: [(length: Int64, name: String)] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")]
        for (index, unit) in units.enumerated() where seconds >= unit.length {
            let rest = index + 1 < units.count ? seconds % unit.length / units[index + 1].length : 0
            return "\(seconds / unit.length) \(unit.name)" + (rest > 0 ? " \(rest) \(units[index + 1].name)" : "")
        }
        return "\(seconds) s"
    }

    private struct Parts {
        let date: String
        let clock: String
        let nanosecond: Int64

        init(_ time: Timestamp) {
            let perDay: Int64 = 86_400_000_000_000
            var days = time.nanoseconds / perDay
            var rest = time.nanoseconds % perDay
            if rest < 0 {
                rest += perDay
                days -= 1
            }
            // Days are counted from the first of March of year 0, in which leap days come last and months have a rule.
            let shifted = days + 719_468
            let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
            let dayOfEra = shifted - era * 146_097
            let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
            let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
            let marchMonth = (5 * dayOfYear + 2) / 153
            let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
            let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
            let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
            date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
            let second = rest / 1_000_000_000
            clock = "\(padded(second / 3_600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
            nanosecond = rest % 1_000_000_000
        }
    }

    private static func fraction(_ nanosecond: Int64) -> String {
        if nanosecond == 0 { return "" }
        if nanosecond % 1_000_000 == 0 { return "." + padded(nanosecond / 1_000_000, 3) }
        if nanosecond % 1_000 == 0 { return "." + padded(nanosecond / 1_000, 6) }
        return "." + padded(nanosecond, 9)
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
