/// How far a replay is, in one unit: bytes of files or sequence numbers.
public struct ReplayProgress: Hashable, Sendable {
    /// Done so far.
    public var done: Int64
    /// All there is to do; nil when nobody knows.
    public var total: Int64?

    /// Makes a progress.
    public init(done: Int64, total: Int64?) {
        self.done = done
        self.total = total
    }

    /// From 0 to 1; nil when the whole is unknown.
    public var share: Double? {
        guard let total else { return nil }
        return total <= 0 ? 1 : min(1, max(0, Double(done) / Double(total)))
    }

    /// The work in a partition, in sequence numbers.
    ///
    /// Where a time ends it, the end is estimated along the line from the message at hand to the partition's last one;
    /// the estimate gets better as reading goes on.
    static func partition(
        first: Int64, current: (sequence: Int64, enqueued: Int64)?, last: (sequence: Int64, enqueued: Int64),
        before: Int64?, isDone: Bool
    ) -> ReplayProgress {
        let (span, overflow) = last.sequence.subtractingReportingOverflow(first)
        guard !overflow, span >= 0 else { return ReplayProgress(done: 0, total: 0) }
        let done = current.map { max(0, $0.sequence &- first &+ 1) } ?? 0
        if isDone { return ReplayProgress(done: done, total: done) }
        var total = Double(span) + 1
        if let before, let current, current.sequence < last.sequence, last.enqueued > current.enqueued,
            before < last.enqueued
        {
            let left = Double(last.sequence - current.sequence)
            let share = Double(max(0, before &- current.enqueued)) / Double(last.enqueued &- current.enqueued)
            total = Double(done) + left * min(1, share)
        }
        return ReplayProgress(done: done, total: max(done, Int64(total.rounded(.up))))
    }
}

/// Turns looks at a progress into a speed and a time that is left.
///
/// The speed is that of the last ten seconds, so that an estimate follows a disk or a hub that slows down.
public struct ProgressMeter: Sendable {
    /// What a person is shown.
    public struct Reading: Hashable, Sendable {
        /// From 0 to 100, rounded down; nil when the whole is unknown.
        public var percent: Int?
        /// Units a second; nil before two looks.
        public var rate: Double?
        /// Time that is left; nil when it cannot be said.
        public var left: Duration?
    }

    /// How far back the speed looks.
    public static let memory = Duration.seconds(10)

    private var looks: [(time: Duration, done: Int64)] = []

    /// Makes a meter.
    public init() {}

    /// Notes a look at a time of a clock that only goes forward.
    public mutating func look(_ progress: ReplayProgress, at time: Duration) -> Reading {
        looks.append((time, progress.done))
        // The newest look that is old enough stays: it is what the speed is measured from.
        while looks.count > 2, time - looks[1].time >= Self.memory { looks.removeFirst() }
        var reading = Reading()
        reading.percent = progress.share.map { Int($0 * 100) }
        let span = time - looks[0].time
        let seconds = Double(span.components.seconds) + Double(span.components.attoseconds) / 1e18
        if looks.count > 1, seconds > 0 {
            let rate = Double(progress.done &- looks[0].done) / seconds
            reading.rate = max(0, rate)
            if let total = progress.total, rate > 0 {
                let left = Double(max(0, total &- progress.done)) / rate
                if left < 1e9 { reading.left = .seconds(left) }
            }
        }
        if let total = progress.total, progress.done >= total { reading.left = .zero }
        return reading
    }
}
