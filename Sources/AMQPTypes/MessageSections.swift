/// What kind of value a value section holds.
public enum BodyValueKind: Hashable, Sendable {
    /// An AMQP string: the content is text in UTF-8.
    case string
    /// An AMQP binary.
    case binary
    /// Any other type, null included.
    case other
}

/// Where the body of an encoded message is.
public enum BodySections: Hashable, Sendable {
    /// There is no body section.
    case none
    /// Data sections: the content of the first one, and how many there are.
    ///
    /// Most events have exactly one.
    case data(first: Range<Int>, count: Int)
    /// Sequence sections: the first list with its constructor, and how many there are.
    case sequence(first: Range<Int>, count: Int)
    /// One value: the whole with its constructor; what it is; and for strings and binaries the content alone.
    case value(whole: Range<Int>, kind: BodyValueKind, content: Range<Int>)
}

/// Where the sections of an encoded message are.
///
/// **Shape**: ranges into the scanned bytes. Each covers the section's value with its constructor, without the
/// descriptor. Lists, maps and binaries are checked to be such, and their sizes to lie inside the bytes; what is in
/// them is not looked at. Sections may come in any order, but only data and sequence sections may repeat.
/// **Cost**: no allocation and no copy; constant time per section.
/// **Errors**: ``AMQPDecodingError``; no input traps.
/// **Source**: part 3.2 of the specification.
public struct MessageSections: Hashable, Sendable {
    /// The header list.
    public var header: Range<Int>?
    /// The delivery-annotations map.
    public var deliveryAnnotations: Range<Int>?
    /// The message-annotations map.
    public var messageAnnotations: Range<Int>?
    /// The properties list.
    public var properties: Range<Int>?
    /// The application-properties map.
    public var applicationProperties: Range<Int>?
    /// The body.
    public var body: BodySections = .none
    /// The footer map.
    public var footer: Range<Int>?

    init() {}

    /// Finds the sections of one encoded message.
    public static func scan(_ bytes: UnsafeRawBufferPointer) throws(AMQPDecodingError) -> MessageSections {
        var sections = MessageSections()
        var reader = WireReader(bytes)
        while reader.remaining > 0 {
            let code = try descriptor(&reader)
            try sections.read(code, &reader)
        }
        return sections
    }

    /// Finds the sections of one encoded message.
    public static func scan(_ bytes: [UInt8]) throws(AMQPDecodingError) -> MessageSections {
        try bytes.withUnsafeBufferPointer { (buffer) throws(AMQPDecodingError) in
            try scan(UnsafeRawBufferPointer(buffer))
        }
    }

    /// Where every data section's content, or every sequence's list, is; for messages with several.
    ///
    /// Pass the bytes that were scanned. A value body, or none, has no such ranges.
    public func bodyRanges(in bytes: UnsafeRawBufferPointer) throws(AMQPDecodingError) -> [Range<Int>] {
        let first: Range<Int>
        let count: Int
        switch body {
        case .none, .value: return []
        case .data(let range, let number), .sequence(let range, let number): (first, count) = (range, number)
        }
        var ranges = [first]
        ranges.reserveCapacity(count)
        // Data and sequence sections need not follow each other: read on from the first, skipping other sections.
        var reader = WireReader(bytes, from: first.upperBound)
        while ranges.count < count, reader.remaining > 0 {
            let code = try Self.descriptor(&reader)
            var others = MessageSections()
            try others.read(code, &reader)
            switch others.body {
            case .data(let range, _), .sequence(let range, _): ranges.append(range)
            case .none, .value: break
            }
        }
        return ranges
    }

    /// Reads the descriptor of a section: `00 53 code` from every peer we know, the other legal forms slowly.
    @inline(__always)
    private static func descriptor(_ reader: inout WireReader) throws(AMQPDecodingError) -> UInt64 {
        let start = reader.offset
        if reader.remaining >= 3, let base = reader.base {
            let isShort =
                base.load(fromByteOffset: start, as: UInt8.self) == FormatCode.described
                && base.load(fromByteOffset: start &+ 1, as: UInt8.self) == FormatCode.smallulong
            if isShort {
                reader.offset = start &+ 3
                return UInt64(base.load(fromByteOffset: start &+ 2, as: UInt8.self))
            }
        }
        return try longDescriptor(&reader)
    }

    @inline(never)
    private static func longDescriptor(_ reader: inout WireReader) throws(AMQPDecodingError) -> UInt64 {
        let start = reader.offset
        guard try reader.byte() == FormatCode.described else {
            throw AMQPDecodingError(.unexpectedDescriptor, at: start)
        }
        let constructor = try reader.byte()
        switch constructor {
        case FormatCode.smallulong: return UInt64(try reader.byte())
        case FormatCode.ulong: return try reader.integer(UInt64.self)
        case FormatCode.symbol8, FormatCode.symbol32:
            let content = reader.bytes(try reader.content(of: constructor))
            guard content.count <= 64, let code = SectionCode.code(symbol: String(decoding: content, as: UTF8.self))
            else {
                throw AMQPDecodingError(.unexpectedDescriptor, at: start)
            }
            return code
        default: throw AMQPDecodingError(.unexpectedDescriptor, at: start)
        }
    }

    @inline(__always)
    private mutating func read(_ code: UInt64, _ reader: inout WireReader) throws(AMQPDecodingError) {
        switch code {
        case SectionCode.header: try Self.list(&header, &reader)
        case SectionCode.deliveryAnnotations: try Self.map(&deliveryAnnotations, &reader)
        case SectionCode.messageAnnotations: try Self.map(&messageAnnotations, &reader)
        case SectionCode.properties: try Self.list(&properties, &reader)
        case SectionCode.applicationProperties: try Self.map(&applicationProperties, &reader)
        case SectionCode.data: try readData(&reader)
        case SectionCode.sequence: try readSequence(&reader)
        case SectionCode.value: try readValue(&reader)
        case SectionCode.footer: try Self.map(&footer, &reader)
        default: throw AMQPDecodingError(.unexpectedDescriptor, at: reader.offset)
        }
    }

    @inline(__always)
    private static func list(_ section: inout Range<Int>?, _ reader: inout WireReader) throws(AMQPDecodingError) {
        let start = reader.offset
        let constructor = try reader.byte()
        guard constructor == FormatCode.list8 || constructor == FormatCode.list32 || constructor == FormatCode.list0
        else {
            throw AMQPDecodingError(.wrongType, at: start)
        }
        _ = try reader.content(of: constructor)
        guard section == nil else { throw AMQPDecodingError(.repeatedSection, at: start) }
        section = start..<reader.offset
    }

    @inline(__always)
    private static func map(_ section: inout Range<Int>?, _ reader: inout WireReader) throws(AMQPDecodingError) {
        let start = reader.offset
        let constructor = try reader.byte()
        guard constructor == FormatCode.map8 || constructor == FormatCode.map32 else {
            throw AMQPDecodingError(.wrongType, at: start)
        }
        _ = try reader.content(of: constructor)
        guard section == nil else { throw AMQPDecodingError(.repeatedSection, at: start) }
        section = start..<reader.offset
    }

    @inline(__always)
    private mutating func readData(_ reader: inout WireReader) throws(AMQPDecodingError) {
        let start = reader.offset
        let constructor = try reader.byte()
        guard constructor == FormatCode.binary8 || constructor == FormatCode.binary32 else {
            throw AMQPDecodingError(.wrongType, at: start)
        }
        let content = try reader.content(of: constructor)
        switch body {
        case .none: body = .data(first: content, count: 1)
        case .data(let first, let count): body = .data(first: first, count: count &+ 1)
        case .sequence, .value: throw AMQPDecodingError(.repeatedSection, at: start)
        }
    }

    private mutating func readSequence(_ reader: inout WireReader) throws(AMQPDecodingError) {
        let start = reader.offset
        var range: Range<Int>?
        try Self.list(&range, &reader)
        let whole = range ?? start..<reader.offset
        switch body {
        case .none: body = .sequence(first: whole, count: 1)
        case .sequence(let first, let count): body = .sequence(first: first, count: count &+ 1)
        case .data, .value: throw AMQPDecodingError(.repeatedSection, at: start)
        }
    }

    private mutating func readValue(_ reader: inout WireReader) throws(AMQPDecodingError) {
        let start = reader.offset
        let constructor = try reader.byte()
        var content = start..<start
        var kind = BodyValueKind.other
        switch constructor {
        case FormatCode.string8, FormatCode.string32:
            content = try reader.content(of: constructor)
            kind = .string
        case FormatCode.binary8, FormatCode.binary32:
            content = try reader.content(of: constructor)
            kind = .binary
        default:
            reader.offset = start
            try reader.skipValue()
            content = start..<reader.offset
        }
        guard case .none = body else { throw AMQPDecodingError(.repeatedSection, at: start) }
        body = .value(whole: start..<reader.offset, kind: kind, content: content)
    }
}
