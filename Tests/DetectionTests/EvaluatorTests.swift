import DiagnosticLogs
import Testing

@testable import Detection

/// Goal: the indexed, shared, byte-level evaluator gives the answer of the definitions.
///
/// Method: random rules over random records, each judged by the engine and by a naive evaluator.
@Suite struct EvaluatorTests {
    private static let fields: [Field] = [
        .path(FieldPath(["operationName"])), .path(FieldPath(["category"])), .path(FieldPath(["properties", "a"])),
        .path(FieldPath(["properties", "b"])),
    ]
    private static let texts = [
        "Alpha", "alpha", "BETA", "beta/x", "", "12", "12.5", "true", "Ünï", "ÜNÏ", "q\\\"r", "x*y",
    ]

    private static func value(_ generator: inout SeededGenerator, depth: Int = 0) -> Value? {
        switch Int.random(in: 0..<(depth == 0 ? 12 : 9), using: &generator) {
        case 0: return .null
        case 1: return .boolean(Bool.random(using: &generator))
        case 2: return .long(Int64.random(in: 0...15, using: &generator))
        case 3: return .double(12.5)
        case 4..<9: return .string(texts.randomElement(using: &generator) ?? "")
        case 9: return nil
        default:
            let members = (0..<Int.random(in: 0...3, using: &generator)).compactMap { _ in
                value(&generator, depth: 1)
            }
            return .bag(members)
        }
    }

    private static func pattern(_ generator: inout SeededGenerator) -> StringPattern {
        let parts: [StringPattern.Part] = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: .any
            case 1: .one
            default:
                .literal(["a", "alpha", "BET", "ü", "1", "\"", "/x", "lph"].randomElement(using: &generator) ?? "")
            }
        }
        return StringPattern(parts: parts, caseSensitive: Int.random(in: 0..<4, using: &generator) == 0)
    }

    private static func test(_ generator: inout SeededGenerator) -> Condition {
        let field = fields.randomElement(using: &generator) ?? fields[0]
        let comparison =
            [Comparison.equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual]
            .randomElement(using: &generator) ?? .equal
        let sensitive = Bool.random(using: &generator)
        switch Int.random(in: 0..<12, using: &generator) {
        case 0..<4:
            let text = texts.randomElement(using: &generator) ?? ""
            return .field(field, .text(StringPattern(parts: [.literal(text)], caseSensitive: sensitive)))
        case 4: return .field(field, .text(pattern(&generator)))
        case 5:
            let some = (0..<3).map { _ in texts.randomElement(using: &generator) ?? "" }
            return .field(field, .oneOf(some, caseSensitive: sensitive))
        case 6: return .field(field, .number(comparison, 12.5))
        case 7: return .field(field, .integer(comparison, 12))
        case 8: return .field(field, .null)
        case 9: return .field(field, .exists(sensitive))
        case 10: return .keyword(pattern(&generator))
        default: return .holds(expression(&generator, 2))
        }
    }

    private static func expression(_ generator: inout SeededGenerator, _ depth: Int) -> Expression {
        let field = Expression.field(fields.randomElement(using: &generator) ?? fields[0])
        let text = Expression.literal(.string(texts.randomElement(using: &generator) ?? ""))
        switch Int.random(in: 0..<(depth > 0 ? 9 : 5), using: &generator) {
        case 0, 1: return .compare(.equal, field, text)
        case 2:
            return .compare(
                [.notEqual, .less, .greaterOrEqual].randomElement(using: &generator) ?? .less, field,
                .literal(.long(12)))
        case 3: return .isNull(field)
        case 4: return .isIn(field, [text, .literal(.null), .literal(.string("beta/x"))])
        case 5: return .and(expression(&generator, depth - 1), expression(&generator, depth - 1))
        case 6: return .or(expression(&generator, depth - 1), expression(&generator, depth - 1))
        case 7: return .not(expression(&generator, depth - 1))
        default: return .like(field, pattern(&generator))
        }
    }

    private static func condition(_ generator: inout SeededGenerator, _ depth: Int) -> Condition {
        let size = Int.random(in: 1...3, using: &generator)
        switch Int.random(in: 0..<(depth > 0 ? 8 : 3), using: &generator) {
        case 0..<3: return test(&generator)
        case 3, 4: return .all((0..<size).map { _ in condition(&generator, depth - 1) })
        case 5: return .any((0..<size).map { _ in condition(&generator, depth - 1) })
        case 6:
            return .atLeast(
                Int.random(in: 0...3, using: &generator), (0..<3).map { _ in condition(&generator, depth - 1) })
        default: return .not(condition(&generator, depth - 1))
        }
    }

    /// JSON text of a model value; texts of the generator hold escapes already where they need them.
    private static func json(_ record: [Value?]) -> String {
        func member(_ name: String, _ value: Value?) -> String? { value.map { "\"\(name)\":\(ModelRecord.json($0))" } }
        let top = [member("operationName", record[0]), member("category", record[1])].compactMap { $0 }
        let inner = [member("a", record[2]), member("b", record[3])].compactMap { $0 }.joined(separator: ",")
        return "{" + (top + ["\"properties\":{\(inner)}"]).joined(separator: ",") + "}"
    }

    /// What the record means: escapes resolved, arrays without their nulls.
    private static func meaning(_ value: Value?) -> Value? {
        switch value {
        case .string(let text)?: .string(text == "q\\\"r" ? "q\"r" : text)
        case .bag(let members)?: .bag(members.map { meaning($0) ?? .null })
        default: value
        }
    }

    @Test(arguments: UInt64(1)...60)
    func engineAgreesWithTheNaiveEvaluator(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let rules = (0..<25).map { number in
            Rule(
                metadata: RuleMetadata(id: "\(number)", title: ""), condition: Self.condition(&generator, 2),
                body: .match(MatchRule()))
        }
        let compiled = try CompiledRules(rules)
        let evaluator = RuleEvaluator(rules: compiled)
        let decoder = EnvelopeDecoder(plan: compiled.plan)
        for _ in 0..<40 {
            let values = (0..<4).map { _ in Self.value(&generator) }
            let text = Self.json(values)
            let naive = NaiveEvaluator(
                record: Dictionary(uniqueKeysWithValues: zip(Self.fields, values.map { Self.meaning($0) })), json: text)
            var matched: Set<Int> = []
            decoder.decode(copying: Array(text.utf8), enqueued: Timestamp(nanoseconds: 0)) { record in
                evaluator.forEachMatch(in: record) { rule in
                    #expect(matched.insert(rule).inserted, "seed \(seed): rule \(rule) matched twice")
                }
            } onDeadLetter: { letter in
                Issue.record("seed \(seed): dead letter \(letter.reason) for \(text)")
            }
            for (number, rule) in rules.enumerated() {
                let expected = naive.holds(rule.condition)
                if matched.contains(number) != expected {
                    Issue.record("seed \(seed): expected \(expected) of \(text) with \(rule.condition)")
                }
            }
        }
    }
}
