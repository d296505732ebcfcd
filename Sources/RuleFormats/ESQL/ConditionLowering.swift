import Detection
import DiagnosticLogs

/// Turns a three-valued ES|QL expression into a two-valued condition that holds exactly where the expression is true.
///
/// Tests of single fields become cheap field tests, which the engine can index and share; whatever has no such form
/// stays an expression. Two functions walk the tree together, one for "is true" and one for "is false", because with
/// nulls "not true" is not "false": `f != "x"` must drop records without `f`.
struct ConditionLowering {
    /// Fields that hold one value at most.
    ///
    /// On others a field test (any element) is only a necessary condition.
    let singleFields: Set<Field>

    /// Holds exactly where the expression is true.
    func whenTrue(_ expression: Expression) -> Condition {
        switch expression {
        case .literal(let value): return .constant(value == .boolean(true))
        case .and(let a, let b): return .conjunction([whenTrue(a), whenTrue(b)])
        case .or(let a, let b): return .disjunction([whenTrue(a), whenTrue(b)])
        case .not(let a): return whenFalse(a)
        case .isNull(let a): return presence(of: a, isNull: true) ?? .holds(expression)
        default: break
        }
        if isAlwaysNull(expression) { return .constant(false) }
        guard let test = test(of: expression) else { return .holds(expression) }
        let cheap = test.positive
        return singleFields.contains(test.field) ? cheap : .conjunction([cheap, .holds(expression)])
    }

    /// Holds exactly where the expression is false.
    func whenFalse(_ expression: Expression) -> Condition {
        switch expression {
        case .literal(let value): return .constant(value == .boolean(false))
        case .and(let a, let b): return .disjunction([whenFalse(a), whenFalse(b)])
        case .or(let a, let b): return .conjunction([whenFalse(a), whenFalse(b)])
        case .not(let a): return whenTrue(a)
        case .isNull(let a): return presence(of: a, isNull: false) ?? .holds(.not(expression))
        default: break
        }
        if isAlwaysNull(expression) { return .constant(false) }
        guard let test = test(of: expression), singleFields.contains(test.field) else {
            return .holds(.not(expression))
        }
        return test.negative
    }

    private func presence(of expression: Expression, isNull: Bool) -> Condition? {
        if case .literal(let value) = expression { return .constant((value == .null) == isNull) }
        guard case .field(let field) = Self.withoutConversion(expression, .toString), singleFields.contains(field)
        else {
            return nil
        }
        let missing = Condition.field(field, .null)
        return isNull ? missing : .not(missing)
    }

    /// Whether the expression is null on every record, because a column in it is produced by nothing.
    private func isAlwaysNull(_ expression: Expression) -> Bool {
        switch expression {
        case .literal(let value): value == .null
        case .compare(_, let a, let b), .arithmetic(_, let a, let b): isAlwaysNull(a) || isAlwaysNull(b)
        case .like(let a, _), .matches(let a, _), .negate(let a), .not(let a): isAlwaysNull(a)
        case .isIn(let a, _): isAlwaysNull(a)
        case .call(let function, let arguments):
            function != .coalesce && function != .case && arguments.contains(where: isAlwaysNull)
        case .field, .column, .and, .or, .isNull: false
        }
    }

    /// A test of one field: what holds where it is true, and what holds where it is false.
    private struct FieldTest {
        var field: Field
        var positive: Condition
        var negative: Condition

        /// Text tests: false means present and not so.
        init(_ field: Field, _ matcher: Matcher) {
            self.field = field
            positive = .field(field, matcher)
            negative = .conjunction([.not(.field(field, .null)), .not(.field(field, matcher))])
        }

        init(_ field: Field, positive: Condition, negative: Condition) {
            self.field = field
            self.positive = positive
            self.negative = negative
        }
    }

    private func test(of expression: Expression) -> FieldTest? {
        switch expression {
        case .compare(let comparison, let left, .literal(let value)):
            return comparisonTest(comparison, left, value)
        case .compare(let comparison, .literal(let value), let right):
            return comparisonTest(comparison.mirrored, right, value)
        case .isIn(let subject, let members): return membershipTest(subject, members)
        case .like(let subject, let pattern): return textField(subject).map { FieldTest($0, .text(pattern)) }
        case .matches(let subject, let pattern): return textField(subject).map { FieldTest($0, .regex(pattern)) }
        case .call(.startsWith, let arguments): return affixTest(arguments) { [.literal($0), .any] }
        case .call(.endsWith, let arguments): return affixTest(arguments) { [.any, .literal($0)] }
        default: return nil
        }
    }

    private func affixTest(_ arguments: [Expression], parts: (String) -> [StringPattern.Part]) -> FieldTest? {
        guard arguments.count == 2, let field = textField(arguments[0]),
            case .literal(.string(let text)) = arguments[1], !text.isEmpty
        else { return nil }
        return FieldTest(field, .text(StringPattern(parts: parts(text), caseSensitive: true)))
    }

    private func comparisonTest(_ comparison: Comparison, _ subject: Expression, _ value: Value) -> FieldTest? {
        switch value {
        case .string(let text):
            guard comparison == .equal || comparison == .notEqual, let field = textField(subject) else { return nil }
            let equal = FieldTest(field, .text(.exact(text, caseSensitive: true)))
            return comparison == .equal
                ? equal : FieldTest(field, positive: equal.negative, negative: equal.positive)
        case .boolean(let flag):
            guard comparison == .equal || comparison == .notEqual, case .field(let field) = subject else { return nil }
            let wanted = (comparison == .equal) == flag
            return FieldTest(
                field, positive: .field(field, .boolean(wanted)), negative: .field(field, .boolean(!wanted)))
        case .long(let number):
            return numericField(subject).map {
                FieldTest(
                    $0, positive: .field($0, .integer(comparison, number)),
                    negative: .field($0, .integer(comparison.opposite, number)))
            }
        case .double(let number):
            return numericField(subject).map {
                FieldTest(
                    $0, positive: .field($0, .number(comparison, number)),
                    negative: .field($0, .number(comparison.opposite, number)))
            }
        case .null, .datetime, .bag: return nil
        }
    }

    private func membershipTest(_ subject: Expression, _ members: [Expression]) -> FieldTest? {
        var texts: [String] = []
        var numbers: [Int64] = []
        var hasNull = false
        for member in members {
            switch member {
            case .literal(.string(let text)): texts.append(text)
            case .literal(.long(let number)): numbers.append(number)
            case .literal(.null): hasNull = true
            default: return nil
            }
        }
        var test: FieldTest
        if numbers.isEmpty, !texts.isEmpty, let field = textField(subject) {
            let matcher =
                texts.count == 1
                ? Matcher.text(.exact(texts[0], caseSensitive: true)) : .oneOf(texts, caseSensitive: true)
            test = FieldTest(field, matcher)
        } else if texts.isEmpty, !numbers.isEmpty, let field = numericField(subject) {
            test = FieldTest(
                field, positive: .disjunction(numbers.map { .field(field, .integer(.equal, $0)) }),
                negative: .conjunction(numbers.map { .field(field, .integer(.notEqual, $0)) }))
        } else {
            return nil
        }
        // `x NOT IN (a, null)` is never true.
        if hasNull { test.negative = .constant(false) }
        return test
    }

    private func textField(_ expression: Expression) -> Field? {
        if case .field(let field) = Self.withoutConversion(expression, .toString) { return field }
        return nil
    }

    private func numericField(_ expression: Expression) -> Field? {
        let inner = Self.withoutConversion(Self.withoutConversion(expression, .toLong), .toDouble)
        if case .field(let field) = inner { return field }
        return nil
    }

    private static func withoutConversion(_ expression: Expression, _ function: ScalarFunction) -> Expression {
        if case .call(function, let arguments) = expression, arguments.count == 1 { return arguments[0] }
        return expression
    }
}

extension Comparison {
    /// The test with its sides swapped.
    var mirrored: Comparison {
        switch self {
        case .equal, .notEqual: self
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        }
    }

    /// The test that holds, for present numbers, exactly where this one does not.
    var opposite: Comparison {
        switch self {
        case .equal: .notEqual
        case .notEqual: .equal
        case .less: .greaterOrEqual
        case .lessOrEqual: .greater
        case .greater: .lessOrEqual
        case .greaterOrEqual: .less
        }
    }
}
