@_spi(Revealing) internal import DiagnosticLogs

/// A record as expressions see it: every field is a bag of none, one or many values.
struct RecordContext: ExpressionContext {
    let record: RecordView

    func value(ofColumn column: Int) -> Value { .null }

    func value(ofSlot number: Int) -> Value {
        let slot = record[number]
        switch slot.kind {
        case .array, .several:
            var members: [Value] = []
            record.forEachValue(of: slot) { element in
                let value = Self.single(element)
                if value != .null { members.append(value) }
                return true
            }
            return Value(members: members)
        case .missing, .null, .false, .true, .number, .string, .object, .integer, .timestamp:
            return Self.single(slot)
        }
    }

    /// One value: integers are longs, other numbers doubles; an object has no value of its own.
    static func single(_ slot: FieldSlot) -> Value {
        switch slot.kind {
        case .missing, .null, .object, .array, .several: .null
        case .false: .boolean(false)
        case .true: .boolean(true)
        case .string: slot.stringValue.map { .string($0) } ?? .null
        case .integer: .long(Int64(bitPattern: slot.bits))
        case .timestamp: .datetime(Timestamp(nanoseconds: Int64(bitPattern: slot.bits)).milliseconds)
        case .number:
            slot.text.flatMap { NumberText.integer($0) }.map { .long($0) }
                ?? slot.doubleValue.flatMap { $0.isFinite ? .double($0) : nil } ?? .null
        }
    }
}
