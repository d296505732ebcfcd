import Spelling

/// A parsed Sigma condition, over search identifiers.
indirect enum SigmaConditionTree: Hashable, Sendable {
    case all([SigmaConditionTree])
    case any([SigmaConditionTree])
    case not(SigmaConditionTree)
    case identifier(String, offset: Int)
    /// `count of target`; a nil count means all of them.
    case quantified(count: Int?, target: Target, offset: Int)

    /// What a quantifier counts.
    enum Target: Hashable, Sendable {
        /// Every identifier that does not begin with `_`.
        case them
        /// Identifiers that fit a pattern; one that begins with `_` is only taken by a pattern that does too.
        case pattern(String)
    }
}

/// Recursive-descent parser of conditions.
///
/// Binding from weakest: or, and, not, quantifier, parentheses.
///
/// **Source**: Sigma rules specification 2.1, "Detection: condition". **Bounds**: ``depthMax`` levels.
struct SigmaConditionParser {
    static let depthMax = 100

    private let tokens: [SigmaToken]
    private var index = 0
    private var depth = 0

    /// Parses a whole condition.
    static func parse(_ condition: String) throws(SigmaConditionError) -> SigmaConditionTree {
        var parser = SigmaConditionParser(tokens: try SigmaConditionLexer.tokens(condition))
        let tree = try parser.or()
        let rest = parser.current
        if rest.kind == .pipe {
            throw SigmaConditionError(
                code: .unsupported, offset: rest.offset,
                reason: "aggregations behind \"|\" were removed from Sigma; write a correlation rule")
        }
        guard rest.kind == .end else {
            throw SigmaConditionError(
                offset: rest.offset, reason: "and, or or the end of the condition was expected, found \"\(rest.text)\"",
                suggestion: NearestName.of(rest.text, in: ["and", "or"]))
        }
        return tree
    }

    private init(tokens: [SigmaToken]) { self.tokens = tokens }

    private var current: SigmaToken { tokens[min(index, tokens.count - 1)] }

    private mutating func take() -> SigmaToken {
        let token = current
        if token.kind != .end { index += 1 }
        return token
    }

    private mutating func or() throws(SigmaConditionError) -> SigmaConditionTree {
        guard depth < Self.depthMax else {
            throw SigmaConditionError(
                code: .unsupported, offset: current.offset, reason: "the condition is nested too deep")
        }
        depth += 1
        defer { depth -= 1 }
        var parts = [try and()]
        while current.kind == .or {
            _ = take()
            parts.append(try and())
        }
        return parts.count == 1 ? parts[0] : .any(parts)
    }

    private mutating func and() throws(SigmaConditionError) -> SigmaConditionTree {
        var parts = [try not()]
        while current.kind == .and {
            _ = take()
            parts.append(try not())
        }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private mutating func not() throws(SigmaConditionError) -> SigmaConditionTree {
        var isNegated = false
        while current.kind == .not {
            _ = take()
            isNegated.toggle()
        }
        let operand = try primary()
        return isNegated ? .not(operand) : operand
    }

    private mutating func primary() throws(SigmaConditionError) -> SigmaConditionTree {
        let token = take()
        switch token.kind {
        case .openParenthesis:
            let inner = try or()
            guard current.kind == .closeParenthesis else {
                throw SigmaConditionError(
                    offset: current.offset, reason: "\")\" was expected, found \"\(current.text)\"")
            }
            _ = take()
            return inner
        case .all where current.kind == .of: return try quantified(nil, at: token.offset)
        case .any where current.kind == .of: return try quantified(1, at: token.offset)
        case .number(let count):
            guard current.kind == .of else {
                throw SigmaConditionError(
                    offset: current.offset, reason: "of was expected after \(count), found \"\(current.text)\"")
            }
            guard count > 0 else {
                throw SigmaConditionError(
                    code: .invalid, offset: token.offset, reason: "\"0 of\" always holds; count at least 1",
                    suggestion: "1")
            }
            return try quantified(count, at: token.offset)
        // `all` and `any` alone may be identifiers.
        case .name, .all, .any, .them, .of:
            guard token.kind != .them, token.kind != .of else {
                throw SigmaConditionError(
                    offset: token.offset,
                    reason: "\"\(token.text)\" needs a quantifier before it, such as \"1 of them\"")
            }
            guard !token.text.contains("*") else {
                throw SigmaConditionError(
                    offset: token.offset,
                    reason: "pattern \"\(token.text)\" needs a quantifier before it, such as \"1 of \(token.text)\"")
            }
            return .identifier(token.text, offset: token.offset)
        case .closeParenthesis, .pipe, .end, .and, .or, .not:
            throw SigmaConditionError(
                offset: token.offset, reason: "a search identifier was expected, found \"\(token.text)\"")
        }
    }

    private mutating func quantified(_ count: Int?, at offset: Int) throws(SigmaConditionError) -> SigmaConditionTree {
        _ = take()
        let token = take()
        switch token.kind {
        case .them: return .quantified(count: count, target: .them, offset: offset)
        case .name(let text): return .quantified(count: count, target: .pattern(text), offset: offset)
        case .openParenthesis, .closeParenthesis, .pipe, .end, .and, .or, .not, .of, .all, .any, .number:
            throw SigmaConditionError(
                offset: token.offset, reason: "them or a pattern was expected after of, found \"\(token.text)\"")
        }
    }
}
