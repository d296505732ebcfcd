/// A point in event time: nanoseconds since 1970-01-01T00:00:00Z, years 1678 to 2261.
///
/// Arithmetic stops at the ends of the range instead of trapping, so that any start time a user can type is harmless.
public struct EventTime: Hashable, Comparable, Sendable {
    /// Nanoseconds since the Unix epoch; negative before it.
    public var nanoseconds: Int64

    /// Makes a time from nanoseconds since the Unix epoch.
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Makes a time from seconds since the Unix epoch.
    public init(seconds: Int64) {
        let (value, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        self.nanoseconds = overflow ? (seconds < 0 ? .min : .max) : value
    }

    /// Earlier times order first.
    public static func < (a: EventTime, b: EventTime) -> Bool { a.nanoseconds < b.nanoseconds }

    /// The time as text: `2026-11-21T08:00:00.1234567Z`, with the seven digits that Azure writes.
    public var text: String {
        var bytes: [UInt8] = []
        bytes.append(time: self)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// This time moved by nanoseconds, held at the ends of the range.
    func advanced(byNanoseconds step: Int64) -> EventTime {
        let (value, overflow) = nanoseconds.addingReportingOverflow(step)
        return EventTime(nanoseconds: overflow ? (step < 0 ? .min : .max) : value)
    }

    /// Whole seconds since the epoch, rounded down.
    var seconds: Int64 {
        let quotient = nanoseconds / 1_000_000_000
        return nanoseconds % 1_000_000_000 < 0 ? quotient - 1 : quotient
    }

    /// 100 ns ticks since 0001-01-01, the unit of Azure OpenAI's request and response times.
    var dotNetTicks: Int64 { nanoseconds / 100 + 621_355_968_000_000_000 }

    /// This time without its fraction of a second.
    var wholeSecond: EventTime { EventTime(seconds: seconds) }

    /// The whole second at or before this time, or the next one where that would be before `earliest`.
    func wholeSecond(notBefore earliest: EventTime) -> EventTime {
        let cut = wholeSecond
        return cut < earliest ? cut.advanced(byNanoseconds: 1_000_000_000) : cut
    }
}

extension Duration {
    /// The length in nanoseconds, held at the ends of Int64.
    var wholeNanoseconds: Int64 {
        let parts = components
        let (scaled, overflow) = parts.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return parts.seconds < 0 ? .min : .max }
        let (sum, carry) = scaled.addingReportingOverflow(parts.attoseconds / 1_000_000_000)
        return carry ? (scaled < 0 ? .min : .max) : sum
    }
}

/// A calendar date in UTC, from the count of days since the epoch.
struct CivilDate {
    var year: Int
    var month: Int
    var day: Int

    /// Turns days since 1970-01-01 into a date of the proleptic Gregorian calendar.
    ///
    /// Years are counted from March, so that the leap day is the last one of a year, and in eras of 400 years.
    init(daysSinceEpoch: Int64) {
        let shifted = Int(daysSinceEpoch) &+ 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}
