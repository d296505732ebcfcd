import AMQPTypes

/// Makes frames that are well formed as encodings, with contents that are plausible, odd, or wrong.
struct InventedFrames {
    var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    static let saslHeader: [UInt8] = [0x41, 0x4d, 0x51, 0x50, 3, 1, 0, 0]
    static let header: [UInt8] = [0x41, 0x4d, 0x51, 0x50, 0, 1, 0, 0]

    /// One frame around a performative.
    static func frame(
        _ code: UInt64, _ fields: [AMQPValue], channel: UInt16 = 0, type: UInt8 = 0, payload: [UInt8] = []
    ) -> [UInt8] {
        let body = AMQPEncoder.encode(.described(descriptor: .ulong(code), value: .list(fields))) + payload
        let size = UInt32(body.count + 8)
        let head: [UInt8] = [
            UInt8(truncatingIfNeeded: size >> 24), UInt8(truncatingIfNeeded: size >> 16),
            UInt8(truncatingIfNeeded: size >> 8), UInt8(truncatingIfNeeded: size), 2, type,
            UInt8(channel >> 8), UInt8(channel & 255),
        ]
        return head + body
    }

    private mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &generator) < percent
    }

    private mutating func small(_ bound: UInt32) -> AMQPValue {
        if chance(4) { return odd() }
        if chance(4) { return .uint(UInt32.random(in: 0 ... .max, using: &generator)) }
        return .uint(UInt32.random(in: 0..<bound, using: &generator))
    }

    private mutating func boolean() -> AMQPValue {
        chance(5) ? odd() : chance(30) ? .null : .boolean(Bool.random(using: &generator))
    }

    /// Any value where another belongs.
    private mutating func odd() -> AMQPValue {
        switch Int.random(in: 0..<14, using: &generator) {
        case 0: return .null
        case 1: return .uint(.max)
        case 2: return .ulong(.max)
        case 3: return .string("")
        case 4: return .symbol(String(repeating: "s", count: Int.random(in: 0...300, using: &generator)))
        case 5: return .list([])
        case 6: return .map(AMQPMap(pairs: [AMQPPair(key: .null, value: .list([.array([])]))]))
        case 7: return .array([.symbol("a"), .symbol("b")])
        case 8: return .described(descriptor: .ulong(0x28), value: .list([.null, .uint(.max)]))
        case 9: return .described(descriptor: .symbol("amqp:error:list"), value: .list([.symbol("x")]))
        case 10: return .binary([UInt8](repeating: 0, count: Int.random(in: 0...40, using: &generator)))
        case 11: return .boolean(true)
        case 12: return .long(.min)
        default: return .described(descriptor: .described(descriptor: .null, value: .null), value: .double(1))
        }
    }

    private mutating func error() -> AMQPValue {
        if chance(50) { return .null }
        if chance(10) { return odd() }
        let info: AMQPValue = chance(50) ? .null : .map([.symbol("k"): odd()])
        return .described(
            descriptor: .ulong(0x1d), value: .list([chance(10) ? odd() : .symbol("e"), .string("text"), info]))
    }

    private mutating func terminus(_ code: UInt64) -> AMQPValue {
        if chance(10) { return odd() }
        var fields: [AMQPValue] = [.string("address"), .uint(0), .symbol("session-end"), .uint(0), .boolean(false)]
        if chance(30) { fields.append(contentsOf: [odd(), odd(), odd(), odd(), odd(), odd()]) }
        if chance(20) { fields[Int.random(in: 0..<fields.count, using: &generator)] = odd() }
        let codes: [UInt64] = [code, code, code, 0x30, 0x29, 0x28]
        return .described(descriptor: .ulong(chance(80) ? code : codes[3]), value: .list(fields))
    }

    private mutating func state() -> AMQPValue {
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: return .null
        case 1: return .described(descriptor: .ulong(0x23), value: .list([.uint(1), .ulong(2)]))
        case 2: return .described(descriptor: .ulong(0x25), value: .list([error()]))
        case 3: return .described(descriptor: .ulong(0x26), value: .list([]))
        case 4: return .described(descriptor: .ulong(0x27), value: .list([boolean(), boolean(), odd()]))
        case 5: return odd()
        case 6: return .described(descriptor: .ulong(0x34), value: .list([.binary([1]), odd()]))
        default: return .described(descriptor: .ulong(0x24), value: .list([]))
        }
    }

    private mutating func attach() -> [AMQPValue] {
        let names = ["link", "s", "other", ""]
        let name = names[Int.random(in: 0..<names.count, using: &generator)]
        var fields: [AMQPValue] = [
            .string(name), small(3), .boolean(Bool.random(using: &generator)),
            .ubyte(UInt8.random(in: 0...3, using: &generator)),
            .ubyte(UInt8.random(in: 0...2, using: &generator)), terminus(0x28), terminus(0x29), .null, .boolean(false),
            .uint(0), .ulong(0), odd(), .array([.symbol("x")]), .map([.symbol("p"): odd()]),
        ]
        if chance(10) { fields[Int.random(in: 0..<fields.count, using: &generator)] = odd() }
        return fields
    }

    private var deliveryID: UInt32 = 0

    private mutating func transfer() -> (fields: [AMQPValue], payload: [UInt8]) {
        let id: AMQPValue = chance(15) ? .null : chance(10) ? small(5) : .uint(deliveryID)
        let isMore = chance(25)
        if !isMore { deliveryID &+= 1 }
        let fields: [AMQPValue] = [
            small(3), id,
            chance(20) ? .null : .binary([UInt8](repeating: 1, count: Int.random(in: 0...40, using: &generator))),
            chance(10) ? odd() : .uint(0), boolean(), .boolean(isMore), .null, chance(10) ? state() : .null, .null,
            .boolean(chance(8)), .null,
        ]
        let payload = [UInt8](repeating: 0x53, count: Int.random(in: 0...300, using: &generator))
        return (Array(fields.prefix(chance(20) ? Int.random(in: 0...11, using: &generator) : 11)), payload)
    }

    /// The next frame behind a proper open; begin, attach and transfer are the most likely.
    mutating func next() -> [UInt8] {
        let channel: UInt16 = chance(90) ? 0 : chance(50) ? 1 : UInt16.random(in: 0 ... .max, using: &generator)
        var fields: [AMQPValue]
        var payload: [UInt8] = []
        let code: UInt64
        switch Int.random(in: 0..<24, using: &generator) {
        case 0...2:
            code = 0x11
            fields = [
                chance(50) ? .null : .ushort(UInt16.random(in: 0...1, using: &generator)), small(2), small(3000),
                small(3000), small(9),
            ]
        case 3...7:
            code = 0x12
            fields = attach()
        case 8...10:
            code = 0x13
            fields = [
                small(3), small(5000), small(3), small(5000), chance(30) ? .null : small(3), small(3), small(20), .null,
                boolean(), boolean(),
            ]
        case 11...16:
            code = 0x14
            (fields, payload) = transfer()
        case 17, 18:
            code = 0x15
            fields = [
                .boolean(Bool.random(using: &generator)), small(4), chance(50) ? .null : small(8), boolean(), state(),
                boolean(),
            ]
        case 19, 20:
            code = 0x16
            fields = [small(3), boolean(), error()]
        case 21:
            code = 0x17
            fields = [error()]
        case 22:
            code = chance(20) ? 0x18 : 0x10
            fields = chance(50) ? [error()] : [.string("again"), odd(), .uint(600)]
        default:
            code = UInt64.random(in: 0...0x80, using: &generator)
            fields = (0..<Int.random(in: 0...8, using: &generator)).map { _ in odd() }
        }
        if chance(4), !fields.isEmpty { fields[Int.random(in: 0..<fields.count, using: &generator)] = odd() }
        if chance(4) { fields = Array(fields.prefix(Int.random(in: 0...fields.count, using: &generator))) }
        return Self.frame(code, fields, channel: channel, payload: payload)
    }
}
