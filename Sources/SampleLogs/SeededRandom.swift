/// The generator of random numbers behind every sample: the same seed gives the same numbers on every machine.
///
/// xoshiro256++ whose four words are filled by SplitMix64. The standard library's helpers (`Int.random`, `shuffled`)
/// are not used with it, because how they spend random bits is not promised to stay the same between releases.
struct SeededRandom: Sendable {
    private var a: UInt64
    private var b: UInt64
    private var c: UInt64
    private var d: UInt64

    init(seed: UInt64) {
        var state = seed
        func splitMix() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return word ^ (word >> 31)
        }
        a = splitMix()
        b = splitMix()
        c = splitMix()
        d = splitMix()
    }

    /// The next 64 random bits.
    mutating func next() -> UInt64 {
        let sum = a &+ d
        let result = ((sum << 23) | (sum >> 41)) &+ a
        let shifted = b << 17
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= shifted
        d = (d << 45) | (d >> 19)
        return result
    }

    /// A number from 0 up to, not including, `bound`; 0 when the bound is 0 or less.
    ///
    /// Takes the high half of a product. The bias is below one part in 2^32 for every bound used here.
    mutating func below(_ bound: Int) -> Int {
        guard bound > 0 else { return 0 }
        return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// A number of the closed range.
    mutating func number(in range: ClosedRange<Int>) -> Int {
        range.lowerBound &+ below(range.upperBound &- range.lowerBound &+ 1)
    }

    /// True with a probability given in parts per million.
    mutating func chance(_ partsPerMillion: Int) -> Bool {
        below(1_000_000) < partsPerMillion
    }

    /// A random version 4 identifier.
    mutating func guid() -> GUID {
        let high = (next() & 0xFFFF_FFFF_FFFF_0FFF) | 0x4000
        let low = (next() & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
        return GUID(high: high, low: low)
    }

    /// One element of a list; nil when it is empty.
    mutating func element<T>(of list: [T]) -> T? {
        list.isEmpty ? nil : list[below(list.count)]
    }
}

/// A 128-bit identifier as two words, written in the usual 8-4-4-4-12 form.
struct GUID: Hashable, Sendable {
    var high: UInt64
    var low: UInt64
}
