/// A point in time as nanoseconds since 1970-01-01T00:00:00Z.
///
/// Azure writes times with 100 ns ticks; `Date` is a `Double` and would lose them. The range is the years 1677 to 2262.
public struct Timestamp: Hashable, Comparable, Sendable, Codable {
    /// Nanoseconds since the Unix epoch; negative before it.
    public var nanoseconds: Int64

    /// Makes a time from nanoseconds since the Unix epoch.
    @inlinable
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Makes a time from milliseconds since the Unix epoch, held at the ends of the range.
    @inlinable
    public init(milliseconds: Int64) {
        let (value, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        self.nanoseconds = overflow ? (milliseconds < 0 ? .min : .max) : value
    }

    /// Milliseconds since the Unix epoch, rounded down.
    @inlinable
    public var milliseconds: Int64 {
        let quotient = nanoseconds / 1_000_000
        return nanoseconds % 1_000_000 < 0 ? quotient - 1 : quotient
    }

    /// Earlier times order first.
    @inlinable
    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.nanoseconds < b.nanoseconds }
}
