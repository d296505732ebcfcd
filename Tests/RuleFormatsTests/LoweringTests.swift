import Detection
import DiagnosticLogs
import Testing

@testable import RuleFormats

/// A condition holds exactly where the expression that it was made from is true.
///
/// Random three-valued expressions over nulls, missing members, numbers as text and bags are compared, record by
/// record, with the two-valued condition that the compiler makes of them. The seed is printed when they differ.
@Suite struct LoweringTests {
    static let text = Field.path(FieldPath(["category"]))
    static let other = Field.path(FieldPath(["level"]))
    static let number = Field.path(FieldPath(["n"]))
    static let flag = Field.path(FieldPath(["b"]))
    static let bag = Field.path(FieldPath(["properties", "bag"]))

    static func expression(_ generator: inout SeededGenerator, depth: Int) -> Expression {
        let comparisons: [Comparison] = [.equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual]
        let texts = ["a", "b", "ab", ""]
        let subject = Expression.field(generator.pick([text, other, bag]))
        if depth > 0, Int.random(in: 0..<3, using: &generator) > 0 {
            let a = expression(&generator, depth: depth - 1)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: return .and(a, expression(&generator, depth: depth - 1))
            case 1: return .or(a, expression(&generator, depth: depth - 1))
            default: return .not(a)
            }
        }
        switch Int.random(in: 0..<10, using: &generator) {
        case 0: return .isNull(.field(generator.pick([text, bag, flag])))
        case 1:
            return .compare(
                generator.pick([.equal, .notEqual]), subject, .literal(.string(generator.pick(texts))))
        case 2: return .compare(generator.pick(comparisons), .call(.toLong, [.field(number)]), .literal(.long(5)))
        case 3: return .compare(generator.pick(comparisons), .literal(.long(5)), .call(.toLong, [.field(number)]))
        case 4: return .compare(generator.pick([.equal, .notEqual]), .field(flag), .literal(.boolean(true)))
        case 5:
            let members = (0..<3).map { _ in Expression.literal(.string(generator.pick(texts))) }
            return .isIn(subject, Bool.random(using: &generator) ? members : members + [.literal(.null)])
        case 6: return .like(subject, StringPattern(parts: [.literal("a"), .any], caseSensitive: true))
        case 7: return .matches(subject, RegexPattern(source: "a|b", dotAll: true, wholeText: true))
        case 8: return .call(generator.pick([.startsWith, .endsWith]), [subject, .literal(.string("a"))])
        default:
            return generator.pick([
                .literal(.null), .literal(.boolean(true)), .compare(.equal, .field(text), .field(other)),
            ])
        }
    }

    static func record(_ generator: inout SeededGenerator) -> NaiveRecord {
        let texts: [JSON] = [.string("a"), .string("b"), .string("ab"), .string(""), .null]
        var members: [String: JSON] = [:]
        for name in ["category", "level"] where Bool.random(using: &generator) { members[name] = generator.pick(texts) }
        if Bool.random(using: &generator) {
            members["n"] = generator.pick([.integer(4), .integer(5), .integer(6), .string("5"), .string("x"), .null])
        }
        if Bool.random(using: &generator) { members["b"] = generator.pick([.boolean(true), .boolean(false), .null]) }
        let items = (0..<Int.random(in: 0..<4, using: &generator)).map { _ in generator.pick(texts) }
        members["properties"] = .object(["bag": .array(items)])
        return NaiveRecord(.object(members))
    }

    @Test(arguments: 0..<400 as Range<UInt64>)
    func conditionHoldsWhereTheExpressionIsTrue(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let lowering = ConditionLowering(singleFields: [Self.text, Self.other, Self.number, Self.flag])
        let expression = Self.expression(&generator, depth: 4)
        let yes = lowering.whenTrue(expression)
        let no = lowering.whenFalse(expression)
        for _ in 0..<40 {
            let record = Self.record(&generator)
            let value = record.value(of: expression)
            #expect(record.satisfies(yes) == (value == .boolean(true)), "seed \(seed): \(expression) on \(record)")
            #expect(record.satisfies(no) == (value == .boolean(false)), "seed \(seed): \(expression) on \(record)")
        }
    }
}
