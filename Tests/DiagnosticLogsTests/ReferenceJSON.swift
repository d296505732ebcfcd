/// A plain recursive JSON reader, written for clarity, that the walker must agree with.
///
/// It takes what the decoder promises to take: strict grammar, but any escape inside strings, read literally when it has
/// no meaning.
indirect enum ReferenceJSON {
    case null, boolean(Bool), number(String), string(String), array([ReferenceJSON])
    case object([(name: String, value: ReferenceJSON)])

    static func parse(_ bytes: [UInt8]) -> ReferenceJSON? {
        var reader = ReferenceReader(bytes: bytes)
        guard let value = reader.value(depth: 0) else { return nil }
        reader.skipBlanks()
        return reader.at == bytes.count ? value : nil
    }

    /// What a slot should say for a path; nil when this reader has no opinion (JSON inside strings).
    func expectation(_ steps: ArraySlice<String>, isRoot: Bool = true) -> Expectation? {
        guard let step = steps.first else { return .value(self) }
        switch self {
        case .object(let members):
            // Last wins; at the root the best spelling first: small first letters before capitals.
            let matches = members.filter { isRoot ? $0.name.lowercased() == step.lowercased() : $0.name == step }
            let small = matches.filter { !isRoot || $0.name == step }
            let better = small.isEmpty ? matches.filter { $0.name.first?.isLowercase ?? false } : small
            guard let found = (better.isEmpty ? matches : better).last else { return .missing }
            return found.value.expectation(steps.dropFirst(), isRoot: false)
        case .array: return isRoot ? nil : .several
        case .string: return nil
        case .null, .boolean, .number: return .missing
        }
    }

    enum Expectation {
        case missing, several, value(ReferenceJSON)
    }
}

private struct ReferenceReader {
    let bytes: [UInt8]
    var at = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    mutating func skipBlanks() {
        while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { at += 1 }
    }

    mutating func take(_ text: String) -> Bool {
        guard bytes[at...].starts(with: text.utf8) else { return false }
        at += text.utf8.count
        return true
    }

    mutating func value(depth: Int) -> ReferenceJSON? {
        skipBlanks()
        switch next {
        case UInt8(ascii: "{"): return depth < 64 ? object(depth: depth + 1) : nil
        case UInt8(ascii: "["): return depth < 64 ? array(depth: depth + 1) : nil
        case UInt8(ascii: "\""): return string().map { .string($0) }
        default:
            if take("true") { return .boolean(true) }
            if take("false") { return .boolean(false) }
            if take("null") { return .null }
            return number()
        }
    }

    mutating func object(depth: Int) -> ReferenceJSON? {
        at += 1
        var members: [(name: String, value: ReferenceJSON)] = []
        skipBlanks()
        if take("}") { return .object([]) }
        while true {
            skipBlanks()
            guard next == UInt8(ascii: "\""), let name = string() else { return nil }
            skipBlanks()
            guard take(":"), let value = value(depth: depth) else { return nil }
            members.append((name, value))
            skipBlanks()
            if take(",") { continue }
            return take("}") ? .object(members) : nil
        }
    }

    mutating func array(depth: Int) -> ReferenceJSON? {
        at += 1
        var elements: [ReferenceJSON] = []
        skipBlanks()
        if take("]") { return .array([]) }
        while true {
            guard let value = value(depth: depth) else { return nil }
            elements.append(value)
            skipBlanks()
            if take(",") { continue }
            return take("]") ? .array(elements) : nil
        }
    }

    mutating func number() -> ReferenceJSON? {
        let rest = String(decoding: bytes[at...].prefix(400), as: UTF8.self)
        guard let match = rest.prefixMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/), !match.0.isEmpty
        else {
            return nil
        }
        at += match.0.utf8.count
        return .number(String(match.0))
    }

    mutating func string() -> String? {
        at += 1
        var text: [UInt8] = []
        while let byte = next, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { return nil }
            at += 1
            if byte != UInt8(ascii: "\\") {
                text.append(byte)
                continue
            }
            guard let escape = next, escape >= 0x20 else { return nil }
            at += 1
            if let plain = [
                "n": "\n", "t": "\t", "r": "\r", "b": "\u{8}", "f": "\u{C}", "\"": "\"", "\\": "\\", "/": "/",
            ][
                String(UnicodeScalar(escape))]
            {
                text += Array(plain.utf8)
            } else if escape == UInt8(ascii: "u"), let unit = hexadecimal(at) {
                at += 4
                text += Array(String(character(unit)).utf8)
            } else {
                text += [byte]
                at -= 1
            }
        }
        guard take("\"") else { return nil }
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func character(_ unit: UInt32) -> Character {
        if (0xD800..<0xDC00).contains(unit), at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"),
            bytes[at + 1] == UInt8(ascii: "u"), let low = hexadecimal(at + 2), (0xDC00..<0xE000).contains(low),
            let scalar = UnicodeScalar(0x10000 + (unit - 0xD800) * 0x400 + (low - 0xDC00))
        {
            at += 6
            return Character(scalar)
        }
        return Character(UnicodeScalar(unit) ?? "\u{FFFD}")
    }

    private func hexadecimal(_ start: Int) -> UInt32? {
        guard start + 4 <= bytes.count else { return nil }
        let digits = bytes[start..<start + 4]
        guard digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit && $0 < 0x80 }) else { return nil }
        return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
