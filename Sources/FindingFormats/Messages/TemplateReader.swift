import Spelling

/// Walks over the bytes of a template and knows where it is.
struct TemplateReader {
    /// A stretch of a string.
    enum Part {
        /// As it stands, with its escapes.
        case text([UInt8])
        /// A placeholder.
        case field(FindingField)
    }

    private let bytes: [UInt8]
    private var index = 0
    private var line = 1
    private var lineStart = 0
    /// Where the string in hand began.
    private var mark: (line: Int, column: Int) = (1, 1)

    init(_ text: String) { bytes = Array(text.utf8) }

    /// The byte that comes next.
    var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    /// Whether the next byte besides blanks is a colon: what came before is a name.
    var isBeforeColon: Bool {
        bytes[index...].first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: ":")
    }

    mutating func next() -> UInt8? {
        guard index < bytes.count else { return nil }
        defer { index += 1 }
        mark = (line, index - lineStart + 1)
        if bytes[index] == UInt8(ascii: "\n") {
            line += 1
            lineStart = index + 1
        }
        return bytes[index]
    }

    /// The rest of a string whose opening quote was read, up to and with its closing quote.
    mutating func string() throws(BodyTemplate.Problem) -> [Part] {
        var parts: [Part] = []
        var text: [UInt8] = []
        let start = mark
        while let byte = next() {
            switch byte {
            case UInt8(ascii: "\""):
                if !text.isEmpty { parts.append(.text(text)) }
                return parts
            case UInt8(ascii: "\\"):
                text.append(byte)
                if let escaped = next() { text.append(escaped) }
            case UInt8(ascii: "{") where peek == UInt8(ascii: "{"):
                if !text.isEmpty { parts.append(.text(text)) }
                text = []
                parts.append(.field(try field()))
            default: text.append(byte)
            }
        }
        throw BodyTemplate.Problem(line: start.line, column: start.column, message: "this string has no end")
    }

    /// The rest of a placeholder whose first brace was read.
    private mutating func field() throws(BodyTemplate.Problem) -> FindingField {
        let start = mark
        _ = next()
        var name: [UInt8] = []
        while let byte = peek, byte != UInt8(ascii: "}"), byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\n") {
            name.append(byte)
            _ = next()
        }
        guard next() == UInt8(ascii: "}"), next() == UInt8(ascii: "}") else {
            throw BodyTemplate.Problem(line: start.line, column: start.column, message: "this placeholder has no '}}'")
        }
        let text = String(decoding: name, as: UTF8.self).filter { $0 != " " }
        if let field = FindingField(rawValue: text) { return field }
        let known = FindingField.allCases.map(\.rawValue)
        let hint =
            NearestName.of(text, in: known).map { "; did you mean '\($0)'?" }
            ?? "; known: \(known.joined(separator: ", "))"
        throw BodyTemplate.Problem(
            line: start.line, column: start.column, message: "there is no field '\(text)'\(hint)")
    }

    /// A problem with what was read last.
    func problem(_ message: String) -> BodyTemplate.Problem {
        BodyTemplate.Problem(line: mark.line, column: mark.column, message: message)
    }
}
