/// A parsed regular expression.
indirect enum RegexNode: Sendable {
    case empty
    case characters(CharacterSet)
    case sequence([RegexNode])
    case alternatives([RegexNode])
    case repeated(RegexNode, min: Int, max: Int?)
    case assertion(Assertion)

    enum Assertion: Sendable {
        case textStart, textEnd, lineStart, lineEnd, wordBoundary, notWordBoundary
    }

    /// Characters as ranges of scalars.
    struct CharacterSet: Sendable {
        var ranges: [ClosedRange<UInt32>] = []
        var isNegated = false
        var ignoresCase = false

        func contains(_ scalar: Unicode.Scalar) -> Bool {
            var found = holds(scalar.value)
            if !found, ignoresCase {
                let folded = CaseFolding.fold(scalar)
                found = holds(folded.value)
                if !found, let upper = folded.properties.uppercaseMapping.unicodeScalars.first {
                    found = holds(upper.value)
                }
            }
            return found != isNegated
        }

        private func holds(_ value: UInt32) -> Bool { ranges.contains { $0.contains(value) } }
    }
}

/// Reads the regular-expression subset that rules use: literals, classes, groups, alternation, counted and lazy
/// repetition, anchors, word boundaries, inline flags.
///
/// Back-references and look-around are refused.
struct RegexParser {
    private struct Flags {
        var ignoreCase: Bool
        var multiline: Bool
        var dotAll: Bool
    }

    private let text: [Unicode.Scalar]
    private var at = 0
    private var flags: Flags
    private var depth = 0

    init(_ pattern: RegexPattern) {
        text = Array(pattern.source.unicodeScalars)
        flags = Flags(ignoreCase: pattern.ignoreCase, multiline: pattern.multiline, dotAll: pattern.dotAll)
    }

    /// Parses the whole expression.
    mutating func parse() throws(DetectionError) -> RegexNode {
        let node = try alternatives()
        guard at == text.count else { throw failure("a ')' has no '('") }
        return node
    }

    private func failure(_ what: String) -> DetectionError {
        DetectionError(.ruleNotRunnable, "regular expression, character \(at + 1): \(what)")
    }

    private var peek: Unicode.Scalar? { at < text.count ? text[at] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        at += 1
        return true
    }

    private mutating func alternatives() throws(DetectionError) -> RegexNode {
        depth += 1
        defer { depth -= 1 }
        guard depth < 100 else { throw failure("groups are nested too deep") }
        // Flags set inside a group end with it.
        let outer = flags
        defer { flags = outer }
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func sequence() throws(DetectionError) -> RegexNode {
        var nodes: [RegexNode] = []
        while let next = peek, next != "|", next != ")" {
            guard let atom = try atom() else { continue }
            nodes.append(try repetition(of: atom))
        }
        return nodes.count == 1 ? nodes[0] : (nodes.isEmpty ? .empty : .sequence(nodes))
    }

    private mutating func repetition(of atom: RegexNode) throws(DetectionError) -> RegexNode {
        var node = atom
        while let next = peek {
            let bounds: (Int, Int?)
            switch next {
            case "*": bounds = (0, nil)
            case "+": bounds = (1, nil)
            case "?": bounds = (0, 1)
            case "{":
                guard let counted = try counted() else { return node }
                bounds = counted
                at -= 1
            default: return node
            }
            at += 1
            // Lazy and possessive marks change what is captured, not whether there is a match; possessive would.
            if peek == "+" { throw failure("possessive repetition is not supported") }
            _ = take("?")
            node = .repeated(node, min: bounds.0, max: bounds.1)
        }
        return node
    }

    /// Reads `{n}`, `{n,}`, `{n,m}`; nil when the brace is a literal.
    private mutating func counted() throws(DetectionError) -> (Int, Int?)? {
        var end = at + 1
        while end < text.count, text[end] != "}" { end += 1 }
        guard end < text.count else { return nil }
        let inside = String(String.UnicodeScalarView(text[(at + 1)..<end]))
        let parts = inside.split(separator: ",", omittingEmptySubsequences: false)
        guard let first = parts.first, let low = Int(first), parts.count <= 2 else { return nil }
        var high: Int? = low
        if parts.count == 2 {
            if parts[1].isEmpty { high = nil } else { high = Int(parts[1]) }
            if high == nil, !parts[1].isEmpty { return nil }
        }
        guard low >= 0, low <= 1_000, (high ?? low) >= low, (high ?? 0) <= 1_000 else {
            throw failure("a repetition count is out of range (0 to 1000)")
        }
        at = end + 1
        return (low, high)
    }

    private mutating func atom() throws(DetectionError) -> RegexNode? {
        let next = text[at]
        at += 1
        switch next {
        case "(": return try group()
        case "[": return .characters(try set())
        case ".":
            return .characters(
                .init(ranges: flags.dotAll ? [] : [10...10, 13...13], isNegated: true, ignoresCase: false))
        case "^": return .assertion(flags.multiline ? .lineStart : .textStart)
        case "$": return .assertion(flags.multiline ? .lineEnd : .textEnd)
        case "*", "+", "?": throw failure("nothing to repeat")
        case "\\": return try escape()
        default: return literal(next)
        }
    }

    private func literal(_ scalar: Unicode.Scalar) -> RegexNode {
        .characters(.init(ranges: [scalar.value...scalar.value], ignoresCase: flags.ignoreCase))
    }

    private mutating func group() throws(DetectionError) -> RegexNode? {
        if take("?") {
            if take(":") {
                // A group without capture.
            } else if peek == "=" || peek == "!" {
                throw failure("look-ahead is not supported")
            } else if peek == "<" || peek == "P" {
                _ = take("P")
                at += 1
                if peek == "=" || peek == "!" { throw failure("look-behind is not supported") }
                while let next = peek, next != ">" {
                    _ = next
                    at += 1
                }
                _ = take(">")
            } else if try inlineFlags() {
                return nil
            } else {
                let node = try scopedAlternatives()
                return node
            }
        }
        let node = try alternatives()
        guard take(")") else { throw failure("a '(' has no ')'") }
        return node
    }

    private var scopedFlags: Flags?

    private mutating func scopedAlternatives() throws(DetectionError) -> RegexNode {
        let outer = flags
        if let scoped = scopedFlags { flags = scoped }
        scopedFlags = nil
        let node = try alternatives()
        flags = outer
        guard take(")") else { throw failure("a '(' has no ')'") }
        return node
    }

    /// Reads `i)` (true: flags hold from here on) or `i:` (false: they hold inside the group, see `scopedFlags`).
    private mutating func inlineFlags() throws(DetectionError) -> Bool {
        var changed = flags
        var on = true
        while let next = peek {
            at += 1
            switch next {
            case "i": changed.ignoreCase = on
            case "m": changed.multiline = on
            case "s": changed.dotAll = on
            case "-": on = false
            case ")":
                flags = changed
                return true
            case ":":
                scopedFlags = changed
                return false
            default: throw failure("the flag '\(next)' is not supported")
            }
        }
        throw failure("a group ends early")
    }

    private mutating func escape() throws(DetectionError) -> RegexNode {
        guard let next = peek else { throw failure("the expression ends with a backslash") }
        if let ranges = Self.classRanges(next) {
            at += 1
            let isNegated = next.properties.isUppercase
            return .characters(.init(ranges: ranges, isNegated: isNegated))
        }
        switch next {
        case "b":
            at += 1
            return .assertion(.wordBoundary)
        case "B":
            at += 1
            return .assertion(.notWordBoundary)
        case "A":
            at += 1
            return .assertion(.textStart)
        case "z", "Z":
            at += 1
            return .assertion(.textEnd)
        case "1"..."9", "k": throw failure("back-references are not supported")
        case "p", "P": throw failure("character properties (\\p) are not supported")
        default: return literal(try escapedScalar())
        }
    }

    /// The scalar that an escape stands for; `at` is behind the backslash.
    private mutating func escapedScalar() throws(DetectionError) -> Unicode.Scalar {
        let next = text[at]
        at += 1
        switch next {
        case "t": return "\t"
        case "n": return "\n"
        case "r": return "\r"
        case "f": return "\u{c}"
        case "v": return "\u{b}"
        case "0": return "\0"
        case "a": return "\u{7}"
        case "e": return "\u{1b}"
        case "x": return try hexadecimal(digits: 2)
        case "u": return try hexadecimal(digits: 4)
        default: return next
        }
    }

    private mutating func hexadecimal(digits: Int) throws(DetectionError) -> Unicode.Scalar {
        var length = digits
        var braces = false
        if peek == "{", let close = text[at...].firstIndex(of: "}") {
            at += 1
            length = close - at
            braces = true
        }
        guard length > 0, length <= 6, at + length <= text.count else { throw failure("a hexadecimal escape is cut") }
        let code = String(String.UnicodeScalarView(text[at..<at + length]))
        guard let value = UInt32(code, radix: 16), let scalar = Unicode.Scalar(value) else {
            throw failure("'\(code)' is no hexadecimal character code")
        }
        at += length + (braces ? 1 : 0)
        return scalar
    }

    private mutating func set() throws(DetectionError) -> RegexNode.CharacterSet {
        var result = RegexNode.CharacterSet(ignoresCase: flags.ignoreCase)
        result.isNegated = take("^")
        var isFirst = true
        while let next = peek, isFirst || next != "]" {
            isFirst = false
            if next == "[", at + 1 < text.count, text[at + 1] == ":" {
                throw failure("named classes such as [:alpha:] are not supported")
            }
            at += 1
            var low = next
            if next == "\\" {
                guard let code = peek else { throw failure("a '[' has no ']'") }
                if let ranges = Self.classRanges(code) {
                    at += 1
                    result.ranges += code.properties.isUppercase ? Self.complement(ranges) : ranges
                    continue
                }
                low = code == "b" ? "\u{8}" : low
                if code == "b" { at += 1 } else { low = try escapedScalar() }
            }
            guard peek == "-", at + 1 < text.count, text[at + 1] != "]" else {
                result.ranges.append(low.value...low.value)
                continue
            }
            at += 1
            var high = text[at]
            at += 1
            if high == "\\" {
                guard at < text.count else { throw failure("a '[' has no ']'") }
                high = try escapedScalar()
            }
            guard low.value <= high.value else { throw failure("a range of characters is reversed") }
            result.ranges.append(low.value...high.value)
        }
        guard take("]") else { throw failure("a '[' has no ']'") }
        return result
    }

    private static func classRanges(_ code: Unicode.Scalar) -> [ClosedRange<UInt32>]? {
        switch code {
        case "d", "D": [0x30...0x39]
        case "w", "W": [0x30...0x39, 0x41...0x5a, 0x5f...0x5f, 0x61...0x7a]
        case "s", "S": [9...13, 32...32]
        default: nil
        }
    }

    private static func complement(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var result: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > next { result.append(next...(range.lowerBound - 1)) }
            next = range.upperBound + 1
        }
        result.append(next...0x10ffff)
        return result
    }
}
