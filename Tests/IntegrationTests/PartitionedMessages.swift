/// Messages of a hub: a list per partition, in the order of their sequence numbers.
struct PartitionedMessages {
    /// A message as the broker hands it out.
    struct Message {
        var sequence: Int64
        var enqueuedMilliseconds: Int64
        var body: [UInt8]
    }

    /// The grid on which times are made to fall: every window of the comparison begins and ends on it.
    static let border: Int64 = 600_000

    private(set) var partitions: [[Message]]

    init(partitionCount: Int) { partitions = Array(repeating: [], count: partitionCount) }

    /// Adds a message to a partition drawn by seed, at a time of the broker near the given one.
    ///
    /// Times are drawn so that the hard cases are frequent: exactly on a border, a millisecond beside it, several
    /// messages in one millisecond, the same millisecond in several partitions. In a partition time never runs back.
    mutating func append(_ body: [UInt8], near time: Int64, random: inout SeededGenerator) {
        let partition = Int(random.next() % UInt64(partitions.count))
        let last = partitions[partition].last
        var enqueued = time + Int64(random.next() % 60_000)
        let border = (enqueued + Self.border / 2) / Self.border * Self.border
        if abs(enqueued - border) < 30_000 {
            enqueued = random.pick([border, border, border, border - 1, border + 1, enqueued])
        } else if random.oneIn(2) {
            enqueued -= enqueued % 1_000
        }
        if let last, random.oneIn(5) { enqueued = last.enqueuedMilliseconds }
        enqueued = max(enqueued, last?.enqueuedMilliseconds ?? enqueued)
        partitions[partition].append(
            Message(sequence: (last?.sequence ?? -1) + 1, enqueuedMilliseconds: enqueued, body: body))
    }

    /// First and last time of the broker.
    var timeSpan: ClosedRange<Int64> {
        let times = partitions.flatMap { $0.map(\.enqueuedMilliseconds) }
        return (times.min() ?? 0)...(times.max() ?? 0)
    }
}
