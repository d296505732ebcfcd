/// The distinct values of a column: exact up to a bound, then an estimate that still merges in any order.
///
/// Keeps the lowest `bound` hashes of 128 bits (a bottom-k sample). Up to the bound that is every value and the count
/// is exact; beyond it the count is estimated from the k-th lowest hash, with a relative error of about 1/sqrt(bound).
/// The lowest k of a union are found from the lowest k of its parts, so merging commutes.
struct DistinctSet: Sendable {
    private var members = HashSet()
    /// Hashes above this one cannot be among the lowest; set when the set was cut.
    private var ceiling: StableHash?
    /// True when more values were seen than the bound.
    private(set) var isTruncated = false

    init() {}

    /// Adds a hash.
    mutating func insert(_ hash: StableHash, bound: Int) {
        if let ceiling, hash > ceiling { return }
        members.insert(hash)
        if members.count > bound * 2 { cut(to: bound) }
    }

    /// Adds all values of another set.
    mutating func merge(_ other: DistinctSet, bound: Int) {
        if members.count == 0 {
            members = other.members
            ceiling = other.ceiling
        } else {
            other.members.forEach { insert($0, bound: bound) }
            if let theirs = other.ceiling { ceiling = ceiling.map { min($0, theirs) } ?? theirs }
        }
        isTruncated = isTruncated || other.isTruncated
        if members.count > bound * 2 { cut(to: bound) }
    }

    private mutating func cut(to bound: Int) {
        isTruncated = true
        let lowest = members.sorted.prefix(bound)
        ceiling = lowest.last
        members = HashSet(lowest)
    }

    /// Number of distinct values; exact when at most the bound.
    func count(bound: Int) -> (value: Int64, isExact: Bool) {
        var copy = self
        if copy.members.count > bound { copy.cut(to: bound) }
        guard copy.isTruncated, let last = copy.ceiling else { return (Int64(copy.members.count), true) }
        // The k-th lowest of n uniform hashes lies near k/n; never below the bound, so that the count only grows.
        let fraction = Double(last.high) / 18_446_744_073_709_551_616.0
        let estimate = fraction > 0 ? Double(bound - 1) / fraction : Double(bound)
        return (max(Int64(bound), Int64(min(estimate, 9e18))), false)
    }

    func encode(to writer: inout ByteWriter, bound: Int) {
        var copy = self
        if copy.members.count > bound { copy.cut(to: bound) }
        writer.flag(copy.isTruncated)
        let sorted = copy.members.sorted
        writer.count(sorted.count)
        for hash in sorted {
            writer.fixed(hash.high)
            writer.fixed(hash.low)
        }
    }

    init(from reader: inout ByteReader) throws(DetectionError) {
        isTruncated = try reader.flag()
        let size = try reader.count(eachAtLeast: 16)
        for _ in 0..<size {
            let hash = StableHash(high: try reader.fixed(), low: try reader.fixed())
            members.insert(hash)
            if isTruncated { ceiling = ceiling.map { max($0, hash) } ?? hash }
        }
    }
}
