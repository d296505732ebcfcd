import AMQPTypes

/// Codes and fields of the frame bodies that the filters look at (part 2.7 of the specification).
enum Performative {
    static let open: UInt8 = 0x10
    static let begin: UInt8 = 0x11
    static let attach: UInt8 = 0x12
    static let flow: UInt8 = 0x13
    static let transfer: UInt8 = 0x14
    static let disposition: UInt8 = 0x15
    static let detach: UInt8 = 0x16
    static let end: UInt8 = 0x17
    static let close: UInt8 = 0x18
    static let error: UInt64 = 0x1d
    static let rejected: UInt64 = 0x25
    static let saslOutcome: UInt8 = 0x44

    /// How many fields the list of a performative has when none is left out.
    static func fieldCount(_ code: UInt8) -> Int {
        switch code {
        case open: 10
        case begin: 8
        case attach: 14
        case flow, transfer: 11
        case disposition: 6
        case detach: 3
        case end, close: 1
        case saslOutcome: 2
        default: 0
        }
    }
}

/// The first eight bytes of a frame.
struct FrameHead {
    let size: Int
    let bodyStart: Int
    let type: UInt8
    let channel: UInt16

    /// Reads the head from at least eight bytes; nil when no frame can look like this.
    init?(_ bytes: UnsafeRawBufferPointer) {
        var reader = WireReader(bytes)
        guard let size = try? reader.integer(UInt32.self), let offset = try? reader.byte(),
            let type = try? reader.byte(), let channel = try? reader.integer(UInt16.self)
        else { return nil }
        self.size = Int(size)
        bodyStart = Int(offset) * 4
        self.type = type
        self.channel = channel
        guard self.size >= 8, bodyStart >= 8, bodyStart <= self.size else { return nil }
    }
}

/// Where the list of a performative is inside its frame.
struct PerformativeHead {
    let code: UInt8
    /// The first byte of the first field.
    let fieldsStart: Int
    /// The byte behind the last field; the payload of a transfer begins here.
    let fieldsEnd: Int
    let count: Int

    /// The most bytes from the body's start that are needed to read it.
    static let sizeMax = 20

    /// Reads descriptor and list header at the start of a frame body; nil when they are not such, or cut off.
    init?(_ bytes: UnsafeRawBufferPointer, bodyStart: Int) {
        var reader = WireReader(bytes, from: bodyStart)
        guard (try? reader.byte()) == FormatCode.described, let constructor = try? reader.byte() else { return nil }
        let code: UInt64
        switch constructor {
        case FormatCode.smallulong:
            guard let byte = try? reader.byte() else { return nil }
            code = UInt64(byte)
        case FormatCode.ulong:
            guard let number = try? reader.integer(UInt64.self) else { return nil }
            code = number
        default: return nil
        }
        guard let code = UInt8(exactly: code), let list = try? reader.byte() else { return nil }
        self.code = code
        switch list {
        case FormatCode.list0:
            (fieldsStart, fieldsEnd, count) = (reader.offset, reader.offset, 0)
        case FormatCode.list8:
            guard let size = try? reader.byte(), let count = try? reader.byte(), size >= 1 else { return nil }
            (fieldsStart, fieldsEnd, self.count) = (reader.offset, reader.offset + Int(size) - 1, Int(count))
        case FormatCode.list32:
            guard let size = try? reader.integer(UInt32.self), let count = try? reader.integer(UInt32.self), size >= 4
            else { return nil }
            (fieldsStart, fieldsEnd, self.count) = (reader.offset, reader.offset + Int(size) - 4, Int(count))
        default: return nil
        }
    }
}

/// The fields of a transfer that tell deliveries apart.
struct TransferFields {
    var handle: UInt32 = 0
    var hasDeliveryID = false
    var messageFormat: UInt32 = 0
    var isMore = false
    var isAborted = false
    /// Where the tag and the message format are, with their constructors.
    var tagRange = 0..<0
    var formatRange = 0..<0

    init?(_ bytes: UnsafeRawBufferPointer, _ head: PerformativeHead) {
        guard head.fieldsEnd <= bytes.count, head.count > 0 else { return nil }
        var reader = WireReader(bytes, from: head.fieldsStart)
        reader.end = head.fieldsEnd
        do throws(AMQPDecodingError) {
            guard let handle = try Self.uint(&reader) else { return nil }
            self.handle = handle
            if head.count > 1 { hasDeliveryID = try Self.uint(&reader) != nil }
            if head.count > 2 {
                let start = reader.offset
                try reader.skipValue()
                tagRange = start..<reader.offset
            }
            if head.count > 3 {
                let start = reader.offset
                messageFormat = try Self.uint(&reader) ?? 0
                formatRange = start..<reader.offset
            }
            if head.count > 4 { try reader.skipValue() }
            if head.count > 5 { isMore = try Self.boolean(&reader) }
            if head.count > 9 {
                try reader.skipValue()
                try reader.skipValue()
                try reader.skipValue()
                isAborted = try Self.boolean(&reader)
            }
        } catch {
            return nil
        }
    }

    private static func uint(_ reader: inout WireReader) throws(AMQPDecodingError) -> UInt32? {
        let constructor = try reader.byte()
        switch constructor {
        case FormatCode.smalluint: return UInt32(try reader.byte())
        case FormatCode.uint: return try reader.integer(UInt32.self)
        case FormatCode.uint0: return 0
        case FormatCode.null: return nil
        default: throw AMQPDecodingError(.wrongType, at: reader.offset)
        }
    }

    private static func boolean(_ reader: inout WireReader) throws(AMQPDecodingError) -> Bool {
        let constructor = try reader.byte()
        switch constructor {
        case FormatCode.booleanTrue: return true
        case FormatCode.booleanFalse, FormatCode.null: return false
        case FormatCode.boolean: return try reader.byte() != 0
        default: throw AMQPDecodingError(.wrongType, at: reader.offset)
        }
    }
}
