import AMQPTypes
import EventHubs
import Testing

/// Goal: the annotations of an event are read in place, whatever else the message holds, and garbage never traps.
///
/// Method: bytes recorded from the service, messages made by the encoder, and every truncation and random damage of them.
@Suite struct EventAnnotationsTests {
    private func scan(_ bytes: [UInt8]) -> (EventAnnotations, [UInt8])? {
        bytes.withUnsafeBytes { raw in
            guard let sections = try? MessageSections.scan(raw) else { return nil }
            return (EventAnnotations(raw, sections), bytes)
        }
    }

    private func text(_ range: Range<Int>?, _ bytes: [UInt8]) -> String? {
        range.map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    private static let sample: [UInt8] = AMQPMessage(
        deliveryAnnotations: [
            .symbol("last_enqueued_sequence_number_epoch"): .int(-1),
            .symbol("last_enqueued_sequence_number"): .long(99),
            .symbol("last_enqueued_offset"): .string("8000"),
            .symbol("last_enqueued_time_utc"): .timestamp(1_700_000_000_123),
            .symbol("runtime_info_retrieval_time_utc"): .timestamp(1_700_000_000_500),
        ],
        messageAnnotations: [
            .symbol("mine"): .map([.string("deep"): .list([.int(1), .null])]),
            .symbol("x-opt-partition-key"): .string("käse"),
            .symbol("x-opt-sequence-number-epoch"): .int(-1),
            .symbol("x-opt-sequence-number"): .long(5_000_000_000),
            .symbol("x-opt-offset"): .string("4294967296"),
            .symbol("x-opt-enqueued-time"): .timestamp(1_700_000_000_000),
        ],
        body: .data([Array("{}".utf8)])
    ).encoded()

    @Test func readsTheServicesBytes() throws {
        // One event as the service writes it: epoch, number 0, offset "0", a time, body "Event Number 0".
        var bytes: [UInt8] = [0x00, 0x53, 0x72, 0xc1]
        func symbol(_ text: String) -> [UInt8] { [0xa3, UInt8(text.utf8.count)] + Array(text.utf8) }
        var map: [UInt8] = [0x08]
        map += symbol("x-opt-sequence-number-epoch") + [0x54, 0xff]
        map += symbol("x-opt-sequence-number") + [0x55, 0x00]
        map += symbol("x-opt-offset") + [0xa1, 0x01, 0x30]
        map += symbol("x-opt-enqueued-time") + [0x83, 0, 0, 0x01, 0x96, 0, 0, 0, 1]
        bytes += [UInt8(map.count)] + map + [0x00, 0x53, 0x75, 0xa0, 0x0e] + Array("Event Number 0".utf8)
        let (facts, _) = try #require(scan(bytes))
        #expect(facts.sequenceNumber == 0)
        #expect(text(facts.offset, bytes) == "0")
        #expect(facts.enqueuedTime == 0x0196_0000_0001)
        #expect(facts.partitionKey == nil)
        #expect(facts.lastSequenceNumber == nil)
        #expect(!facts.isMalformed)
    }

    @Test func readsEverythingAmongOthers() throws {
        let (facts, bytes) = try #require(scan(Self.sample))
        #expect(facts.sequenceNumber == 5_000_000_000)
        #expect(text(facts.offset, bytes) == "4294967296")
        #expect(facts.enqueuedTime == 1_700_000_000_000)
        #expect(text(facts.partitionKey, bytes) == "käse")
        #expect(facts.lastSequenceNumber == 99)
        #expect(facts.lastEnqueuedTime == 1_700_000_000_123)
        #expect(!facts.isMalformed)
    }

    @Test func readsLargeMaps() throws {
        let long = String(repeating: "x", count: 400)
        let bytes = AMQPMessage(messageAnnotations: [
            .symbol("pad"): .string(long), .symbol("x-opt-sequence-number"): .long(-1),
            .symbol("x-opt-offset"): .string(long),
        ]).encoded()
        let (facts, _) = try #require(scan(bytes))
        #expect(facts.sequenceNumber == -1)
        #expect(text(facts.offset, bytes) == long)
    }

    @Test func wrongTypesAreNotTaken() throws {
        let bytes = AMQPMessage(messageAnnotations: [
            .symbol("x-opt-sequence-number"): .string("7"), .symbol("x-opt-offset"): .long(7),
            .symbol("x-opt-enqueued-time"): .described(descriptor: .ulong(3), value: .long(1)),
            .symbol("x-opt-partition-key"): .string("k"),
        ]).encoded()
        let (facts, _) = try #require(scan(bytes))
        #expect(facts.sequenceNumber == nil && facts.offset == nil && facts.enqueuedTime == nil)
        #expect(text(facts.partitionKey, bytes) == "k")
    }

    @Test(arguments: 0..<40) func damageNeverTraps(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            var bytes = Self.sample
            for _ in 0...Int.random(in: 0...4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            bytes.removeLast(Int.random(in: 0...bytes.count / 2, using: &generator))
            guard let (facts, _) = scan(bytes) else { continue }
            for range in [facts.offset, facts.partitionKey].compactMap({ $0 }) {
                #expect(range.upperBound <= bytes.count, "seed \(seed)")
            }
        }
    }
}
