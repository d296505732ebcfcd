/// Numbers over time: one a slot, oldest first, nil where nobody looked.
public struct StatusSeries: Hashable, Sendable, Codable {
    /// When the first slot begins, seconds since the Unix epoch.
    public var startSeconds: Int64
    /// Length of a slot, in seconds.
    public var slotSeconds: Int64
    /// The numbers.
    public var values: [Int64?]

    /// Makes a series.
    public init(startSeconds: Int64 = 0, slotSeconds: Int64, values: [Int64?] = []) {
        self.startSeconds = startSeconds
        self.slotSeconds = max(1, slotSeconds)
        self.values = values
    }

    /// Reads a series; times that no clock shows are refused, so that no sum of them is beyond the range.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        startSeconds = try container.decode(Int64.self, forKey: .startSeconds)
        slotSeconds = try container.decode(Int64.self, forKey: .slotSeconds)
        values = try container.decode([Int64?].self, forKey: .values)
        guard (1...Self.slotSecondsMax).contains(slotSeconds), startSeconds.magnitude <= Self.secondsMax else {
            throw DecodingError.dataCorruptedError(
                forKey: .startSeconds, in: container,
                debugDescription: "a series of slots of \(slotSeconds) s from second \(startSeconds) on is none")
        }
    }

    private static let slotSecondsMax: Int64 = 86_400
    /// What nanoseconds since the epoch reach to.
    private static let secondsMax = Int64.max.magnitude / 1_000_000_000

    /// When the last slot ends, seconds since the Unix epoch.
    public var endSeconds: Int64 { startSeconds + Int64(values.count) * slotSeconds }

    /// The largest number; nil when there is none.
    public var peak: Int64? { values.lazy.compactMap { $0 }.max() }

    /// The same time in at most so many numbers: the largest of those that are joined, so that peaks stay.
    func joined(most: Int) -> StatusSeries {
        let size = (values.count + max(1, most) - 1) / max(1, most)
        guard size > 1 else { return self }
        // From the newest backward, so that the last number is always of a whole group.
        var joined: [Int64?] = []
        var end = values.count
        while end > 0 {
            let start = max(0, end - size)
            joined.append(values[start..<end].lazy.compactMap { $0 }.max())
            end = start
        }
        return StatusSeries(
            startSeconds: endSeconds - Int64(joined.count * size) * slotSeconds,
            slotSeconds: slotSeconds * Int64(size), values: joined.reversed())
    }
}
