/// Sequence numbers that are missing between two events of a partition.
public struct SequenceGap: Hashable, Sendable {
    /// The first missing number.
    public let first: Int64
    /// The last missing number.
    public let last: Int64

    /// Makes a gap.
    public init(first: Int64, last: Int64) {
        self.first = first
        self.last = last
    }

    /// How many numbers are missing; held at the largest number.
    public var count: Int64 {
        let (difference, overflow) = last.subtractingReportingOverflow(first)
        return overflow || difference == .max ? .max : difference + 1
    }
}

/// Checks that each event of a partition carries the number after the one before.
///
/// Event Hubs numbers events without holes. A hole after a resume means that retention passed the position; a number that
/// was already seen, right after an attach, means that the hub is another one under the same name.
public struct SequenceContinuity: Hashable, Sendable {
    /// What an event's number says.
    public enum Verdict: Hashable, Sendable {
        /// The number that was expected, or the first one with nothing to compare.
        case next
        /// Numbers are missing before this one.
        case gap(SequenceGap)
        /// Seen before: a redelivery; to be dropped.
        case repeated
        /// The first event after an attach has a number that was seen before: another hub.
        case restarted(expected: Int64)
    }

    /// The number of the last event; nil before the first one.
    public private(set) var last: Int64?
    private var isFirstAfterAttach = true

    /// Starts after a known event, or without knowledge.
    public init(last: Int64? = nil) { self.last = last }

    /// A link was attached after `last`.
    public mutating func attached(after last: Int64?) {
        self.last = last
        isFirstAfterAttach = true
    }

    /// Judges the next event and remembers it.
    public mutating func observe(_ number: Int64) -> Verdict {
        let isFirst = isFirstAfterAttach
        isFirstAfterAttach = false
        guard let last else {
            self.last = number
            return .next
        }
        guard number > last else { return isFirst ? .restarted(expected: last &+ 1) : .repeated }
        self.last = number
        return number - 1 == last ? .next : .gap(SequenceGap(first: last + 1, last: number - 1))
    }
}
