internal import DiagnosticLogs

/// A necessary condition of a rule: one of these texts or pieces of text (or nothing at all) in one of these fields.
///
/// A record that shows none of them cannot satisfy the rule, so the rule is never looked at. Texts are folded: a
/// case-sensitive test is still narrowed correctly, only less.
struct Witness: Sendable {
    struct Literal: Hashable, Sendable {
        /// Where it must be; nil for anywhere in the record.
        var field: Field?
        var form: Form
        /// True when it is only necessary in ASCII strings: functions and regular expressions change or read other values
        /// in ways of their own.
        var isForPlainText = false
    }

    /// What a field must show; texts are folded.
    enum Form: Hashable, Sendable {
        /// This whole text.
        case text(String)
        /// A text that contains this piece.
        case piece([UInt8])
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
            case nil: 1_000
            }
        return switch literal.form {
        case .text: base
        case .piece(let bytes): base * (bytes.count >= 6 ? 2 : (bytes.count >= 4 ? 6 : (bytes.count == 3 ? 20 : 60)))
        case .null: base * 4
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
        case .keyword(let pattern):
            return pattern.longestPiece.map { Witness(literals: [Literal(field: nil, form: .piece($0))]) }
        case .constant(true), .not: return nil
        }
    }

    private static func find(_ field: Field, _ matcher: Matcher) -> Witness? {
        switch matcher {
        case .text(let pattern): return pattern.witness.map { Witness(literals: [Literal(field: field, form: $0)]) }
        case .oneOf(let texts, _):
            let folded = Set(texts.map(CaseFolding.fold)).sorted { Value.orderText($0, $1) < 0 }
            return Witness(literals: folded.map { Literal(field: field, form: .text($0)) })
        case .null: return Witness(literals: [Literal(field: field, form: .null)])
        case .regex(let pattern): return find(field, pattern)
        case .number, .integer, .boolean, .exists, .network, .sameAs: return nil
        }
    }

    private static func find(_ field: Field, _ pattern: RegexPattern) -> Witness? {
        var parser = RegexParser(pattern)
        guard let pieces = try? parser.parse().requiredPieces else { return nil }
        return Witness(literals: pieces.map { Literal(field: field, form: .piece($0), isForPlainText: true) })
    }

    private static func find(_ expression: Expression) -> Witness? {
        switch expression {
        case .and(let a, let b): return cheapest([find(a), find(b)])
        case .or(let a, let b): return union([find(a), find(b)])
        case .compare(.equal, let subject, .literal(let value)), .compare(.equal, .literal(let value), let subject):
            return find(subject, value).map { Witness(literals: [$0]) }
        case .isIn(let subject, let members):
            var literals: [Literal] = []
            for member in members {
                guard case .literal(let value) = member else { return nil }
                if value == .null { continue }
                guard let literal = find(subject, value) else { return nil }
                literals.append(literal)
            }
            return Witness(literals: literals)
        case .like(let subject, let pattern):
            guard let field = foldedField(subject), let form = pattern.witness else { return nil }
            return Witness(literals: [Literal(field: field, form: form, isForPlainText: true)])
        case .matches(let subject, let pattern): return foldedField(subject).flatMap { find($0, pattern) }
        case .call(.startsWith, let arguments), .call(.endsWith, let arguments):
            guard arguments.count == 2, let field = foldedField(arguments[0]),
                case .literal(.string(let text)) = arguments[1]
            else { return nil }
            let piece = Array(CaseFolding.fold(text).utf8)
            guard piece.count >= 2 else { return nil }
            return Witness(literals: [Literal(field: field, form: .piece(piece), isForPlainText: true)])
        default: return nil
        }
    }

    /// The field whose text an expression gives, in whatever case.
    private static func foldedField(_ expression: Expression) -> Field? {
        switch expression {
        case .field(let field): return field
        case .call(.toLower, let arguments), .call(.toUpper, let arguments):
            return arguments.count == 1 ? foldedField(arguments[0]) : nil
        default: return nil
        }
    }

    /// Only texts that no number, boolean or time can equal: those compare by value, not by spelling.
    private static func find(_ subject: Expression, _ value: Value) -> Literal? {
        guard let field = foldedField(subject), case .string(let text) = value, Value(number: text) == nil,
            text != "true", text != "false", CivilTime.parse(text) == nil
        else { return nil }
        let isField = if case .field = subject { true } else { false }
        return Literal(field: field, form: .text(CaseFolding.fold(text)), isForPlainText: !isField)
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
    /// What a matching text must show: itself, or its longest piece; nil when nothing is that certain.
    fileprivate var witness: Witness.Form? {
        let pieces = pieces
        if pieces.count == 1 { return .text(CaseFolding.fold(pieces[0])) }
        return longestPiece.map { .piece($0) }
    }

    /// The longest text without wildcards, folded; the first of equal ones; nil when none has two bytes.
    fileprivate var longestPiece: [UInt8]? {
        var longest: [UInt8] = []
        for piece in pieces {
            let bytes = Array(CaseFolding.fold(piece).utf8)
            if bytes.count > longest.count { longest = bytes }
        }
        return longest.count >= 2 ? longest : nil
    }

    /// The texts between the wildcards.
    private var pieces: [String] {
        var texts: [String] = [""]
        for part in parts {
            if case .literal(let piece) = part {
                texts[texts.count - 1] += piece
            } else {
                texts.append("")
            }
        }
        return texts
    }
}

extension Witness.Form {
    /// As people read it.
    var display: String {
        switch self {
        case .text(let text): "= \(text)"
        case .piece(let bytes): "contains \(String(decoding: bytes, as: UTF8.self))"
        case .null: "is missing"
        }
    }
}
