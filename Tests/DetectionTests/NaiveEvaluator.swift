import DiagnosticLogs

@testable import Detection

/// A record as a plain map, and conditions evaluated on it by the text of their definitions: no index, no sharing, no
/// byte tricks.
///
/// Slow and obvious on purpose.
struct NaiveEvaluator {
    /// The values of a field: nil when it is missing.
    typealias Record = [Field: Value?]

    let record: Record
    /// The record as it was sent.
    let json: String

    func holds(_ condition: Condition) -> Bool {
        switch condition {
        case .constant(let value): value
        case .all(let list): list.allSatisfy(holds)
        case .any(let list): list.contains(where: holds)
        case .atLeast(let count, let list): list.filter(holds).count >= count
        case .not(let child): !holds(child)
        case .field(let field, let matcher): test(field, matcher)
        case .keyword(let pattern): keyword(pattern)
        case .holds(let expression): evaluate(expression) == .boolean(true)
        }
    }

    /// What was sent, nulls in arrays included.
    private func raw(_ field: Field) -> Value { (record[field] ?? nil) ?? .null }

    /// The field as a bag: none, one or many values.
    private func value(_ field: Field) -> Value { Value(members: raw(field).members.filter { $0 != .null }) }

    private func isMissing(_ field: Field) -> Bool {
        guard let entry = record[field] else { return true }
        return entry == nil
    }

    private func test(_ field: Field, _ matcher: Matcher) -> Bool {
        switch matcher {
        case .exists(let wanted): return wanted != isMissing(field)
        case .null: return raw(field) == .null || raw(field).members.contains(.null)
        default: return value(field).members.contains { single(field, $0, matcher) }
        }
    }

    private func single(_ field: Field, _ value: Value, _ matcher: Matcher) -> Bool {
        let text = value.text ?? ""
        switch matcher {
        case .text(let pattern): return Self.matches(text, pattern)
        case .oneOf(let texts, let caseSensitive):
            return texts.contains { caseSensitive ? $0 == text : $0.lowercased() == text.lowercased() }
        case .number(let test, let bound): return Double(text).map { compare(test, $0, bound) } ?? false
        case .integer(let test, let bound): return Double(text).map { compare(test, $0, Double(bound)) } ?? false
        case .boolean(let wanted):
            return ["true", "1"].contains(text.lowercased()) && wanted
                || ["false", "0"].contains(text.lowercased()) && !wanted && isFlag(value)
        case .null, .exists: return false
        case .regex, .network: return false
        case .sameAs(let other, let caseSensitive):
            guard let theirs = self.value(other).text else { return false }
            return caseSensitive ? theirs == text : theirs.lowercased() == text.lowercased()
        }
    }

    private func isFlag(_ value: Value) -> Bool { value != .null }

    private func compare(_ test: Comparison, _ a: Double, _ b: Double) -> Bool {
        switch test {
        case .equal: a == b
        case .notEqual: a != b
        case .less: a < b
        case .lessOrEqual: a <= b
        case .greater: a > b
        case .greaterOrEqual: a >= b
        }
    }

    private func keyword(_ pattern: StringPattern) -> Bool {
        let open = StringPattern(parts: [.any] + pattern.parts + [.any], caseSensitive: false)
        let quotes = pattern.parts.contains { if case .literal(let text) = $0 { text.contains("\"") } else { false } }
        if quotes, Self.matches(json, open) { return true }
        return record.keys.contains { field in
            value(field).members.contains { Self.matches($0.text ?? "", open) }
        }
    }

    /// Wildcards by plain recursion.
    static func matches(_ text: String, _ pattern: StringPattern) -> Bool {
        let subject = Array((pattern.caseSensitive ? text : text.lowercased()).unicodeScalars)
        func match(_ at: Int, _ part: Int) -> Bool {
            guard part < pattern.parts.count else { return at == subject.count }
            switch pattern.parts[part] {
            case .literal(let literal):
                let wanted = Array((pattern.caseSensitive ? literal : literal.lowercased()).unicodeScalars)
                guard at + wanted.count <= subject.count, Array(subject[at..<at + wanted.count]) == wanted else {
                    return false
                }
                return match(at + wanted.count, part + 1)
            case .one: return at < subject.count && match(at + 1, part + 1)
            case .any: return (at...subject.count).contains { match($0, part + 1) }
            }
        }
        return match(0, 0)
    }

    /// Three-valued evaluation of the expressions that the generator makes.
    private func evaluate(_ expression: Expression) -> Value {
        switch expression {
        case .literal(let value): return value
        case .field(let field): return value(field)
        case .compare(let test, let a, let b):
            let (x, y) = (evaluate(a), evaluate(b))
            guard x != .null, y != .null, x.members.count == 1, y.members.count == 1 else { return .null }
            return test.test(x, y).map { .boolean($0) } ?? .null
        case .and(let a, let b):
            let sides = [evaluate(a), evaluate(b)]
            if sides.contains(.boolean(false)) { return .boolean(false) }
            return sides == [.boolean(true), .boolean(true)] ? .boolean(true) : .null
        case .or(let a, let b):
            let sides = [evaluate(a), evaluate(b)]
            if sides.contains(.boolean(true)) { return .boolean(true) }
            return sides == [.boolean(false), .boolean(false)] ? .boolean(false) : .null
        case .not(let a):
            switch evaluate(a) {
            case .boolean(let value): return .boolean(!value)
            default: return .null
            }
        case .isNull(let a): return .boolean(evaluate(a) == .null)
        case .isIn(let a, let members):
            let outcomes = members.map { evaluate(.compare(.equal, a, $0)) }
            if evaluate(a).members.count != 1 { return .null }
            if outcomes.contains(.boolean(true)) { return .boolean(true) }
            return outcomes.contains(.null) ? .null : .boolean(false)
        case .like(let a, let pattern):
            let value = evaluate(a)
            if pattern.parts == [.any] { return .boolean(value != .null) }
            guard value.members.count == 1, let text = value.text else { return .null }
            return .boolean(Self.matches(text, pattern))
        default: return .null
        }
    }
}
