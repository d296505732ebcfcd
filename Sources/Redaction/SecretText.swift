/// Hides keys, tokens, passwords and signatures inside a text, and leaves the rest as it is.
///
/// It knows them by the name in front (`sig=`, `AccountKey=`, `api-key:`), by the scheme (`Bearer …`), and by their own
/// shape (JSON Web Tokens, `sk-…`, Azure's identifiable keys, private keys, long mixed runs). Ids, hashes in hexadecimal and
/// resource paths stay. A legacy Azure OpenAI key is 32 hexadecimal digits, like many ids: it is hidden behind a name only.
///
/// **Cost**: one pass over the bytes; a text without a secret is returned as it is.
/// Source: Azure Storage "account SAS", Event Hubs "connection string", Azure identifiable keys
/// (microsoft/security-utilities, "common annotated security keys").
public enum SecretText {
    /// What stands for a secret.
    public static let mask = "(secret)"

    /// The text with its secrets hidden.
    public static func masked(_ text: String) -> String {
        var copy = text
        let ranges = copy.withUTF8 { bytes -> [Range<Int>] in
            guard bytes.count >= 8 else { return [] }
            var scan = SecretScan(bytes)
            return scan.run()
        }
        if ranges.isEmpty { return text }
        return replacing(ranges, in: text) { _ in mask }
    }

    /// The text with ranges of its bytes replaced; ranges in order and apart.
    static func replacing(_ ranges: [Range<Int>], in text: String, by make: (String) -> String) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var at = 0
        for range in ranges {
            result += bytes[at..<range.lowerBound]
            result += make(String(decoding: bytes[range], as: UTF8.self)).utf8
            at = range.upperBound
        }
        result += bytes[at...]
        return String(decoding: result, as: UTF8.self)
    }
}

/// One pass over a text, looking for secrets.
struct SecretScan {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var found: [Range<Int>] = []

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// The places of all secrets, in order and apart.
    mutating func run() -> [Range<Int>] {
        var at = 0
        while at < bytes.count {
            let byte = bytes[at]
            if byte == UInt8(ascii: "=") || byte == UInt8(ascii: ":") {
                at = max(at + 1, take(namedValue(behind: at, 1)) ?? 0, take(userInfo(behind: at)) ?? 0)
            } else if byte == UInt8(ascii: "%"), let width = escapedSign(at) {
                at = max(at + width, take(namedValue(behind: at, width)) ?? 0)
            } else if byte == UInt8(ascii: "\\"), holds("\\u003d", at) || holds("\\u003a", at) {
                at = max(at + 6, take(namedValue(behind: at, 6)) ?? 0)
            } else if byte == UInt8(ascii: "-"), let end = privateKey(at) {
                at = take(at..<end) ?? at + 1
            } else if Self.isWord(byte), at == 0 || !Self.isWord(bytes[at - 1]) {
                at = word(at)
            } else {
                at += 1
            }
        }
        return found
    }

    /// Notes a range; returns where to go on.
    private mutating func take(_ range: Range<Int>?) -> Int? {
        guard let range, !range.isEmpty else { return nil }
        if let last = found.last, range.lowerBound < last.upperBound {
            found[found.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
        } else {
            found.append(range)
        }
        return range.upperBound
    }

    // MARK: By name

    /// The value of a secret's name that ends before a sign: `name=value`, `"name": "value"`, `name%3Dvalue`.
    private func namedValue(behind sign: Int, _ width: Int) -> Range<Int>? {
        guard let kind = SecretNames.kind(of: name(before: sign)) else { return nil }
        var start = sign + width
        var quote: UInt8?
        while start < bytes.count, bytes[start] == 0x20 || Self.isQuote(bytes[start]) || bytes[start] == 0x5C {
            if Self.isQuote(bytes[start]) { quote = quote ?? bytes[start] }
            start += 1
        }
        if kind == .header { start = behindScheme(start) }
        var end = start
        while end < bytes.count, !ends(end, kind, quote) { end += 1 }
        guard end - start >= kind.lengthMin, !holds(SecretText.mask, start) else { return nil }
        if kind == .looseToken, !looksRandom(start..<end) { return nil }
        return start..<end
    }

    /// Whether a value ends at a byte.
    private func ends(_ at: Int, _ kind: SecretNames.Kind, _ quote: UInt8?) -> Bool {
        let byte = bytes[at]
        if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == quote { return true }
        if byte == UInt8(ascii: "\\") { return kind != .password || quote != nil }
        if quote != nil { return false }
        switch kind {
        case .password: return byte == UInt8(ascii: ";") || byte == UInt8(ascii: "&")
        case .header: return byte == UInt8(ascii: ",") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "}")
        case .parameter, .looseToken:
            if byte == UInt8(ascii: "%") { return holds("%26", at) || holds("%2526", at) || holds("%3B", at) }
            switch byte {
            case 0x20, UInt8(ascii: "&"), UInt8(ascii: ";"), UInt8(ascii: ","), UInt8(ascii: "'"), UInt8(ascii: "<"),
                UInt8(ascii: ">"), UInt8(ascii: ")"), UInt8(ascii: "}"), UInt8(ascii: "]"):
                return true
            default: return false
            }
        }
    }

    /// The letters and digits of the name before a sign, in lower case; blanks, quotes and escapes between are passed.
    private func name(before sign: Int) -> [UInt8] {
        var at = sign - 1
        while at >= 0, bytes[at] == 0x20 || Self.isQuote(bytes[at]) || bytes[at] == 0x5C { at -= 1 }
        var name: [UInt8] = []
        while at >= 0, name.count < 40, Self.isWord(bytes[at]) || bytes[at] == UInt8(ascii: "-") {
            if bytes[at] != UInt8(ascii: "-"), bytes[at] != UInt8(ascii: "_") { name.append(Self.lower(bytes[at])) }
            at -= 1
        }
        // `\u0026sig`: the escape of a JSON text is no part of the name.
        if at >= 0, bytes[at] == 0x5C, name.count > 5, name.last == UInt8(ascii: "u") { name.removeLast(5) }
        // `%26sig`, `%2526sig`.
        if at >= 0, bytes[at] == UInt8(ascii: "%"), name.count > 2 {
            name.removeLast(name.suffix(4).reversed().elementsEqual("2526".utf8) ? 4 : 2)
        }
        return name.reversed()
    }

    /// Where a header's value begins behind a scheme such as `Bearer `.
    private func behindScheme(_ start: Int) -> Int {
        for scheme in ["bearer ", "basic ", "sharedkey ", "sharedkeylite ", "negotiate "] where holds(scheme, start) {
            return start + scheme.utf8.count
        }
        return start
    }

    /// Width of `%3D`, `%3A` and their double escapes; nil for other text.
    private func escapedSign(_ at: Int) -> Int? {
        if holds("%3d", at) || holds("%3a", at) { return 3 }
        return holds("%253d", at) || holds("%253a", at) ? 5 : nil
    }

    // MARK: By place and shape

    /// The password of `scheme://user:password@host`, or the whole of a long user name, which is a token.
    private func userInfo(behind colon: Int) -> Range<Int>? {
        guard holds("://", colon) else { return nil }
        let start = colon + 3
        var at = start
        var separator: Int?
        while at < bytes.count, at - start < 512 {
            switch bytes[at] {
            case UInt8(ascii: "@"):
                if let separator { return separator + 1..<at }
                return at - start >= 20 ? start..<at : nil
            case UInt8(ascii: ":"): separator = separator ?? at
            case 0...0x20, UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "\""): return nil
            default: break
            }
            at += 1
        }
        return nil
    }

    /// End of a private key in PEM form.
    private func privateKey(_ at: Int) -> Int? {
        guard holds("-----BEGIN ", at) else { return nil }
        var line = at + 11
        var isPrivate = false
        while line < bytes.count, bytes[line] != UInt8(ascii: "-"), line - at < 64 {
            if holds("PRIVATE", line) { isPrivate = true }
            line += 1
        }
        guard isPrivate else { return nil }
        var end = line
        while end < bytes.count {
            if holds("-----END ", end) {
                var last = end + 9
                while last < bytes.count, bytes[last] != UInt8(ascii: "-") { last += 1 }
                return min(bytes.count, last + 5)
            }
            end += 1
        }
        return bytes.count
    }

    /// Looks at the run that begins with a word; returns where to go on.
    private mutating func word(_ start: Int) -> Int {
        let run = SecretShapes(bytes, from: start)
        if let range = run.secret { return take(range) ?? run.wordEnd }
        for scheme in ["bearer ", "basic ", "sharedkey "] where holds(scheme, start) {
            let token = SecretShapes(bytes, from: start + scheme.utf8.count)
            if token.tokenEnd - token.start >= 8, looksRandom(token.start..<token.tokenEnd) {
                return take(token.start..<token.tokenEnd) ?? run.wordEnd
            }
        }
        return run.wordEnd
    }

    /// True for text that no person would write: it has a digit, or is very long.
    private func looksRandom(_ range: Range<Int>) -> Bool {
        range.count >= 20 || bytes[range].contains { $0 &- 0x30 < 10 }
    }

    /// Whether a text stands at a place, without case.
    private func holds(_ text: String, _ at: Int) -> Bool {
        guard at + text.utf8.count <= bytes.count else { return false }
        var place = at
        for byte in text.utf8 {
            if Self.lower(bytes[place]) != Self.lower(byte) { return false }
            place += 1
        }
        return true
    }

    static func isWord(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26
    }

    private static func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }

    private static func lower(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }
}
