import FindingFormats

/// A line of a terminal under construction: styled pieces, never wider than the screen.
///
/// Texts from outside are escaped here, so that no log line can drive the terminal. Without colour the line holds no escape
/// sequence at all.
struct ScreenLine {
    enum Style {
        case plain, strong, faint, good, warn, bad
        case severity(Int)

        /// ANSI attributes; nil for none.
        fileprivate var attributes: String? {
            switch self {
            case .plain: nil
            case .strong: "1"
            case .faint: "2"
            case .good: "32"
            case .warn: "33"
            case .bad: "31"
            case .severity(5): "1;97;41"
            case .severity(4): "1;31"
            case .severity(3): "33"
            case .severity(2): "36"
            case .severity: "2"
            }
        }
    }

    private(set) var text = ""
    private(set) var used = 0
    private let width: Int
    private let colour: Bool

    init(width: Int, colour: Bool) {
        self.width = width
        self.colour = colour
    }

    /// Columns that are left.
    var room: Int { max(0, width - used) }

    /// The text without the blanks behind it: they would show where it is copied or kept in a file.
    var finished: String {
        var end = text.endIndex
        while end > text.startIndex, text[text.index(before: end)] == " " { end = text.index(before: end) }
        return String(text[..<end])
    }

    /// Columns that a text of outside takes.
    static func width(_ piece: String) -> Int { TerminalText.width(TerminalText.escaped(piece)) }

    /// Adds a text; what does not fit is cut, shown as `…`.
    mutating func add(_ piece: String, _ style: Style = .plain) {
        let cut = TerminalText.escaped(piece, columns: room)
        // A cut to no columns at all would still be an ellipsis.
        guard room > 0, !cut.isEmpty else { return }
        used += TerminalText.width(cut)
        guard colour, let attributes = style.attributes else {
            text += cut
            return
        }
        text += "\u{1b}[\(attributes)m\(cut)\u{1b}[0m"
    }

    /// Adds a text in a column of a given width: to its left, or to its right for numbers; two columns stay free behind it.
    mutating func column(_ piece: String, _ columns: Int, right: Bool = false, _ style: Style = .plain) {
        let cut = TerminalText.escaped(piece, columns: max(1, columns))
        let free = columns - TerminalText.width(cut)
        if right { space(free) }
        add(cut, style)
        space(right ? 2 : free + 2)
    }

    /// Adds the name of a list in a column, with a note behind it.
    mutating func heading(_ name: String, _ columns: Int, note: String) {
        add(name, .strong)
        if !note.isEmpty { add("  " + note, .faint) }
        space(max(2, columns + 2 - used))
    }

    /// Adds spaces, as many as fit.
    mutating func space(_ columns: Int) {
        let columns = max(0, min(columns, room))
        text += String(repeating: " ", count: columns)
        used += columns
    }

    /// Adds a text so far to the right that it ends with the line; none where it does not fit.
    mutating func right(_ piece: String, _ style: Style = .plain) {
        let wide = Self.width(piece)
        guard wide > 0, wide <= room else { return }
        space(room - wide)
        add(piece, style)
    }
}
