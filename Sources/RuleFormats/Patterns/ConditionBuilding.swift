import Detection
import DiagnosticLogs

extension Condition {
    /// All of these, in the plainest form: nested conjunctions are joined, constants folded, one alone unwrapped.
    static func conjunction(_ parts: [Condition]) -> Condition {
        var flat: [Condition] = []
        for part in parts {
            switch part {
            case .constant(true): continue
            case .constant(false): return .constant(false)
            case .all(let inner): flat += inner
            default: flat.append(part)
            }
        }
        if flat.isEmpty { return .constant(true) }
        return flat.count == 1 ? flat[0] : .all(flat)
    }

    /// Any of these, in the plainest form.
    static func disjunction(_ parts: [Condition]) -> Condition {
        var flat: [Condition] = []
        for part in parts {
            switch part {
            case .constant(false): continue
            case .constant(true): return .constant(true)
            case .any(let inner): flat += inner
            default: flat.append(part)
            }
        }
        if flat.isEmpty { return .constant(false) }
        return flat.count == 1 ? flat[0] : .any(flat)
    }

    /// The members of a disjunction; of anything else, itself.
    var alternatives: [Condition] {
        if case .any(let parts) = self { return parts }
        return [self]
    }

    /// The opposite, in the plainest form.
    var negated: Condition {
        switch self {
        case .constant(let value): .constant(!value)
        case .not(let inner): inner
        default: .not(self)
        }
    }
}

extension StringPattern {
    /// Exactly this text.
    static func exact(_ text: String, caseSensitive: Bool) -> StringPattern {
        StringPattern(parts: text.isEmpty ? [] : [.literal(text)], caseSensitive: caseSensitive)
    }

    /// The text when the pattern has no wildcard.
    var plainText: String? {
        switch parts.count {
        case 0: return ""
        case 1:
            if case .literal(let text) = parts[0] { return text }
            return nil
        default: return nil
        }
    }

    /// True for a lone `*`.
    var isAny: Bool { parts == [.any] }
}

/// Collects the parts of a pattern; literals that follow each other become one.
struct PatternBuilder {
    private(set) var parts: [StringPattern.Part] = []
    private var literal = ""

    mutating func append(_ scalar: Unicode.Scalar) { literal.unicodeScalars.append(scalar) }

    mutating func append(_ part: StringPattern.Part) {
        flush()
        // Two stars in a row mean one.
        if part == .any, parts.last == .any { return }
        parts.append(part)
    }

    private mutating func flush() {
        if !literal.isEmpty { parts.append(.literal(literal)) }
        literal = ""
    }

    /// The finished parts.
    mutating func finish() -> [StringPattern.Part] {
        flush()
        return parts
    }
}
