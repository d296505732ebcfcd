import Detection

/// Translates ES|QL `RLIKE` patterns (Lucene's syntax) to the common subset of regular expressions.
///
/// Lucene has no anchors (the whole text must match), `.` takes line ends too, and a few characters are operators that
/// are plain elsewhere: `@` any text, `#` nothing, `&` intersection, `<1-9>` a range of numbers, `"…"` literal text.
struct LuceneRegex {
    private var scalars: ArraySlice<Unicode.Scalar>
    private var output = ""
    private var depth = 0
    /// Whether something stands before, that a quantifier could repeat.
    private var hasOperand = false

    private init(_ text: String) { scalars = Array(text.unicodeScalars)[...] }

    /// The pattern for the engine, or the reason why it cannot be run.
    static func translate(_ text: String) throws(PatternError) -> RegexPattern {
        var translator = LuceneRegex(text)
        try translator.run()
        return RegexPattern(source: translator.output, dotAll: true, wholeText: true)
    }

    private mutating func run() throws(PatternError) {
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "\\": try escape()
            case "(": try open()
            case ")": try close()
            case "[": try characterClass()
            case "\"": try quoted()
            case "|":
                output += "|"
                hasOperand = false
            case "*", "+", "?": try quantifier(String(scalar))
            case "{": try counted()
            case ".": operand(".")
            case "@": operand("(?:.*)")
            case "#", "&", "<":
                throw PatternError(
                    reason:
                        "\"\(scalar)\" is an operator in RLIKE that is not supported; write \"\\\(scalar)\" for the "
                        + "character itself", code: .unsupported)
            default: operand(Self.literal(scalar))
            }
        }
        guard depth == 0 else { throw PatternError(reason: "\")\" is missing in the RLIKE pattern") }
    }

    private mutating func operand(_ text: String) {
        output += text
        hasOperand = true
    }

    private mutating func escape() throws(PatternError) {
        guard let next = scalars.popFirst() else {
            throw PatternError(reason: "a backslash ends the RLIKE pattern")
        }
        switch next {
        case "d", "D", "w", "W", "s", "S": operand("\\" + String(next))
        default: operand(Self.literal(next))
        }
    }

    private mutating func open() throws(PatternError) {
        guard depth < 50 else { throw PatternError(reason: "groups are nested more than 50 deep") }
        depth += 1
        output += "(?:"
        hasOperand = false
    }

    private mutating func close() throws(PatternError) {
        guard depth > 0 else { throw PatternError(reason: "\")\" without \"(\" in the RLIKE pattern") }
        depth -= 1
        operand(")")
    }

    private mutating func quoted() throws(PatternError) {
        output += "(?:"
        while let scalar = scalars.popFirst() {
            if scalar == "\"" {
                operand(")")
                return
            }
            output += Self.literal(scalar)
        }
        throw PatternError(reason: "a quote is missing in the RLIKE pattern")
    }

    private mutating func quantifier(_ text: String) throws(PatternError) {
        guard hasOperand else { throw PatternError(reason: "\"\(text)\" in the RLIKE pattern has nothing to repeat") }
        // Lucene reads `a*?` as (a*)?, other dialects as a lazy star: keep Lucene's reading.
        if let last = output.unicodeScalars.last, last == "*" || last == "+" || last == "?" || last == "}" {
            if !output.hasSuffix("\\" + String(last)) { return }
        }
        output += text
    }

    private mutating func counted() throws(PatternError) {
        var text = "{"
        while let scalar = scalars.popFirst(), text.utf8.count < 12 {
            text.unicodeScalars.append(scalar)
            if scalar == "}" { break }
        }
        guard let range = RegexSyntax.repetition(text), hasOperand else {
            throw PatternError(reason: "\"\(text)\" in the RLIKE pattern is not a repetition")
        }
        guard range.upperBound <= RegexSyntax.repetitionMax else {
            throw PatternError(reason: "more than \(RegexSyntax.repetitionMax) repetitions", code: .unsupported)
        }
        output += text
    }

    private mutating func characterClass() throws(PatternError) {
        var body = ""
        var isFirst = true
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "]" where !isFirst && body != "^":
                operand("[" + body + "]")
                return
            case "^" where isFirst: body += "^"
            case "-" where !body.isEmpty && body != "^" && scalars.first != "]": body += "-"
            case "\\":
                guard let next = scalars.popFirst() else { break }
                body += ["d", "D", "w", "W", "s", "S"].contains(next) ? "\\" + String(next) : Self.classLiteral(next)
            default: body += Self.classLiteral(scalar)
            }
            isFirst = false
        }
        throw PatternError(reason: "\"]\" is missing in the RLIKE pattern")
    }

    private static func literal(_ scalar: Unicode.Scalar) -> String {
        let special: Set<Unicode.Scalar> = [
            "\\", "^", "$", ".", "|", "?", "*", "+", "(", ")", "[", "]", "{", "}",
        ]
        return special.contains(scalar) ? "\\" + String(scalar) : String(scalar)
    }

    private static func classLiteral(_ scalar: Unicode.Scalar) -> String {
        let special: Set<Unicode.Scalar> = ["\\", "]", "[", "^", "-", "&", "~"]
        return special.contains(scalar) ? "\\" + String(scalar) : String(scalar)
    }
}
