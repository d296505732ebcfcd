/// Notices a link that has stopped delivering although the partition has more: alive by every other sign.
///
/// It compares the last event that arrived with the last one that the service says it has (from the runtime metric or a
/// partition query). Being behind for longer than the deadline, with credit given and nothing of ours in the way, is a
/// stall: the link must be attached again.
public struct ProgressWatchdog: Hashable, Sendable {
    /// What the facts say.
    public enum Verdict: Hashable, Sendable {
        /// Nothing to do.
        case fine
        /// The link is stalled this many events behind.
        case stalled(behind: Int64)
    }

    /// How long a link may be behind without an arrival.
    public let deadline: Duration
    private var arrived: Int64?
    private var lastEnqueued: Int64?
    private var quietSince: Duration?

    /// Makes a watchdog.
    public init(deadline: Duration = .seconds(30)) { self.deadline = deadline }

    /// A link was attached after an event (nil: somewhere unknown).
    public mutating func attached(after sequenceNumber: Int64?, now: Duration) {
        arrived = sequenceNumber
        quietSince = now
    }

    /// The link is gone; nothing is expected of it.
    public mutating func detached() { quietSince = nil }

    /// Events arrived, up to this one.
    public mutating func received(upTo sequenceNumber: Int64, now: Duration) {
        arrived = sequenceNumber
        quietSince = now
    }

    /// The service says which event is its last.
    public mutating func lastEnqueuedLearned(_ sequenceNumber: Int64, now: Duration) {
        // Being behind starts when it becomes known: a partition may have been quiet for hours before.
        if behind == 0, sequenceNumber > (arrived ?? sequenceNumber) { quietSince = quietSince.map { _ in now } }
        lastEnqueued = sequenceNumber
    }

    /// We ourselves keep the link from delivering: no credit, or events wait to be folded.
    public mutating func heldBack(now: Duration) { quietSince = quietSince.map { _ in now } }

    /// How many events the link is known to be behind.
    public var behind: Int64 {
        guard let lastEnqueued else { return 0 }
        guard let arrived else { return lastEnqueued >= 0 ? 1 : 0 }
        let (difference, overflow) = lastEnqueued.subtractingReportingOverflow(arrived)
        return overflow ? .max : max(0, difference)
    }

    /// Judges the facts.
    public func verdict(now: Duration) -> Verdict {
        guard let quietSince, behind > 0, now - quietSince >= deadline else { return .fine }
        return .stalled(behind: behind)
    }
}
