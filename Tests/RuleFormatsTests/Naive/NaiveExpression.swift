import Detection
import DiagnosticLogs

/// Three-valued evaluation of expressions on a record or a row.
extension NaiveRecord {
    func value(of expression: Expression) -> Value {
        NaiveExpression.value(of: expression) { leaf in
            guard case .field(let field) = leaf else { return .null }
            return NaiveExpression.value(of: values(field), isTime: field == .derived(.eventTime))
        }
    }
}

enum NaiveExpression {
    static func value(of values: [JSON], isTime: Bool) -> Value {
        let present = values.compactMap { value -> Value? in
            switch value {
            case .null, .object, .array: nil
            case .boolean(let flag): .boolean(flag)
            case .integer(let number): .long(number)
            case .decimal(let number): .double(number)
            case .string(let text): .string(text)
            }
        }
        return present.isEmpty ? .null : present.count == 1 ? present[0] : .bag(present)
    }

    /// Evaluates; `leaf` gives the value of a field or a column.
    static func value(of expression: Expression, leaf: (Expression) -> Value) -> Value {
        func evaluate(_ inner: Expression) -> Value { value(of: inner, leaf: leaf) }
        switch expression {
        case .literal(let value): return value
        case .field, .column: return leaf(expression)
        case .and(let a, let b):
            let (x, y) = (evaluate(a), evaluate(b))
            if x == .boolean(false) || y == .boolean(false) { return .boolean(false) }
            return x == .boolean(true) && y == .boolean(true) ? .boolean(true) : .null
        case .or(let a, let b):
            let (x, y) = (evaluate(a), evaluate(b))
            if x == .boolean(true) || y == .boolean(true) { return .boolean(true) }
            return x == .boolean(false) && y == .boolean(false) ? .boolean(false) : .null
        case .not(let a):
            guard case .boolean(let flag) = evaluate(a) else { return .null }
            return .boolean(!flag)
        case .isNull(let a): return .boolean(evaluate(a) == .null)
        case .compare(let comparison, let a, let b): return compare(comparison, evaluate(a), evaluate(b))
        case .isIn(let a, let members):
            let results = members.map { compare(.equal, evaluate(a), evaluate($0)) }
            if results.contains(.boolean(true)) { return .boolean(true) }
            return results.contains(.null) ? .null : .boolean(false)
        case .like(let a, let pattern):
            guard case .string(let text) = evaluate(a) else { return .null }
            return .boolean(NaiveRecord.matches(text, pattern))
        case .matches(let a, let pattern):
            guard case .string(let text) = evaluate(a) else { return .null }
            return .boolean(NaiveRecord.matches(text, pattern))
        case .arithmetic(let operation, let a, let b): return arithmetic(operation, evaluate(a), evaluate(b))
        case .negate(let a): return arithmetic(.subtract, .long(0), evaluate(a))
        case .call(let function, let arguments): return call(function, arguments.map(evaluate))
        }
    }

    private static func compare(_ comparison: Comparison, _ a: Value, _ b: Value) -> Value {
        switch (a, b) {
        case (.string(let x), .string(let y)): .boolean(NaiveRecord.holds(comparison, x, y))
        case (.boolean(let x), .boolean(let y)):
            .boolean(comparison == .equal ? x == y : comparison == .notEqual ? x != y : false)
        case (.datetime(let x), .datetime(let y)), (.long(let x), .long(let y)):
            .boolean(NaiveRecord.holds(comparison, x, y))
        default:
            if let x = double(a), let y = double(b) { .boolean(NaiveRecord.holds(comparison, x, y)) } else { .null }
        }
    }

    static func double(_ value: Value) -> Double? {
        switch value {
        case .long(let number): Double(number)
        case .double(let number): number
        default: nil
        }
    }

    private static func arithmetic(_ operation: Arithmetic, _ a: Value, _ b: Value) -> Value {
        if case .long(let x) = a, case .long(let y) = b {
            let (result, overflow): (Int64, Bool)
            switch operation {
            case .add: (result, overflow) = x.addingReportingOverflow(y)
            case .subtract: (result, overflow) = x.subtractingReportingOverflow(y)
            case .multiply: (result, overflow) = x.multipliedReportingOverflow(by: y)
            case .divide: (result, overflow) = x.dividedReportingOverflow(by: y)
            case .remainder: (result, overflow) = x.remainderReportingOverflow(dividingBy: y)
            }
            return overflow ? .null : .long(result)
        }
        guard let x = double(a), let y = double(b) else { return .null }
        let result: Double =
            switch operation {
            case .add: x + y
            case .subtract: x - y
            case .multiply: x * y
            case .divide: x / y
            case .remainder: x.truncatingRemainder(dividingBy: y)
            }
        return result.isFinite ? .double(result) : .null
    }

    private static func call(_ function: ScalarFunction, _ values: [Value]) -> Value {
        switch function {
        case .coalesce: return values.first { $0 != .null } ?? .null
        case .case:
            var index = 0
            while index + 1 < values.count {
                if values[index] == .boolean(true) { return values[index + 1] }
                index += 2
            }
            return index < values.count ? values[index] : .null
        case .toString:
            switch values[0] {
            case .long(let number): return .string(String(number))
            case .double(let number): return .string(String(number))
            case .boolean(let flag): return .string(String(flag))
            default: return values[0]
            }
        case .toLong:
            switch values[0] {
            case .string(let text): return Int64(text).map { .long($0) } ?? .null
            case .double(let number): return .long(Int64(number.rounded()))
            case .long: return values[0]
            default: return .null
            }
        case .toLower:
            if case .string(let text) = values[0] { return .string(text.lowercased()) }
            return .null
        case .startsWith, .endsWith:
            guard case .string(let text) = values[0], case .string(let affix) = values[1] else { return .null }
            return .boolean(function == .startsWith ? text.hasPrefix(affix) : text.hasSuffix(affix))
        case .length:
            if case .string(let text) = values[0] { return .long(Int64(text.unicodeScalars.count)) }
            return .null
        default: return .null
        }
    }
}
