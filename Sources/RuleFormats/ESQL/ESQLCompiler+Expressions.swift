import Detection
import DiagnosticLogs
import Spelling

/// Expressions: names are resolved, types checked as far as they are known, literals converted once.
extension ESQLCompiler {
    /// Compiles an expression.
    ///
    /// **Errors**: unknown names, wrong types, functions that are not run.
    mutating func compile(_ source: ESQLExpression, in place: Place) throws(ESQLError) -> TypedExpression {
        let result = try compileUnbounded(source, in: place)
        guard result.size <= TypedExpression.sizeMax, result.depth <= TypedExpression.depthMax else {
            throw ESQLError(
                .unsupported, at: source.range.lowerBound,
                "the expression grows too large when the definitions of EVAL are put in")
        }
        return result
    }

    private mutating func compileUnbounded(
        _ source: ESQLExpression, in place: Place
    ) throws(ESQLError) -> TypedExpression {
        let offset = source.range.lowerBound
        switch source.kind {
        case .null, .boolean, .integer, .decimal, .string, .span, .list, .star: return try literal(source)
        case .column(let name): return try resolve(name, at: offset, in: place)
        case .call(let name, let arguments): return try call(name, arguments, at: offset, in: place)
        case .not(let operand):
            let value = try compile(operand, in: place)
            try requireBoolean(value, at: operand.range.lowerBound, "NOT")
            return node(.not(value.expression), .boolean, [value])
        case .all(let operands): return try join(operands, in: place, "AND") { .and($0, $1) }
        case .any(let operands): return try join(operands, in: place, "OR") { .or($0, $1) }
        case .compare(let comparison, let left, let right):
            return try compare(comparison, left, right, in: place)
        case .arithmetic(let operation, let left, let right):
            return try arithmetic(operation, left, right, in: place)
        case .negate(let operand):
            let value = try number(operand, in: place, "-")
            return node(.negate(value.expression), value.type, [value])
        case .isNull(let operand, let negated):
            let value = try compile(operand, in: place)
            return negation(node(.isNull(value.expression), .boolean, [value]), if: negated)
        case .isIn(let subject, let members, let negated):
            return negation(try membership(subject, members, in: place), if: negated)
        case .like(let subject, let patterns, let negated):
            return negation(try match(subject, patterns, in: place, make: Self.like), if: negated)
        case .matches(let subject, let patterns, let negated):
            return negation(try match(subject, patterns, in: place, make: Self.regex), if: negated)
        case .cast(let operand, let type): return try cast(operand, type, at: offset, in: place)
        }
    }

    // Building

    func node(_ expression: Expression, _ type: ColumnType, _ parts: [TypedExpression]) -> TypedExpression {
        TypedExpression(
            expression: expression, type: type, size: parts.reduce(1) { $0 + $1.size },
            depth: 1 + (parts.map(\.depth).max() ?? 0))
    }

    private func negation(_ value: TypedExpression, if negated: Bool) -> TypedExpression {
        negated ? node(.not(value.expression), .boolean, [value]) : value
    }

    private mutating func join(
        _ operands: [ESQLExpression], in place: Place, _ what: String, make: (Expression, Expression) -> Expression
    ) throws(ESQLError) -> TypedExpression {
        var values: [TypedExpression] = []
        for operand in operands {
            let value = try compile(operand, in: place)
            try requireBoolean(value, at: operand.range.lowerBound, what)
            values.append(value)
        }
        return balanced(values[...], make: make)
    }

    /// A chain as a balanced tree: both operators are associative, and a long list must not become a deep tree.
    private func balanced(
        _ values: ArraySlice<TypedExpression>, make: (Expression, Expression) -> Expression
    ) -> TypedExpression {
        guard values.count > 1, let first = values.first else {
            return values.first ?? TypedExpression(expression: .literal(.boolean(true)), type: .boolean)
        }
        if values.count == 2, let last = values.last {
            return node(make(first.expression, last.expression), .boolean, [first, last])
        }
        let middle = values.startIndex + (values.count + 1) / 2
        let left = balanced(values[..<middle], make: make)
        let right = balanced(values[middle...], make: make)
        return node(make(left.expression, right.expression), .boolean, [left, right])
    }

    func requireBoolean(_ value: TypedExpression, at offset: Int, _ what: String) throws(ESQLError) {
        guard value.type == .boolean || value.type == .unknown || value.type == .null else {
            throw ESQLError(.invalid, at: offset, "\(what) needs a condition, not \(value.type.rawValue)")
        }
    }

    // Names

    mutating func resolve(_ name: String, at offset: Int, in place: Place) throws(ESQLError) -> TypedExpression {
        switch place {
        case .record:
            let (value, unknown) = try columns.resolve(name, at: offset)
            if let unknown { noteUnknown(unknown) }
            return value
        case .row:
            let column = try rowColumn(name, at: offset)
            return TypedExpression(expression: .column(column.name), type: column.type)
        case .folded:
            guard let key = foldKeys.first(where: { $0.name == name }) else {
                throw ESQLError(
                    .invalid, at: offset, "column \"\(name)\" must be inside an aggregate, or a key of BY",
                    suggestion: NearestName.of(name, in: foldKeys.map(\.name)))
            }
            return TypedExpression(expression: .column(key.name), type: key.type)
        }
    }

    // Operators

    private mutating func compare(
        _ comparison: ESQLExpression.Comparison, _ left: ESQLExpression, _ right: ESQLExpression, in place: Place
    ) throws(ESQLError) -> TypedExpression {
        let (a, b) = try aligned(
            try compile(left, in: place), try compile(right, in: place), at: left.range.lowerBound,
            right.range.lowerBound)
        if a.type == .boolean || b.type == .boolean, comparison != .equal, comparison != .notEqual {
            throw ESQLError(.invalid, at: left.range.lowerBound, "true and false have no order")
        }
        return node(.compare(comparison.model, a.expression, b.expression), .boolean, [a, b])
    }

    /// Brings two sides of a comparison to one type: a text literal becomes a boolean or a date where the other side is
    /// one, and is lower-cased where the other side is a name that Azure treats without case.
    func aligned(
        _ a: TypedExpression, _ b: TypedExpression, at aOffset: Int, _ bOffset: Int
    ) throws(ESQLError) -> (TypedExpression, TypedExpression) {
        let left = try converted(a, toward: b, at: aOffset)
        let right = try converted(b, toward: left, at: bOffset)
        guard Self.comparable(left.type, right.type) else {
            throw ESQLError(
                .invalid, at: bOffset,
                "cannot compare \(left.type.rawValue) with \(right.type.rawValue)")
        }
        return (left, right)
    }

    private func converted(
        _ value: TypedExpression, toward other: TypedExpression, at offset: Int
    ) throws(ESQLError) -> TypedExpression {
        guard case .literal(.string(let text)) = value.expression else { return value }
        switch other.type {
        case .boolean:
            switch text.lowercased() {
            case "true": return TypedExpression(expression: .literal(.boolean(true)), type: .boolean)
            case "false": return TypedExpression(expression: .literal(.boolean(false)), type: .boolean)
            default: throw ESQLError(.invalid, at: offset, "\"\(text)\" is not true or false")
            }
        case .date:
            guard let milliseconds = DateText.milliseconds(text) else {
                throw ESQLError(.invalid, at: offset, "\"\(text)\" is not a date such as 2025-01-31T00:00:00Z")
            }
            return TypedExpression(expression: .literal(.datetime(milliseconds)), type: .date)
        default:
            guard Self.isCaseFolded(other.expression) else { return value }
            return TypedExpression(expression: .literal(.string(text.lowercased())), type: .keyword)
        }
    }

    static func isCaseFolded(_ expression: Expression) -> Bool {
        if case .field(.derived(let field)) = expression { return field.isCaseFolded }
        return false
    }

    private static func comparable(_ a: ColumnType, _ b: ColumnType) -> Bool {
        if a == b { return a != .span }
        if a == .unknown || b == .unknown || a == .null || b == .null { return true }
        if a.isNumeric, b.isNumeric { return true }
        return (a == .ip && b == .keyword) || (a == .keyword && b == .ip)
    }

    private mutating func number(
        _ source: ESQLExpression, in place: Place, _ what: String
    ) throws(ESQLError) -> TypedExpression {
        let value = try compile(source, in: place)
        guard value.type.isNumeric || value.type == .unknown || value.type == .null else {
            let reason =
                value.type == .date || value.type == .span
                ? "arithmetic with times is not supported" : "\"\(what)\" needs a number, not \(value.type.rawValue)"
            throw ESQLError(
                value.type == .date || value.type == .span ? .unsupported : .invalid, at: source.range.lowerBound,
                reason)
        }
        return value
    }

    private mutating func arithmetic(
        _ operation: ESQLExpression.Operator, _ left: ESQLExpression, _ right: ESQLExpression, in place: Place
    ) throws(ESQLError) -> TypedExpression {
        let a = try number(left, in: place, operation.symbol)
        let b = try number(right, in: place, operation.symbol)
        let type: ColumnType
        if a.type == .null || b.type == .null {
            type = .null
        } else if a.type == .double || b.type == .double {
            type = .double
        } else {
            type = a.type == .long && b.type == .long ? .long : .unknown
        }
        return node(.arithmetic(operation.model, a.expression, b.expression), type, [a, b])
    }

    private mutating func membership(
        _ subject: ESQLExpression, _ members: [ESQLExpression], in place: Place
    ) throws(ESQLError) -> TypedExpression {
        let value = try compile(subject, in: place)
        var compiled: [TypedExpression] = []
        for member in members {
            let (_, item) = try aligned(
                value, try compile(member, in: place), at: subject.range.lowerBound, member.range.lowerBound)
            compiled.append(item)
        }
        return node(.isIn(value.expression, compiled.map(\.expression)), .boolean, [value] + compiled)
    }

    private mutating func match(
        _ subject: ESQLExpression, _ patterns: [ESQLExpression], in place: Place,
        make: (Expression, String) throws(PatternError) -> Expression
    ) throws(ESQLError) -> TypedExpression {
        let value = try compile(subject, in: place)
        guard value.type == .keyword || value.type == .unknown || value.type == .null || value.type == .ip else {
            throw ESQLError(
                .invalid, at: subject.range.lowerBound, "LIKE and RLIKE need text, not \(value.type.rawValue)")
        }
        var matches: [TypedExpression] = []
        for pattern in patterns {
            guard case .string(let text) = pattern.kind else { continue }
            let folded = Self.isCaseFolded(value.expression) ? text.lowercased() : text
            do {
                matches.append(node(try make(value.expression, folded), .boolean, [value]))
            } catch {
                throw ESQLError(error.code, at: pattern.range.lowerBound, error.reason)
            }
        }
        return balanced(matches[...]) { .or($0, $1) }
    }

    private static func like(_ subject: Expression, _ text: String) throws(PatternError) -> Expression {
        let pattern = try LikePattern.parse(text)
        // Upstream rewrites a lone star to IS NOT NULL, so that its negation keeps nulls.
        return pattern.isAny ? .not(.isNull(subject)) : .like(subject, pattern)
    }

    private static func regex(_ subject: Expression, _ text: String) throws(PatternError) -> Expression {
        .matches(subject, try LuceneRegex.translate(text))
    }
}

extension ESQLExpression.Comparison {
    /// The model's operator.
    var model: Comparison {
        switch self {
        case .equal: .equal
        case .notEqual: .notEqual
        case .less: .less
        case .lessOrEqual: .lessOrEqual
        case .greater: .greater
        case .greaterOrEqual: .greaterOrEqual
        }
    }
}

extension ESQLExpression.Operator {
    /// The model's operator.
    var model: Arithmetic {
        switch self {
        case .add: .add
        case .subtract: .subtract
        case .multiply: .multiply
        case .divide: .divide
        case .remainder: .remainder
        }
    }

    /// How it is written.
    var symbol: String {
        switch self {
        case .add: "+"
        case .subtract: "-"
        case .multiply: "*"
        case .divide: "/"
        case .remainder: "%"
        }
    }
}
