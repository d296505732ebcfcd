/// Values from texts and as texts.
extension Value {
    /// Reads a JSON-like number; nil when the text is none or is out of range.
    init?(number text: String) {
        if let integer = Int64(text) {
            self = .long(integer)
        } else if let number = NumberText.double(text) {
            self = .double(number)
        } else {
            return nil
        }
    }

    /// The number that a value is or spells; nil for everything else.
    var numeric: Double? {
        switch self {
        case .long(let value): Double(value)
        case .double(let value): value
        case .string(let text): Value(number: text)?.numeric
        case .null, .boolean, .datetime, .bag: nil
        }
    }

    /// The text of a single value, as `TO_STRING` writes it; nil for null and bags.
    var text: String? {
        switch self {
        case .null, .bag: nil
        case .boolean(let value): value ? "true" : "false"
        case .long(let value): String(value)
        case .double(let value): String(value)
        case .string(let value): value
        case .datetime(let value): CivilTime.text(milliseconds: value)
        }
    }

    /// The values of a field: none for null, the members of a bag, or the value itself.
    var members: [Value] {
        switch self {
        case .null: []
        case .bag(let values): values
        case .boolean, .long, .double, .string, .datetime: [self]
        }
    }

    /// A value of several: null for none, the value itself for one, a bag otherwise.
    init(members: [Value]) {
        switch members.count {
        case 0: self = .null
        case 1: self = members[0]
        default: self = .bag(members)
        }
    }

    /// The form in which a value is a key or a member of a set: a whole double is the equal integer.
    var canonical: Value {
        switch self {
        case .double(let value): Int64(exactly: value).map { .long($0) } ?? self
        case .bag(let values): .bag(values.map(\.canonical))
        case .null, .boolean, .long, .string, .datetime: self
        }
    }

    /// The value with its texts folded, for comparing without case.
    var folded: Value {
        switch self {
        case .string(let text): .string(CaseFolding.fold(text))
        case .bag(let values): .bag(values.map(\.folded))
        case .null, .boolean, .long, .double, .datetime: self
        }
    }

    /// How a person reads it.
    var display: String {
        switch self {
        case .null: "none"
        case .bag(let values): values.map(\.display).joined(separator: ", ")
        case .boolean, .long, .double, .string, .datetime: text ?? ""
        }
    }
}

/// Numbers in texts.
enum NumberText {
    /// Reads a decimal number with optional fraction and exponent; nil for anything else, infinities and hexadecimals.
    static func double(_ text: String) -> Double? {
        guard !text.isEmpty, text.utf8.count <= 400 else { return nil }
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x2b, 0x2d, 0x2e, 0x45, 0x65: continue
            default: return nil
            }
        }
        guard let value = Double(text), value.isFinite else { return nil }
        return value
    }

    /// Reads a decimal integer that fills the text; nil when it is none or does not fit.
    static func integer(_ text: UnsafeRawBufferPointer) -> Int64? {
        var at = 0
        var negative = false
        if text.count > 1, text[0] == 0x2d || text[0] == 0x2b {
            negative = text[0] == 0x2d
            at = 1
        }
        guard at < text.count, text.count - at <= 19 else { return nil }
        var value: UInt64 = 0
        while at < text.count {
            let digit = text[at] &- 0x30
            guard digit <= 9 else { return nil }
            value = value &* 10 &+ UInt64(digit)
            at += 1
        }
        if negative { return value <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- value) : nil }
        return Int64(exactly: value)
    }
}
