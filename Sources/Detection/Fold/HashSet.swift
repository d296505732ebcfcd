/// A set of stable hashes: open addressing on the hash itself.
///
/// The standard set would hash the hash again with a seeded hasher, which costs more than all the rest of counting a
/// value; and its order differs from run to run.
struct HashSet: Sendable {
    private var slots: [StableHash] = []
    private(set) var count = 0
    /// The all-zero hash marks empty slots and is kept apart.
    private var holdsZero = false

    init() {}

    /// Makes a set of distinct hashes.
    init(_ hashes: some Collection<StableHash>) {
        grow(to: hashes.count)
        for hash in hashes { insert(hash) }
    }

    /// Adds a hash; false when it was there.
    @discardableResult
    mutating func insert(_ hash: StableHash) -> Bool {
        if hash.high == 0, hash.low == 0 {
            guard !holdsZero else { return false }
            holdsZero = true
            count += 1
            return true
        }
        if (count + 1) * 2 > slots.count { grow(to: count + 1) }
        let mask = slots.count - 1
        return slots.withUnsafeMutableBufferPointer { slots in
            var at = Int(truncatingIfNeeded: hash.low) & mask
            while slots[at].high != 0 || slots[at].low != 0 {
                if slots[at] == hash { return false }
                at = (at + 1) & mask
            }
            slots[at] = hash
            count += 1
            return true
        }
    }

    /// Calls back with every hash, in no stated order.
    func forEach(_ body: (StableHash) -> Void) {
        if holdsZero { body(StableHash(high: 0, low: 0)) }
        for slot in slots where slot.high != 0 || slot.low != 0 { body(slot) }
    }

    /// All hashes, lowest first.
    var sorted: [StableHash] {
        var all: [StableHash] = []
        all.reserveCapacity(count)
        forEach { all.append($0) }
        all.sort()
        return all
    }

    private mutating func grow(to count: Int) {
        var capacity = max(8, slots.count)
        while capacity < count * 2 + 2 { capacity *= 2 }
        guard capacity > slots.count else { return }
        let old = slots
        slots = [StableHash](repeating: StableHash(high: 0, low: 0), count: capacity)
        let mask = capacity - 1
        for hash in old where hash.high != 0 || hash.low != 0 {
            var at = Int(truncatingIfNeeded: hash.low) & mask
            while slots[at].high != 0 || slots[at].low != 0 { at = (at + 1) & mask }
            slots[at] = hash
        }
    }
}
