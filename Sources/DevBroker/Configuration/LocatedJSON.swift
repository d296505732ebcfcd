/// A JSON value that knows where in its text it stood, so that a rule broken later can be shown there.
///
/// The general decoders lose the place. This one is for configuration files: small, read once.
struct LocatedJSON: Sendable {
    /// A JSON value.
    enum Value: Sendable {
        case null
        case boolean(Bool)
        /// As written, since a count must be told from a fraction.
        case number(String)
        case string(String)
        case array([LocatedJSON])
        case object([Member])
    }

    /// A member of an object.
    struct Member: Sendable {
        var key: String
        var value: LocatedJSON
        /// Where the key stood.
        var line: Int
        var column: Int
    }

    var value: Value
    /// Line from 1.
    var line: Int
    /// Column from 1, in bytes.
    var column: Int

    /// The kind of value in words.
    var kind: String {
        switch value {
        case .null: "null"
        case .boolean: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// Reads JSON text into `LocatedJSON`.
///
/// **Bounds**: nesting of 64. **Errors**: the first fault, with its line and column.
struct LocatedJSONParser {
    private let bytes: [UInt8]
    private var index = 0
    private var line = 1
    private var lineStart = 0
    private static let depthMax = 64

    /// Parses a whole text.
    static func parse(_ bytes: [UInt8]) throws(DevBrokerError.Problem) -> LocatedJSON {
        var parser = LocatedJSONParser(bytes: bytes)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            parser.index = 3
            parser.lineStart = 3
        }
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.index == bytes.count else { throw parser.fault("text after the end of the JSON value") }
        return value
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private var column: Int { index - lineStart + 1 }
    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    private func fault(_ message: String) -> DevBrokerError.Problem {
        DevBrokerError.Problem(line: line, column: column, path: "", message: message)
    }

    private mutating func skipSpace() {
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\n"):
                index += 1
                line += 1
                lineStart = index
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                index += 1
            default:
                return
            }
        }
    }

    private mutating func value(depth: Int) throws(DevBrokerError.Problem) -> LocatedJSON {
        skipSpace()
        let (line, column) = (line, column)
        guard depth < Self.depthMax else { throw fault("nested deeper than \(Self.depthMax) levels") }
        guard let byte = current else { throw fault("the text ends where a value should be") }
        let value: LocatedJSON.Value
        switch byte {
        case UInt8(ascii: "{"): value = try object(depth: depth)
        case UInt8(ascii: "["): value = try array(depth: depth)
        case UInt8(ascii: "\""): value = .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): value = try number()
        default: value = try word()
        }
        return LocatedJSON(value: value, line: line, column: column)
    }

    private mutating func object(depth: Int) throws(DevBrokerError.Problem) -> LocatedJSON.Value {
        index += 1
        var members: [LocatedJSON.Member] = []
        skipSpace()
        if current == UInt8(ascii: "}") {
            index += 1
            return .object([])
        }
        while true {
            skipSpace()
            let (line, column) = (line, column)
            guard current == UInt8(ascii: "\"") else { throw fault("expected a member name in double quotes") }
            let key = try string()
            guard !members.contains(where: { $0.key == key }) else {
                throw DevBrokerError.Problem(line: line, column: column, path: "", message: "`\(key)` appears twice")
            }
            skipSpace()
            guard current == UInt8(ascii: ":") else { throw fault("expected `:` after the member name") }
            index += 1
            let value = try value(depth: depth + 1)
            members.append(LocatedJSON.Member(key: key, value: value, line: line, column: column))
            guard try moreElements(end: UInt8(ascii: "}"), name: "}") else { return .object(members) }
        }
    }

    private mutating func array(depth: Int) throws(DevBrokerError.Problem) -> LocatedJSON.Value {
        index += 1
        var elements: [LocatedJSON] = []
        skipSpace()
        if current == UInt8(ascii: "]") {
            index += 1
            return .array([])
        }
        while true {
            elements.append(try value(depth: depth + 1))
            guard try moreElements(end: UInt8(ascii: "]"), name: "]") else { return .array(elements) }
        }
    }

    private mutating func moreElements(end: UInt8, name: String) throws(DevBrokerError.Problem) -> Bool {
        skipSpace()
        switch current {
        case UInt8(ascii: ","):
            index += 1
            return true
        case end:
            index += 1
            return false
        default:
            throw fault("expected `,` or `\(name)`")
        }
    }

    private mutating func number() throws(DevBrokerError.Problem) -> LocatedJSON.Value {
        let start = index
        let allowed = Array("+-.eE0123456789".utf8)
        while let byte = current, allowed.contains(byte) { index += 1 }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        guard Double(text) != nil else { throw fault("`\(text)` is no number") }
        return .number(text)
    }

    private mutating func word() throws(DevBrokerError.Problem) -> LocatedJSON.Value {
        let words: [(String, LocatedJSON.Value)] = [
            ("true", .boolean(true)), ("false", .boolean(false)), ("null", .null),
        ]
        for (word, value) in words where bytes[index...].starts(with: word.utf8) {
            index += word.utf8.count
            return value
        }
        throw fault("expected a JSON value")
    }

    private mutating func string() throws(DevBrokerError.Problem) -> String {
        index += 1
        var text: [UInt8] = []
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw fault("invalid UTF-8 in a string")
                }
                return string
            case UInt8(ascii: "\\"):
                index += 1
                try escape(into: &text)
            case 0..<0x20:
                throw fault("a control character in a string; write it as an escape")
            default:
                text.append(byte)
                index += 1
            }
        }
        throw fault("the text ends inside a string")
    }

    private mutating func escape(into text: inout [UInt8]) throws(DevBrokerError.Problem) {
        let simple: [UInt8: UInt8] = [
            UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5C, UInt8(ascii: "/"): 0x2F, UInt8(ascii: "b"): 8,
            UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
        ]
        guard let byte = current else { throw fault("the text ends inside a string") }
        if let plain = simple[byte] {
            text.append(plain)
            index += 1
        } else if byte == UInt8(ascii: "u") {
            index += 1
            var unit = try hexadecimalUnit()
            if (0xD800..<0xDC00).contains(unit), bytes[index...].starts(with: "\\u".utf8) {
                index += 2
                let low = try hexadecimalUnit()
                guard (0xDC00..<0xE000).contains(low) else { throw fault("a broken surrogate pair") }
                unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(unit) else { throw fault("a lone surrogate") }
            text.append(contentsOf: Array(String(Character(scalar)).utf8))
        } else {
            throw fault("an unknown escape")
        }
    }

    private mutating func hexadecimalUnit() throws(DevBrokerError.Problem) -> UInt32 {
        guard index + 4 <= bytes.count,
            let unit = UInt32(String(decoding: bytes[index..<index + 4], as: UTF8.self), radix: 16)
        else { throw fault("`\\u` needs four hexadecimal digits") }
        index += 4
        return unit
    }
}
