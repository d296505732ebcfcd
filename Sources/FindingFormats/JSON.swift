/// A JSON value that is written the same way every time: members keep the order in which they were set.
///
/// Findings are rare, so a tree is cheap enough; what matters is that equal findings give equal bytes.
indirect enum JSON {
    case null
    case boolean(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSON])
    case object(JSONObject)

    /// Appends the value as compact JSON.
    func write(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes += "null".utf8
        case .boolean(let value): bytes += (value ? "true" : "false").utf8
        case .integer(let value): bytes += String(value).utf8
        // JSON has no infinity and no NaN.
        case .number(let value): bytes += (value.isFinite ? value.description : "null").utf8
        case .string(let text): Self.write(text, to: &bytes)
        case .array(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                Self.write(member.name, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// Writes text in quotes.
    ///
    /// Beyond what JSON asks, characters that can drive or confuse a terminal are escaped too:
    /// people look at the file with `cat` and `tail`.
    private static func write(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": bytes += "\\\"".utf8
            case "\\": bytes += "\\\\".utf8
            case "\n": bytes += "\\n".utf8
            case "\r": bytes += "\\r".utf8
            case "\t": bytes += "\\t".utf8
            default:
                if TerminalText.isUnsafe(scalar) {
                    for unit in UTF16.encode(scalar).map({ Array($0) }) ?? [] { bytes += escape(unit) }
                } else {
                    bytes += UTF8.encode(scalar).map { Array($0) } ?? []
                }
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func escape(_ unit: UInt16) -> [UInt8] {
        let digits = String(unit, radix: 16)
        return Array("\\u".utf8) + Array(repeating: UInt8(ascii: "0"), count: max(0, 4 - digits.utf8.count))
            + Array(digits.utf8)
    }
}

/// The members of a JSON object, in the order in which they were set.
struct JSONObject {
    private(set) var members: [(name: String, value: JSON)] = []

    /// Sets a text; nil and empty texts are left out.
    mutating func set(_ name: String, _ text: String?) {
        if let text, !text.isEmpty { members.append((name, .string(text))) }
    }

    /// Sets a whole number; nil is left out.
    mutating func set(_ name: String, _ number: Int64?) {
        if let number { members.append((name, .integer(number))) }
    }

    /// Sets any value.
    mutating func set(_ name: String, value: JSON) { members.append((name, value)) }

    /// Sets an object made in place; one without members is left out.
    mutating func set(_ name: String, object fill: (inout JSONObject) -> Void) {
        let object = JSONObject.make(fill)
        if !object.members.isEmpty { members.append((name, .object(object))) }
    }

    /// Sets a list; an empty one is left out.
    mutating func set(_ name: String, list: [JSON]) {
        if !list.isEmpty { members.append((name, .array(list))) }
    }

    /// Makes an object in place.
    static func make(_ fill: (inout JSONObject) -> Void) -> JSONObject {
        var object = JSONObject()
        fill(&object)
        return object
    }
}
