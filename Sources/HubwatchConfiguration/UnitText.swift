/// Spans of time as people write them: a whole number and ms, s, m, h or d.
public enum DurationText {
    private static let units = [("ms", 1), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)]

    /// Milliseconds of a text such as `10s`; nil when it is none.
    public static func read(_ text: some StringProtocol) -> Int? {
        for (unit, factor) in units where text.hasSuffix(unit) {
            guard let number = wholeNumber(text.dropLast(unit.count)) else { return nil }
            let (value, overflow) = number.multipliedReportingOverflow(by: factor)
            return overflow ? nil : value
        }
        return nil
    }

    /// The shortest exact text of a span.
    public static func write(_ milliseconds: Int) -> String {
        for (unit, factor) in units.sorted(by: { $0.1 > $1.1 })
        where milliseconds != 0 && milliseconds % factor == 0 { return "\(milliseconds / factor)\(unit)" }
        return "\(milliseconds)ms"
    }
}

/// Sizes as people write them: a whole number, alone or with KiB, MiB, GiB (KB, MB, GB and K, M, G mean the same).
public enum ByteText {
    private static let units = [
        ("GiB", 30), ("MiB", 20), ("KiB", 10), ("GB", 30), ("MB", 20), ("KB", 10), ("G", 30), ("M", 20), ("K", 10),
    ]

    /// Bytes of a text such as `64MiB`; nil when it is none.
    public static func read(_ text: some StringProtocol) -> Int? {
        for (unit, shift) in units where text.uppercased().hasSuffix(unit.uppercased()) {
            guard let number = wholeNumber(text.dropLast(unit.count)), number <= Int.max >> shift else { return nil }
            return number << shift
        }
        return wholeNumber(text)
    }

    /// The shortest exact text of a size.
    public static func write(_ bytes: Int) -> String {
        for (unit, shift) in units.prefix(3) where bytes != 0 && bytes % (1 << shift) == 0 {
            return "\(bytes >> shift)\(unit)"
        }
        return "\(bytes)"
    }
}

private func wholeNumber(_ text: some StringProtocol) -> Int? {
    guard !text.isEmpty, text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    return Int(text)
}
