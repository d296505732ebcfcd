import Detection
import DiagnosticLogs
import RuleFormats
import Testing

/// The condition grammar: binding, quantifiers, names, and errors at their exact place.
///
/// Each search tests another field, so that a compiled condition shows its shape.
@Suite struct SigmaConditionTests {
    static let searches = """
        a:
            category: x
        b:
            level: x
        filter_c:
            location: x
        _hidden:
            time: x
        notable:
            type: x

        """
    static let a = Condition.field(path("category"), .text(.literal("x")))
    static let b = Condition.field(path("level"), .text(.literal("x")))
    static let c = Condition.field(path("location"), .text(.literal("x")))
    static let hidden = Condition.field(path("time"), .text(.literal("x")))
    static let notable = Condition.field(path("type"), .text(.literal("x")))

    static func compile(_ condition: String) throws -> Condition {
        try Make.condition(searches + "condition: \(condition)")
    }

    @Test(
        arguments: [
            ("a", a), ("a and b", .all([a, b])), ("a or b", .any([a, b])), ("not a", .not(a)),
            ("not a and b", .all([.not(a), b])), ("a or b and filter_c", .any([a, .all([b, c])])),
            ("(a or b) and filter_c", .all([.any([a, b]), c])), ("not (a or b)", .not(.any([a, b]))),
            ("not not a", a), ("A AND b".lowercased(), .all([a, b])), ("a AND NOT b", .all([a, .not(b)])),
            ("1 of them", .any([a, b, c, notable])), ("any of them", .any([a, b, c, notable])),
            ("all of them", .all([a, b, c, notable])), ("1 of filter_*", c), ("not 1 of filter_*", .not(c)),
            ("1 of _*", hidden), ("all of *", .all([a, b, c, notable])),
            ("2 of them", .atLeast(2, [a, b, c, notable])),
            ("4 of them", .all([a, b, c, notable])), ("notable", notable),
            ("a and not 1 of filter_* or b", .any([.all([a, .not(c)]), b])),
            ("a and (b)", .all([a, b])), ("((a))", a), ("a  or\tb", .any([a, b])), ("[a, b]", .any([a, b])),
            ("\"a and b\"", .all([a, b])),
        ] as [(String, Condition)])
    func compiles(_ text: String, _ expected: Condition) throws {
        #expect(try Self.compile(text) == expected)
    }

    /// Text, column inside the condition from 1, a part of the reason, suggestion.
    @Test(
        arguments: [
            ("a and", 6, "a search identifier was expected", nil), ("and a", 1, "found \"and\"", nil),
            ("a adn b", 3, "found \"adn\"", "and"), ("a and (b", 9, "\")\" was expected", nil),
            ("a b", 3, "found \"b\"", nil),
            ("a and filtre_c", 7, "\"filtre_c\" is not defined", "filter_c"),
            ("1 of filtr_*", 1, "no search identifier matches", "filter_c"),
            ("them", 1, "needs a quantifier", nil), ("filter_*", 1, "needs a quantifier", nil),
            ("1 a", 3, "of was expected", nil),
            ("1 of", 5, "them or a pattern", nil), ("0 of them", 1, "always holds", "1"),
            ("9 of them", 1, "can never hold", nil),
            ("a & b", 3, "unexpected character", nil), ("a | count() > 5", 3, "correlation", nil),
            ("a)", 2, "found \")\"", nil),
        ] as [(String, Int, String, String?)])
    func refuses(_ text: String, _ column: Int, _ reason: String, _ suggestion: String?) throws {
        let quoted = text.contains("|") || text.contains("&") || text.contains("*") ? "'\(text)'" : text
        let refusal = try Make.refusal(Make.sigma(Self.searches + "condition: \(quoted)"))
        #expect(refusal.reason.contains(reason), "\(refusal.reason)")
        #expect(refusal.line == 18)
        #expect(refusal.column == 15 + column + (quoted == text ? 0 : 1))
        #expect(refusal.suggestion == suggestion)
    }

    @Test func deepNestingIsAnError() throws {
        let text = String(repeating: "(", count: 5000) + "a" + String(repeating: ")", count: 5000)
        #expect(try Make.refusal(Make.sigma(Self.searches + "condition: \(text)")).code == .unsupported)
        let nots = String(repeating: "not ", count: 5001) + "a"
        #expect(try Self.compile(nots) == .not(Self.a))
    }

    @Test func longChainsCompile() throws {
        let text = Array(repeating: "a", count: 3000).joined(separator: " or ")
        #expect(throws: Never.self) { try Self.compile(text) }
    }
}
