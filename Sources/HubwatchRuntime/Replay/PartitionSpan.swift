import DiagnosticLogs
import EventHubs

/// The part of a partition that a replay reads: a pure core that is shown each message's place and says whether it
/// belongs to it.
///
/// **Time**: the end is fixed when the replay begins. All that a partition took before the moment of the question has a
/// sequence number up to the one answered, so at the end of such a partition its watermark may move to that moment.
struct PartitionSpan: Hashable, Sendable {
    /// The last sequence number that can belong to it; -1 when there is nothing to read.
    let last: Int64
    /// Messages enqueued at or after this do not belong to it.
    let before: Timestamp?
    /// Where the partition's watermark may move once all is read; nil where messages with unknown times follow.
    let endWatermark: Timestamp?
    /// Whether all that belongs to it was seen.
    private(set) var isDone: Bool

    /// - Parameters:
    ///   - askedAt: when the partition was asked for its last message.
    ///   - skew: how far the broker's clock may be behind ours.
    init(
        from start: ReplayStart, resumingAfter position: Int64?, to end: ReplayEnd, _ properties: PartitionProperties,
        askedAt: Timestamp, skew: Duration
    ) {
        let known = Timestamp(
            nanoseconds: askedAt.nanoseconds.subtractingReportingOverflow(skew.nanoseconds).partialValue)
        let newest = properties.isEmpty ? -1 : properties.lastSequenceNumber
        switch end {
        case .latest:
            last = newest
            before = nil
            endWatermark = known
        case .sequence(let number):
            last = min(number, newest)
            before = nil
            endWatermark = number >= newest ? known : nil
        case .time(let time):
            last = newest
            before = time
            endWatermark = min(time, known)
        }
        isDone = last < 0
        if let position, position >= last { isDone = true }
        if case .sequence(let first) = start, first > last { isDone = true }
        if case .time(let first) = start {
            let end = before
            if end.map({ first >= $0 }) ?? false { isDone = true }
            if Timestamp(milliseconds: properties.lastEnqueuedTime) < first { isDone = true }
        }
    }

    /// Whether a message belongs to the span; notes the end of it.
    mutating func takes(sequence: Int64, enqueued: Timestamp) -> Bool {
        guard !isDone else { return false }
        if sequence > last || before.map({ enqueued >= $0 }) ?? false {
            isDone = true
            return false
        }
        isDone = sequence == last
        return true
    }

    /// Notes that the broker has nothing more, although the end was not seen: it removed what was left.
    mutating func ended() { isDone = true }
}
