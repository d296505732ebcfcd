/// Finds where keys and values stand in a TOML document.
///
/// TOMLKit gives values without their places. The locator reads the same text once more and records, for every path,
/// the place of its key and of its value. It runs on documents that TOMLKit has accepted; on anything unexpected it
/// stops and keeps what it has found, so at worst an error is reported at the start of its table.
struct TOMLLocator {
    /// Where one path stands.
    struct Place {
        /// The key, or the element's own start inside an array.
        var key: SourcePosition
        /// The value's first character; for strings the first one between the quotes.
        var value: SourcePosition
        /// For strings: where each byte of the decoded text stands.
        var map: SourceMap?
    }

    /// Places by path; array elements are written `[0]`.
    private(set) var places: [[String]: Place] = [:]

    /// The first of the faults on which TOMLKit 0.6 aborts the process instead of reporting it: a table header without
    /// a name, and a closing brace where an array's element should begin.
    ///
    /// A document that has one must not reach it.
    private(set) var fault: (position: SourcePosition, reason: String)?

    private var bytes: [UInt8]
    private var offset = 0
    private var line = 1
    private var lineStart = 0
    private var table: [String] = []
    private var counts: [[String]: Int] = [:]
    private var depth = 0

    init(_ text: String) {
        bytes = Array(text.utf8)
        run()
        bytes = []
    }

    private var position: SourcePosition {
        let column = bytes[lineStart..<min(offset, bytes.count)].reduce(1) { $0 + ($1 & 0xC0 != 0x80 ? 1 : 0) }
        return SourcePosition(line: line, column: column)
    }

    private var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private func peek(_ ahead: Int) -> UInt8? { offset + ahead < bytes.count ? bytes[offset + ahead] : nil }

    private mutating func advance() {
        guard offset < bytes.count else { return }
        if bytes[offset] == UInt8(ascii: "\n") {
            line += 1
            lineStart = offset + 1
        }
        offset += 1
    }

    private mutating func skipBlanks(lines: Bool) {
        while let c = current {
            if c == UInt8(ascii: "#") {
                while let d = current, d != UInt8(ascii: "\n") {
                    advance()
                }
            } else if c == 0x20 || c == 0x09 || c == 0x0D || (lines && c == UInt8(ascii: "\n")) {
                advance()
            } else {
                return
            }
        }
    }

    private mutating func run() {
        while true {
            skipBlanks(lines: true)
            guard let c = current else { return }
            let before = offset
            if c == UInt8(ascii: "[") { header() } else { pair(below: table) }
            guard offset > before else { return }
        }
    }

    private mutating func header() {
        let start = position
        let isArray = peek(1) == UInt8(ascii: "[")
        advance()
        if isArray { advance() }
        let (keys, _) = dottedKey()
        while let c = current, c == UInt8(ascii: "]") || c == 0x20 || c == 0x09 {
            advance()
        }
        guard !keys.isEmpty else {
            fault = fault ?? (start, "a table header needs a name, such as [rule]")
            return
        }
        var path: [String] = []
        for (index, key) in keys.enumerated() {
            path.append(key)
            if isArray, index == keys.count - 1 {
                let count = counts[path, default: 0]
                counts[path] = count + 1
                path.append("[\(count)]")
            } else if let count = counts[path] {
                path.append("[\(count - 1)]")
            }
        }
        table = path
        places[path] = Place(key: start, value: start)
    }

    private mutating func pair(below prefix: [String]) {
        let (keys, start) = dottedKey()
        skipBlanks(lines: false)
        guard !keys.isEmpty, current == UInt8(ascii: "=") else { return }
        advance()
        skipBlanks(lines: false)
        value(at: prefix + keys, key: start)
    }

    private mutating func dottedKey() -> (keys: [String], start: SourcePosition) {
        skipBlanks(lines: false)
        let start = position
        var keys: [String] = []
        while let c = current {
            if c == UInt8(ascii: "\"") || c == UInt8(ascii: "'") {
                keys.append(string().text)
            } else {
                let first = offset
                while let d = current, Self.isBareKey(d) {
                    advance()
                }
                guard offset > first else { break }
                keys.append(String(decoding: bytes[first..<offset], as: UTF8.self))
            }
            skipBlanks(lines: false)
            guard current == UInt8(ascii: ".") else { break }
            advance()
            skipBlanks(lines: false)
        }
        return (keys, start)
    }

    private static func isBareKey(_ c: UInt8) -> Bool {
        (c | 0x20 >= 0x61 && c | 0x20 <= 0x7A) || (c >= 0x30 && c <= 0x39) || c == UInt8(ascii: "_")
            || c == UInt8(ascii: "-")
    }

    private mutating func value(at path: [String], key: SourcePosition) {
        guard depth < 64 else { return }
        depth += 1
        defer { depth -= 1 }
        let start = position
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            let found = string()
            places[path] = Place(key: key, value: found.map.anchors.first?.position ?? start, map: found.map)
        case UInt8(ascii: "["):
            places[path] = Place(key: key, value: start)
            array(at: path)
        case UInt8(ascii: "{"):
            places[path] = Place(key: key, value: start)
            inlineTable(at: path)
        default:
            places[path] = Place(key: key, value: start)
            while let c = current,
                ![UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), 0x0A, UInt8(ascii: "#")].contains(c)
            {
                advance()
            }
        }
    }

    private mutating func array(at path: [String]) {
        advance()
        var index = 0
        while true {
            skipBlanks(lines: true)
            guard let c = current else { return }
            if c == UInt8(ascii: "]") {
                advance()
                return
            }
            if c == UInt8(ascii: ",") {
                advance()
                continue
            }
            if c == UInt8(ascii: "}") {
                fault = fault ?? (position, "a value or \"]\" was expected, found \"}\"")
                return
            }
            let before = offset
            value(at: path + ["[\(index)]"], key: position)
            guard offset > before else { return }
            index += 1
        }
    }

    private mutating func inlineTable(at path: [String]) {
        advance()
        while true {
            skipBlanks(lines: true)
            guard let c = current else { return }
            if c == UInt8(ascii: "}") {
                advance()
                return
            }
            if c == UInt8(ascii: ",") {
                advance()
                continue
            }
            let before = offset
            pair(below: path)
            guard offset > before else { return }
        }
    }

    // Strings

    private mutating func string() -> (text: String, map: SourceMap) {
        let quote = current ?? UInt8(ascii: "\"")
        let isLong = peek(1) == quote && peek(2) == quote
        let isLiteral = quote == UInt8(ascii: "'")
        for _ in 0..<(isLong ? 3 : 1) { advance() }
        if isLong {
            if current == 0x0D, peek(1) == 0x0A { advance() }
            if current == 0x0A { advance() }
        }
        var text: [UInt8] = []
        var map = SourceMap(start: position)
        while let c = current {
            if c == quote {
                guard isLong else {
                    advance()
                    break
                }
                if peek(1) == quote, peek(2) == quote {
                    // Up to two quotes may stand directly before the closing three.
                    while peek(3) == quote {
                        text.append(quote)
                        advance()
                    }
                    for _ in 0..<3 { advance() }
                    break
                }
            } else if c == 0x0A, !isLong {
                break
            }
            if c == UInt8(ascii: "\\"), !isLiteral {
                escape(into: &text)
                map.append(offset: text.count, position: position)
            } else {
                text.append(c)
                advance()
            }
        }
        return (String(decoding: text, as: UTF8.self), map)
    }

    private mutating func escape(into text: inout [UInt8]) {
        advance()
        guard let c = current else { return }
        switch c {
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let count = c == UInt8(ascii: "u") ? 4 : 8
            advance()
            let digits = String(decoding: bytes[offset..<min(offset + count, bytes.count)], as: UTF8.self)
            for _ in 0..<count { advance() }
            if let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value) {
                text += Array(String(scalar).utf8)
            }
        case 0x0A, 0x0D, 0x20, 0x09:
            while let d = current, d == 0x0A || d == 0x0D || d == 0x20 || d == 0x09 {
                advance()
            }
        default:
            let meaning: [UInt8: UInt8] = [
                UInt8(ascii: "b"): 8, UInt8(ascii: "t"): 9, UInt8(ascii: "n"): 10, UInt8(ascii: "f"): 12,
                UInt8(ascii: "r"): 13, UInt8(ascii: "e"): 27,
            ]
            text.append(meaning[c] ?? c)
            advance()
        }
    }
}
