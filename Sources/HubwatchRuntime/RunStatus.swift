public import Detection
public import DiagnosticLogs
public import EventHubs
public import Sinks
public import StatusReport
import Synchronization

/// What a running hubwatch has done so far, for the status line, the summary at the end, health and metrics.
///
/// **Isolation**: a leaf lock, taken once per fold turn and per commit, never per event.
public final class RunStatus: Sendable {
    /// One partition's progress.
    public struct Partition: Sendable, Hashable {
        /// Sequence number after which reading began; -1 for the start of the partition; nil when not attached yet.
        public var startedAfter: Int64?
        /// Last folded sequence number.
        public var folded: Int64?
        /// Last sequence number the broker has, as far as it told.
        public var lastEnqueued: Int64?
        /// Whether a link is attached.
        public var isAttached = false
        /// Whether a partition query has shown that nothing is left to read.
        public var isCaughtUp = false
        /// Messages folded.
        public var messages: Int64 = 0
        /// Bytes of message bodies folded.
        public var bytes: Int64 = 0
        /// Enqueued time of the last folded message.
        public var foldedEnqueuedAt: Timestamp?
        /// The time up to which it is known.
        public var watermark: Timestamp?
        /// When it was first heard of.
        public var knownSince: Timestamp?
        /// When the broker last said anything about it.
        public var lastHeardAt: Timestamp?
        /// Bytes that have arrived and are not folded.
        public var heldBytes: Int64 = 0
        /// Bytes that are allowed to arrive besides.
        public var grantedBytes: Int64 = 0
        /// When its event loop last answered.
        public var loopSeenAt: Timestamp?
        /// Why its link was lost last.
        public var lastError: EventHubsError?

        /// Messages that the broker has and hubwatch has not folded.
        public var lag: Int64? {
            guard let lastEnqueued else { return nil }
            return max(0, lastEnqueued - (folded ?? startedAfter ?? -1))
        }
    }

    /// Everything at one instant.
    public struct Snapshot: Sendable {
        /// Progress by partition number.
        public var partitions: [Int: Partition] = [:]
        /// Sums of all merged deltas.
        public var counters = FoldCounters()
        /// Findings journaled since the start: opened, updated and closed ones.
        public var journaled: Int64 = 0
        /// Alerts raised since the start.
        public var alerts: Int64 = 0
        /// Findings raised since the start, by rule id.
        public var findings: [String: RuleFindings] = [:]
        /// Commits since the start.
        public var commits: Int64 = 0
        /// When the first message arrived.
        public var firstReceivedAt: Timestamp?
        /// When the last message arrived.
        public var lastReceivedAt: Timestamp?
        /// Instance watermark.
        public var watermark: Timestamp?
        /// Groups with open windows.
        public var groups = 0
        /// How sinks with a receiver are doing, by name.
        public var deliveries: [String: DeliveryProgress] = [:]
        /// Whether the sinks owe as much as they may.
        public var journalIsFull = false
        /// How far the run has come.
        public var phase = StatusReport.Readiness.Phase.starting
        /// Why the hub could not be asked so far.
        public var startError: EventHubsError?
        /// The rules that run.
        public var rules: [RuleMetadata] = []
        /// Records that satisfied a rule and records that were late for it, by rule id.
        public var ruleCounts: [String: RuleCount] = [:]
        /// What the rules hold, by rule id, as of the last interval.
        public var ruleLoads: [String: RuleLoad] = [:]
        /// The sinks, by name.
        public var sinks: [String: SinkProgress] = [:]
        /// Id of the newest journal row.
        public var newestJournalID: Int64 = 0
        /// The commits.
        public var commit = CommitProgress()
        /// The connections to the hub.
        public var connections = ConnectionProgress()
        /// Gaps, by cause.
        public var gaps: [String: Int64] = [:]
        /// Events in the gaps whose end is known.
        public var eventsMissing: Int64 = 0
        /// What the last look into the state file found.
        public var store = StoreLook()
        /// When the commits last moved.
        public var beatAt: Timestamp?
        /// When the event loops were last asked.
        public var sampledAt: Timestamp?
        /// Reloads that took other settings, rules or files.
        public var reloads: Int64 = 0
        /// Reloads that were refused: everything stayed as it was.
        public var reloadsRefused: Int64 = 0

        /// Messages folded since the start.
        public var messages: Int64 { partitions.values.reduce(0) { $0 + $1.messages } }
        /// Bytes of message bodies folded since the start.
        public var bytes: Int64 { partitions.values.reduce(0) { $0 + $1.bytes } }
        /// Messages left to read over all partitions, as far as known.
        public var lag: Int64 { partitions.values.reduce(0) { $0 + ($1.lag ?? 0) } }
    }

    private let state = Mutex(Snapshot())

    /// Makes an empty status.
    public init() {}

    /// Everything now.
    public var snapshot: Snapshot { state.withLock { $0 } }

    /// A stream with an element now and after every change, for whoever waits for a fact; changes in between are joined.
    public func changes() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number = waiting.withLock { waiting in
            waiting.last += 1
            waiting.continuations[waiting.last] = continuation
            return waiting.last
        }
        continuation.onTermination = { [weak self] _ in
            self?.waiting.withLock { $0.continuations[number] = nil }
        }
        continuation.yield()
        return stream
    }

    /// Waits until a condition holds; also returns when the task is cancelled.
    ///
    /// Wakes nobody before it does, unlike ``changes()``. The condition is looked at under the lock, at every change: it must be
    /// cheap and may use nothing but the snapshot.
    public func waitUntil(_ condition: @escaping @Sendable (Snapshot) -> Bool) async {
        let (holds, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { now -> Int? in
            if condition(now) { return nil }
            return waiting.withLock { waiting in
                waiting.last += 1
                waiting.conditions[waiting.last] = Awaited(condition: condition, continuation: continuation)
                return waiting.last
            }
        }
        guard let number else { return }
        for await _ in holds { break }
        waiting.withLock { $0.conditions[number] = nil }
    }

    private struct Awaited {
        var condition: @Sendable (Snapshot) -> Bool
        var continuation: AsyncStream<Void>.Continuation
    }

    private struct Waiting {
        var continuations: [Int: AsyncStream<Void>.Continuation] = [:]
        var conditions: [Int: Awaited] = [:]
        var last = 0
    }

    private let waiting = Mutex(Waiting())

    /// Tells whoever waits; called with the state's lock held.
    private func announce(_ now: Snapshot) {
        waiting.withLock { waiting in
            for continuation in waiting.continuations.values { continuation.yield() }
            for awaited in waiting.conditions.values where awaited.condition(now) { awaited.continuation.yield() }
        }
    }

    /// Changes one partition's progress.
    func update(_ partition: Int, received: Timestamp? = nil, _ change: (inout Partition) -> Void) {
        state.withLock { state in
            change(&state.partitions[partition, default: Partition()])
            if let received {
                state.firstReceivedAt = min(received, state.firstReceivedAt ?? received)
                state.lastReceivedAt = max(received, state.lastReceivedAt ?? received)
            }
            announce(state)
        }
    }

    /// Changes what concerns the whole instance.
    func update(_ change: (inout Snapshot) -> Void) {
        state.withLock {
            change(&$0)
            announce($0)
        }
    }
}
