/// One AMQP 1.0 value of any type.
///
/// **Shape**: one case per type of the type system (part 1 of the specification), so that a value can be sent back with
/// the type it came with; `correlation-id` depends on that. Decimals and UUIDs are kept as their bytes, in wire order.
/// **Cost**: an indirect enum, meant for control messages and annotations. Events on the hot path are read in place
/// with ``MessageSections``.
public indirect enum AMQPValue: Hashable, Sendable {
    /// No value.
    case null
    /// True or false.
    case boolean(Bool)
    /// Unsigned, 8 bits.
    case ubyte(UInt8)
    /// Unsigned, 16 bits.
    case ushort(UInt16)
    /// Unsigned, 32 bits.
    case uint(UInt32)
    /// Unsigned, 64 bits.
    case ulong(UInt64)
    /// Signed, 8 bits.
    case byte(Int8)
    /// Signed, 16 bits.
    case short(Int16)
    /// Signed, 32 bits.
    case int(Int32)
    /// Signed, 64 bits.
    case long(Int64)
    /// IEEE 754 binary32.
    case float(Float)
    /// IEEE 754 binary64.
    case double(Double)
    /// IEEE 754 decimal32: 4 bytes in network order.
    case decimal32([UInt8])
    /// IEEE 754 decimal64: 8 bytes in network order.
    case decimal64([UInt8])
    /// IEEE 754 decimal128: 16 bytes in network order.
    case decimal128([UInt8])
    /// One UTF-32 code unit.
    ///
    /// A number, because a peer may send one that is not a Unicode scalar.
    case char(UInt32)
    /// Milliseconds since 1970-01-01T00:00:00Z; may be negative.
    case timestamp(Int64)
    /// 16 bytes in network order.
    case uuid([UInt8])
    /// Opaque bytes.
    case binary([UInt8])
    /// Text in UTF-8.
    case string(String)
    /// A symbolic constant from a constrained domain.
    case symbol(String)
    /// Values of any types, in order.
    case list([AMQPValue])
    /// Pairs of any types, in order.
    case map(AMQPMap)
    /// Values of one type.
    ///
    /// An empty array does not remember its type; one with elements of several types is written as a list.
    case array([AMQPValue])
    /// A value with a descriptor that gives it a meaning.
    case described(descriptor: AMQPValue, value: AMQPValue)
}

extension AMQPValue {
    /// The text of a string or a symbol.
    public var text: String? {
        switch self {
        case .string(let text), .symbol(let text): text
        default: nil
        }
    }

    /// The number, when the value is of an integer type (or a timestamp) and fits.
    public var integer: Int64? {
        switch self {
        case .ubyte(let number): Int64(number)
        case .ushort(let number): Int64(number)
        case .uint(let number): Int64(number)
        case .ulong(let number): Int64(exactly: number)
        case .byte(let number): Int64(number)
        case .short(let number): Int64(number)
        case .int(let number): Int64(number)
        case .long(let number): number
        case .timestamp(let number): number
        default: nil
        }
    }

    /// The truth value of a boolean.
    public var boolean: Bool? {
        if case .boolean(let value) = self { value } else { nil }
    }

    /// The pairs of a map.
    public var map: AMQPMap? {
        if case .map(let map) = self { map } else { nil }
    }

    /// The elements of a list or an array.
    public var elements: [AMQPValue]? {
        switch self {
        case .list(let elements), .array(let elements): elements
        default: nil
        }
    }

    /// The bytes of a binary.
    public var bytes: [UInt8]? {
        if case .binary(let bytes) = self { bytes } else { nil }
    }

    /// The texts of a field of kind "multiple": null is none, a single symbol is one, an array or list is its elements.
    ///
    /// Elements that are neither symbols nor strings are left out.
    public var symbols: [String] {
        switch self {
        case .symbol(let text), .string(let text): [text]
        case .array(let elements), .list(let elements): elements.compactMap(\.text)
        default: []
        }
    }

    /// An array of symbols, as capabilities and mechanisms are written.
    public static func symbols(_ texts: [String]) -> AMQPValue {
        .array(texts.map { .symbol($0) })
    }

    /// The value without its descriptors.
    public var undescribed: AMQPValue {
        var value = self
        while case .described(_, let inner) = value { value = inner }
        return value
    }
}
