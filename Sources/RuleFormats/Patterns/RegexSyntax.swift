import Detection

/// Checks that a regular expression stays inside the subset that can be matched in linear time.
///
/// **Source**: Sigma appendix on modifiers, `re`; plus `\d \w \s \b`, lazy quantifiers and non-capturing groups, which
/// rules in the wild use.
struct RegexSyntax {
    /// Most repetitions of a counted quantifier: each one costs states.
    static let repetitionMax = 1000

    private var scalars: ArraySlice<Unicode.Scalar>
    private var depth = 0
    private var hasOperand = false

    /// A pattern whose leading inline flags, `(?is)`, were taken off and set.
    static func check(_ pattern: RegexPattern) throws(PatternError) -> RegexPattern {
        var pattern = pattern
        try takeLeadingFlags(&pattern)
        var syntax = RegexSyntax(scalars: Array(pattern.source.unicodeScalars)[...])
        try syntax.run()
        return pattern
    }

    private static func takeLeadingFlags(_ pattern: inout RegexPattern) throws(PatternError) {
        while pattern.source.hasPrefix("(?"), let end = pattern.source.firstIndex(of: ")") {
            let flags = pattern.source[..<end].dropFirst(2)
            guard !flags.isEmpty, flags.allSatisfy({ "ims".contains($0) }) else { return }
            for flag in flags {
                switch flag {
                case "i": pattern.ignoreCase = true
                case "m": pattern.multiline = true
                default: pattern.dotAll = true
                }
            }
            pattern.source = String(pattern.source[pattern.source.index(after: end)...])
        }
    }

    private mutating func run() throws(PatternError) {
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "\\": try escape()
            case "(": try open()
            case ")":
                guard depth > 0 else { throw PatternError(reason: "\")\" without \"(\" in the regular expression") }
                depth -= 1
                hasOperand = true
            case "[": try characterClass()
            case "|": hasOperand = false
            case "^", "$": hasOperand = false
            case "*", "+", "?": try quantifier(String(scalar))
            case "{": try braces()
            default: hasOperand = true
            }
        }
        guard depth == 0 else { throw PatternError(reason: "\")\" is missing in the regular expression") }
    }

    private mutating func escape() throws(PatternError) {
        guard let next = scalars.popFirst() else {
            throw PatternError(reason: "a backslash ends the regular expression")
        }
        hasOperand = true
        switch next {
        case "1"..."9", "k", "g":
            throw PatternError(
                reason: "back-reference \"\\\(next)\" is not supported: it cannot be matched in linear time",
                code: .unsupported)
        case "b", "B", "A", "z", "Z": hasOperand = false
        case "p", "P", "X", "R", "K", "Q", "E", "G", "C", "N", "c", "u", "x", "0":
            throw PatternError(reason: "escape \"\\\(next)\" is not supported", code: .unsupported)
        default: break
        }
    }

    private mutating func open() throws(PatternError) {
        guard depth < 50 else { throw PatternError(reason: "groups are nested more than 50 deep") }
        depth += 1
        hasOperand = false
        guard scalars.first == "?" else { return }
        scalars.removeFirst()
        guard let kind = scalars.popFirst() else {
            throw PatternError(reason: "\"(?\" ends the regular expression")
        }
        switch kind {
        case ":": return
        case "=", "!":
            throw PatternError(
                reason: "look-ahead \"(?\(kind)\" is not supported: it cannot be matched in linear time",
                code: .unsupported)
        case "<" where scalars.first == "=" || scalars.first == "!":
            throw PatternError(
                reason: "look-behind is not supported: it cannot be matched in linear time", code: .unsupported)
        default:
            throw PatternError(
                reason: "group \"(?\(kind)\" is not supported; flags may only stand at the very start",
                code: .unsupported)
        }
    }

    private mutating func quantifier(_ text: String) throws(PatternError) {
        guard hasOperand else {
            throw PatternError(reason: "\"\(text)\" in the regular expression has nothing to repeat")
        }
        if scalars.first == "?" { scalars.removeFirst() }
        if scalars.first == "+" {
            throw PatternError(reason: "possessive quantifiers are not supported", code: .unsupported)
        }
        hasOperand = false
    }

    private mutating func braces() throws(PatternError) {
        guard let end = scalars.firstIndex(of: "}"), end - scalars.startIndex < 12,
            let range = Self.repetition(
                "{" + String(String.UnicodeScalarView(scalars[scalars.startIndex...end])))
        else {
            throw PatternError(reason: "\"{\" in the regular expression does not begin a repetition; write \"\\{\"")
        }
        guard range.upperBound <= Self.repetitionMax else {
            throw PatternError(reason: "more than \(Self.repetitionMax) repetitions", code: .unsupported)
        }
        scalars = scalars[(end + 1)...]
        try quantifier("{")
    }

    private mutating func characterClass() throws(PatternError) {
        if scalars.first == "^" { scalars.removeFirst() }
        if scalars.first == "]" { scalars.removeFirst() }
        while let scalar = scalars.popFirst() {
            if scalar == "]" {
                hasOperand = true
                return
            }
            if scalar == "\\" { _ = scalars.popFirst() }
            if scalar == "[", scalars.first == ":" {
                throw PatternError(reason: "named classes such as [:alpha:] are not supported", code: .unsupported)
            }
        }
        throw PatternError(reason: "\"]\" is missing in the regular expression")
    }

    /// Bounds of `{n}`, `{n,}` or `{n,m}`; nil for anything else.
    static func repetition(_ text: String) -> ClosedRange<Int>? {
        guard text.hasPrefix("{"), text.hasSuffix("}") else { return nil }
        let parts = text.dropFirst().dropLast().split(separator: ",", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2, let low = count(first) else { return nil }
        guard parts.count == 2 else { return low...low }
        if parts[1].isEmpty { return low...low }
        guard let high = count(parts[1]), high >= low else { return nil }
        return low...high
    }

    private static func count(_ text: some StringProtocol) -> Int? {
        text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } ? Int(text) : nil
    }
}
