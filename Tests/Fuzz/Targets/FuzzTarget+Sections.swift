import AMQPTypes

extension FuzzTarget {
    /// The section scanner against the decoder of whole messages.
    static let sections = FuzzTarget(
        name: "sections", summary: "bytes of an AMQP message: section scanner, value decoder, encoder", lengthMax: 2048
    ) {
        .now { bytes in
            try checkDecoding(bytes)
            try checkValue(bytes)
        }
    }

    /// What the scanner says and what the decoder of whole messages says must agree, and what was decoded must come back
    /// from its encoding.
    private static func checkDecoding(_ bytes: UnsafeRawBufferPointer) throws {
        let sections: MessageSections
        do throws(AMQPDecodingError) {
            sections = try MessageSections.scan(bytes)
        } catch {
            try checkOffset(error, bytes)
            let whole = try? AMQPMessage(decoding: bytes)
            return try require(whole == nil, "decoded what the scanner refuses: \(error)")
        }
        try checkRanges(sections, bytes)
        let message: AMQPMessage
        do throws(AMQPDecodingError) {
            message = try AMQPMessage(decoding: bytes)
        } catch {
            // The scanner does not look into sections.
            return try checkOffset(error, bytes)
        }
        try checkBody(message.body, sections, bytes)
        let encoded = message.encoded()
        guard let again = try? AMQPMessage(decoding: encoded) else {
            throw Disagreement("its own encoding is refused: \(encoded)")
        }
        try require(again.encoded() == encoded, "decoding and encoding again changes the bytes")
    }

    private static func checkOffset(_ error: AMQPDecodingError, _ bytes: UnsafeRawBufferPointer) throws {
        try require((0...bytes.count).contains(error.offset), "an error at \(error.offset) of \(bytes.count)")
    }

    private static func checkRanges(_ sections: MessageSections, _ bytes: UnsafeRawBufferPointer) throws {
        var ranges = [
            sections.header, sections.deliveryAnnotations, sections.messageAnnotations, sections.properties,
            sections.applicationProperties, sections.footer,
        ].compactMap { $0 }
        let parts = try sections.bodyRanges(in: bytes)
        switch sections.body {
        case .none: try require(parts.isEmpty, "ranges of no body")
        case .data(let first, let count), .sequence(let first, let count):
            try require(parts.count == count && parts.first == first, "\(parts.count) body ranges, not \(count)")
        case .value(let whole, _, let content):
            try require(whole.lowerBound <= content.lowerBound && content.upperBound <= whole.upperBound, "a content")
            ranges.append(whole)
        }
        ranges += parts
        ranges.sort { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }
        var end = 0
        var unclaimed = 0
        for range in ranges {
            try require(range.lowerBound >= end, "sections overlap")
            unclaimed += range.lowerBound - end
            end = range.upperBound
        }
        try require(end <= bytes.count, "a section ends behind the message")
        unclaimed += bytes.count - end
        // What no section claims are descriptors, and constructors and sizes of data: never more than that.
        try require(unclaimed <= ranges.count * descriptorSizeMax, "\(unclaimed) bytes belong to no section")
    }

    /// A descriptor as a symbol of 64 bytes with a 32-bit size, then constructor and size of a binary.
    private static let descriptorSizeMax = 1 + 5 + 64 + 5

    private static func checkBody(
        _ body: MessageBody, _ sections: MessageSections, _ bytes: UnsafeRawBufferPointer
    ) throws {
        switch (body, sections.body) {
        case (.none, .none): break
        case (.data(let parts), .data(let first, let count)):
            try require(parts.count == count && parts[0].elementsEqual(bytes[first]), "data of another place")
        case (.sequences(let parts), .sequence(_, let count)): try require(parts.count == count, "lost a sequence")
        case (.value(.string(let text)), .value(_, .string, let content)):
            try require(text.utf8.elementsEqual(bytes[content]), "a text of another place")
        case (.value(.binary(let part)), .value(_, .binary, let content)):
            try require(part.elementsEqual(bytes[content]), "bytes of another place")
        case (.value, .value(_, .other, _)): break
        default: throw Disagreement("the body is \(body), the scanner says \(sections.body)")
        }
    }

    /// One value: what decodes comes back from its encoding.
    private static func checkValue(_ bytes: UnsafeRawBufferPointer) throws {
        let value: AMQPValue
        do throws(AMQPDecodingError) {
            value = try AMQPDecoder.decode(bytes)
        } catch {
            return try checkOffset(error, bytes)
        }
        let encoded = AMQPEncoder.encode(value)
        guard let again = try? AMQPDecoder.decode(encoded) else {
            throw Disagreement("the encoding of a value is refused: \(encoded)")
        }
        try require(AMQPEncoder.encode(again) == encoded, "decoding and encoding again changes the bytes")
    }
}
