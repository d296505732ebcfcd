/// Expressions, by falling strength of binding: primary, cast, sign, product, sum, comparison, predicate, not, and, or.
extension ESQLParser {
    /// A whole expression.
    mutating func expression() throws(ESQLError) -> ESQLExpression {
        try nested { parser throws(ESQLError) in
            try parser.chain(keyword: "OR", make: { .any($0) }) { parser throws(ESQLError) in
                try parser.chain(keyword: "AND", make: { .all($0) }) { parser throws(ESQLError) in
                    try parser.negation()
                }
            }
        }
    }

    /// Counts nesting, so that a deep expression is an error and not a crash.
    private mutating func nested(
        _ body: (inout ESQLParser) throws(ESQLError) -> ESQLExpression
    ) throws(ESQLError) -> ESQLExpression {
        guard depth < Self.depthMax else {
            throw ESQLError(
                .unsupported, at: try peek().range.lowerBound,
                "expressions are nested more than \(Self.depthMax) deep")
        }
        depth += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    private mutating func chain(
        keyword: String, make: ([ESQLExpression]) -> ESQLExpression.Kind,
        operand: (inout ESQLParser) throws(ESQLError) -> ESQLExpression
    ) throws(ESQLError) -> ESQLExpression {
        let first = try operand(&self)
        guard try peek().keyword == keyword else { return first }
        var operands = [first]
        while try takeIf(keyword: keyword) { operands.append(try operand(&self)) }
        return ESQLExpression(kind: make(operands), range: first.range.lowerBound..<lastEnd)
    }

    private mutating func negation() throws(ESQLError) -> ESQLExpression {
        let token = try peek()
        guard token.keyword == "NOT" else { return try predicate() }
        try take()
        let operand = try nested { parser throws(ESQLError) in try parser.negation() }
        return ESQLExpression(kind: .not(operand), range: token.range.lowerBound..<operand.range.upperBound)
    }

    private mutating func predicate() throws(ESQLError) -> ESQLExpression {
        let value = try comparison()
        let next = try peek()
        if next.keyword == "IS" {
            try take()
            let negated = try takeIf(keyword: "NOT")
            let token = try take()
            guard token.keyword == "NULL" else {
                throw ESQLError(at: token.range.lowerBound, "NULL was expected, found \(token.kind.display)")
            }
            return ESQLExpression(
                kind: .isNull(value, negated: negated), range: value.range.lowerBound..<lastEnd)
        }
        let negated = try takeIf(keyword: "NOT")
        let word = try peek()
        let kind: ESQLExpression.Kind
        switch word.keyword {
        case "IN":
            try take()
            kind = .isIn(value, try parenthesised(), negated: negated)
        case "LIKE":
            try take()
            kind = .like(value, try textPatterns(), negated: negated)
        case "RLIKE":
            try take()
            kind = .matches(value, try textPatterns(), negated: negated)
        default:
            guard !negated else {
                throw ESQLError(
                    at: word.range.lowerBound, "IN, LIKE or RLIKE was expected after NOT, found \(word.kind.display)")
            }
            return value
        }
        return ESQLExpression(kind: kind, range: value.range.lowerBound..<lastEnd)
    }

    private mutating func parenthesised() throws(ESQLError) -> [ESQLExpression] {
        try expect(.openParenthesis, "\"(\"")
        var items = [try expression()]
        while try takeIf(.comma) { items.append(try expression()) }
        try expect(.closeParenthesis, "\",\" or \")\"")
        return items
    }

    /// One pattern, or several in parentheses.
    private mutating func textPatterns() throws(ESQLError) -> [ESQLExpression] {
        let items = try peek().kind == .openParenthesis ? try parenthesised() : [try comparison()]
        for item in items {
            guard case .string = item.kind else {
                throw ESQLError(at: item.range.lowerBound, "a pattern must be a string")
            }
        }
        return items
    }

    private mutating func comparison() throws(ESQLError) -> ESQLExpression {
        let left = try sum()
        guard let comparison = Self.comparisons[try peek().kind] else { return left }
        try take()
        let right = try sum()
        let next = try peek()
        guard Self.comparisons[next.kind] == nil else {
            throw ESQLError(at: next.range.lowerBound, "comparisons cannot be chained; join two of them with AND")
        }
        return ESQLExpression(
            kind: .compare(comparison, left, right), range: left.range.lowerBound..<right.range.upperBound)
    }

    private static let comparisons: [ESQLToken.Kind: ESQLExpression.Comparison] = [
        .equal: .equal, .notEqual: .notEqual, .less: .less, .lessOrEqual: .lessOrEqual, .greater: .greater,
        .greaterOrEqual: .greaterOrEqual,
    ]

    private static let sums: [ESQLToken.Kind: ESQLExpression.Operator] = [.plus: .add, .minus: .subtract]

    private static let products: [ESQLToken.Kind: ESQLExpression.Operator] = [
        .star: .multiply, .slash: .divide, .percent: .remainder,
    ]

    private mutating func sum() throws(ESQLError) -> ESQLExpression {
        try arithmetic(Self.sums) { parser throws(ESQLError) in
            try parser.arithmetic(Self.products) { parser throws(ESQLError) in try parser.signed() }
        }
    }

    private mutating func arithmetic(
        _ operators: [ESQLToken.Kind: ESQLExpression.Operator],
        operand: (inout ESQLParser) throws(ESQLError) -> ESQLExpression
    ) throws(ESQLError) -> ESQLExpression {
        var result = try operand(&self)
        var links = 0
        while let found = operators[try peek().kind] {
            links += 1
            // Each link makes the tree one deeper on its left.
            guard depth + links <= Self.depthMax else {
                throw ESQLError(
                    .unsupported, at: try peek().range.lowerBound,
                    "expressions are nested more than \(Self.depthMax) deep")
            }
            try take()
            let right = try operand(&self)
            result = ESQLExpression(
                kind: .arithmetic(found, result, right), range: result.range.lowerBound..<right.range.upperBound)
        }
        return result
    }

    private mutating func signed() throws(ESQLError) -> ESQLExpression {
        let token = try peek()
        guard token.kind == .minus || token.kind == .plus else { return try castChain() }
        try take()
        let operand = try nested { parser throws(ESQLError) in try parser.signed() }
        let range = token.range.lowerBound..<operand.range.upperBound
        if token.kind == .plus { return ESQLExpression(kind: operand.kind, range: range) }
        switch operand.kind {
        case .integer(let digits) where !digits.hasPrefix("-"):
            return ESQLExpression(kind: .integer("-" + digits), range: range)
        case .decimal(let digits) where !digits.hasPrefix("-"):
            return ESQLExpression(kind: .decimal("-" + digits), range: range)
        default: return ESQLExpression(kind: .negate(operand), range: range)
        }
    }

    private mutating func castChain() throws(ESQLError) -> ESQLExpression {
        var result = try primary()
        var links = 0
        while try takeIf(.cast) {
            links += 1
            let token = try take()
            guard case .word(let type) = token.kind, links <= 10 else {
                throw ESQLError(at: token.range.lowerBound, "a type was expected, found \(token.kind.display)")
            }
            result = ESQLExpression(kind: .cast(result, type), range: result.range.lowerBound..<lastEnd)
        }
        return result
    }

    private mutating func primary() throws(ESQLError) -> ESQLExpression {
        let token = try peek()
        switch token.kind {
        case .string(let text):
            try take()
            return ESQLExpression(kind: .string(text), range: token.range)
        case .decimal(let digits):
            try take()
            return ESQLExpression(kind: .decimal(digits), range: token.range)
        case .integer(let digits): return try integerOrSpan(digits)
        case .openParenthesis:
            try take()
            let inner = try expression()
            try expect(.closeParenthesis, "\")\"")
            return ESQLExpression(kind: inner.kind, range: token.range.lowerBound..<lastEnd)
        case .openBracket: return try bracketed()
        case .word, .quotedName: return try nameOrCall()
        default:
            throw ESQLError(at: token.range.lowerBound, "a value was expected, found \(token.kind.display)")
        }
    }

    private mutating func integerOrSpan(_ digits: String) throws(ESQLError) -> ESQLExpression {
        let number = try take()
        if case .word(let unit) = try peek().kind, ESQLTimeUnit.known(unit) {
            try take()
            return ESQLExpression(
                kind: .span(count: digits, unit: unit), range: number.range.lowerBound..<lastEnd)
        }
        return ESQLExpression(kind: .integer(digits), range: number.range)
    }

    private mutating func bracketed() throws(ESQLError) -> ESQLExpression {
        let open = try take()
        var items: [ESQLExpression] = []
        repeat { items.append(try nested { parser throws(ESQLError) in try parser.signed() }) } while try takeIf(.comma)
        try expect(.closeBracket, "\",\" or \"]\"")
        return ESQLExpression(kind: .list(items), range: open.range.lowerBound..<lastEnd)
    }

    private mutating func nameOrCall() throws(ESQLError) -> ESQLExpression {
        let start = try peek()
        let name = try name()
        if case .word(let word) = start.kind, name.text == word {
            if try peek().kind == .openParenthesis {
                let arguments = try callArguments()
                return ESQLExpression(
                    kind: .call(word.uppercased(), arguments), range: start.range.lowerBound..<lastEnd)
            }
            switch word.uppercased() {
            case "TRUE": return ESQLExpression(kind: .boolean(true), range: name.range)
            case "FALSE": return ESQLExpression(kind: .boolean(false), range: name.range)
            case "NULL": return ESQLExpression(kind: .null, range: name.range)
            case "AND", "OR", "IN", "LIKE", "RLIKE", "BY", "IS", "ASC", "DESC", "NULLS":
                throw ESQLError(at: name.range.lowerBound, "a value was expected, found \"\(word)\"")
            default: break
            }
        }
        return ESQLExpression(kind: .column(name.text), range: name.range)
    }

    private mutating func callArguments() throws(ESQLError) -> [ESQLExpression] {
        try take()
        if try takeIf(.closeParenthesis) { return [] }
        var arguments: [ESQLExpression] = []
        repeat {
            let token = try peek()
            if token.kind == .star {
                try take()
                arguments.append(ESQLExpression(kind: .star, range: token.range))
            } else {
                arguments.append(try expression())
            }
        } while try takeIf(.comma)
        try expect(.closeParenthesis, "\",\" or \")\"")
        return arguments
    }
}

/// Units of time spans.
enum ESQLTimeUnit {
    /// Milliseconds in one unit of fixed length; nil for months, quarters, years and anything else.
    static func milliseconds(_ unit: String) -> Int64? {
        switch unit.lowercased() {
        case "millisecond", "milliseconds", "ms": 1
        case "second", "seconds", "sec", "s": 1000
        case "minute", "minutes", "min", "m": 60_000
        case "hour", "hours", "h": 3_600_000
        case "day", "days", "d": 86_400_000
        default: nil
        }
    }

    /// Whether a word is a unit at all.
    static func known(_ unit: String) -> Bool {
        milliseconds(unit) != nil
            || [
                "week", "weeks", "w", "month", "months", "mo", "quarter", "quarters", "q", "year", "years", "yr", "y",
            ].contains(unit.lowercased())
    }
}
