/// An exact sum of doubles: a fixed-point number wide enough for every double, kept sparse.
///
/// Compensated sums depend on the order of their terms, so two partitions merged in another order would give another
/// last digit and with it another finding. Here the sum is exact and is rounded once, when it is read.
///
/// **Shape**: limbs of 32 bits held in signed 64-bit words, so that carries can wait; bit 0 of limb 0 weighs 2^-1088,
/// which puts the bit of weight 1 at the start of limb 34.
struct FixedPointSum: Sendable {
    private static let bitOffset = 1_088
    private static let mask: Int64 = 0xffff_ffff

    /// Number of the lowest limb that is kept.
    private var base = 0
    private var limbs: [Int64] = []
    private var pendingCarries = 0

    init() {}

    /// True when nothing but zeros was added.
    var isEmpty: Bool { limbs.isEmpty }

    /// Adds a finite double.
    mutating func add(_ value: Double) {
        guard value.isFinite, value != 0 else { return }
        let bits = value.bitPattern
        let exponent = Int(bits >> 52 & 0x7ff)
        let fraction = bits & 0xf_ffff_ffff_ffff
        let significand = exponent == 0 ? fraction : fraction | 1 << 52
        let weight = (exponent == 0 ? -1_074 : exponent - 1_075) + Self.bitOffset
        add(Int128(significand) << Int128(weight % 32), negative: value < 0, limb: weight / 32)
    }

    /// Adds an integer.
    mutating func add(_ value: Int128) {
        guard value != 0 else { return }
        let high = value >> 64
        add(Int128(UInt64(truncatingIfNeeded: value)), negative: false, limb: 34)
        if high != 0 { add(abs(high), negative: high < 0, limb: 36) }
    }

    /// Adds another sum.
    mutating func add(_ other: FixedPointSum) {
        guard !other.limbs.isEmpty else { return }
        var copy = other
        copy.normalize()
        guard !copy.limbs.isEmpty else { return }
        if pendingCarries > 1 << 28 { normalize() }
        reach(copy.base, copy.base + copy.limbs.count - 1)
        for (index, limb) in copy.limbs.enumerated() { limbs[copy.base - base + index] &+= limb }
        pendingCarries += 1
    }

    private mutating func add(_ magnitude: Int128, negative: Bool, limb: Int) {
        if pendingCarries > 1 << 28 { normalize() }
        reach(limb, limb + 3)
        var rest = magnitude
        for index in 0..<4 {
            let part = Int64(truncatingIfNeeded: rest & Int128(Self.mask))
            limbs[limb - base + index] &+= negative ? 0 &- part : part
            rest >>= 32
        }
        pendingCarries += 1
    }

    private mutating func reach(_ low: Int, _ high: Int) {
        if limbs.isEmpty { base = low }
        if low < base {
            limbs.insert(contentsOf: [Int64](repeating: 0, count: base - low), at: 0)
            base = low
        }
        let missing = high + 1 - base - limbs.count
        if missing > 0 { limbs.append(contentsOf: [Int64](repeating: 0, count: missing)) }
    }

    /// Brings equal sums to equal limbs: all but the highest in 0..<2^32, the highest signed, no needless limbs.
    private mutating func normalize() {
        var carry: Int64 = 0
        for index in limbs.indices {
            let total = limbs[index] &+ carry
            limbs[index] = total & Self.mask
            carry = total >> 32
        }
        if carry != 0 { limbs.append(carry) }
        while let last = limbs.last {
            if last == 0 {
                limbs.removeLast()
            } else if last == -1, limbs.count > 1, limbs[limbs.count - 2] == Self.mask {
                limbs.removeLast()
                limbs[limbs.count - 1] = -1
            } else {
                break
            }
        }
        let zeros = limbs.prefix { $0 == 0 }.count
        if zeros > 0 {
            limbs.removeFirst(zeros)
            base += zeros
        }
        if limbs.isEmpty { base = 0 }
        pendingCarries = 0
    }

    /// The sum rounded to the nearest double, ties to even; nil when it is out of range.
    var rounded: Double? {
        var copy = self
        copy.normalize()
        guard let top = copy.limbs.last else { return 0 }
        let isNegative = top < 0
        if isNegative {
            for index in copy.limbs.indices { copy.limbs[index] = 0 &- copy.limbs[index] }
            copy.normalize()
        }
        let value = copy.roundedMagnitude()
        guard value.isFinite else { return nil }
        return isNegative ? -value : value
    }

    private func bit(_ position: Int) -> UInt64 {
        let index = position / 32 - base
        guard position >= 0, index >= 0, index < limbs.count else { return 0 }
        return UInt64(bitPattern: limbs[index]) >> UInt64(position % 32) & 1
    }

    /// Rounds a normalized positive number; its highest limb may be wider than 32 bits by a carry only.
    private func roundedMagnitude() -> Double {
        guard let last = limbs.last, last > 0 else { return 0 }
        let top = (base + limbs.count - 1) * 32 + (63 - last.leadingZeroBitCount)
        // The lowest bit that a double of this size can hold; 2^-1074 for subnormals.
        let low = max(top - 52, Self.bitOffset - 1_074)
        var significand: UInt64 = 0
        for position in stride(from: top, through: low, by: -1) { significand = significand << 1 | bit(position) }
        if bit(low - 1) == 1 {
            var isTie = true
            for position in stride(from: low - 2, through: base * 32, by: -1) where bit(position) == 1 {
                isTie = false
                break
            }
            if !isTie || significand & 1 == 1 { significand += 1 }
        }
        return Double(sign: .plus, exponent: low - Self.bitOffset, significand: Double(significand))
    }
}

extension FixedPointSum {
    func encode(to writer: inout ByteWriter) {
        var copy = self
        copy.normalize()
        writer.count(copy.base)
        writer.count(copy.limbs.count)
        for limb in copy.limbs { writer.signed(limb) }
    }

    init(from reader: inout ByteReader) throws(DetectionError) {
        let start = try reader.unsigned()
        let size = try reader.count()
        guard start <= 80, size <= 80 else { throw ByteReader.malformed("an exact sum is too wide") }
        base = Int(start)
        limbs.reserveCapacity(size)
        for _ in 0..<size {
            let limb = try reader.signed()
            guard limb >= -(1 << 33), limb <= 1 << 33 else { throw ByteReader.malformed("an exact sum overflows") }
            limbs.append(limb)
        }
    }
}
