internal import DiagnosticLogs

/// Values in the engine's byte encoding: in stored state, in group keys, in identities.
extension ByteWriter {
    /// Writes the value of a slot as ``value(_:)`` writes the value made of it, for those that need no making: plain ASCII text
    /// and nothing at all; false for any other.
    mutating func plainValue(_ slot: FieldSlot) -> Bool {
        switch slot.kind {
        case .missing, .null: byte(0)
        case .string:
            guard !slot.hasEscapes, let text = slot.text, CaseFolding.isASCII(text) else { return false }
            byte(5)
            count(text.count)
            raw(text)
        case .false, .true, .number, .object, .array, .integer, .timestamp, .several: return false
        }
        return true
    }

    mutating func value(_ value: Value) {
        switch value {
        case .null: byte(0)
        case .boolean(let flag): byte(flag ? 2 : 1)
        case .long(let number):
            byte(3)
            signed(number)
        case .double(let number):
            byte(4)
            fixed(number.bitPattern)
        case .string(let text):
            byte(5)
            string(text)
        case .datetime(let time):
            byte(6)
            signed(time)
        case .bag(let values):
            byte(7)
            count(values.count)
            for member in values { self.value(member) }
        }
    }
}

extension ByteReader {
    mutating func value(depth: Int = 0) throws(DetectionError) -> Value {
        switch try byte() {
        case 0: return .null
        case 1: return .boolean(false)
        case 2: return .boolean(true)
        case 3: return .long(try signed())
        case 4: return .double(Double(bitPattern: try fixed()))
        case 5: return .string(try string())
        case 6: return .datetime(try signed())
        case 7:
            guard depth < 8 else { throw Self.malformed("bags are nested too deep") }
            let size = try count()
            var values: [Value] = []
            values.reserveCapacity(size)
            for _ in 0..<size { values.append(try value(depth: depth + 1)) }
            return .bag(values)
        default: throw Self.malformed("a value has an unknown type")
        }
    }
}
