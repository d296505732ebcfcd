/// One value of a record, found by the walker: where it is, or what it is.
///
/// **Shape**: 16 bytes, trivial. `bits` holds the address of the first byte of the text for strings (without quotes),
/// numbers, objects and arrays (with their brackets); the value itself for `integer` and `timestamp`.
/// **Bounds**: valid only while the record's callback runs; copy what must outlive it.
@frozen
public struct FieldSlot: Sendable {
    /// What kind of value a slot holds.
    @frozen
    public enum Kind: UInt8, Sendable {
        /// The record has no such member.
        case missing
        /// JSON null.
        case null
        /// JSON false.
        case `false`
        /// JSON true.
        case `true`
        /// A JSON number, as text.
        case number
        /// A JSON string, as the text between the quotes; see ``FieldSlot/hasEscapes``.
        case string
        /// A JSON object, as text.
        case object
        /// A JSON array, as text.
        case array
        /// A number that the decoder computed.
        case integer
        /// Nanoseconds since the Unix epoch, computed by the decoder.
        case timestamp
        /// The path leads through an array: several values may exist. Read them with `RecordView.forEachValue`.
        case several
    }

    /// Address of the text, or the value's bits.
    public var bits: UInt64
    /// Length of the text in bytes.
    public var length: UInt32
    /// What the slot holds.
    public var kind: Kind
    /// True when a string holds a backslash and must be unescaped before use.
    public var hasEscapes: Bool

    /// For `several`: which steps of the path lie behind the array, by number in the plan.
    ///
    /// Otherwise 0.
    @usableFromInline var continuation: UInt16

    /// Makes a slot.
    @inlinable
    public init(kind: Kind, bits: UInt64 = 0, length: UInt32 = 0, hasEscapes: Bool = false) {
        self.bits = bits
        self.length = length
        self.kind = kind
        self.hasEscapes = hasEscapes
        self.continuation = 0
    }

    /// A slot for text that lies in memory.
    @inline(__always)
    init(_ kind: Kind, _ start: UnsafeRawPointer, _ length: Int, hasEscapes: Bool = false) {
        self.bits = UInt64(UInt(bitPattern: start))
        self.length = UInt32(truncatingIfNeeded: length)
        self.kind = kind
        self.hasEscapes = hasEscapes
        self.continuation = 0
    }

    /// A slot for text that lies in memory.
    init(_ kind: Kind, _ text: UnsafeRawBufferPointer) {
        self.init(
            kind: kind, bits: UInt64(UInt(bitPattern: text.baseAddress)), length: UInt32(truncatingIfNeeded: text.count)
        )
    }

    /// A string slot for a constant.
    init(constant: StaticString) {
        self.init(.string, UnsafeRawPointer(constant.utf8Start), constant.utf8CodeUnitCount)
    }

    /// The slot of an absent value.
    @inlinable
    public static var missing: FieldSlot { FieldSlot(kind: .missing) }

    /// The memory of a text or an array, whatever the kind says.
    var memory: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: UInt(bits)), count: Int(length))
    }

    /// The text of a string, number, object or array; nil for other kinds.
    @inlinable
    public var text: UnsafeRawBufferPointer? {
        switch kind {
        case .string, .number, .object, .array:
            UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: UInt(bits)), count: Int(length))
        case .missing, .null, .false, .true, .integer, .timestamp, .several: nil
        }
    }
}
