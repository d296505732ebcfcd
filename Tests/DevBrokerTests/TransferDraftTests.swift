import AMQPTypes
import EventHubs
import Testing

@testable import DevBroker

/// Goal: a stored event differs from the sent one in its header and annotations only, and batches split in order.
///
/// Method: encode messages, read them, store them, decode what was stored; golden bytes for the annotations.
@Suite struct TransferDraftTests {
    private let stamps = PartitionLog.Stamps(sequenceNumber: 0, offset: 0, enqueuedTime: 1_700_000_000_000)

    private func read(_ bytes: [UInt8], format: UInt32 = 0) throws -> TransferDraft {
        try bytes.withUnsafeBytes { try TransferDraft.read($0, messageFormat: format) }
    }

    private func stored(_ draft: EventDraft, of bytes: [UInt8], stamps: PartitionLog.Stamps? = nil) -> [UInt8] {
        var slab: [UInt8] = []
        bytes.withUnsafeBytes { draft.append(to: &slab, stamps: stamps ?? self.stamps, from: $0) }
        return slab
    }

    private func data(_ text: String) -> AMQPMessage { AMQPMessage(body: .data([Array(text.utf8)])) }

    @Test func goldenBytesOfAPlainEvent() throws {
        let bytes = data("hi").encoded()
        let event = try #require(try read(bytes).events.first)
        let name = { (text: String) in [0xA3, UInt8(text.utf8.count)] + Array(text.utf8) }
        var expected: [UInt8] = [0x00, 0x53, 0x72, 0xC1, 0x68, 0x08]
        expected += name("x-opt-sequence-number-epoch") + [0x54, 0xFF]
        expected += name("x-opt-sequence-number") + [0x55, 0x00]
        expected += name("x-opt-offset") + [0xA1, 0x01, 0x30]
        expected += name("x-opt-enqueued-time") + [0x83, 0, 0, 0x01, 0x8B, 0xCF, 0xE5, 0x68, 0x00]
        expected += [0x00, 0x53, 0x75, 0xA0, 0x02, 0x68, 0x69]
        #expect(stored(event, of: bytes) == expected)
    }

    @Test func headerIsDroppedAndTheRestKeptVerbatim() throws {
        var message = data("body")
        message.header = AMQPHeader(durable: true)
        message.deliveryAnnotations = [.symbol("hop"): .int(1)]
        message.properties = MessageProperties()
        message.properties?.messageID = .uuid(Array(repeating: 9, count: 16))
        message.applicationProperties = [.string("a"): .list([.map([.symbol("k"): .double(1.5)]), .null])]
        message.footer = [.symbol("sum"): .ulong(3)]
        let bytes = message.encoded()
        let event = try #require(try read(bytes).events.first)
        let result = stored(event, of: bytes)
        #expect(result.suffix(event.content.count) == bytes[event.content])
        let decoded = try AMQPMessage(decoding: result)
        #expect(decoded.header == nil)
        #expect(decoded.deliveryAnnotations == nil)
        #expect(decoded.properties == message.properties)
        #expect(decoded.applicationProperties == message.applicationProperties)
        #expect(decoded.body == message.body)
        #expect(decoded.footer == message.footer)
    }

    @Test func annotationsAreReplacedAndTheSendersKept() throws {
        var message = data("x")
        message.messageAnnotations = [
            .symbol("x-opt-offset"): .string("999"), .symbol("mine"): .string("kept"),
            .symbol("x-opt-partition-key"): .string("k"), .symbol("x-opt-enqueued-time"): .timestamp(1),
        ]
        let bytes = message.encoded()
        let event = try #require(try read(bytes).events.first)
        let big = PartitionLog.Stamps(sequenceNumber: 300, offset: 123_456_789_012, enqueuedTime: 5)
        let decoded = try AMQPMessage(decoding: stored(event, of: bytes, stamps: big))
        #expect(
            decoded.messageAnnotations == [
                .symbol("x-opt-partition-key"): .string("k"), .symbol("x-opt-sequence-number-epoch"): .int(-1),
                .symbol("x-opt-sequence-number"): .long(300), .symbol("x-opt-offset"): .string("123456789012"),
                .symbol("x-opt-enqueued-time"): .timestamp(5), .symbol("mine"): .string("kept"),
            ])
    }

    @Test func manyAnnotationsTakeTheWideMap() throws {
        var message = data("x")
        message.messageAnnotations = AMQPMap(
            pairs: (0..<200).map { AMQPPair(key: .symbol("annotation-\($0)"), value: .int(Int32($0))) })
        let bytes = message.encoded()
        let event = try #require(try read(bytes).events.first)
        let decoded = try AMQPMessage(decoding: stored(event, of: bytes))
        #expect(decoded.messageAnnotations?.count == 204)
        #expect(decoded.messageAnnotations?[symbol: "annotation-199"] == .int(199))
    }

    @Test func batchesSplitInOrder() throws {
        let inner = (0..<5).map { number -> [UInt8] in
            var message = data("event \(number)")
            if number == 3 { message.messageAnnotations = [.symbol("x-opt-partition-key"): .string("inner")] }
            return message.encoded()
        }
        let outer = AMQPMessage(
            messageAnnotations: [.symbol("x-opt-partition-key"): .string("outer")], body: .data(inner))
        let bytes = outer.encoded()
        let transfer = try read(bytes, format: DialectName.batchMessageFormat)
        #expect(transfer.routingKey == "outer")
        #expect(transfer.events.map(\.partitionKey) == ["outer", "outer", "outer", "inner", "outer"])
        for (number, event) in transfer.events.enumerated() {
            let decoded = try AMQPMessage(decoding: stored(event, of: bytes))
            #expect(decoded.body == .data([Array("event \(number)".utf8)]))
            #expect(event.originalSize == inner[number].count)
        }
    }

    @Test func anEmptyBatchHasNoEvents() throws {
        #expect(try read(AMQPMessage().encoded(), format: DialectName.batchMessageFormat).events.isEmpty)
    }

    @Test func badBatchesAndMessagesAreFaults() throws {
        let value = AMQPMessage(body: .value(.string("x"))).encoded()
        #expect(throws: TransferDraft.Fault.self) { try read(value, format: DialectName.batchMessageFormat) }
        let broken = AMQPMessage(body: .data([data("ok").encoded(), [1, 2, 3]])).encoded()
        #expect(throws: TransferDraft.Fault.self) { try read(broken, format: DialectName.batchMessageFormat) }
        #expect(throws: TransferDraft.Fault.self) { try read([0xFF, 0x00]) }
    }

    @Test func sectionsOutOfOrderAreAFault() throws {
        let body = data("x").encoded()
        let annotations = AMQPMessage(messageAnnotations: [.symbol("a"): .int(1)]).encoded()
        #expect(throws: TransferDraft.Fault.self) { try read(body + annotations) }
    }

    @Test func partitionKeysAreChecked() throws {
        func message(_ key: AMQPValue) -> [UInt8] {
            AMQPMessage(messageAnnotations: [.symbol("x-opt-partition-key"): key], body: .data([[1]])).encoded()
        }
        #expect(try read(message(.string(String(repeating: "k", count: 128)))).routingKey?.count == 128)
        #expect(try read(message(.string(""))).routingKey == nil)
        #expect(try read(message(.null)).routingKey == nil)
        #expect(throws: TransferDraft.Fault.self) { try read(message(.string(String(repeating: "k", count: 129)))) }
        #expect(throws: TransferDraft.Fault.self) { try read(message(.int(4))) }
    }

    @Test(arguments: [21, 22, 23])
    func noBytesTrap(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let good = AMQPMessage(
            messageAnnotations: [.symbol("x-opt-partition-key"): .string("key"), .symbol("a"): .list([.int(1)])],
            body: .data([data("one").encoded(), data("two").encoded()])
        ).encoded()
        for _ in 0..<3000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
            let format = Bool.random(using: &random) ? DialectName.batchMessageFormat : 0
            guard let transfer = try? read(bytes, format: format) else { continue }
            for event in transfer.events { _ = stored(event, of: bytes) }
        }
    }
}

/// Goal: the runtime metric has the names and types that clients read.
///
/// Method: decode the section.
@Suite struct RuntimeMetricTests {
    @Test func section() throws {
        let metric = RuntimeMetric(
            lastSequenceNumber: 7, lastOffset: "560", lastEnqueuedTime: 1000, retrievalTime: 2000)
        let message = try AMQPMessage(decoding: metric.section + [0x00, 0x53, 0x75, 0xA0, 0x00])
        #expect(
            message.deliveryAnnotations == [
                .symbol("last_enqueued_sequence_number_epoch"): .int(-1),
                .symbol("last_enqueued_sequence_number"): .long(7),
                .symbol("last_enqueued_offset"): .string("560"), .symbol("last_enqueued_time_utc"): .timestamp(1000),
                .symbol("runtime_info_retrieval_time_utc"): .timestamp(2000),
            ])
    }
}
