import AMQPTypes
import Testing

/// Goal: the codec writes what the specification says and reads back what it wrote, and no bytes can trap it.
///
/// Method: golden bytes of each type; values from seeds there and back; every cut and random changes of valid bytes.
@Suite struct CodecTests {
    static let goldenBytes: [(AMQPValue, [UInt8])] = [
        (.null, [0x40]),
        (.boolean(true), [0x41]),
        (.boolean(false), [0x42]),
        (.ubyte(0xfe), [0x50, 0xfe]),
        (.ushort(0x1234), [0x60, 0x12, 0x34]),
        (.uint(0), [0x43]),
        (.uint(255), [0x52, 0xff]),
        (.uint(256), [0x70, 0, 0, 1, 0]),
        (.ulong(0), [0x44]),
        (.ulong(0x24), [0x53, 0x24]),
        (.ulong(0x0000_0137_0000_000a), [0x80, 0, 0, 1, 0x37, 0, 0, 0, 0x0a]),
        (.byte(-1), [0x51, 0xff]),
        (.short(-2), [0x61, 0xff, 0xfe]),
        (.int(-128), [0x54, 0x80]),
        (.int(202), [0x71, 0, 0, 0, 0xca]),
        (.long(0), [0x55, 0]),
        (.long(-129), [0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
        (.float(1), [0x72, 0x3f, 0x80, 0, 0]),
        (.double(-2), [0x82, 0xc0, 0, 0, 0, 0, 0, 0, 0]),
        (.decimal32([1, 2, 3, 4]), [0x74, 1, 2, 3, 4]),
        (.decimal64([1, 2, 3, 4, 5, 6, 7, 8]), [0x84, 1, 2, 3, 4, 5, 6, 7, 8]),
        (.decimal128([UInt8](1...16)), [0x94] + [UInt8](1...16)),
        (.char(0x1f98a), [0x73, 0, 1, 0xf9, 0x8a]),
        (.timestamp(-62_135_596_800_000), [0x83, 0xff, 0xff, 0xc7, 0x7c, 0xed, 0xd3, 0x28, 0]),
        (.uuid([UInt8](0...15)), [0x98] + [UInt8](0...15)),
        (.binary([]), [0xa0, 0]),
        (.binary([7]), [0xa0, 1, 7]),
        (.string("ä"), [0xa1, 2, 0xc3, 0xa4]),
        (.symbol("amqp"), [0xa3, 4, 0x61, 0x6d, 0x71, 0x70]),
        (.list([]), [0x45]),
        (.list([.null, .uint(1)]), [0xc0, 4, 2, 0x40, 0x52, 1]),
        (.map([:]), [0xc1, 1, 0]),
        (.map([.symbol("a"): .int(1)]), [0xc1, 6, 2, 0xa3, 1, 0x61, 0x54, 1]),
        (.array([]), [0xe0, 2, 0, 0x40]),
        (.array([.string("0"), .string("1")]), [0xe0, 6, 2, 0xa1, 1, 0x30, 1, 0x31]),
        (.array([.uint(1), .uint(300)]), [0xe0, 10, 2, 0x70, 0, 0, 0, 1, 0, 0, 1, 0x2c]),
        (.array([.boolean(true), .boolean(false)]), [0xe0, 4, 2, 0x56, 1, 0]),
        (
            .described(descriptor: .ulong(0x28), value: .list([.string("x")])),
            [0, 0x53, 0x28, 0xc0, 4, 1, 0xa1, 1, 0x78]
        ),
    ]

    @Test(arguments: goldenBytes.indices)
    func golden(index: Int) throws {
        let (value, bytes) = Self.goldenBytes[index]
        #expect(AMQPEncoder.encode(value) == bytes)
        #expect(try AMQPDecoder.decode(bytes) == value)
    }

    @Test func longForms() throws {
        let long = [UInt8](repeating: 1, count: 256)
        #expect(AMQPEncoder.encode(.binary(long)) == [0xb0, 0, 0, 1, 0] + long)
        let list = AMQPValue.list([.binary(long)])
        #expect(AMQPEncoder.encode(list) == [0xd0, 0, 0, 1, 9, 0, 0, 0, 1, 0xb0, 0, 0, 1, 0] + long)
        // The longest list with a one-byte size, and one byte more.
        #expect(AMQPEncoder.encode(.list([.binary([UInt8](repeating: 1, count: 252))])).prefix(3) == [0xc0, 255, 1])
        #expect(AMQPEncoder.encode(.list([.binary([UInt8](repeating: 1, count: 253))])).first == 0xd0)
        #expect(AMQPEncoder.encode(.list([AMQPValue](repeating: .null, count: 256))).first == 0xd0)
        // Peers may use long forms for short values.
        #expect(try AMQPDecoder.decode([0x80, 0, 0, 0, 0, 0, 0, 0, 5]) == .ulong(5))
        #expect(try AMQPDecoder.decode([0xd1, 0, 0, 0, 4, 0, 0, 0, 0]) == .map([:]))
        let array: [UInt8] = [0xf0, 0, 0, 0, 10, 0, 0, 0, 1, 0xb1, 0, 0, 0, 1, 0x61]
        #expect(try AMQPDecoder.decode(array) == .array([.string("a")]))
    }

    @Test(arguments: 0..<120 as Range<UInt64>)
    func thereAndBack(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<5 {
            let value = generator.value()
            #expect(try AMQPDecoder.decode(AMQPEncoder.encode(value)) == value, "seed \(seed)")
        }
    }

    @Test func mixedArraysBecomeLists() throws {
        let mixed: [AMQPValue] = [.int(1), .string("a")]
        #expect(try AMQPDecoder.decode(AMQPEncoder.encode(.array(mixed))) == .list(mixed))
        let nested = AMQPValue.array([.array(mixed), .array(mixed)])
        #expect(try AMQPDecoder.decode(AMQPEncoder.encode(nested)) == .array([.list(mixed), .list(mixed)]))
        #expect(AMQPEncoder.encode(.uuid([1])) == [0x98, 1] + [UInt8](repeating: 0, count: 15))
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func everyCutThrows(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let bytes = AMQPEncoder.encode(.list([generator.value(), generator.value()]))
        for cut in 0..<min(bytes.count, 600) {
            #expect(throws: AMQPDecodingError.self, "seed \(seed)") { try AMQPDecoder.decode(Array(bytes[..<cut])) }
        }
        #expect(throws: AMQPDecodingError(.trailingBytes, at: bytes.count)) { try AMQPDecoder.decode(bytes + [0x40]) }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func changedBytesNeverTrap(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var decoded = 0
        for _ in 0..<20 {
            var bytes = AMQPEncoder.encode(generator.value())
            for _ in 0..<generator.number(1...4) {
                bytes[generator.number(0...(bytes.count - 1))] = UInt8(truncatingIfNeeded: generator.next())
            }
            if (try? AMQPDecoder.decode(bytes)) != nil { decoded += 1 }
            bytes = generator.bytes(generator.number(0...60))
            if (try? AMQPDecoder.decode(bytes)) != nil { decoded += 1 }
        }
        #expect(decoded < 40)
    }

    @Test func limits() {
        let deep = [UInt8](repeating: 0, count: 100_000)
        #expect(throws: AMQPDecodingError.self) { try AMQPDecoder.decode(deep) }
        var nested = AMQPValue.null
        for _ in 0..<31 { nested = .list([nested]) }
        #expect(throws: Never.self) { try AMQPDecoder.decode(AMQPEncoder.encode(nested)) }
        #expect(throws: AMQPDecodingError.self) { try AMQPDecoder.decode(AMQPEncoder.encode(.list([nested]))) }
        // Arrays of four billion nulls, empty lists and numbers in a handful of bytes.
        for element: UInt8 in [0x40, 0x45, 0x43, 0x71, 0xa1, 0xd0, 0x4f] {
            #expect(throws: AMQPDecodingError.self) {
                try AMQPDecoder.decode([0xf0, 0, 0, 0, 5, 0xff, 0xff, 0xff, 0xff, element])
            }
        }
        #expect(throws: AMQPDecodingError.self) { try AMQPDecoder.decode([0xd0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1]) }
        #expect(throws: AMQPDecodingError.self) { try AMQPDecoder.decode([0xd0, 0, 0, 0, 4, 0xff, 0xff, 0xff, 0xff]) }
        #expect(throws: AMQPDecodingError.self) { try AMQPDecoder.decode([0xc1, 2, 1, 0x40]) }
        #expect(throws: AMQPDecodingError.self) { try AMQPDecoder.decode([0xc0, 0]) }
        #expect(throws: AMQPDecodingError.self) { try AMQPDecoder.decode([0xa1, 1, 0xff]) }
        #expect(throws: AMQPDecodingError.self) { try AMQPDecoder.decode([0x30]) }
    }

    @Test func readsOneAfterTheOther() throws {
        let bytes: [UInt8] = [0x41, 0x52, 9, 0xa1, 1, 0x61]
        try bytes.withUnsafeBytes { buffer in
            var decoder = AMQPDecoder(buffer)
            let first = try decoder.next()
            #expect(decoder.offset == 1)
            let second = try decoder.next()
            let third = try decoder.next()
            #expect([first, second, third] == [.boolean(true), .uint(9), .string("a")])
            #expect(decoder.isAtEnd)
        }
    }

    @Test func mapsKeepTheirOrder() {
        var map: AMQPMap = [.symbol("b"): .int(1), .string("a"): .int(2)]
        map[symbol: "c"] = .int(3)
        map[symbol: "b"] = .int(4)
        map[string: "a"] = nil
        #expect(map.pairs.map(\.key) == [.symbol("b"), .symbol("c")])
        #expect(map[symbol: "b"] == .int(4))
        #expect(map[string: "b"] == nil)
        #expect(map[text: "b"] == .int(4))
        #expect(map[key: .symbol("c")]?.integer == 3)
    }

    @Test func viewsOfValues() {
        #expect(AMQPValue.symbol("a").symbols == ["a"])
        #expect(AMQPValue.null.symbols == [])
        #expect(AMQPValue.symbols(["a", "b"]).symbols == ["a", "b"])
        #expect(AMQPValue.ulong(.max).integer == nil)
        #expect(AMQPValue.timestamp(-5).integer == -5)
        let described = AMQPValue.described(descriptor: .null, value: .described(descriptor: .null, value: .int(2)))
        #expect(described.undescribed == .int(2))
        #expect(AMQPCondition(name: "n", description: "d").summary == "n: d")
        #expect(AMQPCondition(name: "n").summary == "n")
    }
}
