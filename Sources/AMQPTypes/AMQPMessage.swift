/// The body of a message: one of three kinds, or none.
public enum MessageBody: Hashable, Sendable {
    /// No body section; Event Hubs' control replies have none.
    case none
    /// One or more data sections.
    case data([[UInt8]])
    /// One or more sequence sections.
    case sequences([[AMQPValue]])
    /// One value.
    case value(AMQPValue)
}

/// A whole message, decoded.
///
/// For control traffic, publishing and tests. Events are read in place with ``MessageSections``.
/// **Source**: part 3.2 of the specification.
public struct AMQPMessage: Hashable, Sendable {
    /// Delivery facts; nil when the section is absent.
    public var header: AMQPHeader?
    /// Annotations for the next hop.
    public var deliveryAnnotations: AMQPMap?
    /// Annotations that travel with the message.
    public var messageAnnotations: AMQPMap?
    /// Immutable facts about the message.
    public var properties: MessageProperties?
    /// What the application added.
    public var applicationProperties: AMQPMap?
    /// The content.
    public var body: MessageBody
    /// What can only be computed once the content is known.
    public var footer: AMQPMap?

    /// Makes a message of the given sections.
    public init(
        header: AMQPHeader? = nil, deliveryAnnotations: AMQPMap? = nil, messageAnnotations: AMQPMap? = nil,
        properties: MessageProperties? = nil, applicationProperties: AMQPMap? = nil, body: MessageBody = .none,
        footer: AMQPMap? = nil
    ) {
        self.header = header
        self.deliveryAnnotations = deliveryAnnotations
        self.messageAnnotations = messageAnnotations
        self.properties = properties
        self.applicationProperties = applicationProperties
        self.body = body
        self.footer = footer
    }

    /// Decodes a message; the bytes are only read during the call.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(AMQPDecodingError) {
        let sections = try MessageSections.scan(bytes)
        self.init()
        if let range = sections.header {
            header = try AMQPHeader(value: Self.value(range, bytes), at: range.lowerBound)
        }
        deliveryAnnotations = try Self.map(sections.deliveryAnnotations, bytes)
        messageAnnotations = try Self.map(sections.messageAnnotations, bytes)
        if let range = sections.properties {
            properties = try MessageProperties(value: Self.value(range, bytes), at: range.lowerBound)
        }
        applicationProperties = try Self.map(sections.applicationProperties, bytes)
        footer = try Self.map(sections.footer, bytes)
        switch sections.body {
        case .none:
            break
        case .data:
            body = .data(
                try sections.bodyRanges(in: bytes).map { [UInt8](UnsafeRawBufferPointer(rebasing: bytes[$0])) })
        case .sequence:
            var sequences: [[AMQPValue]] = []
            for range in try sections.bodyRanges(in: bytes) {
                guard case .list(let elements) = try Self.value(range, bytes) else {
                    throw AMQPDecodingError(.wrongType, at: range.lowerBound)
                }
                sequences.append(elements)
            }
            body = .sequences(sequences)
        case .value(let whole, _, _):
            body = .value(try Self.value(whole, bytes))
        }
    }

    /// Decodes a message.
    public init(decoding bytes: [UInt8]) throws(AMQPDecodingError) {
        self = try bytes.withUnsafeBufferPointer { (buffer) throws(AMQPDecodingError) in
            try AMQPMessage(decoding: UnsafeRawBufferPointer(buffer))
        }
    }

    /// The bytes of the message, its sections in the order of the specification.
    public func encoded() -> [UInt8] {
        var encoder = AMQPEncoder()
        if let header { encoder.section(SectionCode.header, header.value) }
        if let deliveryAnnotations { encoder.section(SectionCode.deliveryAnnotations, .map(deliveryAnnotations)) }
        if let messageAnnotations { encoder.section(SectionCode.messageAnnotations, .map(messageAnnotations)) }
        if let properties { encoder.section(SectionCode.properties, properties.value) }
        if let applicationProperties { encoder.section(SectionCode.applicationProperties, .map(applicationProperties)) }
        switch body {
        case .none: break
        case .data(let parts): for part in parts { encoder.section(SectionCode.data, .binary(part)) }
        case .sequences(let parts): for part in parts { encoder.section(SectionCode.sequence, .list(part)) }
        case .value(let value): encoder.section(SectionCode.value, value)
        }
        if let footer { encoder.section(SectionCode.footer, .map(footer)) }
        return encoder.bytes
    }

    private static func value(
        _ range: Range<Int>, _ bytes: UnsafeRawBufferPointer
    ) throws(AMQPDecodingError) -> AMQPValue {
        var reader = WireReader(bytes, from: range.lowerBound)
        reader.end = range.upperBound
        var decoder = AMQPDecoder(reader: reader)
        return try decoder.next()
    }

    private static func map(
        _ range: Range<Int>?, _ bytes: UnsafeRawBufferPointer
    ) throws(AMQPDecodingError) -> AMQPMap? {
        guard let range else { return nil }
        guard case .map(let map) = try value(range, bytes) else {
            throw AMQPDecodingError(.wrongType, at: range.lowerBound)
        }
        return map
    }
}
