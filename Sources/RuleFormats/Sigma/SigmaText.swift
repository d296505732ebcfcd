import Detection

/// What Sigma's text values mean: wildcards, escapes, encodings, variants.
enum SigmaText {
    /// Most values that one written value may become.
    static let variantsMax = 10_000

    /// Reads `*`, `?` and backslashes.
    ///
    /// A backslash before `*`, `?` or a backslash takes it literally; before anything else it is itself.
    static func pattern(_ text: String, caseSensitive: Bool) -> StringPattern {
        var builder = PatternBuilder()
        var scalars = Array(text.unicodeScalars)[...]
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "*": builder.append(.any)
            case "?": builder.append(.one)
            case "\\":
                if let next = scalars.first, next == "*" || next == "?" || next == "\\" {
                    scalars.removeFirst()
                    builder.append(next)
                } else {
                    builder.append(scalar)
                }
            default: builder.append(scalar)
            }
        }
        return StringPattern(parts: builder.finish(), caseSensitive: caseSensitive)
    }

    /// A pattern opened at its ends as a placement asks.
    static func placed(_ pattern: StringPattern, _ placement: SigmaModifier?) -> StringPattern {
        var parts = pattern.parts
        if placement == .contains || placement == .endswith, parts.first != .any { parts.insert(.any, at: 0) }
        if placement == .contains || placement == .startswith, parts.last != .any { parts.append(.any) }
        return StringPattern(parts: parts, caseSensitive: pattern.caseSensitive)
    }

    /// The names between percent signs, in order: `%a%\b%c%` has two.
    enum Piece: Hashable {
        case text(String)
        case placeholder(String)
    }

    /// Splits a value at its placeholders; `\%` is a percent sign.
    static func pieces(_ text: String) -> [Piece] {
        var pieces: [Piece] = []
        var literal = ""
        let scalars = Array(text.unicodeScalars)
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            if scalar == "\\", index + 1 < scalars.count, scalars[index + 1] == "%" {
                literal += "%"
                index += 2
            } else if scalar == "%", let end = scalars[(index + 1)...].firstIndex(of: "%"), end > index + 1 {
                let name = String(String.UnicodeScalarView(scalars[(index + 1)..<end]))
                guard name.unicodeScalars.allSatisfy(isPlaceholderName) else {
                    literal += "%"
                    index += 1
                    continue
                }
                if !literal.isEmpty { pieces.append(.text(literal)) }
                literal = ""
                pieces.append(.placeholder(name))
                index = end + 1
            } else {
                literal.unicodeScalars.append(scalar)
                index += 1
            }
        }
        if !literal.isEmpty { pieces.append(.text(literal)) }
        return pieces
    }

    private static func isPlaceholderName(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_" || scalar == "-"
            || scalar == "."
    }

    /// The values with each dash that begins an option written in every way that Windows accepts.
    ///
    /// Only `-` and `/` between a character that is no word character (or the start) and a word character are varied.
    /// Nil when there would be more than ``variantsMax``.
    static func dashVariants(_ text: String) -> [String]? {
        let dashes: [Unicode.Scalar] = ["-", "/", "\u{2013}", "\u{2014}", "\u{2015}"]
        let scalars = Array(text.unicodeScalars)
        var results: [String.UnicodeScalarView] = [String.UnicodeScalarView()]
        for (index, scalar) in scalars.enumerated() {
            let isOption =
                (scalar == "-" || scalar == "/") && (index == 0 || !isWord(scalars[index - 1]))
                && index + 1 < scalars.count && isWord(scalars[index + 1])
            let choices = isOption ? dashes : [scalar]
            guard results.count * choices.count <= variantsMax else { return nil }
            results = results.flatMap { prefix in
                choices.map { choice in
                    var next = prefix
                    next.append(choice)
                    return next
                }
            }
        }
        return results.map { String($0) }
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "_"
    }

    /// The bytes of a text under a wide modifier; UTF-8 without one.
    static func bytes(_ text: String, _ encoding: SigmaModifier?) -> [UInt8] {
        switch encoding {
        case .wide, .utf16le: text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        case .utf16be: text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        case .utf16: [0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        default: Array(text.utf8)
        }
    }

    /// Standard base64 with padding.
    static func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var output: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let a = bytes[index]
            let b = index + 1 < bytes.count ? bytes[index + 1] : 0
            let c = index + 2 < bytes.count ? bytes[index + 2] : 0
            output.append(alphabet[Int(a >> 2)])
            output.append(alphabet[Int((a & 0x03) << 4 | b >> 4)])
            output.append(index + 1 < bytes.count ? alphabet[Int((b & 0x0F) << 2 | c >> 6)] : UInt8(ascii: "="))
            output.append(index + 2 < bytes.count ? alphabet[Int(c & 0x3F)] : UInt8(ascii: "="))
            index += 3
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// How the bytes look inside a longer base64 text, at each of the three offsets: characters at the ends that depend
    /// on the neighbours are cut.
    static func base64Offsets(_ bytes: [UInt8]) -> [String] {
        (0..<3).map { offset in
            let encoded = Array(base64([UInt8](repeating: 0x20, count: offset) + bytes).utf8)
            let front = [0, 2, 3][offset]
            let back = [0, 3, 2][(bytes.count + offset) % 3]
            guard encoded.count >= front + back else { return "" }
            return String(decoding: encoded[front..<(encoded.count - back)], as: UTF8.self)
        }
    }
}
