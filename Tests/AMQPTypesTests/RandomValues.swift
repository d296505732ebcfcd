import AMQPTypes

/// A small generator with a fixed algorithm: the same seed gives the same test everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &+ 0x9e37_79b9_7f4a_7c15
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &self)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    mutating func text() -> String {
        let alphabet: [Character] = ["a", "ß", "→", "🦊", "0", "\0", " ", "Ω"]
        let count = number(0...9) == 0 ? number(100...400) : number(0...6)
        return String((0..<count).map { _ in alphabet[number(0...(alphabet.count - 1))] })
    }

    /// A value of any type, nested so deep at most.
    mutating func value(depth: Int = 3) -> AMQPValue {
        let isSmall = number(0...1) == 0
        switch number(0...(depth > 0 ? 25 : 20)) {
        case 0: return .null
        case 1: return .boolean(isSmall)
        case 2: return .ubyte(UInt8(truncatingIfNeeded: next()))
        case 3: return .ushort(UInt16(truncatingIfNeeded: next()))
        case 4: return .uint(isSmall ? UInt32(number(0...255)) : UInt32(truncatingIfNeeded: next()))
        case 5: return .ulong(isSmall ? UInt64(number(0...255)) : next())
        case 6: return .byte(Int8(truncatingIfNeeded: next()))
        case 7: return .short(Int16(truncatingIfNeeded: next()))
        case 8: return .int(isSmall ? Int32(number(-130...130)) : Int32(truncatingIfNeeded: next()))
        case 9: return .long(isSmall ? Int64(number(-130...130)) : Int64(truncatingIfNeeded: next()))
        case 10: return .float(Float(number(-1000...1000)) / 8)
        case 11: return .double(Double(number(-1000...1000)) / 8)
        case 12: return .decimal32(bytes(4))
        case 13: return .decimal64(bytes(8))
        case 14: return .decimal128(bytes(16))
        case 15: return .char(UInt32(truncatingIfNeeded: next()))
        case 16: return .timestamp(Int64(truncatingIfNeeded: next()))
        case 17: return .uuid(bytes(16))
        case 18: return .binary(bytes(isSmall ? number(0...4) : number(200...300)))
        case 19: return .string(text())
        case 20: return .symbol(text())
        case 21: return .list((0..<count()).map { _ in value(depth: depth - 1) })
        case 22, 23: return .map(map(depth: depth - 1))
        case 24: return array(depth: depth - 1)
        default: return .described(descriptor: .ulong(UInt64(number(0...300))), value: value(depth: depth - 1))
        }
    }

    private mutating func count() -> Int {
        number(0...9) == 0 ? number(100...300) : number(0...4)
    }

    mutating func map(depth: Int) -> AMQPMap {
        AMQPMap(pairs: (0..<count()).map { _ in AMQPPair(key: .symbol(text()), value: value(depth: depth)) })
    }

    private mutating func array(depth: Int) -> AMQPValue {
        let size = count()
        switch number(0...7) {
        case 0: return .array((0..<size).map { _ in .string(text()) })
        case 1:
            return .array((0..<size).map { _ in .uint(UInt32(truncatingIfNeeded: next() >> UInt64(number(32...60)))) })
        case 2: return .array((0..<size).map { _ in .boolean(number(0...1) == 0) })
        case 3: return .array((0..<size).map { _ in .list([value(depth: 0)]) })
        case 4: return .array((0..<size).map { _ in .map(map(depth: 0)) })
        case 5: return .array((0..<size).map { _ in .described(descriptor: .symbol("d"), value: .long(-5)) })
        case 6: return .array((0..<size).map { _ in .array([.symbol(text()), .symbol("x")]) })
        default: return .array((0..<size).map { _ in .null })
        }
    }
}
