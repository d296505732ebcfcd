/// Splits an ES|QL query into tokens, on demand.
///
/// On demand because the language is lexed by place: index patterns behind `FROM` and name patterns behind `KEEP` and
/// `DROP` are written with characters that mean something else elsewhere.
struct ESQLLexer: Sendable {
    /// The query as UTF-8.
    let bytes: [UInt8]
    /// Where the next token is looked for.
    private(set) var offset = 0

    init(_ query: String) { bytes = Array(query.utf8) }

    private func byte(at index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }

    private func starts(with text: StaticString, at index: Int) -> Bool {
        text.withUTF8Buffer { wanted in
            guard index + wanted.count <= bytes.count else { return false }
            return zip(bytes[index..<index + wanted.count], wanted).allSatisfy { $0 == $1 }
        }
    }

    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    /// Skips blanks and comments; says where the next token starts.
    mutating func skipBlanks() throws(ESQLError) -> Int {
        while let current = byte(at: offset) {
            if current == 0x20 || current == 0x09 || current == 0x0A || current == 0x0D {
                offset += 1
            } else if starts(with: "//", at: offset) {
                while let next = byte(at: offset), next != 0x0A { offset += 1 }
            } else if starts(with: "/*", at: offset) {
                let start = offset
                offset += 2
                while offset < bytes.count, !starts(with: "*/", at: offset) { offset += 1 }
                guard offset < bytes.count else {
                    throw ESQLError(at: start, "comment is not closed: \"*/\" is missing")
                }
                offset += 2
            } else {
                break
            }
        }
        return offset
    }

    /// The next token.
    mutating func next() throws(ESQLError) -> ESQLToken {
        let start = try skipBlanks()
        guard let first = byte(at: start) else { return ESQLToken(kind: .end, range: start..<start) }
        switch first {
        case UInt8(ascii: "\""): return try string(from: start)
        case UInt8(ascii: "`"): return try quotedName(from: start)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return number(from: start)
        case UInt8(ascii: ".") where byte(at: start + 1).map(Self.isDigit) == true: return number(from: start)
        case let c where Self.startsName(c): return word(from: start)
        default: return try symbol(from: start)
        }
    }

    private mutating func symbol(from start: Int) throws(ESQLError) -> ESQLToken {
        for (text, kind) in Self.twoByteSymbols where starts(with: text, at: start) {
            offset = start + 2
            return ESQLToken(kind: kind, range: start..<offset)
        }
        if let kind = Self.oneByteSymbols[bytes[start]] {
            offset = start + 1
            return ESQLToken(kind: kind, range: start..<offset)
        }
        var end = start + 1
        while let c = byte(at: end), c & 0xC0 == 0x80 { end += 1 }
        throw ESQLError(at: start, "unexpected character \"\(text(start..<end))\"")
    }

    private static let twoByteSymbols: [(StaticString, ESQLToken.Kind)] = [
        ("==", .equal), ("!=", .notEqual), ("<=", .lessOrEqual), (">=", .greaterOrEqual), ("::", .cast),
    ]

    private static let oneByteSymbols: [UInt8: ESQLToken.Kind] = [
        UInt8(ascii: "|"): .pipe, UInt8(ascii: ","): .comma, UInt8(ascii: "."): .dot,
        UInt8(ascii: "("): .openParenthesis, UInt8(ascii: ")"): .closeParenthesis,
        UInt8(ascii: "["): .openBracket, UInt8(ascii: "]"): .closeBracket, UInt8(ascii: "="): .assign,
        UInt8(ascii: "<"): .less, UInt8(ascii: ">"): .greater, UInt8(ascii: "+"): .plus, UInt8(ascii: "-"): .minus,
        UInt8(ascii: "*"): .star, UInt8(ascii: "/"): .slash, UInt8(ascii: "%"): .percent,
    ]

    private mutating func word(from start: Int) -> ESQLToken {
        offset = start + 1
        while let c = byte(at: offset), Self.continuesName(c) { offset += 1 }
        return ESQLToken(kind: .word(text(start..<offset)), range: start..<offset)
    }

    private mutating func number(from start: Int) -> ESQLToken {
        offset = start
        var isDecimal = false
        while let c = byte(at: offset), Self.isDigit(c) { offset += 1 }
        if byte(at: offset) == UInt8(ascii: "."), !Self.startsName(byte(at: offset + 1) ?? 0) {
            isDecimal = true
            offset += 1
            while let c = byte(at: offset), Self.isDigit(c) { offset += 1 }
        }
        if let e = byte(at: offset), e | 0x20 == UInt8(ascii: "e") {
            var index = offset + 1
            if let sign = byte(at: index), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { index += 1 }
            if let digit = byte(at: index), Self.isDigit(digit) {
                isDecimal = true
                offset = index
                while let c = byte(at: offset), Self.isDigit(c) { offset += 1 }
            }
        }
        let value = text(start..<offset)
        return ESQLToken(kind: isDecimal ? .decimal(value) : .integer(value), range: start..<offset)
    }

    private mutating func quotedName(from start: Int) throws(ESQLError) -> ESQLToken {
        var name: [UInt8] = []
        var index = start + 1
        while let c = byte(at: index) {
            if c == UInt8(ascii: "`") {
                guard byte(at: index + 1) == UInt8(ascii: "`") else {
                    guard !name.isEmpty else { throw ESQLError(at: start, "empty name in back-quotes") }
                    offset = index + 1
                    return ESQLToken(kind: .quotedName(String(decoding: name, as: UTF8.self)), range: start..<offset)
                }
                index += 1
            }
            name.append(c)
            index += 1
        }
        throw ESQLError(at: start, "name is not closed: a back-quote is missing")
    }

    private mutating func string(from start: Int) throws(ESQLError) -> ESQLToken {
        if starts(with: "\"\"\"", at: start) { return try rawString(from: start) }
        var value: [UInt8] = []
        var index = start + 1
        while let c = byte(at: index), c != 0x0A, c != 0x0D {
            if c == UInt8(ascii: "\"") {
                offset = index + 1
                return ESQLToken(kind: .string(String(decoding: value, as: UTF8.self)), range: start..<offset)
            }
            if c == UInt8(ascii: "\\") {
                guard let escaped = byte(at: index + 1), let meaning = Self.escapes[escaped] else {
                    throw ESQLError(
                        at: index, "unknown escape in a string: only \\t, \\n, \\r, \\\" and \\\\ are known",
                        suggestion: "\\\\")
                }
                value.append(meaning)
                index += 2
            } else {
                value.append(c)
                index += 1
            }
        }
        throw ESQLError(at: start, "string is not closed: a \" is missing")
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "t"): 0x09, UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "\""): 0x22,
        UInt8(ascii: "\\"): 0x5C,
    ]

    /// `"""…"""`: nothing is unescaped; one or two quotes may stand directly before the closing three.
    private mutating func rawString(from start: Int) throws(ESQLError) -> ESQLToken {
        var index = start + 3
        while let c = byte(at: index), c != 0x0A, c != 0x0D {
            if starts(with: "\"\"\"", at: index) {
                var end = index
                while end < index + 2, byte(at: end + 3) == UInt8(ascii: "\"") { end += 1 }
                offset = end + 3
                return ESQLToken(kind: .string(text(start + 3..<end)), range: start..<offset)
            }
            index += 1
        }
        throw ESQLError(at: start, "string is not closed: \"\"\" is missing")
    }

    /// A run of bytes up to a blank, a comma, a pipe or a quote: index patterns of `FROM`.
    mutating func indexPattern() throws(ESQLError) -> ESQLToken {
        let start = try skipBlanks()
        if byte(at: start) == UInt8(ascii: "\"") { return try string(from: start) }
        while let c = byte(at: offset), Self.continuesPattern(c), !starts(with: "//", at: offset),
            !starts(with: "/*", at: offset)
        {
            offset += 1
        }
        guard offset > start else { return try next() }
        return ESQLToken(kind: .string(text(start..<offset)), range: start..<offset)
    }

    /// A column name that may hold `*`: `azure.*.name`.
    ///
    /// Back-quoted parts stand for themselves.
    mutating func namePattern() throws(ESQLError) -> (text: String, isPattern: Bool, range: Range<Int>) {
        let start = try skipBlanks()
        var name = ""
        var isPattern = false
        while let c = byte(at: offset) {
            if c == UInt8(ascii: "`") {
                if case .quotedName(let part) = try quotedName(from: offset).kind { name += part }
            } else if Self.continuesName(c) || c == UInt8(ascii: "*") || c == UInt8(ascii: ".")
                || c == UInt8(ascii: "@")
            {
                if c == UInt8(ascii: "*") { isPattern = true }
                name.unicodeScalars.append(Unicode.Scalar(c))
                offset += 1
            } else {
                break
            }
        }
        guard !name.isEmpty else {
            let found = try next()
            throw ESQLError(at: found.range.lowerBound, "a column name was expected, found \(found.kind.display)")
        }
        if name.hasPrefix(".") || name.hasSuffix(".") || name.contains("..") {
            throw ESQLError(at: start, "\"\(name)\" is not a column name: a part between dots is empty")
        }
        return (name, isPattern, start..<offset)
    }

    private static func isDigit(_ c: UInt8) -> Bool { c >= 0x30 && c <= 0x39 }

    private static func isLetter(_ c: UInt8) -> Bool { c | 0x20 >= 0x61 && c | 0x20 <= 0x7A }

    private static func startsName(_ c: UInt8) -> Bool {
        isLetter(c) || c == UInt8(ascii: "_") || c == UInt8(ascii: "@")
    }

    private static func continuesName(_ c: UInt8) -> Bool { isLetter(c) || isDigit(c) || c == UInt8(ascii: "_") }

    private static func continuesPattern(_ c: UInt8) -> Bool {
        c > 0x20 && ![UInt8(ascii: ","), UInt8(ascii: "|"), UInt8(ascii: "\""), UInt8(ascii: "=")].contains(c)
    }
}
