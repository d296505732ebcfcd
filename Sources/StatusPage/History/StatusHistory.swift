public import DiagnosticLogs
public import StatusReport

/// The near past of a running hubwatch: lag of each partition and records judged, slot by slot.
///
/// **Shape**: time is cut into slots of equal length, aligned to the epoch; a ring holds the newest of them. Lag keeps the
/// most that was seen in a slot, so that a peak is not lost between two looks. A slot in which nobody looked is unknown, not
/// zero.
///
/// **Bounds**: ``Bounds/slots`` times ``Bounds/partitionsMax`` numbers of 8 bytes. Partitions beyond are part of the sum only.
///
/// **Isolation**: a value; time enters as an argument and may stand still, jump or go back.
public struct StatusHistory: Sendable {
    /// How much is remembered.
    public struct Bounds: Hashable, Sendable {
        /// Most slots.
        public var slots: Int
        /// Length of a slot, in seconds.
        public var slotSeconds: Int64
        /// Most partitions with a history of their own.
        public var partitionsMax: Int

        /// Makes bounds; an hour in slots of 10 seconds, 1,024 partitions.
        public init(slots: Int = 360, slotSeconds: Int64 = 10, partitionsMax: Int = 1024) {
            self.slots = max(2, slots)
            self.slotSeconds = max(1, slotSeconds)
            self.partitionsMax = max(1, partitionsMax)
        }
    }

    /// What was seen at one instant.
    public struct Observation: Sendable {
        /// When.
        public var time: Timestamp
        /// Messages left to read, by partition; partitions of which nothing is known are left out.
        public var lag: [Int: Int64]
        /// Records judged since the start.
        public var records: Int64
        /// When that was; nil where unknown.
        public var started: Timestamp?

        /// Makes an observation.
        public init(time: Timestamp, lag: [Int: Int64], records: Int64, started: Timestamp? = nil) {
            self.time = time
            self.lag = lag
            self.records = records
            self.started = started
        }
    }

    private static let unknown: Int64 = -1

    private let bounds: Bounds
    /// Number of the newest slot since the epoch; nil before the first observation.
    private var newest: Int64?
    /// Number of the first slot that was observed.
    private var first: Int64 = 0
    private var partitions: [Int: [Int64]] = [:]
    private var sum: [Int64]
    /// Records since the start, at the last look into each slot.
    private var records: [Int64]
    /// When that look was, nanoseconds since the epoch.
    private var looks: [Int64]
    /// When the count began, if that was shortly before the first look.
    private var began: Int64?

    /// Makes an empty history.
    public init(bounds: Bounds = Bounds()) {
        self.bounds = bounds
        sum = Array(repeating: Self.unknown, count: bounds.slots)
        records = sum
        looks = Array(repeating: .min, count: bounds.slots)
    }

    /// Takes what was seen; an observation older than the newest slot counts for the newest slot.
    public mutating func observed(_ observation: Observation) {
        let slot = max(newest ?? .min, Self.slot(observation.time, bounds))
        if newest == nil, let started = observation.started {
            let age = observation.time.nanoseconds.subtractingReportingOverflow(started.nanoseconds)
            if !age.overflow, (0...bounds.slotSeconds * 1_000_000_000).contains(age.partialValue) {
                began = started.nanoseconds
            }
        }
        turn(to: slot)
        let place = place(of: slot)
        var total: Int64 = 0
        for (partition, lag) in observation.lag {
            let lag = max(0, lag)
            total = total.addingReportingOverflow(lag).overflow ? .max : total + lag
            if partitions[partition] == nil {
                guard partitions.count < bounds.partitionsMax else { continue }
                partitions[partition] = Array(repeating: Self.unknown, count: bounds.slots)
            }
            let before = partitions[partition]?[place] ?? 0
            partitions[partition]?[place] = max(lag, before)
        }
        if !observation.lag.isEmpty { sum[place] = max(sum[place], total) }
        records[place] = max(records[place], observation.records)
        looks[place] = max(looks[place], observation.time.nanoseconds)
    }

    /// Messages left to read in a partition, oldest slot first.
    public func lag(of partition: Int) -> StatusSeries {
        series(partitions[partition] ?? Array(repeating: Self.unknown, count: bounds.slots))
    }

    /// Messages left to read over all partitions.
    public var lag: StatusSeries { series(sum) }

    /// Partitions that have a history.
    public var known: [Int] { partitions.keys.sorted() }

    /// Records judged a second, from the last look into the slot before to the last look into this one.
    ///
    /// A slot that has only just begun says what the one before it does: a moment is no measure.
    public var rate: StatusSeries {
        var totals = series(records)
        var rates: [Int64?] = []
        // Only the first slot of all begins where the count did.
        let isWhole = totals.startSeconds == first * bounds.slotSeconds
        var before = isWhole ? began.map { (count: Int64(0), time: $0) } : nil
        for (index, total) in totals.values.enumerated() {
            guard let total else {
                rates.append(nil)
                before = nil
                continue
            }
            let time = looks[place(of: totals.startSeconds / bounds.slotSeconds + Int64(index))]
            rates.append(before.flatMap { Self.rate(from: $0, to: (total, time)) } ?? rates.last ?? nil)
            before = (total, time)
        }
        totals.values = rates
        return totals
    }

    private static let momentNanoseconds: Int64 = 900_000_000

    private static func rate(from: (count: Int64, time: Int64), to: (count: Int64, time: Int64)) -> Int64? {
        let span = to.time - from.time
        guard to.count >= from.count, span >= momentNanoseconds else { return nil }
        return Int64((Double(to.count - from.count) / (Double(span) / 1e9)).rounded())
    }

    private func series(_ ring: [Int64]) -> StatusSeries {
        guard let newest else { return StatusSeries(slotSeconds: bounds.slotSeconds) }
        let oldest = max(first, newest - Int64(bounds.slots) + 1)
        return StatusSeries(
            startSeconds: oldest * bounds.slotSeconds, slotSeconds: bounds.slotSeconds,
            values: (oldest...newest).map { slot in
                let value = ring[place(of: slot)]
                return value == Self.unknown ? nil : value
            })
    }

    /// Forgets what falls out of the ring on the way to a slot.
    private mutating func turn(to slot: Int64) {
        guard let newest else {
            first = slot
            self.newest = slot
            return
        }
        guard slot > newest else { return }
        let passed = min(slot - newest, Int64(bounds.slots))
        for step in 0..<passed {
            let place = place(of: slot - step)
            sum[place] = Self.unknown
            records[place] = Self.unknown
            looks[place] = .min
            for partition in partitions.keys { partitions[partition]?[place] = Self.unknown }
        }
        self.newest = slot
    }

    private func place(of slot: Int64) -> Int {
        let count = Int64(bounds.slots)
        return Int((slot % count + count) % count)
    }

    private static func slot(_ time: Timestamp, _ bounds: Bounds) -> Int64 {
        let length = bounds.slotSeconds * 1_000_000_000
        let slot = time.nanoseconds / length
        return time.nanoseconds % length < 0 ? slot - 1 : slot
    }
}

extension StatusHistory.Observation {
    /// What a report says of the moment at which it was made.
    public init(_ report: StatusReport) {
        var lag: [Int: Int64] = [:]
        for partition in report.partitions { lag[partition.number] = partition.lagEvents }
        self.init(
            time: Timestamp(milliseconds: report.process.reportedMs), lag: lag, records: report.records.records,
            started: Timestamp(milliseconds: report.process.startedMs))
    }
}
