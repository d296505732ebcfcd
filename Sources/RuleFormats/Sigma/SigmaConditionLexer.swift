/// One token of a Sigma condition.
struct SigmaToken: Hashable, Sendable {
    /// What a token is.
    ///
    /// Keywords are told from identifiers by whole words, in any case.
    enum Kind: Hashable, Sendable {
        case and, or, not, of, them, all, any
        case number(Int)
        /// A search identifier, or a pattern when it holds `*`.
        case name(String)
        case openParenthesis, closeParenthesis, pipe, end
    }

    var kind: Kind
    /// As written, for messages.
    var text: String
    /// First byte in the condition.
    var offset: Int
}

/// A fault in a condition: what, and at which byte of it.
struct SigmaConditionError: Error, Hashable, Sendable {
    var code: RuleDiagnostic.Code = .syntax
    var offset: Int
    var reason: String
    var suggestion: String?
}

/// Splits a Sigma condition into tokens.
enum SigmaConditionLexer {
    /// All tokens, ending with `end`.
    static func tokens(_ condition: String) throws(SigmaConditionError) -> [SigmaToken] {
        let bytes = Array(condition.utf8)
        var tokens: [SigmaToken] = []
        var offset = 0
        while offset < bytes.count {
            let c = bytes[offset]
            switch c {
            case 0x20, 0x09, 0x0A, 0x0D: offset += 1
            case UInt8(ascii: "("):
                tokens.append(SigmaToken(kind: .openParenthesis, text: "(", offset: offset))
                offset += 1
            case UInt8(ascii: ")"):
                tokens.append(SigmaToken(kind: .closeParenthesis, text: ")", offset: offset))
                offset += 1
            case UInt8(ascii: "|"):
                // What follows is the removed aggregation syntax: the parser refuses it at its first character.
                tokens.append(SigmaToken(kind: .pipe, text: "|", offset: offset))
                offset = bytes.count
            default:
                let start = offset
                while offset < bytes.count, isName(bytes[offset]) { offset += 1 }
                guard offset > start else {
                    var end = start + 1
                    while end < bytes.count, bytes[end] & 0xC0 == 0x80 { end += 1 }
                    let found = String(decoding: bytes[start..<end], as: UTF8.self)
                    throw SigmaConditionError(
                        offset: start, reason: "unexpected character \"\(found)\" in the condition")
                }
                tokens.append(word(String(decoding: bytes[start..<offset], as: UTF8.self), at: start))
            }
        }
        tokens.append(SigmaToken(kind: .end, text: "the end of the condition", offset: bytes.count))
        return tokens
    }

    private static func isName(_ c: UInt8) -> Bool {
        (c | 0x20 >= 0x61 && c | 0x20 <= 0x7A) || (c >= 0x30 && c <= 0x39)
            || [UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: ".")].contains(c) || c >= 0x80
    }

    private static func word(_ text: String, at offset: Int) -> SigmaToken {
        let kind: SigmaToken.Kind
        switch text.lowercased() {
        case "and": kind = .and
        case "or": kind = .or
        case "not": kind = .not
        case "of": kind = .of
        case "them": kind = .them
        case "all": kind = .all
        case "any": kind = .any
        default:
            kind =
                text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
                ? Int(text).map { .number($0) } ?? .name(text) : .name(text)
        }
        return SigmaToken(kind: kind, text: text, offset: offset)
    }
}
