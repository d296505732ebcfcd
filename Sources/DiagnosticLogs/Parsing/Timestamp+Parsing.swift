extension Timestamp {
    /// Reads a time in any form that Azure services write: ISO 8601 with up to nine fraction digits and a zone or none,
    /// US dates (month first) with 24 or 12 hours, and bare numbers by magnitude.
    ///
    /// No zone means UTC.
    public init?(parsing text: String) {
        var text = text
        guard let value = text.withUTF8({ Timestamp(text: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = value
    }

    /// Reads a time from bytes; see ``init(parsing:)``.
    ///
    /// **Cost**: no allocation. Every digit is checked before it is used.
    package init?(text: UnsafeRawBufferPointer) {
        if let value = ISODigits.read(text) {
            self.init(nanoseconds: value)
            return
        }
        var reader = TimeReader(text: text)
        guard let value = reader.read() else { return nil }
        self = value
    }

    /// Reads a number of seconds, milliseconds, microseconds or nanoseconds since 1970, or .NET ticks, by magnitude.
    ///
    /// Ticks of the years 1964 to 2282 lie where nanoseconds of 1989 to 1992 would; logs hold ticks.
    public init?(epoch value: Int64) {
        switch value.magnitude {
        case ..<100_000_000_000: self.init(seconds: value, nanoseconds: 0)
        case ..<100_000_000_000_000: self.init(milliseconds: value)
        case ..<100_000_000_000_000_000:
            let (nanoseconds, overflow) = value.multipliedReportingOverflow(by: 1000)
            if overflow { return nil }
            self.init(nanoseconds: nanoseconds)
        default:
            if (620_000_000_000_000_000..<720_000_000_000_000_000).contains(value) {
                self.init(dotNetTicks: value)
            } else {
                self.init(nanoseconds: value)
            }
        }
    }

    /// Reads .NET ticks: 100 ns each, since the year 1.
    ///
    /// Nil outside the range of a timestamp.
    public init?(dotNetTicks ticks: Int64) {
        let (sinceEpoch, overflow) = ticks.subtractingReportingOverflow(621_355_968_000_000_000)
        let (nanoseconds, tooLarge) = sinceEpoch.multipliedReportingOverflow(by: 100)
        if overflow || tooLarge { return nil }
        self.init(nanoseconds: nanoseconds)
    }

    /// Whole seconds and a fraction; nil outside the range.
    init?(seconds: Int64, nanoseconds fraction: Int64) {
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carry) = whole.addingReportingOverflow(fraction)
        if overflow || carry { return nil }
        self.init(nanoseconds: sum)
    }

    /// The time as `2024-05-24T12:23:02.4350000Z`: no fraction, or as many groups of digits as it needs (3, 7 or 9).
    public var iso8601: String {
        let (days, second) = Self.floorDivide(Self.floorDivide(nanoseconds, 1_000_000_000).quotient, 86_400)
        let fraction = Self.floorDivide(nanoseconds, 1_000_000_000).remainder
        let date = CivilDate(daysSinceEpoch: days)
        var text = Self.padded(date.year, 4) + "-" + Self.padded(date.month, 2) + "-" + Self.padded(date.day, 2) + "T"
        text += Self.padded(second / 3600, 2) + ":" + Self.padded(second / 60 % 60, 2) + ":"
        text += Self.padded(second % 60, 2)
        if fraction != 0 {
            let digits = fraction % 1_000_000 == 0 ? 3 : fraction % 100 == 0 ? 7 : 9
            text += "." + String(Self.padded(fraction, 9).prefix(digits))
        }
        return text + "Z"
    }

    private static func floorDivide(_ a: Int64, _ b: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
        return remainder < 0 ? (quotient - 1, remainder + b) : (quotient, remainder)
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

/// A day of the proleptic Gregorian calendar.
struct CivilDate {
    var year: Int64
    var month: Int64
    var day: Int64

    /// Days since 1970-01-01; nil for a day that the calendar does not have.
    var daysSinceEpoch: Int64? {
        guard (1...12).contains(month), day >= 1, day <= Self.days(in: month, of: year) else { return nil }
        // Years start in March here, so that the leap day is the last of its year.
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    init(daysSinceEpoch: Int64) {
        let shifted = daysSinceEpoch + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
