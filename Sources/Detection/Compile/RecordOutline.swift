public import DiagnosticLogs

/// What is known of a kind of records without looking at each: which fields they never have, and which texts some fields
/// always have.
///
/// For questions such as "can this rule ever match what arrives?". Everything else counts as unknown.
public struct RecordOutline: Hashable, Sendable {
    /// Fields that none of the records has.
    public var absent: Set<Field>
    /// Fields that all of them have, with this text.
    public var fixed: [Field: String]

    /// Makes an outline.
    public init(absent: Set<Field> = [], fixed: [Field: String] = [:]) {
        self.absent = absent
        self.fixed = fixed
    }
}

extension Rule {
    /// Every field that the rule reads, in a fixed order, each once.
    public var fields: [Field] {
        var all: [Field] = []
        var known: Set<Field> = []
        forEachField { if known.insert($0).inserted { all.append($0) } }
        return all
    }

    /// Whether the rule reads such records at all, by its log source.
    ///
    /// A rule of several members or steps reads what one of them reads.
    public func reads(_ outline: RecordOutline) -> Bool {
        let sources: [LogSource?] =
            switch body {
            case .match, .aggregate, .newTerm, .absence: []
            case .correlation(let correlation): correlation.members.map(\.logSource)
            case .sequence(let sequence): sequence.steps.map(\.logSource)
            }
        let own = Condition.constant(true).restricted(to: logSource)
        let others = sources.map { Condition.constant(true).restricted(to: $0) }
        return Condition.all(others.isEmpty ? [own] : [own, .any(others)]).holds(for: outline) != false
    }

    /// Whether some record of this outline could satisfy the rule's condition.
    ///
    /// True when in doubt: tests of values that the outline does not know may go either way.
    public func canMatch(_ outline: RecordOutline) -> Bool { effectiveCondition.holds(for: outline) != false }
}

extension Condition {
    /// True, false, or nil where it depends on the record.
    func holds(for outline: RecordOutline) -> Bool? {
        switch self {
        case .constant(let value): return value
        case .all(let list): return Self.atLeast(list.count, of: list, outline)
        case .any(let list): return Self.atLeast(1, of: list, outline)
        case .atLeast(let count, let list): return Self.atLeast(count, of: list, outline)
        case .not(let child): return child.holds(for: outline).map { !$0 }
        case .field(let field, let matcher): return matcher.holds(for: field, outline)
        case .keyword: return nil
        case .holds(let expression):
            // What is not true does not satisfy: null counts as false here.
            let truths = expression.truths(for: outline)
            return truths == .yes ? true : truths.contains(.yes) ? nil : false
        }
    }

    private static func atLeast(_ count: Int, of list: [Condition], _ outline: RecordOutline) -> Bool? {
        var certain = 0
        var possible = 0
        for child in list {
            switch child.holds(for: outline) {
            case true?:
                certain += 1
                possible += 1
            case nil: possible += 1
            case false?: break
            }
        }
        return certain >= count ? true : possible < count ? false : nil
    }
}

extension Matcher {
    fileprivate func holds(for field: Field, _ outline: RecordOutline) -> Bool? {
        if outline.absent.contains(field) {
            switch self {
            case .null: return true
            case .exists(let wanted): return !wanted
            case .text, .oneOf, .number, .integer, .boolean, .regex, .network, .sameAs: return false
            }
        }
        if case .sameAs(let other, _) = self, outline.absent.contains(other) { return false }
        guard let text = outline.fixed[field] else { return nil }
        switch self {
        case .null: return false
        case .exists(let wanted): return wanted
        case .oneOf(let texts, let caseSensitive):
            return texts.contains { caseSensitive ? $0 == text : CaseFolding.fold($0) == CaseFolding.fold(text) }
        case .text(let pattern): return CompiledPattern(pattern).matches(text)
        case .number, .integer, .boolean, .regex, .network, .sameAs: return nil
        }
    }
}

/// The outcomes that a test of three-valued logic may have.
private struct PossibleTruths: OptionSet {
    let rawValue: UInt8

    static let yes = PossibleTruths(rawValue: 1)
    static let no = PossibleTruths(rawValue: 2)
    static let null = PossibleTruths(rawValue: 4)
    static let any: PossibleTruths = [.yes, .no, .null]

    var negated: PossibleTruths {
        var out = intersection(.null)
        if contains(.yes) { out.insert(.no) }
        if contains(.no) { out.insert(.yes) }
        return out
    }

    func and(_ other: PossibleTruths) -> PossibleTruths {
        var out: PossibleTruths = []
        if contains(.no) || other.contains(.no) { out.insert(.no) }
        if contains(.yes), other.contains(.yes) { out.insert(.yes) }
        let (mine, theirs) = (subtracting(.no), other.subtracting(.no))
        if !mine.isEmpty, !theirs.isEmpty, mine.contains(.null) || theirs.contains(.null) { out.insert(.null) }
        return out
    }
}

extension Expression {
    fileprivate func truths(for outline: RecordOutline) -> PossibleTruths {
        switch self {
        case .and(let a, let b): return a.truths(for: outline).and(b.truths(for: outline))
        case .or(let a, let b):
            return a.truths(for: outline).negated.and(b.truths(for: outline).negated).negated
        case .not(let a): return a.truths(for: outline).negated
        case .isNull(let a): return a.value(for: outline).map { $0 == .null ? .yes : .no } ?? [.yes, .no]
        case .compare(.equal, let a, let b): return Self.equality(a.value(for: outline), b.value(for: outline))
        case .isIn(let a, let list):
            let value = a.value(for: outline)
            let each = list.map { Self.equality(value, $0.value(for: outline)).negated }
            return each.reduce(PossibleTruths.yes) { $0.and($1) }.negated
        case .compare(_, let a, let b), .arithmetic(_, let a, let b):
            return a.value(for: outline) == .null || b.value(for: outline) == .null ? .null : .any
        case .like(let a, _), .matches(let a, _), .negate(let a):
            return a.value(for: outline) == .null ? .null : .any
        case .literal, .field, .column, .call:
            switch value(for: outline) {
            case .boolean(let value)?: return value ? .yes : .no
            case .null?: return .null
            default: return .any
            }
        }
    }

    private static func equality(_ a: Value?, _ b: Value?) -> PossibleTruths {
        if a == .null || b == .null { return .null }
        guard let a, let b else { return .any }
        return a == b ? .yes : .no
    }

    /// The value where the outline decides it.
    private func value(for outline: RecordOutline) -> Value? {
        switch self {
        case .literal(let value): return value
        case .field(let field):
            return outline.absent.contains(field) ? .null : outline.fixed[field].map { .string($0) }
        case .call(.coalesce, let arguments):
            return arguments.allSatisfy { $0.value(for: outline) == .null } ? .null : nil
        case .call(let function, let arguments) where function != .case:
            // A null argument makes the rest null; what else they make is left open.
            return arguments.contains { $0.value(for: outline) == .null } ? .null : nil
        case .column, .compare, .and, .or, .not, .isNull, .isIn, .like, .matches, .arithmetic, .negate, .call:
            return nil
        }
    }
}
