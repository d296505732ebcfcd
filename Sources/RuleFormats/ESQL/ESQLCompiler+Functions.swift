import Detection
import DiagnosticLogs
import Spelling

/// Literals, casts and functions.
extension ESQLCompiler {
    func literal(_ source: ESQLExpression) throws(ESQLError) -> TypedExpression {
        switch source.kind {
        case .null: return TypedExpression(expression: .literal(.null), type: .null)
        case .boolean(let flag): return TypedExpression(expression: .literal(.boolean(flag)), type: .boolean)
        case .string(let text): return TypedExpression(expression: .literal(.string(text)), type: .keyword)
        case .integer(let digits):
            if let value = Int64(digits) {
                return TypedExpression(expression: .literal(.long(value)), type: .long)
            }
            return try decimal(digits, at: source.range.lowerBound)
        case .decimal(let digits): return try decimal(digits, at: source.range.lowerBound)
        case .list(let items):
            var values: [Value] = []
            for item in items {
                guard case .literal(let value) = try literal(item).expression else { continue }
                values.append(value)
            }
            return TypedExpression(
                expression: .literal(values.count == 1 ? values[0] : .bag(values)), type: .unknown, size: values.count)
        case .span: return TypedExpression(expression: .literal(.null), type: .span)
        case .star: throw ESQLError(at: source.range.lowerBound, "\"*\" can only stand in COUNT(*)")
        default: throw ESQLError(at: source.range.lowerBound, "a literal was expected")
        }
    }

    private func decimal(_ digits: String, at offset: Int) throws(ESQLError) -> TypedExpression {
        guard let value = Double(digits), value.isFinite else {
            throw ESQLError(.invalid, at: offset, "number \(digits) is too large")
        }
        return TypedExpression(expression: .literal(.double(value)), type: .double)
    }

    mutating func cast(
        _ operand: ESQLExpression, _ type: String, at offset: Int, in place: Place
    ) throws(ESQLError) -> TypedExpression {
        let value = try compile(operand, in: place)
        switch type.lowercased() {
        case "string", "keyword", "text": return node(.call(.toString, [value.expression]), .keyword, [value])
        case "long", "integer", "int": return node(.call(.toLong, [value.expression]), .long, [value])
        case "double": return node(.call(.toDouble, [value.expression]), .double, [value])
        case "ip" where value.type == .keyword || value.type == .ip:
            return TypedExpression(
                expression: value.expression, type: .ip, size: value.size, depth: value.depth)
        case "datetime", "date", "boolean", "bool":
            let target: ColumnType = type.lowercased().hasPrefix("b") ? .boolean : .date
            guard case .literal(.string) = value.expression else {
                throw ESQLError(.unsupported, at: offset, "cast to \(type) is supported for literals only")
            }
            return try aligned(
                value, TypedExpression(expression: .literal(.null), type: target), at: offset, offset
            ).0
        default:
            throw ESQLError(
                .unsupported, at: offset, "cast to \"\(type)\" is not supported",
                suggestion: NearestName.of(type, in: ["string", "long", "integer", "double", "datetime", "boolean"]))
        }
    }

    /// What a scalar function takes and gives.
    private struct Signature {
        enum Argument { case text, number, any }
        var function: ScalarFunction
        var arguments: ClosedRange<Int>
        var takes: Argument
        /// Nil: the type of the first argument.
        var gives: ColumnType?
    }

    private static let signatures: [String: Signature] = [
        "TO_LOWER": Signature(function: .toLower, arguments: 1...1, takes: .text, gives: .keyword),
        "TO_UPPER": Signature(function: .toUpper, arguments: 1...1, takes: .text, gives: .keyword),
        "LENGTH": Signature(function: .length, arguments: 1...1, takes: .text, gives: .long),
        "CONCAT": Signature(function: .concat, arguments: 2...100, takes: .text, gives: .keyword),
        "STARTS_WITH": Signature(function: .startsWith, arguments: 2...2, takes: .text, gives: .boolean),
        "ENDS_WITH": Signature(function: .endsWith, arguments: 2...2, takes: .text, gives: .boolean),
        "TO_STRING": Signature(function: .toString, arguments: 1...1, takes: .any, gives: .keyword),
        "TO_STR": Signature(function: .toString, arguments: 1...1, takes: .any, gives: .keyword),
        "TO_LONG": Signature(function: .toLong, arguments: 1...1, takes: .any, gives: .long),
        "TO_INTEGER": Signature(function: .toLong, arguments: 1...1, takes: .any, gives: .long),
        "TO_INT": Signature(function: .toLong, arguments: 1...1, takes: .any, gives: .long),
        "TO_DOUBLE": Signature(function: .toDouble, arguments: 1...1, takes: .any, gives: .double),
        "TO_DBL": Signature(function: .toDouble, arguments: 1...1, takes: .any, gives: .double),
        "ROUND": Signature(function: .round, arguments: 1...1, takes: .number, gives: nil),
        "ABS": Signature(function: .absolute, arguments: 1...1, takes: .number, gives: nil),
    ]

    /// Functions of the language that are not run.
    private static let otherFunctions: Set<String> = [
        "BUCKET", "CEIL", "CHUNK", "CIDR_MATCH", "CONTAINS", "DATE_DIFF", "DATE_EXTRACT", "DATE_FORMAT", "DATE_PARSE",
        "FLOOR",
        "FROM_BASE64", "GREATEST", "HASH", "IP_PREFIX", "JSON_EXTRACT", "KNN", "KQL", "LEAST", "LEFT", "LOCATE",
        "LTRIM",
        "MATCH", "MATCH_PHRASE", "MD5", "MV_APPEND", "MV_AVG", "MV_CONCAT", "MV_CONTAINS", "MV_COUNT", "MV_DEDUPE",
        "MV_FIRST",
        "MV_INTERSECTION", "MV_LAST", "MV_MAX", "MV_MEDIAN", "MV_MIN", "MV_SLICE", "MV_SORT", "MV_SUM", "MV_ZIP", "NOW",
        "POW", "QSTR", "REPEAT", "REPLACE", "REVERSE", "RIGHT", "RTRIM", "SHA1", "SHA256", "SIGNUM", "SPACE", "SPLIT",
        "SQRT", "ST_DISTANCE", "ST_X", "ST_Y", "SUBSTRING", "TO_BASE64", "TO_BOOLEAN", "TO_DATETIME", "TO_GEOPOINT",
        "TO_IP",
        "TO_UNSIGNED_LONG", "TO_VERSION", "TRIM", "URL_DECODE", "URL_ENCODE",
    ]

    mutating func call(
        _ name: String, _ arguments: [ESQLExpression], at offset: Int, in place: Place
    ) throws(ESQLError) -> TypedExpression {
        if Self.isAggregate(name) {
            guard place == .folded else {
                throw ESQLError(.invalid, at: offset, "aggregate \(name) can only stand in STATS")
            }
            return try hiddenAggregate(name, arguments, at: offset)
        }
        switch name {
        case "CASE": return try caseCall(arguments, at: offset, in: place)
        case "COALESCE": return try coalesce(arguments, at: offset, in: place)
        case "DATE_TRUNC": return try dateTruncate(arguments, at: offset, in: place)
        default: break
        }
        guard let signature = Self.signatures[name] else { throw Self.refusal(of: name, at: offset) }
        guard signature.arguments.contains(arguments.count) else {
            if name == "ROUND", arguments.count == 2 {
                throw ESQLError(.unsupported, at: offset, "ROUND to a number of places is not supported")
            }
            throw ESQLError(
                .invalid, at: offset, "\(name) takes \(Self.phrase(signature.arguments)), not \(arguments.count)")
        }
        var values: [TypedExpression] = []
        for argument in arguments {
            let value = try compile(argument, in: place)
            try Self.check(value, signature.takes, name: name, at: argument.range.lowerBound)
            values.append(value)
        }
        return node(
            .call(signature.function, values.map(\.expression)), signature.gives ?? values[0].type, values)
    }

    private static func check(
        _ value: TypedExpression, _ wanted: Signature.Argument, name: String, at offset: Int
    ) throws(ESQLError) {
        if value.type == .unknown || value.type == .null { return }
        let fits =
            switch wanted {
            case .any: value.type != .span
            case .text: value.type == .keyword || value.type == .ip
            case .number: value.type.isNumeric
            }
        guard fits else {
            let kind = wanted == .text ? "text" : wanted == .number ? "a number" : "a value"
            throw ESQLError(.invalid, at: offset, "\(name) needs \(kind), not \(value.type.rawValue)")
        }
    }

    private static func phrase(_ count: ClosedRange<Int>) -> String {
        if count.lowerBound == count.upperBound {
            return count.lowerBound == 1 ? "one argument" : "\(count.lowerBound) arguments"
        }
        return "at least \(count.lowerBound) arguments"
    }

    private static func refusal(of name: String, at offset: Int) -> ESQLError {
        if otherAggregates.contains(name) {
            return ESQLError(.unsupported, at: offset, "aggregate \(name) is not supported")
        }
        if otherFunctions.contains(name) {
            return ESQLError(
                .unsupported, at: offset,
                name == "CIDR_MATCH"
                    ? "CIDR_MATCH is supported only as a whole condition before STATS, on a column and literals"
                    : "function \(name) is not supported")
        }
        let known = signatures.keys.sorted() + aggregateNames + ["CASE", "COALESCE", "DATE_TRUNC"]
        return ESQLError(
            .unknownName, at: offset, "unknown function \(name)", suggestion: NearestName.of(name, in: known))
    }

    private mutating func caseCall(
        _ arguments: [ESQLExpression], at offset: Int, in place: Place
    ) throws(ESQLError) -> TypedExpression {
        guard (2...100).contains(arguments.count) else {
            throw ESQLError(.invalid, at: offset, "CASE takes conditions and values in pairs, and a last value")
        }
        var values: [TypedExpression] = []
        var type = ColumnType.null
        for (index, argument) in arguments.enumerated() {
            let value = try compile(argument, in: place)
            if index % 2 == 0, index + 1 < arguments.count {
                try requireBoolean(value, at: argument.range.lowerBound, "CASE")
            } else {
                type = try Self.joined(type, value.type, "CASE", at: argument.range.lowerBound)
            }
            values.append(value)
        }
        return node(.call(.case, values.map(\.expression)), type, values)
    }

    private mutating func coalesce(
        _ arguments: [ESQLExpression], at offset: Int, in place: Place
    ) throws(ESQLError) -> TypedExpression {
        guard (1...100).contains(arguments.count) else {
            throw ESQLError(.invalid, at: offset, "COALESCE takes at least one argument")
        }
        var values: [TypedExpression] = []
        var type = ColumnType.null
        for argument in arguments {
            let value = try compile(argument, in: place)
            type = try Self.joined(type, value.type, "COALESCE", at: argument.range.lowerBound)
            values.append(value)
        }
        return node(.call(.coalesce, values.map(\.expression)), type, values)
    }

    /// The type of a choice between two values: the wider number, or the one that both have.
    private static func joined(
        _ a: ColumnType, _ b: ColumnType, _ what: String, at offset: Int
    ) throws(ESQLError) -> ColumnType {
        if a == .null { return b }
        if b == .null || a == b { return a }
        if a == .unknown || b == .unknown { return .unknown }
        if a.isNumeric, b.isNumeric { return .double }
        throw ESQLError(.invalid, at: offset, "\(what) cannot give both \(a.rawValue) and \(b.rawValue)")
    }

    private mutating func dateTruncate(
        _ arguments: [ESQLExpression], at offset: Int, in place: Place
    ) throws(ESQLError) -> TypedExpression {
        guard arguments.count == 2, case .span(let digits, let unit) = arguments[0].kind else {
            throw ESQLError(.invalid, at: offset, "DATE_TRUNC takes a time span, such as 5 minutes, and a date")
        }
        guard let length = ESQLTimeUnit.milliseconds(unit) else {
            throw ESQLError(
                .unsupported, at: arguments[0].range.lowerBound,
                "DATE_TRUNC to \(unit) is not supported; use days or shorter spans")
        }
        guard let count = Int64(digits), count > 0,
            case let (span, overflow) = count.multipliedReportingOverflow(by: length),
            !overflow
        else {
            throw ESQLError(.invalid, at: arguments[0].range.lowerBound, "a time span must be positive")
        }
        let time = try compile(arguments[1], in: place)
        guard time.type == .date || time.type == .unknown || time.type == .null else {
            throw ESQLError(
                .invalid, at: arguments[1].range.lowerBound, "DATE_TRUNC needs a date, not \(time.type.rawValue)")
        }
        return node(.call(.dateTruncate, [.literal(.long(span)), time.expression]), .date, [time])
    }

    /// `CIDR_MATCH(column, "10.0.0.0/8", …)`, or its negation, as a condition; nil for any other expression.
    mutating func networkTest(_ source: ESQLExpression) throws(ESQLError) -> Condition? {
        if case .not(let inner) = source.kind, case .call("CIDR_MATCH", let arguments) = inner.kind {
            return try network(arguments, at: inner.range.lowerBound).map { field, tests in
                .conjunction([.not(.field(field, .null)), .not(.disjunction(tests))])
            }
        }
        guard case .call("CIDR_MATCH", let arguments) = source.kind else { return nil }
        return try network(arguments, at: source.range.lowerBound).map { _, tests in .disjunction(tests) }
    }

    private mutating func network(
        _ arguments: [ESQLExpression], at offset: Int
    ) throws(ESQLError) -> (Field, [Condition])? {
        guard arguments.count >= 2 else {
            throw ESQLError(.invalid, at: offset, "CIDR_MATCH takes an address and at least one network")
        }
        guard case .field(let field) = try compile(arguments[0], in: .record).expression else { return nil }
        var tests: [Condition] = []
        for argument in arguments.dropFirst() {
            guard case .string(let text) = argument.kind else { return nil }
            guard NetworkText.isValid(text) else {
                throw ESQLError(
                    .invalid, at: argument.range.lowerBound, "\"\(text)\" is not a network such as 10.0.0.0/8")
            }
            tests.append(.field(field, .network(text)))
        }
        return (field, tests)
    }
}
