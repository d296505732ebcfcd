import AMQPTypes
import Testing

/// Goal: messages survive their encoding, and the scanner finds exactly the sections that the decoder reads.
///
/// Method: messages of every body kind from seeds; the bytes of an event as Event Hubs sends it; cuts and changes.
@Suite struct MessageTests {
    static func message(_ generator: inout SeededGenerator) -> AMQPMessage {
        var message = AMQPMessage()
        if generator.number(0...1) == 0 {
            message.header = AMQPHeader(
                durable: true, priority: UInt8(generator.number(0...9)), timeToLive: 5, firstAcquirer: true,
                deliveryCount: UInt32(generator.number(0...300)))
        }
        if generator.number(0...1) == 0 { message.deliveryAnnotations = generator.map(depth: 1) }
        if generator.number(0...1) == 0 { message.messageAnnotations = generator.map(depth: 1) }
        if generator.number(0...1) == 0 {
            var properties = MessageProperties()
            properties.messageID = generator.number(0...1) == 0 ? .ulong(9) : .uuid(generator.bytes(16))
            properties.userID = [1]
            properties.to = generator.text()
            properties.subject = "s"
            properties.replyTo = generator.number(0...1) == 0 ? nil : generator.text()
            properties.correlationID = .string("c")
            properties.contentType = "application/json"
            properties.absoluteExpiryTime = -4
            properties.groupSequence = generator.number(0...1) == 0 ? nil : 7
            message.properties = properties
        }
        if generator.number(0...1) == 0 { message.applicationProperties = generator.map(depth: 1) }
        switch generator.number(0...5) {
        case 0: message.body = .none
        case 1: message.body = .data([generator.bytes(generator.number(0...600))])
        case 2: message.body = .data((0..<generator.number(2...5)).map { generator.bytes($0 * 100) })
        case 3: message.body = .sequences((0..<generator.number(1...3)).map { _ in [generator.value(), .null] })
        case 4: message.body = .value(.string(generator.text()))
        default: message.body = .value(generator.value())
        }
        if generator.number(0...3) == 0 { message.footer = generator.map(depth: 0) }
        return message
    }

    @Test(arguments: 0..<150 as Range<UInt64>)
    func thereAndBack(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let message = Self.message(&generator)
        let bytes = message.encoded()
        #expect(try AMQPMessage(decoding: bytes) == message, "seed \(seed)")
    }

    @Test func scansAnEventHubsEvent() throws {
        // The layout in which the service sends events; the body is "Event Number 0".
        func ascii(_ text: String) -> [UInt8] { [UInt8(text.utf8.count)] + [UInt8](text.utf8) }
        var map: [UInt8] = [8, 0xa3] + ascii("x-opt-sequence-number-epoch") + [0x54, 0xff]
        map += [0xa3] + ascii("x-opt-sequence-number") + [0x55, 0]
        map += [0xa3] + ascii("x-opt-offset") + [0xa1, 1, 0x30]
        map += [0xa3] + ascii("x-opt-enqueued-time") + [0x83, 0, 0, 1, 0x96, 0, 0, 0, 0]
        let annotations: [UInt8] = [0xc1, UInt8(map.count)] + map
        let body = [UInt8]("Event Number 0".utf8)
        let bytes = [0, 0x53, 0x72] + annotations + [0, 0x53, 0x75, 0xa0, 14] + body
        let sections = try MessageSections.scan(bytes)
        let range = try #require(sections.messageAnnotations)
        #expect(Array(bytes[range]) == annotations)
        guard case .data(let first, 1) = sections.body else {
            Issue.record("\(sections.body)")
            return
        }
        #expect(Array(bytes[first]) == body)
        let message = try AMQPMessage(decoding: bytes)
        #expect(message.messageAnnotations?[symbol: "x-opt-sequence-number-epoch"] == .int(-1))
        #expect(message.messageAnnotations?[symbol: "x-opt-sequence-number"] == .long(0))
        #expect(message.messageAnnotations?[symbol: "x-opt-offset"] == .string("0"))
        #expect(message.encoded() == bytes)
    }

    @Test func findsEveryBodyKind() throws {
        func scan(_ body: MessageBody) throws -> (BodySections, [UInt8], MessageSections) {
            var message = AMQPMessage(body: body)
            message.applicationProperties = [.string("k"): .int(1)]
            let bytes = message.encoded()
            let sections = try MessageSections.scan(bytes)
            return (sections.body, bytes, sections)
        }
        #expect(try scan(.none).0 == .none)
        #expect(try scan(.data([])).0 == .none)
        let (data, dataBytes, dataSections) = try scan(.data([[1, 2], [], [3]]))
        guard case .data(let first, 3) = data else {
            Issue.record("\(data)")
            return
        }
        #expect(Array(dataBytes[first]) == [1, 2])
        let ranges = try dataBytes.withUnsafeBytes { try dataSections.bodyRanges(in: $0) }
        #expect(ranges.map { Array(dataBytes[$0]) } == [[1, 2], [], [3]])
        let (sequence, sequenceBytes, sequenceSections) = try scan(.sequences([[.int(1)], []]))
        guard case .sequence(let list, 2) = sequence else {
            Issue.record("\(sequence)")
            return
        }
        #expect(Array(sequenceBytes[list]) == [0xc0, 3, 1, 0x54, 1])
        let lists = try sequenceBytes.withUnsafeBytes { try sequenceSections.bodyRanges(in: $0) }
        #expect(lists.map { Array(sequenceBytes[$0]) } == [[0xc0, 3, 1, 0x54, 1], [0x45]])
        for (value, kind, content) in [
            (AMQPValue.string("hi"), BodyValueKind.string, [UInt8]("hi".utf8)),
            (.binary([9]), .binary, [9]), (.null, .other, [0x40]), (.map([:]), .other, [0xc1, 1, 0]),
            (.described(descriptor: .ulong(1), value: .null), .other, [0, 0x53, 1, 0x40]),
        ] {
            let (found, bytes, sections) = try scan(.value(value))
            guard case .value(let whole, kind, let range) = found else {
                Issue.record("\(found)")
                continue
            }
            #expect(Array(bytes[range]) == content)
            #expect(try AMQPDecoder.decode(Array(bytes[whole])) == value)
            #expect(try bytes.withUnsafeBytes { try sections.bodyRanges(in: $0) } == [])
        }
    }

    @Test func takesEveryFormOfDescriptor() throws {
        let symbolic: [UInt8] = [0, 0xa3, 16] + [UInt8]("amqp:data:binary".utf8) + [0xa0, 1, 5]
        #expect(try AMQPMessage(decoding: symbolic).body == .data([[5]]))
        let long: [UInt8] = [0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x77, 0xa1, 1, 0x61]
        #expect(try AMQPMessage(decoding: long).body == .value(.string("a")))
        #expect(try AMQPMessage(decoding: []) == AMQPMessage())
    }

    @Test func refusesWhatIsNoMessage() {
        let wrong: [[UInt8]] = [
            [0x40], [0, 0x53, 0x79, 0x40], [0, 0x53, 0x70, 0x40], [0, 0x53, 0x72, 0x45], [0, 0x53, 0x73, 0xc1, 1, 0],
            [0, 0x53, 0x75, 0x40], [0, 0x53, 0x75, 0xa1, 0], [0, 0x53, 0x76, 0x40], [0, 0x40, 0x40], [0], [0, 0x53],
            [0, 0x53, 0x75, 0xa0, 1, 5, 0, 0x53, 0x77, 0x40], [0, 0x53, 0x77, 0x40, 0, 0x53, 0x77, 0x40],
            [0, 0x53, 0x70, 0x45, 0, 0x53, 0x70, 0x45], [0, 0xa3, 1, 0x61, 0x40],
        ]
        for bytes in wrong {
            #expect(throws: AMQPDecodingError.self, "\(bytes)") { try MessageSections.scan(bytes) }
            #expect(throws: AMQPDecodingError.self, "\(bytes)") { try AMQPMessage(decoding: bytes) }
        }
        // A field of the wrong type is found by the decoder, not by the scanner.
        let badHeader: [UInt8] = [0, 0x53, 0x70, 0xc0, 4, 1, 0xa1, 1, 0x61]
        #expect(throws: Never.self) { try MessageSections.scan(badHeader) }
        #expect(throws: AMQPDecodingError(.wrongType, at: 3)) { try AMQPMessage(decoding: badHeader) }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func cutsAndChangesNeverTrap(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let bytes = Self.message(&generator).encoded()
        for cut in 0..<min(bytes.count, 800) {
            let part = Array(bytes[..<cut])
            // A cut between sections is a shorter message; anywhere else it throws. Both read the same.
            let scanned = try? MessageSections.scan(part)
            let decoded = try? AMQPMessage(decoding: part)
            #expect((scanned == nil) == (decoded == nil), "seed \(seed), cut \(cut)")
        }
        for _ in 0..<300 where !bytes.isEmpty {
            var changed = bytes
            for _ in 0..<generator.number(1...3) {
                changed[generator.number(0...(changed.count - 1))] = UInt8(truncatingIfNeeded: generator.next())
            }
            let scanned = try? MessageSections.scan(changed)
            let decoded = try? AMQPMessage(decoding: changed)
            // The decoder looks into the sections as well: it may refuse more, never less.
            if scanned == nil { #expect(decoded == nil, "seed \(seed)") }
            if let scanned { _ = try? changed.withUnsafeBytes { try scanned.bodyRanges(in: $0) } }
        }
    }
}
