/// Text from logs made harmless for a terminal, and how many columns it takes.
public enum TerminalText {
    /// The text with everything that could drive or confuse a terminal made visible as `\u{1b}`; line ends as `\n`.
    ///
    /// A log line must not clear the screen, set a title, move the cursor or turn the reading direction around.
    public static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where isUnsafe(scalar): result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Escapes and cuts to a number of columns; the cut is shown as `…`.
    public static func escaped(_ text: String, columns: Int) -> String {
        // Cut first: a megabyte of text must not be escaped to show a line of it.
        let cut = text.unicodeScalars.prefix(max(0, columns) + 1)
        let whole = escaped(String(String.UnicodeScalarView(cut)))
        if width(whole) <= columns { return whole }
        var result = ""
        var used = 0
        for character in whole {
            let next = width(of: character)
            if used + next > columns - 1 { break }
            used += next
            result.append(character)
        }
        return result + "…"
    }

    /// Columns that a text takes, which must be escaped.
    public static func width(_ text: String) -> Int {
        var columns = 0
        for character in text { columns += width(of: character) }
        return columns
    }

    static func width(of character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        if first.value < 0x300 { return 1 }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        // East Asian wide and emoji blocks. Source: Unicode UAX #11, ranges of the W and F classes, joined.
        switch first.value {
        case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f,
            0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f680...0x1f6ff, 0x1f900...0x1faff,
            0x20000...0x3fffd:
            return 2
        default: return 1
        }
    }

    /// Controls (C0, DEL, C1), format characters (bidirectional marks, zero-width, tags), line and paragraph
    /// separators.
    static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x20 { return true }
        if scalar.value < 0x7f { return false }
        if scalar.value < 0xa0 { return true }
        switch scalar.properties.generalCategory {
        // The zero-width joiner holds emoji together and drives nothing.
        case .format: return scalar.value != 0x200d
        case .lineSeparator, .paragraphSeparator: return true
        default: return false
        }
    }
}
