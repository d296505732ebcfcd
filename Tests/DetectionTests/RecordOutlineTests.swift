import DiagnosticLogs
import Testing

@testable import Detection

/// Goal: a rule is said to be unable to match only if no record of the outline can satisfy it.
///
/// Method: conditions and expressions by hand; then random conditions over few fields, each outline compared with all records
/// that it stands for.
@Suite struct RecordOutlineTests {
    private static let a = Field.path(FieldPath("a"))
    private static let b = Field.path(FieldPath("b"))

    private func rule(_ condition: Condition, source: LogSource? = nil) -> Rule {
        Rule(
            metadata: RuleMetadata(id: "r", title: "r"), logSource: source, condition: condition,
            body: .match(MatchRule()))
    }

    private func text(_ field: Field, _ text: String) -> Condition {
        .field(field, .oneOf([text], caseSensitive: false))
    }

    @Test func absentFieldsDecideWhatReadsThemAlone() {
        let outline = RecordOutline(absent: [Self.a])
        #expect(!rule(text(Self.a, "x")).canMatch(outline))
        #expect(rule(.not(text(Self.a, "x"))).canMatch(outline))
        #expect(rule(.field(Self.a, .null)).canMatch(outline))
        #expect(!rule(.field(Self.a, .exists(true))).canMatch(outline))
        #expect(rule(.any([text(Self.a, "x"), text(Self.b, "x")])).canMatch(outline))
        #expect(!rule(.all([text(Self.a, "x"), text(Self.b, "x")])).canMatch(outline))
        #expect(!rule(.atLeast(2, [text(Self.a, "x"), text(Self.b, "x")])).canMatch(outline))
        #expect(!rule(.field(Self.b, .sameAs(Self.a, caseSensitive: false))).canMatch(outline))
    }

    @Test func threeValuedLogicIsKept() {
        let outline = RecordOutline(absent: [Self.a])
        let isX = Expression.compare(.equal, .field(Self.a), .literal(.string("x")))
        let open = Expression.compare(.equal, .field(Self.b), .literal(.string("x")))
        #expect(!rule(.holds(isX)).canMatch(outline))
        #expect(!rule(.holds(.not(isX))).canMatch(outline), "not of null is null")
        #expect(rule(.holds(.isNull(.field(Self.a)))).canMatch(outline))
        #expect(rule(.holds(.or(isX, open))).canMatch(outline))
        #expect(!rule(.holds(.and(isX, open))).canMatch(outline))
        #expect(rule(.holds(.not(.and(isX, open)))).canMatch(outline), "the other side may be false")
        #expect(!rule(.holds(.isIn(.field(Self.a), [.literal(.string("x"))]))).canMatch(outline))
        #expect(rule(.holds(.call(.coalesce, [.field(Self.a), .field(Self.b)]))).canMatch(outline))
    }

    @Test func theLogSourceIsComparedWithWhatTheRecordsAre() {
        let activity = RecordOutline(fixed: [.derived(.service): "activitylogs"])
        let source = LogSource(product: "azure", service: "signinlogs")
        #expect(!rule(.constant(true), source: source).reads(activity))
        #expect(rule(.constant(true), source: LogSource(product: "azure", service: "ActivityLogs")).reads(activity))
        #expect(rule(.constant(true), source: source).reads(RecordOutline(absent: [.derived(.service)])))
        #expect(rule(text(Self.a, "x"), source: source).fields.contains(Self.a))
    }

    /// A condition over `a` and `b` with texts `x` and `y`, by chance.
    private func condition(depth: Int, _ chance: inout SeededGenerator) -> Condition {
        let field = Bool.random(using: &chance) ? Self.a : Self.b
        let value = Bool.random(using: &chance) ? "x" : "y"
        guard depth > 0 else {
            switch Int.random(in: 0..<5, using: &chance) {
            case 0: return .field(field, .null)
            case 1: return .field(field, .exists(Bool.random(using: &chance)))
            case 2: return .holds(.compare(.equal, .field(field), .literal(.string(value))))
            case 3: return .holds(.not(.compare(.equal, .field(field), .literal(.string(value)))))
            default: return text(field, value)
            }
        }
        let children = (0..<2).map { _ in condition(depth: depth - 1, &chance) }
        switch Int.random(in: 0..<4, using: &chance) {
        case 0: return .all(children)
        case 1: return .any(children)
        case 2: return .not(children[0])
        default: return .atLeast(Int.random(in: 0...2, using: &chance), children)
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64]) func whatNoRecordSatisfiesIsNeverFoundToMatch(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        let values: [String?] = [nil, "x", "y"]
        for _ in 0..<300 {
            let condition = condition(depth: 3, &chance)
            let compiled = try CompiledRules([rule(condition)])
            for absent in [[], [Self.a], [Self.b], [Self.a, Self.b]] as [[Field]] {
                if rule(condition).canMatch(RecordOutline(absent: Set(absent))) { continue }
                for a in absent.contains(Self.a) ? [nil] : values {
                    for b in absent.contains(Self.b) ? [nil] : values {
                        let members = [("a", a), ("b", b)].compactMap { name, value in
                            value.map { "\"\(name)\":\"\($0)\"" }
                        }
                        #expect(!matches(compiled, "{\(members.joined(separator: ","))}"), "seed \(seed): \(condition)")
                    }
                }
            }
        }
    }

    private func matches(_ rules: CompiledRules, _ record: String) -> Bool {
        var found = false
        let evaluator = RuleEvaluator(rules: rules)
        EnvelopeDecoder(plan: rules.plan).decode(
            copying: Array("[\(record)]".utf8), enqueued: Timestamp(nanoseconds: 0)
        ) { view in
            evaluator.forEachMatch(in: view) { _ in found = true }
        } onDeadLetter: { _ in
        }
        return found
    }
}
