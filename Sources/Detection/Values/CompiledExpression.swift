internal import DiagnosticLogs

/// An ``Expression`` whose fields are slots, whose columns are positions, and whose patterns are compiled.
indirect enum CompiledExpression: Sendable {
    case literal(Value)
    /// A slot of the field plan.
    case slot(Int)
    /// A column of the row, by position.
    case column(Int)
    case compare(Comparison, CompiledExpression, CompiledExpression)
    case and(CompiledExpression, CompiledExpression)
    case or(CompiledExpression, CompiledExpression)
    case not(CompiledExpression)
    case isNull(CompiledExpression)
    case isIn(CompiledExpression, [CompiledExpression])
    case like(CompiledExpression, CompiledPattern)
    case matches(CompiledExpression, CompiledRegex)
    case arithmetic(Arithmetic, CompiledExpression, CompiledExpression)
    case negate(CompiledExpression)
    case call(ScalarFunction, [CompiledExpression])
}

/// Where expressions find their fields and columns while a rule is compiled.
struct ExpressionScope {
    /// The slot of a field; nil where fields cannot be read (in the stages behind the aggregation).
    var slot: (Field) -> Int?
    /// Names of the row's columns, in order.
    var columns: [String]

    /// Compiles an expression.
    ///
    /// A column or field that does not exist is null: there is no mapping to check against.
    func compile(_ expression: Expression) throws(DetectionError) -> CompiledExpression {
        switch expression {
        case .literal(let value): return .literal(value)
        case .field(let field): return slot(field).map { .slot($0) } ?? .literal(.null)
        case .column(let name): return columns.lastIndex(of: name).map { .column($0) } ?? .literal(.null)
        case .compare(let test, let a, let b): return .compare(test, try compile(a), try compile(b))
        case .and(let a, let b): return .and(try compile(a), try compile(b))
        case .or(let a, let b): return .or(try compile(a), try compile(b))
        case .not(let a): return .not(try compile(a))
        case .isNull(let a): return .isNull(try compile(a))
        case .isIn(let a, let list): return .isIn(try compile(a), try compile(list))
        case .like(let a, let pattern):
            // LIKE "*" means IS NOT NULL upstream, so that its negation keeps nulls.
            if pattern.parts == [.any] { return .not(.isNull(try compile(a))) }
            return .like(try compile(a), CompiledPattern(pattern))
        case .matches(let a, let pattern): return .matches(try compile(a), try CompiledRegex(pattern))
        case .arithmetic(let operation, let a, let b): return .arithmetic(operation, try compile(a), try compile(b))
        case .negate(let a): return .negate(try compile(a))
        case .call(let function, let arguments): return .call(function, try compile(arguments))
        }
    }

    private func compile(_ list: [Expression]) throws(DetectionError) -> [CompiledExpression] {
        var compiled: [CompiledExpression] = []
        for expression in list { compiled.append(try compile(expression)) }
        return compiled
    }
}

/// What an expression is evaluated against.
protocol ExpressionContext {
    func value(ofSlot slot: Int) -> Value
    func value(ofColumn column: Int) -> Value
}

/// A row of a hop: columns only.
struct RowContext: ExpressionContext {
    var columns: [Value]

    func value(ofSlot slot: Int) -> Value { .null }
    func value(ofColumn column: Int) -> Value { columns.indices.contains(column) ? columns[column] : .null }
}

extension CompiledExpression {
    /// The value in a context, by three-valued logic.
    ///
    /// A bag in a place for one value gives null.
    func evaluate(in context: borrowing some ExpressionContext) -> Value {
        switch self {
        case .literal(let value): return value
        case .slot(let slot): return context.value(ofSlot: slot)
        case .column(let column): return context.value(ofColumn: column)
        case .compare(let test, let a, let b):
            return Value(truth: Self.compare(test, a.evaluate(in: context), b.evaluate(in: context)))
        case .and(let a, let b):
            let left = a.evaluate(in: context).truth
            if left == false { return .boolean(false) }
            let right = b.evaluate(in: context).truth
            if right == false { return .boolean(false) }
            return left == true && right == true ? .boolean(true) : .null
        case .or(let a, let b):
            let left = a.evaluate(in: context).truth
            if left == true { return .boolean(true) }
            let right = b.evaluate(in: context).truth
            if right == true { return .boolean(true) }
            return left == false && right == false ? .boolean(false) : .null
        case .not(let a): return Value(truth: a.evaluate(in: context).truth.map { !$0 })
        case .isNull(let a): return .boolean(a.evaluate(in: context) == .null)
        case .isIn(let a, let list): return Value(truth: Self.isIn(a.evaluate(in: context), list, context))
        case .like(let a, let pattern):
            return Value(truth: a.evaluate(in: context).singleText.map { pattern.matches($0) })
        case .matches(let a, let regex):
            return Value(truth: a.evaluate(in: context).singleText.map { regex.matches($0) })
        case .arithmetic(let operation, let a, let b):
            return operation.apply(a.evaluate(in: context), b.evaluate(in: context))
        case .negate(let a): return Arithmetic.subtract.apply(.long(0), a.evaluate(in: context))
        case .call(let function, let arguments): return function.apply(arguments, context)
        }
    }

    private static func compare(_ test: Comparison, _ a: Value, _ b: Value) -> Bool? {
        guard a.isSingle, b.isSingle else { return nil }
        return test.test(a, b)
    }

    private static func isIn(
        _ value: Value, _ list: [CompiledExpression], _ context: borrowing some ExpressionContext
    ) -> Bool? {
        guard value.isSingle else { return nil }
        var sawNull = false
        for member in list {
            switch compare(.equal, value, member.evaluate(in: context)) {
            case true: return true
            case false: continue
            default: sawNull = true
            }
        }
        return sawNull ? nil : false
    }
}

extension Value {
    /// The boolean, or null when unknown.
    init(truth: Bool?) { self = truth.map { .boolean($0) } ?? .null }

    /// The value as a condition; null for everything but booleans.
    var truth: Bool? { if case .boolean(let value) = self { value } else { nil } }

    /// True for exactly one value.
    var isSingle: Bool {
        switch self {
        case .null, .bag: false
        case .boolean, .long, .double, .string, .datetime: true
        }
    }

    /// The text of one value; nil for none and several.
    var singleText: String? { text }
}
