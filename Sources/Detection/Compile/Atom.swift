internal import DiagnosticLogs

/// A test of a record that several rules may share; evaluated at most once per record.
enum Atom: Sendable {
    case field(slot: Int, CompiledMatcher)
    /// A text anywhere in the record; `inMarkup` also tries the record's raw text.
    case keyword(CompiledPattern, inMarkup: Bool)
    /// A slot equals a text exactly, by three-valued logic: the common test of ES|QL.
    case equals(slot: Int, [UInt8], whole: CompiledExpression)
    /// An expression is true, or (`wanted` false) is false; null is neither.
    case expression(CompiledExpression, wanted: Bool)

    /// Rough cost of one test, to order the children of a conjunction.
    var cost: Int {
        switch self {
        case .field(_, let matcher): matcher.cost
        case .equals: 2
        case .expression: 30
        case .keyword: 200
        }
    }
}

/// What makes two atoms the same test.
///
/// Used in memory while compiling only.
enum AtomKey: Hashable {
    case field(Field, Matcher)
    case keyword(StringPattern)
    case expression(Expression, wanted: Bool)
}

extension Matcher {
    /// The same test with its texts folded where case does not count, so that rules that spell a text differently share
    /// it.
    fileprivate var inOneSpelling: Matcher {
        switch self {
        case .text(let pattern) where !pattern.caseSensitive:
            let parts = pattern.parts.map { part in
                if case .literal(let text) = part { StringPattern.Part.literal(CaseFolding.fold(text)) } else { part }
            }
            return .text(StringPattern(parts: parts, caseSensitive: false))
        case .oneOf(let texts, caseSensitive: false):
            let folded = Set(texts.map(CaseFolding.fold)).sorted { Value.orderText($0, $1) < 0 }
            return .oneOf(folded, caseSensitive: false)
        default: return self
        }
    }
}

/// The distinct tests and fields of all rules.
struct AtomTable {
    private(set) var atoms: [Atom] = []
    private var numbers: [AtomKey: Int] = [:]
    let plan: FieldPlan

    init(plan: FieldPlan) { self.plan = plan }

    /// The slot of a field.
    ///
    /// Every field of every rule is in the plan; one that is not reads as missing.
    func slot(of field: Field) -> Int { plan.slotNumber(of: field) ?? Int(Int32.max) }

    /// A scope for expressions over a record.
    var scope: ExpressionScope {
        let plan = plan
        return ExpressionScope(slot: { plan.slotNumber(of: $0) }, columns: [])
    }

    mutating func field(_ field: Field, _ matcher: Matcher) throws(DetectionError) -> Int {
        let key = AtomKey.field(field, matcher.inOneSpelling)
        if let number = numbers[key] { return number }
        let plan = plan
        let compiled = try CompiledMatcher(matcher) { plan.slotNumber(of: $0) ?? Int(Int32.max) }
        return add(.field(slot: slot(of: field), compiled), key)
    }

    mutating func keyword(_ pattern: StringPattern) -> Int {
        let key = AtomKey.keyword(pattern)
        if let number = numbers[key] { return number }
        var open = pattern
        open.caseSensitive = false
        if open.parts.first != .any { open.parts.insert(.any, at: 0) }
        if open.parts.last != .any { open.parts.append(.any) }
        // A keyword with a quotation mark is a piece of JSON and is looked for in the record as it was sent.
        let inMarkup = pattern.parts.contains { if case .literal(let text) = $0 { text.contains("\"") } else { false } }
        return add(.keyword(CompiledPattern(open), inMarkup: inMarkup), key)
    }

    mutating func expression(_ expression: Expression, wanted: Bool) throws(DetectionError) -> Int {
        let key = AtomKey.expression(expression, wanted: wanted)
        if let number = numbers[key] { return number }
        let compiled = try scope.compile(expression)
        if wanted, case .compare(.equal, .slot(let slot), .literal(.string(let text))) = compiled {
            return add(.equals(slot: slot, Array(text.utf8), whole: compiled), key)
        }
        return add(.expression(compiled, wanted: wanted), key)
    }

    private mutating func add(_ atom: Atom, _ key: AtomKey) -> Int {
        atoms.append(atom)
        numbers[key] = atoms.count - 1
        return atoms.count - 1
    }
}
