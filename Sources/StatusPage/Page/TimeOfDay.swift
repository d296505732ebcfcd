import DiagnosticLogs
import FindingFormats

/// Times of day in UTC, as short as the reader's question allows.
enum TimeOfDay {
    enum Precision {
        /// `16:30`
        case minute
        /// `16:30:05`
        case second
        /// `11-29 16:30`
        case day
    }

    static func text(_ seconds: Int64, precision: Precision) -> String {
        let whole = TimeText.plain(Timestamp(milliseconds: seconds.multipliedReportingOverflow(by: 1000).partialValue))
        // `2026-11-29 16:30:05`: years before 0 and after 9999 keep their digits and are cut the same way.
        let clock = whole.split(separator: " ").last ?? ""
        switch precision {
        case .minute: return String(clock.prefix(5))
        case .second: return String(clock.prefix(8))
        case .day: return String(whole.split(separator: " ").first?.suffix(5) ?? "") + " " + clock.prefix(5)
        }
    }
}

/// Numbers as people read them.
enum CountText {
    /// `1 234 567`, with spaces that take part in no wrapping.
    static func grouped(_ number: Int64) -> String {
        let digits = Array(String(number.magnitude))
        guard digits.count > 4 else { return String(number) }
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index) % 3 == 0 { text.append("\u{202f}") }
            text.append(digit)
        }
        return text
    }

    /// `950`, `12.3k`, `4.56M`: three digits that count.
    static func short(_ number: Int64) -> String {
        scaled(Double(number), [("", 1), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12)])
    }

    /// `950 B`, `12.3 MB`.
    static func bytes(_ number: Int64) -> String {
        scaled(Double(number), [(" B", 1), (" kB", 1e3), (" MB", 1e6), (" GB", 1e9), (" TB", 1e12)])
    }

    /// `1 finding`, `3 findings`.
    static func counted(_ number: Int64, _ one: String, _ many: String) -> String {
        "\(grouped(number)) \(number == 1 ? one : many)"
    }

    /// A length of time in seconds: `0 s`, `1.2 s`, `3 min 20 s`.
    static func span(seconds: Double) -> String {
        guard seconds.isFinite, abs(seconds) < 1e9 else { return "–" }
        let tenths = Int64((abs(seconds) * 10).rounded())
        let sign = seconds < 0 && tenths > 0 ? "-" : ""
        if tenths >= 100 { return sign + TimeText.span(nanoseconds: (tenths + 5) / 10 * 1_000_000_000) }
        return sign + "\(tenths / 10)" + (tenths % 10 > 0 ? ".\(tenths % 10)" : "") + " s"
    }

    /// The same without what is less than its largest unit: `3 min`.
    static func roughSpan(seconds: Double) -> String {
        span(seconds: seconds).split(separator: " ").prefix(2).joined(separator: " ")
    }

    private static func scaled(_ number: Double, _ units: [(name: String, size: Double)]) -> String {
        let magnitude = abs(number)
        // A number that rounds up to the next unit is written in it: 1M, not 1000k.
        let unit = units.last { magnitude >= $0.size * 0.9995 } ?? units[0]
        let value = unit.size == 1 ? number.rounded() : number / unit.size
        if unit.size == 1 { return "\(Int64(value))\(unit.name)" }
        let digits = abs(value) < 9.995 ? 2 : abs(value) < 99.95 ? 1 : 0
        let factor = [1.0, 10, 100][digits]
        let rounded = (value * factor).rounded() / factor
        return rounded == rounded.rounded() ? "\(Int64(rounded))\(unit.name)" : "\(rounded)\(unit.name)"
    }
}
