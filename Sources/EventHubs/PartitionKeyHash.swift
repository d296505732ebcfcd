/// Hashes of partition keys: Jenkins' lookup3 over the key's UTF-8 bytes, put to two uses.
///
/// Promise only this of either: the same key goes to the same partition while the partition count is fixed.
/// **Source**: the public algorithm (lookup3, `hashlittle2` with zero seeds) and the vectors of the vendor's own tests.
public enum PartitionKeyHash {
    /// The two words of the hash; both zero for an empty key.
    static func words(_ bytes: [UInt8]) -> (c: UInt32, b: UInt32) {
        if bytes.isEmpty { return (0, 0) }
        let start = 0xDEAD_BEEF &+ UInt32(truncatingIfNeeded: bytes.count)
        var state = (a: start, b: start, c: start)
        var offset = 0
        while bytes.count - offset > 12 {
            add(bytes, offset, &state)
            mix(&state)
            offset += 12
        }
        add(bytes, offset, &state)
        finish(&state)
        return (state.c, state.b)
    }

    private typealias State = (a: UInt32, b: UInt32, c: UInt32)

    private static func add(_ bytes: [UInt8], _ offset: Int, _ state: inout State) {
        state.a &+= word(bytes, offset)
        state.b &+= word(bytes, offset + 4)
        state.c &+= word(bytes, offset + 8)
    }

    /// Four bytes, little-endian; bytes past the end count as zero.
    private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        var value: UInt32 = 0
        for i in 0..<4 where offset + i < bytes.count { value |= UInt32(bytes[offset + i]) << UInt32(8 * i) }
        return value
    }

    private static func rotate(_ x: UInt32, _ bits: UInt32) -> UInt32 { x << bits | x >> (32 - bits) }

    private static func mix(_ s: inout State) {
        s.a = (s.a &- s.c) ^ rotate(s.c, 4)
        s.c &+= s.b
        s.b = (s.b &- s.a) ^ rotate(s.a, 6)
        s.a &+= s.c
        s.c = (s.c &- s.b) ^ rotate(s.b, 8)
        s.b &+= s.a
        s.a = (s.a &- s.c) ^ rotate(s.c, 16)
        s.c &+= s.b
        s.b = (s.b &- s.a) ^ rotate(s.a, 19)
        s.a &+= s.c
        s.c = (s.c &- s.b) ^ rotate(s.b, 4)
        s.b &+= s.a
    }

    private static func finish(_ s: inout State) {
        s.c = (s.c ^ s.b) &- rotate(s.b, 14)
        s.a = (s.a ^ s.c) &- rotate(s.c, 11)
        s.b = (s.b ^ s.a) &- rotate(s.a, 25)
        s.c = (s.c ^ s.b) &- rotate(s.b, 16)
        s.a = (s.a ^ s.c) &- rotate(s.c, 4)
        s.b = (s.b ^ s.a) &- rotate(s.a, 14)
        s.c = (s.c ^ s.b) &- rotate(s.b, 24)
    }

    /// The 16-bit hash that the buffered producers of the vendor's libraries use.
    public static func sdkHash(_ key: String) -> Int16 {
        let (c, b) = words(Array(key.utf8))
        return Int16(truncatingIfNeeded: c ^ b)
    }

    /// The partition index that those producers choose: |h mod n| with the truncated remainder.
    public static func sdkPartition(for key: String, count: Int) -> Int {
        guard count > 0 else { return 0 }
        return abs(Int(sdkHash(key)) % count)
    }

    /// Where on the service's circle of 32767 points a key falls.
    ///
    /// A hypothesis that fits every recorded key: the key in upper case, hashed; the words' exclusive or modulo 32767.
    public static func servicePoint(_ key: String) -> Int {
        let (c, b) = words(Array(key.uppercased().utf8))
        return Int((c ^ b) % 32_767)
    }

    /// The partition index that the service chooses for a key on a hub-level send: the circle cut into consecutive ranges, the
    /// first ones one point wider where it does not divide evenly.
    public static func servicePartition(for key: String, count: Int) -> Int {
        guard count > 0 else { return 0 }
        let point = servicePoint(key)
        let (width, wider) = 32_767.quotientAndRemainder(dividingBy: count)
        let inWider = wider * (width + 1)
        if point < inWider { return point / (width + 1) }
        guard width > 0 else { return count - 1 }
        return wider + (point - inWider) / width
    }
}
