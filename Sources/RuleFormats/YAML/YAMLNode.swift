/// A value of a YAML document with its place.
struct YAMLNode: Sendable {
    /// What a value is.
    indirect enum Kind: Sendable {
        /// Text, and whether it was written without quotes or a block mark.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        case mapping([YAMLPair])
    }

    var kind: Kind
    var position: SourcePosition

    /// The value of a scalar under YAML 1.2's core schema, restricted: see ``YAMLScalar``.
    var scalar: YAMLScalar? {
        guard case .scalar(let text, let isPlain) = kind else { return nil }
        return isPlain ? YAMLScalar(plain: text) : .text(text)
    }

    /// The text of a scalar, as written.
    var text: String? {
        if case .scalar(let text, _) = kind { return text }
        return nil
    }

    /// The members of a map; nil for anything else.
    var pairs: [YAMLPair]? {
        if case .mapping(let pairs) = kind { return pairs }
        return nil
    }

    /// The elements of a list; nil for anything else.
    var elements: [YAMLNode]? {
        if case .sequence(let elements) = kind { return elements }
        return nil
    }

    /// A member of a map.
    subscript(key: String) -> YAMLPair? { pairs?.first { $0.key.text == key } }

    /// What an error message calls it.
    var kindName: String {
        switch kind {
        case .scalar: scalar == .null ? "nothing" : "a single value"
        case .sequence: "a list"
        case .mapping: "a map"
        }
    }
}

/// A member of a YAML map.
struct YAMLPair: Sendable {
    var key: YAMLNode
    var value: YAMLNode
}

/// The value of a plain scalar.
///
/// Only what every YAML version agrees on becomes a number or a boolean: `yes`, `on`, `0x17`, `007` and `1e5` stay
/// text, because versions differ on them and a rule must not change its meaning with the parser.
enum YAMLScalar: Hashable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case decimal(Double)
    case text(String)

    init(plain text: String) {
        switch text {
        case "", "~", "null", "Null", "NULL": self = .null
        case "true", "True", "TRUE": self = .boolean(true)
        case "false", "False", "FALSE": self = .boolean(false)
        default: self = Self.number(text) ?? .text(text)
        }
    }

    private static func number(_ text: String) -> YAMLScalar? {
        var digits = Substring(text)
        if digits.first == "-" || digits.first == "+" { digits.removeFirst() }
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard let whole = parts.first, parts.count <= 2, isDigits(whole), whole == "0" || whole.first != "0" else {
            return nil
        }
        if parts.count == 1 { return Int64(text).map(YAMLScalar.integer) }
        guard isDigits(parts[1]), let value = Double(text) else { return nil }
        return .decimal(value)
    }

    private static func isDigits(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    }

    /// True for plain text that some YAML versions read as something else.
    static func isAmbiguous(_ text: String) -> Bool {
        switch text.lowercased() {
        case "yes", "no", "on", "off": return true
        default: break
        }
        var digits = Substring(text.lowercased())
        if digits.first == "-" || digits.first == "+" { digits.removeFirst() }
        guard digits.first == "0", digits.count > 1 else { return false }
        let rest = digits.dropFirst()
        return rest.allSatisfy { $0.isASCII && $0.isNumber }
            || (rest.first == "x" && rest.count > 1 && rest.dropFirst().allSatisfy(\.isHexDigit))
    }
}
