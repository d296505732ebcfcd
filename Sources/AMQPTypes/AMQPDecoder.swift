/// Reads AMQP values one after the other from bytes.
///
/// **Bounds**: nesting is at most ``depthMax``; elements that take no bytes are at most ``weightlessElementsMax`` in
/// one decoder, so that no input makes more values than about its own size.
/// **Isolation**: borrows the memory it is given; the caller keeps it alive and unchanged.
/// **Errors**: ``AMQPDecodingError`` with the offset, for whatever is in the bytes; it never traps.
public struct AMQPDecoder {
    /// How deep lists, maps, arrays and descriptors may be nested.
    public static let depthMax = 32
    /// How many array elements of size zero (nulls, empty lists) one decoder makes.
    public static let weightlessElementsMax = 4096

    private var reader: WireReader
    private var weightlessElements = 0

    /// Makes a decoder over borrowed bytes.
    public init(_ bytes: UnsafeRawBufferPointer) {
        reader = WireReader(bytes)
    }

    init(reader: WireReader) {
        self.reader = reader
    }

    /// How many bytes have been read.
    public var offset: Int { reader.offset }

    /// Whether all bytes have been read.
    public var isAtEnd: Bool { reader.remaining == 0 }

    /// Reads the next value.
    public mutating func next() throws(AMQPDecodingError) -> AMQPValue {
        try value(depth: 0)
    }

    /// Decodes exactly one value.
    public static func decode(_ bytes: UnsafeRawBufferPointer) throws(AMQPDecodingError) -> AMQPValue {
        var decoder = AMQPDecoder(bytes)
        let value = try decoder.next()
        guard decoder.isAtEnd else { throw AMQPDecodingError(.trailingBytes, at: decoder.offset) }
        return value
    }

    /// Decodes exactly one value.
    public static func decode(_ bytes: [UInt8]) throws(AMQPDecodingError) -> AMQPValue {
        try bytes.withUnsafeBufferPointer { (buffer) throws(AMQPDecodingError) in
            try decode(UnsafeRawBufferPointer(buffer))
        }
    }

    private mutating func value(depth: Int) throws(AMQPDecodingError) -> AMQPValue {
        guard depth < Self.depthMax else { throw AMQPDecodingError(.tooDeep, at: reader.offset) }
        let constructor = try reader.byte()
        if constructor == FormatCode.described {
            let descriptor = try value(depth: depth + 1)
            return .described(descriptor: descriptor, value: try value(depth: depth + 1))
        }
        return try value(of: constructor, depth: depth)
    }

    private mutating func value(of constructor: UInt8, depth: Int) throws(AMQPDecodingError) -> AMQPValue {
        switch constructor >> 4 {
        case 0xa, 0xb: return try variable(constructor)
        case 0xc, 0xd: return try listOrMap(constructor, depth: depth)
        case 0xe, 0xf: return try array(constructor, depth: depth)
        default: return try fixed(constructor)
        }
    }

    private mutating func fixed(_ constructor: UInt8) throws(AMQPDecodingError) -> AMQPValue {
        switch constructor {
        case FormatCode.null: return .null
        case FormatCode.booleanTrue: return .boolean(true)
        case FormatCode.booleanFalse: return .boolean(false)
        case FormatCode.boolean: return .boolean(try reader.byte() != 0)
        case FormatCode.uint0: return .uint(0)
        case FormatCode.ulong0: return .ulong(0)
        case FormatCode.list0: return .list([])
        case FormatCode.ubyte: return .ubyte(try reader.byte())
        case FormatCode.byte: return .byte(try reader.integer(Int8.self))
        case FormatCode.smalluint: return .uint(UInt32(try reader.byte()))
        case FormatCode.smallulong: return .ulong(UInt64(try reader.byte()))
        case FormatCode.smallint: return .int(Int32(try reader.integer(Int8.self)))
        case FormatCode.smalllong: return .long(Int64(try reader.integer(Int8.self)))
        case FormatCode.ushort: return .ushort(try reader.integer(UInt16.self))
        case FormatCode.short: return .short(try reader.integer(Int16.self))
        case FormatCode.uint: return .uint(try reader.integer(UInt32.self))
        case FormatCode.int: return .int(try reader.integer(Int32.self))
        case FormatCode.float: return .float(Float(bitPattern: try reader.integer(UInt32.self)))
        case FormatCode.char: return .char(try reader.integer(UInt32.self))
        case FormatCode.decimal32: return .decimal32(try bytes(4))
        case FormatCode.ulong: return .ulong(try reader.integer(UInt64.self))
        case FormatCode.long: return .long(try reader.integer(Int64.self))
        case FormatCode.double: return .double(Double(bitPattern: try reader.integer(UInt64.self)))
        case FormatCode.timestamp: return .timestamp(try reader.integer(Int64.self))
        case FormatCode.decimal64: return .decimal64(try bytes(8))
        case FormatCode.decimal128: return .decimal128(try bytes(16))
        case FormatCode.uuid: return .uuid(try bytes(16))
        default: throw AMQPDecodingError(.unknownConstructor(constructor), at: reader.offset - 1)
        }
    }

    private mutating func bytes(_ count: Int) throws(AMQPDecodingError) -> [UInt8] {
        [UInt8](reader.bytes(try reader.take(count)))
    }

    private mutating func variable(_ constructor: UInt8) throws(AMQPDecodingError) -> AMQPValue {
        let start = reader.offset
        let content = reader.bytes(try reader.content(of: constructor))
        switch constructor {
        case FormatCode.binary8, FormatCode.binary32:
            return .binary([UInt8](content))
        case FormatCode.string8, FormatCode.string32:
            guard let text = String(validating: content, as: UTF8.self) else {
                throw AMQPDecodingError(.invalidText, at: start)
            }
            return .string(text)
        case FormatCode.symbol8, FormatCode.symbol32:
            guard let text = String(validating: content, as: UTF8.self) else {
                throw AMQPDecodingError(.invalidText, at: start)
            }
            return .symbol(text)
        default:
            throw AMQPDecodingError(.unknownConstructor(constructor), at: start - 1)
        }
    }

    /// Reads size and count; afterwards the reader ends where the compound ends.
    ///
    /// Returns the end to restore.
    private mutating func openCompound(_ constructor: UInt8) throws(AMQPDecodingError) -> (count: Int, outerEnd: Int) {
        let content = try reader.content(of: constructor)
        let outerEnd = reader.end
        reader.offset = content.lowerBound
        reader.end = content.upperBound
        let isWide = constructor & 0x10 != 0
        let count = isWide ? Int(try reader.integer(UInt32.self)) : Int(try reader.byte())
        return (count, outerEnd)
    }

    private mutating func closeCompound(_ outerEnd: Int) throws(AMQPDecodingError) {
        guard reader.remaining == 0 else { throw AMQPDecodingError(.sizeMismatch, at: reader.offset) }
        reader.end = outerEnd
    }

    private mutating func listOrMap(_ constructor: UInt8, depth: Int) throws(AMQPDecodingError) -> AMQPValue {
        let start = reader.offset
        let isMap: Bool
        switch constructor {
        case FormatCode.list8, FormatCode.list32: isMap = false
        case FormatCode.map8, FormatCode.map32: isMap = true
        default: throw AMQPDecodingError(.unknownConstructor(constructor), at: start - 1)
        }
        let (count, outerEnd) = try openCompound(constructor)
        // Every value takes a byte at least: a count beyond the size is a lie, and would reserve memory for it.
        guard count <= reader.remaining else { throw AMQPDecodingError(.sizeMismatch, at: start) }
        if isMap {
            guard count % 2 == 0 else { throw AMQPDecodingError(.oddMapCount, at: start) }
            var pairs: [AMQPPair] = []
            pairs.reserveCapacity(count / 2)
            for _ in 0..<(count / 2) {
                let key = try value(depth: depth + 1)
                pairs.append(AMQPPair(key: key, value: try value(depth: depth + 1)))
            }
            try closeCompound(outerEnd)
            return .map(AMQPMap(pairs: pairs))
        }
        var elements: [AMQPValue] = []
        elements.reserveCapacity(count)
        for _ in 0..<count {
            elements.append(try value(depth: depth + 1))
        }
        try closeCompound(outerEnd)
        return .list(elements)
    }

    private mutating func array(_ constructor: UInt8, depth: Int) throws(AMQPDecodingError) -> AMQPValue {
        let start = reader.offset
        guard constructor == FormatCode.array8 || constructor == FormatCode.array32 else {
            throw AMQPDecodingError(.unknownConstructor(constructor), at: start - 1)
        }
        let (count, outerEnd) = try openCompound(constructor)
        var descriptors: [AMQPValue] = []
        var element = try reader.byte()
        while element == FormatCode.described {
            guard depth + descriptors.count < Self.depthMax else { throw AMQPDecodingError(.tooDeep, at: start) }
            descriptors.append(try value(depth: depth + 1))
            element = try reader.byte()
        }
        let elementDepth = depth + 1 + descriptors.count
        guard elementDepth < Self.depthMax else { throw AMQPDecodingError(.tooDeep, at: start) }
        if element >> 4 == 0x4 {
            weightlessElements += count
            guard weightlessElements <= Self.weightlessElementsMax else {
                throw AMQPDecodingError(.tooManyElements, at: start)
            }
        } else {
            guard count <= reader.remaining else { throw AMQPDecodingError(.sizeMismatch, at: start) }
        }
        var elements: [AMQPValue] = []
        elements.reserveCapacity(count)
        for _ in 0..<count {
            var value = try value(of: element, depth: elementDepth)
            for descriptor in descriptors.reversed() {
                value = .described(descriptor: descriptor, value: value)
            }
            elements.append(value)
        }
        try closeCompound(outerEnd)
        return .array(elements)
    }
}
