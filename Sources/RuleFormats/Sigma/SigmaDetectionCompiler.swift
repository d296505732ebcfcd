import Detection
import DiagnosticLogs
import Spelling

/// Compiles the `detection` section of a Sigma rule to one condition.
struct SigmaDetectionCompiler {
    private var items: SigmaItemCompiler
    /// Search identifiers in the order of the file.
    private var searches: [(name: String, condition: Condition, position: SourcePosition)] = []
    private var used: Set<String> = []

    /// What was noticed on the way.
    var warnings: WarningList { items.warnings }

    init(fields: SigmaFields, placeholders: RulePlaceholders) {
        items = SigmaItemCompiler(fields: fields, placeholders: placeholders)
    }

    /// Compiles a section.
    ///
    /// Several conditions are alternatives.
    mutating func compile(_ detection: YAMLPair) throws(RuleDiagnostic) -> Condition {
        guard let pairs = detection.value.pairs else {
            throw RuleDiagnostic(
                code: .invalid, position: detection.value.position,
                reason: "\"detection\" must be a map, not \(detection.value.kindName)")
        }
        guard let condition = detection.value["condition"] else {
            throw RuleDiagnostic(
                code: .invalid, position: detection.key.position, reason: "\"detection\" has no \"condition\"",
                suggestion: NearestName.of("condition", in: pairs.compactMap(\.key.text)).map { _ in "condition" })
        }
        for pair in pairs {
            let name = pair.key.text ?? ""
            switch name {
            case "condition": continue
            case "timeframe":
                throw RuleDiagnostic(
                    code: .unsupported, position: pair.key.position,
                    reason: "\"timeframe\" was removed from Sigma; write a correlation rule")
            default: searches.append((name, try search(pair), pair.key.position))
            }
        }
        guard !searches.isEmpty else {
            throw RuleDiagnostic(
                code: .invalid, position: detection.key.position, reason: "\"detection\" has no search identifiers")
        }
        var alternatives: [Condition] = []
        for node in try conditions(condition) { alternatives.append(try self.condition(node)) }
        for search in searches where !used.contains(search.name) {
            items.warnings.add(
                .lint, "search identifier \"\(search.name)\" is not used by the condition", at: search.position)
        }
        return .disjunction(alternatives)
    }

    private func conditions(_ pair: YAMLPair) throws(RuleDiagnostic) -> [YAMLNode] {
        let nodes = pair.value.elements ?? [pair.value]
        guard !nodes.isEmpty else {
            throw RuleDiagnostic(
                code: .invalid, position: pair.value.position, reason: "\"condition\" is an empty list")
        }
        for node in nodes {
            guard let text = node.text, text.contains(where: { !$0.isWhitespace }) else {
                throw RuleDiagnostic(
                    code: .invalid, position: node.position,
                    reason: "\"condition\" must be text, not \(node.kindName)")
            }
        }
        return nodes
    }

    // Searches

    /// A map is a conjunction, a list an alternative, a single value a keyword.
    private mutating func search(_ pair: YAMLPair) throws(RuleDiagnostic) -> Condition {
        try definition(pair.value, name: pair.key.text ?? "", depth: 0)
    }

    private mutating func definition(
        _ node: YAMLNode, name: String, depth: Int
    ) throws(RuleDiagnostic) -> Condition {
        switch node.kind {
        case .scalar: return try items.keyword(node)
        case .mapping(let pairs):
            guard !pairs.isEmpty else { throw empty(name, at: node.position) }
            var parts: [Condition] = []
            for pair in pairs { parts.append(try items.item(pair)) }
            return .conjunction(parts)
        case .sequence(let elements):
            guard !elements.isEmpty else { throw empty(name, at: node.position) }
            guard depth < 8 else {
                throw RuleDiagnostic(
                    code: .unsupported, position: node.position, reason: "\"\(name)\" is nested too deep")
            }
            var parts: [Condition] = []
            for element in elements { parts.append(try definition(element, name: name, depth: depth + 1)) }
            return .disjunction(parts)
        }
    }

    private func empty(_ name: String, at position: SourcePosition) -> RuleDiagnostic {
        RuleDiagnostic(
            code: .invalid, position: position,
            reason: "search identifier \"\(name)\" is empty: it would match everything")
    }

    // Conditions

    private mutating func condition(_ node: YAMLNode) throws(RuleDiagnostic) -> Condition {
        let text = node.text ?? ""
        // Quotes stand before the text; in a block the text begins on a later line, and only the block is located.
        var map = SourceMap(start: node.position)
        if case .scalar(_, isPlain: false) = node.kind {
            map = SourceMap(start: SourcePosition(line: node.position.line, column: node.position.column + 1))
        }
        let bytes = Array(text.utf8)
        do throws(SigmaConditionError) {
            return try build(try SigmaConditionParser.parse(text)) { offset in map.position(of: offset, in: bytes) }
        } catch {
            throw RuleDiagnostic(
                code: error.code, position: map.position(of: error.offset, in: bytes), reason: error.reason,
                suggestion: error.suggestion)
        }
    }

    private mutating func build(
        _ tree: SigmaConditionTree, position: (Int) -> SourcePosition
    ) throws(SigmaConditionError) -> Condition {
        switch tree {
        case .all(let parts):
            var conditions: [Condition] = []
            for part in parts { conditions.append(try build(part, position: position)) }
            return .conjunction(conditions)
        case .any(let parts):
            var conditions: [Condition] = []
            for part in parts { conditions.append(try build(part, position: position)) }
            return .disjunction(conditions)
        case .not(let part): return try build(part, position: position).negated
        case .identifier(let name, let offset):
            guard let search = searches.first(where: { $0.name == name }) else {
                throw SigmaConditionError(
                    code: .unknownName, offset: offset, reason: "search identifier \"\(name)\" is not defined",
                    suggestion: NearestName.of(name, in: searches.map(\.name)))
            }
            used.insert(name)
            return search.condition
        case .quantified(let count, let target, let offset):
            return try quantified(count, target, offset: offset, position: position)
        }
    }

    private mutating func quantified(
        _ count: Int?, _ target: SigmaConditionTree.Target, offset: Int, position: (Int) -> SourcePosition
    ) throws(SigmaConditionError) -> Condition {
        let found: [(name: String, condition: Condition, position: SourcePosition)]
        switch target {
        case .them: found = searches.filter { !$0.name.hasPrefix("_") }
        case .pattern(let pattern):
            found = searches.filter {
                Glob.matches(pattern, $0.name) && (!$0.name.hasPrefix("_") || pattern.hasPrefix("_"))
            }
            guard !found.isEmpty else {
                // Silently dropping the term would turn a typo into "always".
                throw SigmaConditionError(
                    code: .unknownName, offset: offset, reason: "no search identifier matches \"\(pattern)\"",
                    suggestion: NearestName.of(pattern, in: searches.map(\.name)))
            }
        }
        guard !found.isEmpty else {
            throw SigmaConditionError(code: .invalid, offset: offset, reason: "there is no search identifier to count")
        }
        used.formUnion(found.map(\.name))
        guard let count else { return .conjunction(found.map(\.condition)) }
        if count == 1 { return .disjunction(found.map(\.condition)) }
        items.warnings.add(
            .lint, "\"\(count) of\" is read as \"at least \(count) of\"; other tools do not know it",
            at: position(offset))
        guard count <= found.count else {
            throw SigmaConditionError(
                code: .invalid, offset: offset,
                reason: "\"\(count) of\" can never hold: it counts \(found.count) search identifiers")
        }
        return count == found.count
            ? .conjunction(found.map(\.condition)) : .atLeast(count, found.map(\.condition))
    }
}
