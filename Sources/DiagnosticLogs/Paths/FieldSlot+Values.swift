extension FieldSlot {
    /// No such member, or JSON null.
    @inlinable
    public var isNull: Bool { kind == .missing || kind == .null }

    /// No such member.
    @inlinable
    public var isMissing: Bool { kind == .missing }

    /// The value as text: strings without escapes, numbers and containers as written, times in ISO 8601.
    ///
    /// Nil for a missing value, null and `several`. Whoever reads it promises to show it through a mask only.
    @_spi(Revealing) public var stringValue: String? {
        switch kind {
        case .string:
            guard hasEscapes else { return String(decoding: memory, as: UTF8.self) }
            let source = memory
            let plain = [UInt8](unsafeUninitializedCapacity: source.count) { buffer, count in
                if let target = buffer.baseAddress {
                    count = JSONEscapes.unescape(source, into: UnsafeMutableRawPointer(target))
                }
            }
            return String(decoding: plain, as: UTF8.self)
        case .number, .object, .array: return String(decoding: memory, as: UTF8.self)
        case .true: return "true"
        case .false: return "false"
        case .integer: return String(Int64(bitPattern: bits))
        case .timestamp: return Timestamp(nanoseconds: Int64(bitPattern: bits)).iso8601
        case .missing, .null, .several: return nil
        }
    }

    /// The value as an integer: a number, or a string that is wholly one.
    ///
    /// `12.0` and `1e3` count; fractions and what does not fit are nil. A time gives nanoseconds.
    public var integerValue: Int64? {
        switch kind {
        case .integer, .timestamp: Int64(bitPattern: bits)
        case .number, .string: JSONNumber.integer(memory)
        case .missing, .null, .false, .true, .object, .array, .several: nil
        }
    }

    /// The value as a double: a number, or a string that is wholly one.
    public var doubleValue: Double? {
        switch kind {
        case .integer, .timestamp: Double(Int64(bitPattern: bits))
        case .number, .string: JSONNumber.double(memory)
        case .missing, .null, .false, .true, .object, .array, .several: nil
        }
    }

    /// true or false, or their text without case.
    public var booleanValue: Bool? {
        switch kind {
        case .true: return true
        case .false: return false
        case .string:
            if holds("true") { return true }
            return holds("false") ? false : nil
        case .missing, .null, .number, .object, .array, .integer, .timestamp, .several: return nil
        }
    }

    /// A time: computed by the decoder, or read from text or a number in any form that Azure services write.
    public var timestampValue: Timestamp? {
        switch kind {
        case .timestamp: return Timestamp(nanoseconds: Int64(bitPattern: bits))
        case .number: return Timestamp(text: memory)
        case .string:
            if hasEscapes { return stringValue.flatMap { Timestamp(parsing: $0) } }
            return Timestamp(text: memory)
        case .missing, .null, .false, .true, .object, .array, .integer, .several: return nil
        }
    }

    /// Whether a string is a word, without case.
    func holds(_ word: StaticString) -> Bool {
        guard kind == .string, memory.count == word.utf8CodeUnitCount else { return false }
        for i in 0..<memory.count where FieldAliases.asciiLowercased(memory[i]) != word.utf8Start[i] { return false }
        return true
    }

    /// The slot of a computed time.
    init(_ time: Timestamp) {
        self.init(kind: .timestamp, bits: UInt64(bitPattern: time.nanoseconds))
    }
}
