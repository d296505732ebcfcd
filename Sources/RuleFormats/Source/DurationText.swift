/// Reads spans of time as rule files write them.
enum DurationText {
    /// Seconds of `90`, with one of the units s, m, h, d: `90s`, `15m`, `1h`, `7d`.
    ///
    /// Nil when it is anything else, or too large.
    static func seconds(_ text: some StringProtocol) -> Int64? {
        guard let unit = text.unicodeScalars.last, let factor = factor(unit) else { return nil }
        return seconds(count: text.dropLast(), factor: factor)
    }

    /// Seconds of Elastic's date math back from now: `now-60m`.
    static func lookBackSeconds(_ text: String) -> Int64? {
        guard text.hasPrefix("now-") else { return nil }
        return seconds(text.dropFirst(4))
    }

    private static func seconds(count: some StringProtocol, factor: Int64) -> Int64? {
        guard !count.isEmpty, count.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int64(count) else {
            return nil
        }
        let (value, overflow) = number.multipliedReportingOverflow(by: factor)
        // Ten years bounds every later sum and every conversion to nanoseconds.
        return overflow || value > 315_360_000 ? nil : value
    }

    private static func factor(_ unit: Unicode.Scalar) -> Int64? {
        switch unit {
        case "s": 1
        case "m": 60
        case "h": 3600
        case "d": 86400
        default: nil
        }
    }
}
