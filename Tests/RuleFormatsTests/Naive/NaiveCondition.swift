import Detection
import DiagnosticLogs
import Foundation
import Synchronization

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
        case .network(let network): return values.contains { $0.text.map { Self.isInside($0, network) } ?? false }
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
        switch pattern.parts {
        case [.any]: return true
        default: break
        }
        // The common shapes by what the standard library says of texts, the others by trying every place.
        if text.utf8.allSatisfy({ $0 < 0x80 }) {
            let subject = pattern.caseSensitive ? text : text.lowercased()
            func cased(_ literal: String) -> String { pattern.caseSensitive ? literal : literal.lowercased() }
            switch pattern.parts.count {
            case 1: if case .literal(let whole) = pattern.parts[0] { return subject == cased(whole) }
            case 2:
                if case .literal(let head) = pattern.parts[0], pattern.parts[1] == .any {
                    return subject.hasPrefix(cased(head))
                }
                if pattern.parts[0] == .any, case .literal(let tail) = pattern.parts[1] {
                    return subject.hasSuffix(cased(tail))
                }
            case 3:
                if pattern.parts[0] == .any, case .literal(let piece) = pattern.parts[1], pattern.parts[2] == .any {
                    return subject.contains(cased(piece))
                }
            default: break
            }
        }
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

    /// By the system's library of regular expressions; each is compiled once.
    private static let expressions = Mutex<[RegexPattern: NSRegularExpression]>([:])

    static func matches(_ text: String, _ pattern: RegexPattern) -> Bool {
        let compiled = expressions.withLock { known -> NSRegularExpression? in
            if let found = known[pattern] { return found }
            var options: NSRegularExpression.Options = []
            if pattern.ignoreCase { options.insert(.caseInsensitive) }
            if pattern.multiline { options.insert(.anchorsMatchLines) }
            if pattern.dotAll { options.insert(.dotMatchesLineSeparators) }
            let source = pattern.wholeText ? "\\A(?:\(pattern.source))\\z" : pattern.source
            let made = try? NSRegularExpression(pattern: source, options: options)
            known[pattern] = made
            return made
        }
        let range = NSRange(location: 0, length: text.utf16.count)
        return compiled?.firstMatch(in: text, options: [], range: range) != nil
    }

    /// Bit by bit, after what the system reads as an address; a port is stripped.
    static func isInside(_ text: String, _ network: String) -> Bool {
        let parts = network.split(separator: "/")
        guard let base = parts.first.flatMap({ bits(String($0)) }), let address = bits(text),
            base.count == address.count
        else { return false }
        let length = parts.count == 2 ? Int(parts[1]) ?? 0 : base.count
        return base.prefix(length) == address.prefix(length)
    }

    private static func bits(_ text: String) -> [Bool]? {
        let host = text.contains(".") && !text.contains("::") ? String(text.prefix { $0 != ":" }) : text
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, host, &bytes) == 1 {
            bytes = Array(bytes.prefix(4))
        } else if inet_pton(AF_INET6, host, &bytes) != 1 {
            return nil
        }
        return bytes.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 == 1 } }
    }
}
