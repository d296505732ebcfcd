internal import DiagnosticLogs

/// A necessary condition of a rule: one of these texts, beginnings or ends (or nothing at all) in one of these fields.
///
/// A record that shows none of them cannot satisfy the rule, so the rule is never looked at. Texts are folded: a
/// case-sensitive test is still narrowed correctly, only less.
struct Witness: Sendable {
    struct Literal: Hashable, Sendable {
        var field: Field
        var form: Form
    }

    /// What a field must show; texts are folded.
    enum Form: Hashable, Sendable {
        /// This whole text.
        case text(String)
        /// A text that begins with these eight bytes.
        case beginning(UInt64)
        /// A text that ends with these eight bytes.
        case end(UInt64)
        /// The field is missing or null.
        case null
    }

    /// At least one must be seen.
    var literals: [Literal]

    /// The more selective, the lower: few texts, in fields that take many values.
    var cost: Int { literals.reduce(0) { $0 + Self.weight($1) } }

    private static func weight(_ literal: Literal) -> Int {
        let base =
            switch literal.field {
            case .path(let path): weight(path)
            case .firstOf(let paths): paths.first.map(weight) ?? 8
            case .derived(.service), .derived(.dataset): 400
            case .derived(.outcome): 2_000
            case .derived: 8
            }
        return switch literal.form {
        case .text: base
        case .end: base * 2
        case .beginning, .null: base * 4
        }
    }

    private static func weight(_ path: FieldPath) -> Int {
        guard path.steps.count == 1 else { return 8 }
        return switch path.steps[0].lowercased() {
        // Operation names decide most rules, and indexing few fields keeps the number of probes low.
        case "operationname": 4
        case "category": 100
        case "resulttype", "resultsignature", "level", "tenantid", "location": 1_000
        default: 8
        }
    }
}

extension Witness {
    /// The cheapest witness of a condition; nil when it has none (it may hold for any record).
    init?(_ condition: Condition) {
        guard let found = Self.find(condition) else { return nil }
        self = found
    }

    private static func find(_ condition: Condition) -> Witness? {
        switch condition {
        case .constant(false): return Witness(literals: [])
        case .all(let list): return cheapest(list.map { find($0) })
        case .any(let list): return union(list.map { find($0) })
        case .atLeast(let count, let list):
            if count <= 0 { return nil }
            return count >= list.count ? cheapest(list.map { find($0) }) : union(list.map { find($0) })
        case .field(let field, let matcher): return find(field, matcher)
        case .holds(let expression): return find(expression)
        case .constant(true), .not, .keyword: return nil
        }
    }

    private static func find(_ field: Field, _ matcher: Matcher) -> Witness? {
        switch matcher {
        case .text(let pattern):
            return pattern.witness.map { Witness(literals: [Literal(field: field, form: $0)]) }
        case .oneOf(let texts, _):
            let folded = Set(texts.map(CaseFolding.fold)).sorted { Value.orderText($0, $1) < 0 }
            return Witness(literals: folded.map { Literal(field: field, form: .text($0)) })
        case .null: return Witness(literals: [Literal(field: field, form: .null)])
        case .number, .integer, .boolean, .exists, .regex, .network, .sameAs: return nil
        }
    }

    private static func find(_ expression: Expression) -> Witness? {
        switch expression {
        case .and(let a, let b): return cheapest([find(a), find(b)])
        case .or(let a, let b): return union([find(a), find(b)])
        case .compare(.equal, .field(let field), .literal(let value)),
            .compare(.equal, .literal(let value), .field(let field)):
            return find(field, value).map { Witness(literals: [$0]) }
        case .isIn(.field(let field), let members):
            var literals: [Literal] = []
            for member in members {
                guard case .literal(let value) = member else { return nil }
                if value == .null { continue }
                guard let literal = find(field, value) else { return nil }
                literals.append(literal)
            }
            return Witness(literals: literals)
        default: return nil
        }
    }

    /// Only texts that no number, boolean or time can equal: those compare by value, not by spelling.
    private static func find(_ field: Field, _ value: Value) -> Literal? {
        guard case .string(let text) = value, Value(number: text) == nil, text != "true", text != "false",
            CivilTime.parse(text) == nil
        else { return nil }
        return Literal(field: field, form: .text(CaseFolding.fold(text)))
    }

    private static func cheapest(_ list: [Witness?]) -> Witness? {
        var best: Witness?
        for case let witness? in list where best.map({ witness.cost < $0.cost }) ?? true { best = witness }
        return best
    }

    private static func union(_ list: [Witness?]) -> Witness? {
        var literals: [Literal] = []
        for witness in list {
            guard let witness else { return nil }
            for literal in witness.literals where !literals.contains(literal) { literals.append(literal) }
        }
        return Witness(literals: literals)
    }
}

extension StringPattern {
    /// What a matching text must show: itself, or its first or last eight bytes; nil when nothing is that certain.
    fileprivate var witness: Witness.Form? {
        var texts: [String] = [""]
        for part in parts {
            if case .literal(let piece) = part {
                texts[texts.count - 1] += piece
            } else {
                texts.append("")
            }
        }
        let (first, last) = (
            Array(CaseFolding.fold(texts[0]).utf8), Array(CaseFolding.fold(texts[texts.count - 1]).utf8)
        )
        if texts.count == 1 { return .text(CaseFolding.fold(texts[0])) }
        // Texts that are not ASCII are not narrowed, so that only ASCII words are ever compared.
        if last.count >= 8, let word = Self.word(last.suffix(8)) { return .end(word) }
        if first.count >= 8, let word = Self.word(first.prefix(8)) { return .beginning(word) }
        return nil
    }

    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64? {
        guard bytes.allSatisfy({ $0 < 0x80 }) else { return nil }
        // As eight bytes are loaded on a little-endian machine.
        return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension Witness.Form {
    /// As people read it.
    var display: String {
        switch self {
        case .text(let text): "= \(text)"
        case .beginning(let word): "starts with \(Self.text(word))"
        case .end(let word): "ends with \(Self.text(word))"
        case .null: "is missing"
        }
    }

    private static func text(_ word: UInt64) -> String {
        String(decoding: (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64($0 * 8)) }, as: UTF8.self)
    }
}
