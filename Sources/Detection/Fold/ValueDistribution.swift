/// The numbers of a column with how often each came: what percentiles are read from.
///
/// Exact up to a bound of distinct values. Beyond it every number falls into a fixed bucket: its sign, its binary
/// exponent and the first six bits of its fraction, which the middle of the bucket stands for with a relative error of at
/// most 1/128. Magnitudes below 2^-30 count as zero, those from 2^80 on as the topmost bucket. Buckets do not depend on
/// the data, so turning numbers into buckets before or after a merge gives the same counts, and whether it happens
/// depends only on how many distinct numbers there are in all.
struct ValueDistribution: Sendable, Equatable {
    /// A number and how often it came; in buckets, the bucket's middle.
    private var values: [Double] = []
    private var counts: [Int64] = []
    /// False once the numbers are in buckets.
    private(set) var isExact = true

    init() {}

    /// How many numbers were added.
    var count: Int64 { counts.reduce(0, &+) }

    /// Adds a finite number.
    mutating func add(_ value: Double, bound: Int) {
        guard value.isFinite else { return }
        insert(isExact ? (value == 0 ? 0 : value) : Self.middle(of: value), 1)
        if isExact, values.count > bound { coarsen() }
    }

    /// Adds all numbers of another distribution.
    mutating func merge(_ other: ValueDistribution, bound: Int) {
        if !other.isExact, isExact { coarsen() }
        for (value, count) in zip(other.values, other.counts) {
            insert(isExact ? value : Self.middle(of: value), count)
        }
        if isExact, values.count > bound { coarsen() }
    }

    private mutating func insert(_ value: Double, _ count: Int64) {
        let at = values.firstIndex(notBelow: value)
        if at < values.count, values[at] == value {
            counts[at] &+= count
        } else {
            values.insert(value, at: at)
            counts.insert(count, at: at)
        }
    }

    private mutating func coarsen() {
        let (exact, times) = (values, counts)
        (values, counts, isExact) = ([], [], false)
        for (value, count) in zip(exact, times) { insert(Self.middle(of: value), count) }
    }

    /// The middle of the bucket that a number falls into; the middle falls into the same bucket.
    static func middle(of value: Double) -> Double {
        let magnitude = abs(value)
        if magnitude < 0x1p-30 { return 0 }
        let bits = min(magnitude, 0x1p80.nextDown).bitPattern
        let middle = Double(bitPattern: (bits >> 46) << 46 | 1 << 45)
        return value < 0 ? -middle : middle
    }

    /// The number at a percentile from 0 to 100, by linear interpolation between the closest ranks (position
    /// p/100 * (n - 1)); nil when there is none.
    func percentile(_ percentile: Double) -> Double? {
        let total = count
        guard total > 0 else { return nil }
        let position = min(max(percentile, 0), 100) / 100 * Double(total - 1)
        let below = Int64(position.rounded(.down))
        let low = value(atRank: below)
        let fraction = position - Double(below)
        guard fraction > 0 else { return low }
        let high = value(atRank: min(below + 1, total - 1))
        return low + (high - low) * fraction
    }

    private func value(atRank rank: Int64) -> Double {
        var passed: Int64 = 0
        for (value, count) in zip(values, counts) {
            passed &+= count
            if rank < passed { return value }
        }
        return values.last ?? 0
    }
}

extension ValueDistribution {
    func encode(to writer: inout ByteWriter) {
        writer.flag(isExact)
        writer.count(values.count)
        for (value, count) in zip(values, counts) {
            writer.fixed(value.bitPattern)
            writer.signed(count)
        }
    }

    init(from reader: inout ByteReader) throws(DetectionError) {
        isExact = try reader.flag()
        let size = try reader.count(eachAtLeast: 9)
        values.reserveCapacity(size)
        counts.reserveCapacity(size)
        for _ in 0..<size {
            let value = Double(bitPattern: try reader.fixed())
            let count = try reader.signed()
            guard value.isFinite, count > 0, values.last.map({ $0 < value }) ?? true else {
                throw ByteReader.malformed("the numbers of a percentile are out of order")
            }
            values.append(value)
            counts.append(count)
        }
    }
}

extension Array where Element: Comparable {
    /// The first place in a sorted array whose element is not below a value.
    func firstIndex(notBelow value: Element) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
