import AMQPTypes
import EventHubs
import Testing

/// Goal: batches keep order, contents and the size limit.
///
/// Method: golden bytes, and random events packed, taken apart and compared.
@Suite struct BatchEncoderTests {
    /// The bodies in a message, batch or not.
    private func bodies(_ encoded: BatchEncoder.Encoded) throws -> [[UInt8]] {
        let message = try AMQPMessage(decoding: encoded.bytes)
        guard case .data(let parts) = message.body else { return [] }
        guard encoded.messageFormat == DialectName.batchMessageFormat else { return parts }
        return try parts.map { part in
            guard case .data(let inner) = try AMQPMessage(decoding: part).body else { return [] }
            return inner.flatMap { $0 }
        }
    }

    @Test func aBatchHasTheServicesBytes() throws {
        var encoder = BatchEncoder(sizeMax: 1024)
        try encoder.add(body: [1])
        try encoder.add(body: [2, 3])
        #expect(
            encoder.finish() == [
                BatchEncoder.Encoded(
                    bytes: [
                        0, 0x53, 0x75, 0xa0, 6, 0, 0x53, 0x75, 0xa0, 1, 1,
                        0, 0x53, 0x75, 0xa0, 7, 0, 0x53, 0x75, 0xa0, 2, 2, 3,
                    ], messageFormat: 0x8001_3700, eventCount: 2)
            ])
        #expect(encoder.finish() == [])
    }

    @Test func aSingleEventGoesPlain() throws {
        var encoder = BatchEncoder(sizeMax: 1024, partitionKey: "k")
        try encoder.add(AMQPMessage(body: .data([[9]])))
        let message = try #require(encoder.finish().first)
        #expect(message.messageFormat == 0)
        let decoded = try AMQPMessage(decoding: message.bytes)
        #expect(decoded.messageAnnotations?[symbol: DialectName.partitionKey] == .string("k"))
    }

    @Test func theKeyIsOutsideAndInside() throws {
        var encoder = BatchEncoder(sizeMax: 1024, partitionKey: "k")
        try encoder.add(AMQPMessage(messageAnnotations: [.symbol("mine"): .int(1)], body: .data([[9]])))
        try encoder.add(body: [8])
        let batch = try #require(encoder.finish().first)
        let outer = try AMQPMessage(decoding: batch.bytes)
        #expect(outer.messageAnnotations?[symbol: DialectName.partitionKey] == .string("k"))
        guard case .data(let parts) = outer.body else {
            Issue.record("no data")
            return
        }
        let inner = try parts.map { try AMQPMessage(decoding: $0) }
        #expect(inner.count == 2)
        #expect(inner.allSatisfy { $0.messageAnnotations?[symbol: DialectName.partitionKey] == .string("k") })
        #expect(inner[0].messageAnnotations?[symbol: "mine"] == .int(1))
    }

    @Test func anEventThatDoesNotFitIsNamed() throws {
        var encoder = BatchEncoder(sizeMax: 1000)
        try encoder.add(body: [1])
        #expect {
            try encoder.add(body: [UInt8](repeating: 0, count: 1000))
        } throws: { error in
            (error as? EventHubsError)?.code == .messageTooLarge
        }
        // What was added before is still there.
        #expect(encoder.finish().map(\.eventCount) == [1])
    }

    @Test(arguments: 0..<40) func nothingIsLostReorderedOrTooLarge(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let sizeMax = Int.random(in: 512...5000, using: &generator)
        let key = Bool.random(using: &generator) ? "key" : nil
        var encoder = BatchEncoder(sizeMax: sizeMax, partitionKey: key)
        var expected: [[UInt8]] = []
        for number in 0..<Int.random(in: 0...60, using: &generator) {
            let count = Int.random(in: 0...(Bool.random(using: &generator) ? 20 : sizeMax - 60), using: &generator)
            let body = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: count)
            try encoder.add(body: body)
            expected.append(body)
        }
        let batches = encoder.finish()
        #expect(batches.allSatisfy { $0.bytes.count <= sizeMax }, "seed \(seed)")
        #expect(try batches.flatMap { try bodies($0) } == expected, "seed \(seed)")
        #expect(batches.reduce(0) { $0 + $1.eventCount } == expected.count, "seed \(seed)")
    }
}
