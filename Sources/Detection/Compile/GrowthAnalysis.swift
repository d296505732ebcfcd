/// Decides whether a rule's answer for a group can only go from no to yes while records arrive.
///
/// Only then may a finding open before its window is over. Proven for `>` and `>=` of a number against count, distinct
/// count, maximum and sums that cannot shrink, for tests of the group key, and for their and/or. Filters that need
/// anything else, a row limit (other groups push a row out) and a second aggregation wait for the close.
struct GrowthAnalysis {
    private enum Column { case growing, constant, other }

    private var columns: [String: Column] = [:]

    /// True when the rule may open findings early.
    static func isGrowing(_ rule: AggregateRule) -> Bool {
        var analysis = GrowthAnalysis(rule)
        for stage in rule.stages {
            guard analysis.accepts(stage) else { return false }
        }
        return true
    }

    private init(_ rule: AggregateRule) {
        for aggregate in rule.aggregates { columns[aggregate.name] = Self.kind(of: aggregate) }
        for key in rule.keys { columns[key.name] = .constant }
    }

    private static func kind(of aggregate: Aggregate) -> Column {
        switch aggregate.function {
        case .countRows, .count, .countDistinct, .maximum: .growing
        case .sum: aggregate.argument.map(isNonNegative) == true ? .growing : .other
        case .average, .minimum, .values, .percentile, .first, .last: .other
        }
    }

    /// Small enough that no sum of them overflows in the life of a window.
    static func isNonNegative(_ expression: Expression) -> Bool {
        switch expression {
        case .literal(.long(let value)): (0...Int64(UInt32.max)).contains(value)
        case .call(.length, _): true
        case .call(.case, let arguments):
            arguments.count >= 2
                && arguments.enumerated().allSatisfy { index, argument in
                    index % 2 == 0 && index < arguments.count - 1 || isNonNegative(argument)
                }
        default: false
        }
    }

    private mutating func accepts(_ stage: RowStage) -> Bool {
        switch stage {
        case .filter(let expression): return isGrowing(expression)
        case .evaluate(let list):
            for column in list { columns[column.name] = kind(of: column.expression) }
            return true
        case .rename(let pairs):
            for (from, to) in pairs {
                columns[to] = columns[from]
                columns[from] = nil
            }
            return true
        case .keep(let names):
            columns = columns.filter { names.contains($0.key) }
            return true
        case .drop(let names):
            columns = columns.filter { !names.contains($0.key) }
            return true
        case .sort: return true
        case .limit, .fold: return false
        }
    }

    private func kind(of expression: Expression) -> Column {
        if case .column(let name) = expression { return columns[name] ?? .constant }
        return isConstant(expression) ? .constant : .other
    }

    private func isGrowing(_ expression: Expression) -> Bool {
        if isConstant(expression) { return true }
        switch expression {
        case .and(let a, let b), .or(let a, let b): return isGrowing(a) && isGrowing(b)
        case .compare(let test, let a, .literal(let bound)) where bound.isNumber:
            return (test == .greater || test == .greaterOrEqual) && kind(of: a) == .growing
        case .compare(let test, .literal(let bound), let a) where bound.isNumber:
            return (test == .less || test == .lessOrEqual) && kind(of: a) == .growing
        default: return false
        }
    }

    /// True when the expression reads nothing that changes while a window fills.
    private func isConstant(_ expression: Expression) -> Bool {
        switch expression {
        case .literal: true
        case .field: true
        case .column(let name): (columns[name] ?? .constant) == .constant
        case .compare(_, let a, let b), .and(let a, let b), .or(let a, let b), .arithmetic(_, let a, let b):
            isConstant(a) && isConstant(b)
        case .not(let a), .isNull(let a), .like(let a, _), .matches(let a, _), .negate(let a): isConstant(a)
        case .isIn(let a, let list): isConstant(a) && list.allSatisfy(isConstant)
        case .call(_, let arguments): arguments.allSatisfy(isConstant)
        }
    }
}

extension Value {
    /// True for integers and doubles.
    var isNumber: Bool {
        switch self {
        case .long, .double: true
        case .null, .boolean, .string, .datetime, .bag: false
        }
    }
}
