/// One token of an ES|QL query, with the bytes it covers.
struct ESQLToken: Hashable, Sendable {
    /// What a token is.
    enum Kind: Hashable, Sendable {
        /// A bare word: keyword, function, column part or unit. ES|QL tells them apart by place, not by spelling.
        case word(String)
        /// A name in back-quotes, without them.
        case quotedName(String)
        case string(String)
        /// Digits, as text: the value may exceed any integer type.
        case integer(String)
        case decimal(String)
        case pipe, comma, dot, openParenthesis, closeParenthesis, openBracket, closeBracket
        case assign, equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
        case plus, minus, star, slash, percent, cast
        case end
    }

    var kind: Kind
    /// Bytes of the query.
    var range: Range<Int>

    /// The upper-case spelling when the token is a bare word.
    var keyword: String? {
        if case .word(let text) = kind { return text.uppercased() }
        return nil
    }
}

extension ESQLToken.Kind {
    /// How an error message calls it.
    var display: String {
        switch self {
        case .word(let text): "\"\(text)\""
        case .quotedName(let text): "`\(text)`"
        case .string: "a string"
        case .integer(let text), .decimal(let text): text
        case .pipe: "\"|\""
        case .comma: "\",\""
        case .dot: "\".\""
        case .openParenthesis: "\"(\""
        case .closeParenthesis: "\")\""
        case .openBracket: "\"[\""
        case .closeBracket: "\"]\""
        case .assign: "\"=\""
        case .equal: "\"==\""
        case .notEqual: "\"!=\""
        case .less: "\"<\""
        case .lessOrEqual: "\"<=\""
        case .greater: "\">\""
        case .greaterOrEqual: "\">=\""
        case .plus: "\"+\""
        case .minus: "\"-\""
        case .star: "\"*\""
        case .slash: "\"/\""
        case .percent: "\"%\""
        case .cast: "\"::\""
        case .end: "the end of the query"
        }
    }
}

/// A fault in a query: what, and at which byte of it.
struct ESQLError: Error, Hashable, Sendable {
    var offset: Int
    var code: RuleDiagnostic.Code
    var reason: String
    var suggestion: String?

    init(_ code: RuleDiagnostic.Code = .syntax, at offset: Int, _ reason: String, suggestion: String? = nil) {
        self.offset = offset
        self.code = code
        self.reason = reason
        self.suggestion = suggestion
    }
}
