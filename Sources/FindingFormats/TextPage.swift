import Detection

/// A block of text under construction: styled pieces, labelled fields, wrapping to a width.
///
/// The texts given to it must be escaped already, except a paragraph, which escapes itself.
struct TextPage {
    /// How a piece looks on a terminal with colours.
    enum Style: Equatable {
        case plain
        case strong
        case faint
        case severity(RuleMetadata.Severity)

        /// The ANSI attributes; nil for none.
        fileprivate var attributes: String? {
            switch self {
            case .plain: nil
            case .strong: "1"
            case .faint: "2"
            case .severity(.critical): "1;97;41"
            case .severity(.high): "1;30;101"
            case .severity(.medium): "1;30;43"
            case .severity(.low): "1;30;46"
            case .severity(.informational): "1;97;44"
            }
        }
    }

    private(set) var text = ""
    private let color: Bool
    private let width: Int
    private static let indent = 2
    private static let labelWidth = 10

    init(color: Bool, width: Int) {
        self.color = color
        self.width = width
    }

    /// One line of styled pieces, as it is.
    mutating func line(_ pieces: [(text: String, style: Style)]) {
        for piece in pieces { text += styled(piece.text, piece.style) }
        text += "\n"
    }

    /// A text over the whole width.
    mutating func paragraph(_ paragraph: String, style: Style) {
        let safe = TerminalText.escaped(paragraph, columns: 1_000)
        for line in Self.wrapped(safe, width: width - Self.indent) {
            text += String(repeating: " ", count: Self.indent) + styled(line, style) + "\n"
        }
    }

    /// A label and its values, each on its own line or lines; nothing when there is no value.
    mutating func field(_ label: String, _ values: [String]) {
        let margin = Self.indent + Self.labelWidth
        var isFirst = true
        for value in values {
            for (index, line) in Self.wrapped(value, width: width - margin - 2).enumerated() {
                let padding = String(repeating: " ", count: max(1, Self.labelWidth - label.count))
                text += String(repeating: " ", count: Self.indent)
                text += isFirst ? styled(label, .faint) + padding : String(repeating: " ", count: Self.labelWidth)
                // Lines that go on are set in, so that two values cannot be taken for one.
                text += (index > 0 ? "  " : "") + line + "\n"
                isFirst = false
            }
        }
    }

    private func styled(_ text: String, _ style: Style) -> String {
        guard color, let attributes = style.attributes else { return text }
        return "\u{1b}[\(attributes)m\(text)\u{1b}[0m"
    }

    /// Lines of at most `width` columns, broken at spaces, inside a word only when it is longer than a line.
    static func wrapped(_ text: String, width: Int) -> [String] {
        let width = max(8, width)
        var lines: [String] = []
        var line = ""
        var used = 0
        for word in text.split(separator: " ", omittingEmptySubsequences: true) {
            let size = TerminalText.width(String(word))
            if used > 0 && used + 1 + size > width {
                lines.append(line)
                (line, used) = ("", 0)
            }
            if used > 0 {
                line += " "
                used += 1
            }
            for character in word {
                let next = TerminalText.width(of: character)
                if used + next > width {
                    lines.append(line)
                    (line, used) = ("", 0)
                }
                line.append(character)
                used += next
            }
        }
        if used > 0 { lines.append(line) }
        return lines
    }
}
