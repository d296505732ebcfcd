/// SipHash-2-4 with a fixed key and 128 bits of output: the hash of in-memory tables, distinct sets and checksums.
///
/// Swift's `Hasher` is seeded per process, so it can neither be stored nor order anything. Identities that leave the
/// engine use SHA-256 (``IdentityHash``); this one is for speed. Source: the SipHash paper, section 2.
struct StableHash: Hashable, Comparable, Sendable {
    /// First half of the output; enough for tables and checksums.
    var high: UInt64
    /// Second half of the output.
    var low: UInt64

    static func < (a: StableHash, b: StableHash) -> Bool { (a.high, a.low) < (b.high, b.low) }
}

extension StableHash {
    /// Hashes bytes.
    init(_ bytes: UnsafeRawBufferPointer) {
        var state = SipState()
        let whole = bytes.count & ~7
        var at = 0
        while at < whole {
            state.absorb(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
            at += 8
        }
        var last = UInt64(truncatingIfNeeded: bytes.count) << 56
        while at < bytes.count {
            last |= UInt64(bytes[at]) << UInt64((at & 7) * 8)
            at += 1
        }
        state.absorb(last)
        (high, low) = state.finish()
    }

    /// Hashes bytes.
    init(_ bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { StableHash($0) }
    }
}

private struct SipState {
    // Constants of the algorithm ("somepseudorandomlygeneratedbytes") mixed with our fixed key; the 128-bit variant
    // turns one bit of the second word.
    private var v0: UInt64 = 0x736f_6d65_7073_6575 ^ 0x6875_6277_6174_6368
    private var v1: UInt64 = 0x646f_7261_6e64_6f6d ^ 0x6465_7465_6374_696f ^ 0xee
    private var v2: UInt64 = 0x6c79_6765_6e65_7261 ^ 0x6875_6277_6174_6368
    private var v3: UInt64 = 0x7465_6462_7974_6573 ^ 0x6465_7465_6374_696f

    @inline(__always)
    private mutating func round() {
        v0 = v0 &+ v1
        v2 = v2 &+ v3
        v1 = v1 << 13 | v1 >> 51
        v3 = v3 << 16 | v3 >> 48
        v1 ^= v0
        v3 ^= v2
        v0 = v0 << 32 | v0 >> 32
        v2 = v2 &+ v1
        v0 = v0 &+ v3
        v1 = v1 << 17 | v1 >> 47
        v3 = v3 << 21 | v3 >> 43
        v1 ^= v2
        v3 ^= v0
        v2 = v2 << 32 | v2 >> 32
    }

    @inline(__always)
    mutating func absorb(_ word: UInt64) {
        v3 ^= word
        round()
        round()
        v0 ^= word
    }

    mutating func finish() -> (UInt64, UInt64) {
        v2 ^= 0xee
        for _ in 0..<4 { round() }
        let first = v0 ^ v1 ^ v2 ^ v3
        v1 ^= 0xdd
        for _ in 0..<4 { round() }
        return (first, v0 ^ v1 ^ v2 ^ v3)
    }
}
