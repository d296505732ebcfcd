import Detection
import DiagnosticLogs

/// Two-valued evaluation of conditions, in the plainest way: no plan, no index, no sharing.
extension NaiveRecord {
    func satisfies(_ condition: Condition) -> Bool {
        switch condition {
        case .constant(let value): value
        case .all(let parts): parts.allSatisfy { satisfies($0) }
        case .any(let parts): parts.contains { satisfies($0) }
        case .atLeast(let count, let parts): parts.filter { satisfies($0) }.count >= count
        case .not(let part): !satisfies(part)
        case .field(let field, let matcher): passes(values(field), matcher)
        case .keyword(let pattern): Self.leaves(root).contains { Self.contains($0, pattern) }
        case .holds(let expression): value(of: expression) == .boolean(true)
        }
    }

    private func passes(_ values: [JSON], _ matcher: Matcher) -> Bool {
        switch matcher {
        case .null: return values.allSatisfy(\.isNull)
        case .exists(let wanted): return values.isEmpty != wanted
        case .text(let pattern): return values.contains { $0.text.map { Self.matches($0, pattern) } ?? false }
        case .oneOf(let texts, let caseSensitive):
            return values.contains { value in
                guard let text = value.text else { return false }
                return texts.contains { caseSensitive ? $0 == text : $0.lowercased() == text.lowercased() }
            }
        case .integer(let comparison, let wanted):
            return values.contains { Self.number($0).map { Self.holds(comparison, $0, Double(wanted)) } ?? false }
        case .number(let comparison, let wanted):
            return values.contains { Self.number($0).map { Self.holds(comparison, $0, wanted) } ?? false }
        case .boolean(let wanted): return values.contains { $0.text?.lowercased() == String(wanted) }
        case .regex(let pattern): return values.contains { $0.text.map { Self.matches($0, pattern) } ?? false }
        case .network: return false
        case .sameAs(let other, let caseSensitive):
            let others = self.values(other).compactMap(\.text)
            return values.compactMap(\.text).contains { text in
                others.contains { caseSensitive ? $0 == text : $0.lowercased() == text.lowercased() }
            }
        }
    }

    static func number(_ value: JSON) -> Double? {
        switch value {
        case .integer(let number): Double(number)
        case .decimal(let number): number
        case .string(let text): Double(text)
        default: nil
        }
    }

    static func holds<Operand: Comparable>(_ comparison: Comparison, _ a: Operand, _ b: Operand) -> Bool {
        switch comparison {
        case .equal: a == b
        case .notEqual: a != b
        case .less: a < b
        case .lessOrEqual: a <= b
        case .greater: a > b
        case .greaterOrEqual: a >= b
        }
    }

    private static func leaves(_ value: JSON) -> [String] {
        switch value {
        case .array(let elements): elements.flatMap { leaves($0) }
        case .object(let members): members.values.flatMap { leaves($0) }
        default: value.text.map { [$0] } ?? []
        }
    }

    private static func contains(_ text: String, _ pattern: StringPattern) -> Bool {
        matches(text, StringPattern(parts: [.any] + pattern.parts + [.any], caseSensitive: pattern.caseSensitive))
    }

    static func matches(_ text: String, _ pattern: StringPattern) -> Bool {
        let fold: (String) -> [Unicode.Scalar] = {
            Array((pattern.caseSensitive ? $0 : $0.lowercased()).unicodeScalars)
        }
        let scalars = fold(text)
        // The set of places that the parts so far can end at.
        var places: Set<Int> = [0]
        for part in pattern.parts {
            var next: Set<Int> = []
            for place in places {
                switch part {
                case .any: for end in place...scalars.count { next.insert(end) }
                case .one: if place < scalars.count { next.insert(place + 1) }
                case .literal(let literal):
                    let wanted = fold(literal)
                    if place + wanted.count <= scalars.count, Array(scalars[place..<place + wanted.count]) == wanted {
                        next.insert(place + wanted.count)
                    }
                }
            }
            places = next
        }
        return places.contains(scalars.count)
    }

    static func matches(_ text: String, _ pattern: RegexPattern) -> Bool {
        var flags = ""
        if pattern.ignoreCase { flags += "i" }
        if pattern.multiline { flags += "m" }
        if pattern.dotAll { flags += "s" }
        let source = (flags.isEmpty ? "" : "(?\(flags))") + pattern.source
        guard let regex = try? Regex(source) else { return false }
        return pattern.wholeText ? text.wholeMatch(of: regex) != nil : text.firstMatch(of: regex) != nil
    }
}
