import Spelling

/// Recursive-descent parser of ES|QL: commands.
///
/// Expressions are in `ESQLParser+Expressions.swift`.
///
/// **Bounds**: ``depthMax`` nested expressions, ``commandsMax`` commands, so that no rule text can exhaust the stack.
struct ESQLParser {
    /// Deepest nesting of an expression.
    static let depthMax = 100
    /// Most commands in one query.
    static let commandsMax = 200

    private(set) var lexer: ESQLLexer
    private var peeked: ESQLToken?
    /// Where the last token that was taken ends.
    private(set) var lastEnd = 0
    var depth = 0

    private init(_ query: String) { lexer = ESQLLexer(query) }

    /// Parses a whole query.
    static func parse(_ query: String) throws(ESQLError) -> ESQLQuery {
        var parser = ESQLParser(query)
        return try parser.query()
    }

    // Tokens

    mutating func peek() throws(ESQLError) -> ESQLToken {
        if let peeked { return peeked }
        let token = try lexer.next()
        peeked = token
        return token
    }

    @discardableResult
    mutating func take() throws(ESQLError) -> ESQLToken {
        let token = try peek()
        peeked = nil
        lastEnd = token.range.upperBound
        return token
    }

    mutating func takeIf(_ kind: ESQLToken.Kind) throws(ESQLError) -> Bool {
        guard try peek().kind == kind else { return false }
        try take()
        return true
    }

    mutating func takeIf(keyword: String) throws(ESQLError) -> Bool {
        guard try peek().keyword == keyword else { return false }
        try take()
        return true
    }

    @discardableResult
    mutating func expect(_ kind: ESQLToken.Kind, _ what: String) throws(ESQLError) -> ESQLToken {
        let token = try peek()
        guard token.kind == kind else {
            throw ESQLError(at: token.range.lowerBound, "\(what) was expected, found \(token.kind.display)")
        }
        return try take()
    }

    /// The text of the query between two bytes, without blanks at its ends: the name of an unnamed column.
    func sourceText(_ range: Range<Int>) -> String {
        String(decoding: lexer.bytes[range], as: UTF8.self)
    }

    // Commands

    private mutating func query() throws(ESQLError) -> ESQLQuery {
        let first = try take()
        guard let keyword = first.keyword else {
            throw ESQLError(at: first.range.lowerBound, "FROM was expected, found \(first.kind.display)")
        }
        guard keyword == "FROM" else {
            if ["ROW", "SHOW", "TS", "METRICS"].contains(keyword) {
                throw ESQLError(.unsupported, at: first.range.lowerBound, "source command \(keyword) is not supported")
            }
            throw ESQLError(
                at: first.range.lowerBound, "FROM was expected, found \(first.kind.display)",
                suggestion: NearestName.of(keyword, in: ["FROM"]))
        }
        var query = ESQLQuery(patterns: [], metadata: [], commands: [])
        repeat { query.patterns.append(try indexPattern()) } while try takeIf(.comma)
        if try takeIf(keyword: "METADATA") {
            repeat { query.metadata.append(try name()) } while try takeIf(.comma)
        }
        while try takeIf(.pipe) {
            guard query.commands.count < Self.commandsMax else {
                throw ESQLError(.unsupported, at: lastEnd, "more than \(Self.commandsMax) commands in one query")
            }
            query.commands.append(try command())
        }
        let rest = try peek()
        guard rest.kind == .end else {
            throw ESQLError(
                at: rest.range.lowerBound, "\"|\" or the end of the query was expected, found \(rest.kind.display)")
        }
        return query
    }

    private mutating func indexPattern() throws(ESQLError) -> ESQLName {
        let token = try lexer.indexPattern()
        lastEnd = token.range.upperBound
        guard case .string(let text) = token.kind, !text.isEmpty else {
            throw ESQLError(at: token.range.lowerBound, "an index pattern was expected, found \(token.kind.display)")
        }
        return ESQLName(text: text, isPattern: text.contains("*"), range: token.range)
    }

    private mutating func command() throws(ESQLError) -> ESQLCommand {
        let token = try take()
        guard let keyword = token.keyword else {
            throw ESQLError(at: token.range.lowerBound, "a command was expected, found \(token.kind.display)")
        }
        let kind: ESQLCommand.Kind
        switch keyword {
        case "WHERE": kind = .filter(try expression())
        case "EVAL": kind = .evaluate(try list { parser throws(ESQLError) in try parser.assignment() })
        case "KEEP": kind = .keep(try patterns())
        case "DROP": kind = .drop(try patterns())
        case "RENAME": kind = .rename(try list { parser throws(ESQLError) in try parser.renaming() })
        case "STATS": kind = try stats()
        case "SORT": kind = .sort(try list { parser throws(ESQLError) in try parser.order() })
        case "LIMIT": kind = .limit(try limit())
        default: throw Self.refusal(of: keyword, at: token.range.lowerBound)
        }
        return ESQLCommand(kind: kind, range: token.range)
    }

    private static let supported = ["WHERE", "EVAL", "KEEP", "DROP", "RENAME", "STATS", "SORT", "LIMIT"]

    private static let knownElsewhere: Set<String> = [
        "MV_EXPAND", "DISSECT", "GROK", "INLINE", "INLINESTATS", "ENRICH", "LOOKUP", "FORK", "FUSE", "COMPLETION",
        "CHANGE_POINT", "RERANK", "SAMPLE", "INSIST", "URI_PARTS", "REGISTERED_DOMAIN", "PROJECT",
    ]

    private static func refusal(of keyword: String, at offset: Int) -> ESQLError {
        if knownElsewhere.contains(keyword) {
            let name = keyword == "INLINE" ? "INLINE STATS" : keyword == "LOOKUP" ? "LOOKUP JOIN" : keyword
            return ESQLError(.unsupported, at: offset, "command \(name) is not supported in a streamed rule")
        }
        return ESQLError(
            .unknownName, at: offset, "\"\(keyword)\" is not an ES|QL command",
            suggestion: NearestName.of(keyword, in: supported))
    }

    private mutating func list<Element>(
        _ element: (inout ESQLParser) throws(ESQLError) -> Element
    ) throws(ESQLError) -> [Element] {
        var result = [try element(&self)]
        while try takeIf(.comma) { result.append(try element(&self)) }
        return result
    }

    /// Names with wildcards.
    ///
    /// They are lexed in a way of their own, so no token may have been looked at.
    private mutating func patterns() throws(ESQLError) -> [ESQLName] {
        var result: [ESQLName] = []
        repeat {
            let found = try lexer.namePattern()
            lastEnd = found.range.upperBound
            result.append(ESQLName(text: found.text, isPattern: found.isPattern, range: found.range))
        } while try takeIf(.comma)
        return result
    }

    private mutating func renaming() throws(ESQLError) -> ESQLRenaming {
        let first = try name()
        if try takeIf(.assign) { return ESQLRenaming(from: try name(), to: first) }
        let token = try peek()
        guard token.keyword == "AS" else {
            throw ESQLError(at: token.range.lowerBound, "AS was expected, found \(token.kind.display)")
        }
        try take()
        return ESQLRenaming(from: first, to: try name())
    }

    private mutating func stats() throws(ESQLError) -> ESQLCommand.Kind {
        var aggregates: [ESQLAggregate] = []
        var keys: [ESQLAssignment] = []
        let next = try peek()
        if next.keyword != "BY", next.kind != .pipe, next.kind != .end {
            aggregates = try list { parser throws(ESQLError) in try parser.aggregate() }
        }
        if try takeIf(keyword: "BY") { keys = try list { parser throws(ESQLError) in try parser.assignment() } }
        if aggregates.isEmpty, keys.isEmpty {
            throw ESQLError(at: next.range.lowerBound, "STATS needs an aggregate or BY, found \(next.kind.display)")
        }
        return .stats(aggregates: aggregates, keys: keys)
    }

    private mutating func aggregate() throws(ESQLError) -> ESQLAggregate {
        let column = try assignment()
        let filter = try takeIf(keyword: "WHERE") ? try expression() : nil
        return ESQLAggregate(
            name: column.name, expression: column.expression, filter: filter,
            range: column.range.lowerBound..<lastEnd)
    }

    /// `name = expression`, or an expression alone.
    private mutating func assignment() throws(ESQLError) -> ESQLAssignment {
        let value = try expression()
        guard try takeIf(.assign) else {
            let name =
                if case .column(let column) = value.kind { column } else { sourceText(value.range) }
            return ESQLAssignment(name: name, expression: value, range: value.range)
        }
        guard case .column(let name) = value.kind else {
            throw ESQLError(at: value.range.lowerBound, "a column name was expected before \"=\"", suggestion: "==")
        }
        let definition = try expression()
        return ESQLAssignment(
            name: name, expression: definition, range: value.range.lowerBound..<definition.range.upperBound)
    }

    private mutating func order() throws(ESQLError) -> ESQLOrder {
        var order = ESQLOrder(expression: try expression(), descending: false, nullsFirst: nil)
        if try takeIf(keyword: "DESC") {
            order.descending = true
        } else {
            _ = try takeIf(keyword: "ASC")
        }
        if try takeIf(keyword: "NULLS") {
            let token = try take()
            switch token.keyword {
            case "FIRST": order.nullsFirst = true
            case "LAST": order.nullsFirst = false
            default:
                throw ESQLError(
                    at: token.range.lowerBound, "FIRST or LAST was expected, found \(token.kind.display)")
            }
        }
        return order
    }

    private mutating func limit() throws(ESQLError) -> Int {
        let token = try take()
        guard case .integer(let digits) = token.kind, let count = Int(digits) else {
            throw ESQLError(at: token.range.lowerBound, "a number of rows was expected, found \(token.kind.display)")
        }
        return count
    }

    /// A column name: parts between dots, bare or in back-quotes.
    mutating func name() throws(ESQLError) -> ESQLName {
        let start = try peek()
        var text = ""
        while true {
            let token = try take()
            switch token.kind {
            case .word(let part), .quotedName(let part): text += part
            default:
                throw ESQLError(at: token.range.lowerBound, "a column name was expected, found \(token.kind.display)")
            }
            guard try takeIf(.dot) else { break }
            text += "."
        }
        return ESQLName(text: text, range: start.range.lowerBound..<lastEnd)
    }
}
