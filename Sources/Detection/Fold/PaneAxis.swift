/// The panes and windows of a rule on its time axis.
///
/// Panes have the length gcd(hop, length). Windows are closed at both ends, so a pane is either a point (times exactly
/// on a multiple of the pane length) or the open span between two points; a window is a run of both, points outermost.
/// Even numbers are points, odd numbers the span behind the point below.
struct PaneAxis: Sendable, Hashable {
    /// Length of a window, of a hop, of a pane, in nanoseconds.
    let length: Int64
    let hop: Int64
    let pane: Int64

    /// Times beyond these (the years 1823 and 2116) are held at them, so that arithmetic on windows cannot overflow.
    static let earliest = -Int64.max / 2
    static let latest = Int64.max / 2

    /// Makes an axis; nil when the window or the hop is no whole number of seconds from 1 s to 400 days.
    init?(_ window: HoppingWindow) {
        guard let length = Self.seconds(window.length), let hop = Self.seconds(window.hop) else { return nil }
        self.length = length * 1_000_000_000
        self.hop = hop * 1_000_000_000
        var (a, b) = (length, hop)
        while b > 0 { (a, b) = (b, a % b) }
        pane = a * 1_000_000_000
    }

    private static func seconds(_ duration: Duration) -> Int64? {
        let (seconds, attoseconds) = duration.components
        return attoseconds == 0 && (1...(400 * 86_400)).contains(seconds) ? seconds : nil
    }

    /// True for a time that arithmetic on windows cannot overflow from.
    static func isInRange(_ time: Int64) -> Bool { time >= earliest && time <= latest }

    /// True for the number of a pane that a time can fall into.
    func contains(pane number: Int64) -> Bool {
        let (start, overflow) = (number >> 1).multipliedReportingOverflow(by: pane)
        return !overflow && Self.isInRange(start)
    }

    /// The pane of a time; nil when no window contains it (hops longer than windows leave gaps).
    func pane(of time: Int64) -> Int64? {
        let (quotient, rest) = CivilTime.floorDivide(min(max(time, Self.earliest), Self.latest), pane)
        let number = rest == 0 ? quotient * 2 : quotient * 2 + 1
        return firstWindowEnd(of: number) <= lastWindowEnd(of: number) ? number : nil
    }

    /// The first and the last pane of the window that ends at `end`.
    func panes(ofWindowEndingAt end: Int64) -> ClosedRange<Int64> {
        let first = (end - length) / pane * 2
        return first...max(first, end / pane * 2)
    }

    /// The end of the earliest window that contains a pane.
    func firstWindowEnd(of number: Int64) -> Int64 {
        // The window must reach the pane's upper border: the point itself, or the point above an open span.
        let upper = number & 1 == 0 ? number / 2 * pane : (number + 1) / 2 * pane
        let (quotient, rest) = CivilTime.floorDivide(upper, hop)
        return (rest == 0 ? quotient : quotient + 1) * hop
    }

    /// The end of the latest window that contains a pane.
    func lastWindowEnd(of number: Int64) -> Int64 {
        CivilTime.floorDivide((number >> 1) * pane + length, hop).quotient * hop
    }

    /// The end of the latest window that is over at a watermark: strictly before it, because events with the same
    /// enqueued time may still follow in the partition that set the watermark.
    func lastClosedEnd(watermark: Int64, lateness: Int64) -> Int64 {
        let time = min(max(watermark, Self.earliest), Self.latest) - min(max(0, lateness), Self.latest / 2)
        let (quotient, rest) = CivilTime.floorDivide(time, hop)
        return (rest == 0 ? quotient - 1 : quotient) * hop
    }
}

extension Duration {
    /// Nanoseconds, held at the ends of the range.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (value, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (total, over) = value.addingReportingOverflow(attoseconds / 1_000_000_000)
        return over ? (seconds < 0 ? .min : .max) : total
    }
}
