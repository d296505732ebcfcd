/// Writes AMQP values one after the other, each in its smallest encoding.
///
/// **Shape**: a number that fits a byte takes the short form; strings, binaries, lists and maps of at most 255 bytes
/// take the one-byte size. Decimals and UUIDs of a wrong length are cut or filled with zeros: a value never fails to
/// encode.
public struct AMQPEncoder {
    /// What has been written.
    public private(set) var bytes: [UInt8] = []

    /// Makes an empty encoder.
    public init() {}

    /// The encoding of one value.
    public static func encode(_ value: AMQPValue) -> [UInt8] {
        var encoder = AMQPEncoder()
        encoder.encode(value)
        return encoder.bytes
    }

    /// Appends one value.
    public mutating func encode(_ value: AMQPValue) {
        switch value {
        case .described(let descriptor, let value):
            bytes.append(FormatCode.described)
            encode(descriptor)
            encode(value)
        case .list(let elements):
            if elements.isEmpty {
                bytes.append(FormatCode.list0)
            } else {
                compound(FormatCode.list8, count: elements.count) { encoder in
                    for element in elements { encoder.encode(element) }
                }
            }
        case .map(let map):
            compound(FormatCode.map8, count: map.count * 2) { encoder in
                for pair in map.pairs {
                    encoder.encode(pair.key)
                    encoder.encode(pair.value)
                }
            }
        case .array(let elements):
            array(elements)
        default:
            let code = Self.smallestCode(for: value)
            bytes.append(code)
            content(value, as: code)
        }
    }

    /// Appends bytes that are encoded already.
    public mutating func append(encoded: some Sequence<UInt8>) {
        bytes.append(contentsOf: encoded)
    }

    /// Appends a described section with a small numeric descriptor.
    mutating func section(_ code: UInt64, _ value: AMQPValue) {
        bytes.append(FormatCode.described)
        encode(.ulong(code))
        encode(value)
    }

    /// Writes a compound with the one-byte form of its header when the contents allow it.
    private mutating func compound(_ code8: UInt8, count: Int, _ contents: (inout AMQPEncoder) -> Void) {
        bytes.append(code8 | 0x10)
        let sizeAt = bytes.count
        bytes.append(contentsOf: [0, 0, 0, 0, 0, 0, 0, 0])
        contents(&self)
        let contentCount = bytes.count - sizeAt - 8
        if contentCount + 1 <= 255, count <= 255 {
            bytes[sizeAt - 1] = code8
            bytes[sizeAt] = UInt8(contentCount + 1)
            bytes[sizeAt + 1] = UInt8(count)
            bytes.removeSubrange((sizeAt + 2)..<(sizeAt + 8))
        } else {
            put(UInt32(truncatingIfNeeded: contentCount + 4), at: sizeAt)
            put(UInt32(truncatingIfNeeded: count), at: sizeAt + 4)
        }
    }

    private mutating func array(_ elements: [AMQPValue]) {
        guard !elements.isEmpty else {
            bytes.append(contentsOf: [FormatCode.array8, 2, 0, FormatCode.null])
            return
        }
        guard Self.isUniform(elements) else {
            encode(.list(elements))
            return
        }
        var plain = elements
        var descriptors: [AMQPValue] = []
        while case .described(let descriptor, _)? = plain.first {
            descriptors.append(descriptor)
            plain = plain.map { if case .described(_, let inner) = $0 { inner } else { $0 } }
        }
        let code = Self.elementCode(for: plain)
        compound(FormatCode.array8, count: elements.count) { encoder in
            for descriptor in descriptors {
                encoder.bytes.append(FormatCode.described)
                encoder.encode(descriptor)
            }
            encoder.bytes.append(code)
            for element in plain { encoder.content(element, as: code) }
        }
    }

    private static func isUniform(_ elements: [AMQPValue]) -> Bool {
        guard let first = elements.first.map(shape) else { return true }
        return elements.dropFirst().allSatisfy { shape($0) == first }
    }

    /// What must be equal for values to share an array: the type, and the descriptors in front of it.
    private static func shape(_ value: AMQPValue) -> AMQPValue {
        if case .described(let descriptor, let inner) = value {
            return .described(descriptor: descriptor, value: shape(inner))
        }
        return .ubyte(widestCode(for: value))
    }

    /// The one code that holds every element of an array.
    private static func elementCode(for elements: [AMQPValue]) -> UInt8 {
        guard let first = elements.first else { return FormatCode.null }
        let widest = widestCode(for: first)
        switch widest {
        case FormatCode.uint, FormatCode.ulong, FormatCode.int, FormatCode.long, FormatCode.string32,
            FormatCode.symbol32,
            FormatCode.binary32:
            var small: UInt8?
            for element in elements {
                switch smallestCode(for: element) {
                case FormatCode.uint0: small = FormatCode.smalluint
                case FormatCode.ulong0: small = FormatCode.smallulong
                case widest: return widest
                case let code: small = code
                }
            }
            return small ?? widest
        default:
            return widest
        }
    }
}

extension AMQPEncoder {
    private static func widestCode(for value: AMQPValue) -> UInt8 {
        switch value {
        case .null: FormatCode.null
        case .boolean: FormatCode.boolean
        case .ubyte: FormatCode.ubyte
        case .ushort: FormatCode.ushort
        case .uint: FormatCode.uint
        case .ulong: FormatCode.ulong
        case .byte: FormatCode.byte
        case .short: FormatCode.short
        case .int: FormatCode.int
        case .long: FormatCode.long
        case .float: FormatCode.float
        case .double: FormatCode.double
        case .decimal32: FormatCode.decimal32
        case .decimal64: FormatCode.decimal64
        case .decimal128: FormatCode.decimal128
        case .char: FormatCode.char
        case .timestamp: FormatCode.timestamp
        case .uuid: FormatCode.uuid
        case .binary: FormatCode.binary32
        case .string: FormatCode.string32
        case .symbol: FormatCode.symbol32
        case .list: FormatCode.list32
        case .map: FormatCode.map32
        case .array(let elements): isUniform(elements) ? FormatCode.array32 : FormatCode.list32
        case .described: FormatCode.described
        }
    }

    private static func smallestCode(for value: AMQPValue) -> UInt8 {
        switch value {
        case .boolean(let value): value ? FormatCode.booleanTrue : FormatCode.booleanFalse
        case .uint(let number): number == 0 ? FormatCode.uint0 : number <= 255 ? FormatCode.smalluint : FormatCode.uint
        case .ulong(let number):
            number == 0 ? FormatCode.ulong0 : number <= 255 ? FormatCode.smallulong : FormatCode.ulong
        case .int(let number): Int8(exactly: number) != nil ? FormatCode.smallint : FormatCode.int
        case .long(let number): Int8(exactly: number) != nil ? FormatCode.smalllong : FormatCode.long
        case .binary(let bytes): bytes.count <= 255 ? FormatCode.binary8 : FormatCode.binary32
        case .string(let text): text.utf8.count <= 255 ? FormatCode.string8 : FormatCode.string32
        case .symbol(let text): text.utf8.count <= 255 ? FormatCode.symbol8 : FormatCode.symbol32
        default: widestCode(for: value)
        }
    }

    /// Appends what comes behind the constructor.
    private mutating func content(_ value: AMQPValue, as code: UInt8) {
        switch value {
        case .null, .described: break
        case .boolean(let value): if code == FormatCode.boolean { bytes.append(value ? 1 : 0) }
        case .ubyte(let number): bytes.append(number)
        case .ushort(let number): append(number)
        case .uint(let number): number4(number, isSmall: code == FormatCode.smalluint, isZero: code == FormatCode.uint0)
        case .ulong(let number):
            number8(number, isSmall: code == FormatCode.smallulong, isZero: code == FormatCode.ulong0)
        case .byte(let number): bytes.append(UInt8(bitPattern: number))
        case .short(let number): append(number)
        case .int(let number): number4(UInt32(bitPattern: number), isSmall: code == FormatCode.smallint, isZero: false)
        case .long(let number):
            number8(UInt64(bitPattern: number), isSmall: code == FormatCode.smalllong, isZero: false)
        case .float(let number): append(number.bitPattern)
        case .double(let number): append(number.bitPattern)
        case .decimal32(let raw): fixed(raw, 4)
        case .decimal64(let raw): fixed(raw, 8)
        case .decimal128(let raw), .uuid(let raw): fixed(raw, 16)
        case .char(let number): append(number)
        case .timestamp(let number): append(number)
        case .binary(let raw): variable(raw, count: raw.count, code)
        case .string(let text), .symbol(let text): variable(text.utf8, count: text.utf8.count, code)
        case .list(let elements): wide(count: elements.count) { for element in elements { $0.encode(element) } }
        case .map(let map):
            wide(count: map.count * 2) {
                for pair in map.pairs {
                    $0.encode(pair.key)
                    $0.encode(pair.value)
                }
            }
        case .array(let elements):
            if code == FormatCode.array32 {
                wideArray(elements)
            } else {
                wide(count: elements.count) { for element in elements { $0.encode(element) } }
            }
        }
    }

    private mutating func number4(_ number: UInt32, isSmall: Bool, isZero: Bool) {
        if isZero { return }
        if isSmall { bytes.append(UInt8(truncatingIfNeeded: number)) } else { append(number) }
    }

    private mutating func number8(_ number: UInt64, isSmall: Bool, isZero: Bool) {
        if isZero { return }
        if isSmall { bytes.append(UInt8(truncatingIfNeeded: number)) } else { append(number) }
    }

    private mutating func fixed(_ raw: [UInt8], _ count: Int) {
        bytes.append(contentsOf: raw.prefix(count))
        if raw.count < count { bytes.append(contentsOf: repeatElement(0, count: count - raw.count)) }
    }

    private mutating func variable(_ raw: some Collection<UInt8>, count: Int, _ code: UInt8) {
        if code >> 4 == 0xa {
            bytes.append(UInt8(truncatingIfNeeded: count))
        } else {
            append(UInt32(truncatingIfNeeded: count))
        }
        bytes.append(contentsOf: raw)
    }

    /// Size, count and contents with four-byte numbers, as elements of an array are written.
    private mutating func wide(count: Int, _ contents: (inout AMQPEncoder) -> Void) {
        let sizeAt = bytes.count
        append(UInt32(0))
        append(UInt32(truncatingIfNeeded: count))
        contents(&self)
        put(UInt32(truncatingIfNeeded: bytes.count - sizeAt - 4), at: sizeAt)
    }

    /// An array inside an array: always the wide form, whatever the plain encoding would choose.
    private mutating func wideArray(_ elements: [AMQPValue]) {
        var nested = AMQPEncoder()
        nested.array(elements)
        let isWide = nested.bytes.first == FormatCode.array32
        let header = isWide ? 9 : 3
        wide(count: elements.count) { $0.bytes.append(contentsOf: nested.bytes.dropFirst(header)) }
    }

    private mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func put(_ number: UInt32, at index: Int) {
        bytes[index] = UInt8(truncatingIfNeeded: number >> 24)
        bytes[index + 1] = UInt8(truncatingIfNeeded: number >> 16)
        bytes[index + 2] = UInt8(truncatingIfNeeded: number >> 8)
        bytes[index + 3] = UInt8(truncatingIfNeeded: number)
    }
}
