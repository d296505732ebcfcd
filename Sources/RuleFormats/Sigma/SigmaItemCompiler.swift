import Detection
import DiagnosticLogs
import Spelling

/// Compiles one item of a search, `field|modifiers: values`, or a keyword, to a condition.
struct SigmaItemCompiler {
    let fields: SigmaFields
    let placeholders: RulePlaceholders
    var warnings = WarningList()

    init(fields: SigmaFields, placeholders: RulePlaceholders) {
        self.fields = fields
        self.placeholders = placeholders
    }

    /// An item of a map.
    mutating func item(_ pair: YAMLPair) throws(RuleDiagnostic) -> Condition {
        let (name, modifierNames) = Self.split(pair.key.text ?? "")
        let chain = try SigmaModifierChain(modifierNames, at: pair.key.position)
        let values = try values(of: pair)
        if chain.has(.all), values.count < 2 {
            warnings.add(.lint, "modifier \"all\" has no effect on a single value", at: pair.key.position)
        }
        var parts: [Condition] = []
        if name.isEmpty {
            for value in values { parts += try keyword(value, chain) }
        } else {
            let resolution = fields.resolve(name)
            noteUnknown(resolution, name, at: pair.key.position)
            for value in values {
                parts.append(try test(resolution, value, chain))
            }
            parts =
                chain.has(.all)
                ? parts.map { .disjunction(Self.merged($0.alternatives)) } : Self.merged(parts.flatMap(\.alternatives))
        }
        let linked = chain.has(.all) ? Condition.conjunction(parts) : .disjunction(parts)
        return chain.has(.neq) ? linked.negated : linked
    }

    /// A keyword of a list.
    mutating func keyword(_ value: YAMLNode) throws(RuleDiagnostic) -> Condition {
        .disjunction(try keyword(value, try SigmaModifierChain([], at: value.position)))
    }

    private mutating func noteUnknown(_ resolution: SigmaFields.Resolution, _ name: String, at position: SourcePosition)
    {
        guard !resolution.isKnown else { return }
        let place = fields.service.map { " of service \($0)" } ?? ""
        warnings.add(
            .neverProduced, "field \"\(name)\" is in no known record\(place)", at: position,
            suggestion: resolution.nearest)
    }

    /// Field name and modifiers: everything before the first `|` that is not escaped, and the words behind it.
    static func split(_ key: String) -> (field: String, modifiers: [String]) {
        var parts = [""]
        var isEscaped = false
        for character in key {
            if isEscaped {
                if character != "|" { parts[parts.count - 1].append("\\") }
                parts[parts.count - 1].append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "|" {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
        }
        if isEscaped { parts[parts.count - 1].append("\\") }
        return (parts[0], Array(parts.dropFirst()))
    }

    private func values(of pair: YAMLPair) throws(RuleDiagnostic) -> [YAMLNode] {
        switch pair.value.kind {
        case .scalar: return [pair.value]
        case .sequence(let elements):
            guard !elements.isEmpty else {
                throw RuleDiagnostic(
                    code: .invalid, position: pair.value.position,
                    reason: "\"\(pair.key.text ?? "")\" has an empty list: write at least one value, or null")
            }
            if let nested = elements.first(where: { $0.text == nil }) {
                throw RuleDiagnostic(
                    code: .invalid, position: nested.position,
                    reason: "a value of \"\(pair.key.text ?? "")\" must be a single value, not \(nested.kindName)")
            }
            return elements
        case .mapping:
            throw RuleDiagnostic(
                code: .invalid, position: pair.value.position,
                reason: "\"\(pair.key.text ?? "")\" must be a value or a list of values, not a map")
        }
    }

    /// Exact texts of one field as one set.
    private static func merged(_ parts: [Condition]) -> [Condition] {
        var texts: [String] = []
        var field: Field?
        var caseSensitive = false
        var rest: [Condition] = []
        for part in parts {
            if case .field(let its, .text(let pattern)) = part, let text = pattern.plainText,
                field == nil || (field == its && caseSensitive == pattern.caseSensitive)
            {
                field = its
                caseSensitive = pattern.caseSensitive
                if !texts.contains(text) { texts.append(text) }
            } else {
                rest.append(part)
            }
        }
        guard let field, texts.count > 1 else { return parts }
        return [.field(field, .oneOf(texts, caseSensitive: caseSensitive))] + rest
    }

    // One value

    private mutating func test(
        _ resolution: SigmaFields.Resolution, _ value: YAMLNode, _ chain: SigmaModifierChain
    ) throws(RuleDiagnostic) -> Condition {
        if resolution.isOperationProvider, chain.role != .text {
            throw RuleDiagnostic(
                code: .unsupported, position: value.position,
                reason: "the provider part of an operation name can only be compared as text")
        }
        switch chain.role {
        case .item, .text: return try textTest(resolution, value, chain)
        case .regex: return try regexTest(resolution.field, value, chain)
        case .network: return try networkTest(resolution.field, value, chain)
        case .comparison: return try comparisonTest(resolution.field, value, chain)
        case .presence:
            guard case .boolean(let flag)? = value.scalar else {
                throw RuleDiagnostic(
                    code: .invalid, position: value.position, reason: "\"exists\" takes true or false",
                    suggestion: Self.booleanMeant(value.text))
            }
            return .field(resolution.field, .exists(flag))
        case .reference:
            guard !chain.modifiers.contains(where: \.isPlacement) else {
                throw RuleDiagnostic(
                    code: .unsupported, position: value.position,
                    reason: "\"fieldref\" with contains, startswith or endswith is not supported")
            }
            guard let name = value.text, !name.isEmpty else {
                throw RuleDiagnostic(
                    code: .invalid, position: value.position, reason: "\"fieldref\" takes the name of a field")
            }
            let other = fields.resolve(name)
            noteUnknown(other, name, at: value.position)
            return .field(resolution.field, .sameAs(other.field, caseSensitive: chain.has(.cased)))
        }
    }

    private static func booleanMeant(_ text: String?) -> String? {
        switch text?.lowercased() {
        case "yes", "on", "y", "1", "true": "true"
        case "no", "off", "n", "0", "false": "false"
        default: nil
        }
    }

    private mutating func textTest(
        _ resolution: SigmaFields.Resolution, _ value: YAMLNode, _ chain: SigmaModifierChain
    ) throws(RuleDiagnostic) -> Condition {
        let field = resolution.field
        switch value.scalar {
        case .null:
            guard !chain.forcesText else {
                throw RuleDiagnostic(
                    code: .invalid, position: value.position, reason: "null cannot be used with a text modifier")
            }
            return .field(field, .null)
        case .boolean(let flag) where !chain.forcesText: return .field(field, .boolean(flag))
        case .integer(let number) where !chain.forcesText && !resolution.isOperationProvider:
            return .field(field, .integer(.equal, number))
        case .decimal(let number) where !chain.forcesText && !resolution.isOperationProvider:
            return .field(field, .number(.equal, number))
        case .none:
            throw RuleDiagnostic(code: .invalid, position: value.position, reason: "a single value was expected")
        default: break
        }
        noteAmbiguous(value)
        var tests: [Condition] = []
        for var pattern in try patterns(of: value, chain) {
            if resolution.isOperationProvider { pattern.parts += [.literal("/"), .any] }
            if case .derived(let derived) = field, derived.isCaseFolded { pattern.caseSensitive = false }
            // A lone star means any value, but not null: what is left of "matches" without a text.
            tests.append(pattern.isAny ? .not(.field(field, .null)) : .field(field, .text(pattern)))
        }
        return .disjunction(tests)
    }

    private mutating func noteAmbiguous(_ value: YAMLNode) {
        guard case .scalar(let text, isPlain: true) = value.kind, YAMLScalar.isAmbiguous(text) else { return }
        warnings.add(
            .lint, "\"\(text)\" is read as text here, but as something else by other YAML versions: put it in quotes",
            at: value.position)
    }

    /// The patterns that one written text value stands for.
    private func patterns(
        of value: YAMLNode, _ chain: SigmaModifierChain
    ) throws(RuleDiagnostic) -> [StringPattern] {
        var texts = try expanded(value, chain)
        let caseSensitive = chain.has(.cased)
        let placement = chain.modifiers.first(where: \.isPlacement)
        if chain.modifiers.contains(where: \.isEncoding) {
            return try encoded(texts, chain, at: value.position).map { text in
                SigmaText.placed(.exact(text, caseSensitive: caseSensitive), placement)
            }
        }
        if chain.has(.windash) {
            var variants: [String] = []
            for text in texts {
                guard let found = SigmaText.dashVariants(text), variants.count + found.count <= SigmaText.variantsMax
                else {
                    throw RuleDiagnostic(
                        code: .unsupported, position: value.position,
                        reason: "\"windash\" makes more than \(SigmaText.variantsMax) variants of this value")
                }
                variants += found
            }
            texts = variants
        }
        return texts.map { SigmaText.placed(SigmaText.pattern($0, caseSensitive: caseSensitive), placement) }
    }

    /// The texts of a value: itself, or the products of its placeholders.
    private func expanded(_ value: YAMLNode, _ chain: SigmaModifierChain) throws(RuleDiagnostic) -> [String] {
        let text = value.text ?? ""
        guard chain.has(.expand) else { return [text] }
        var results = [""]
        for piece in SigmaText.pieces(text) {
            switch piece {
            case .text(let literal): results = results.map { $0 + literal }
            case .placeholder(let name):
                guard let list = placeholders.lists[name] else {
                    throw RuleDiagnostic(
                        code: .unknownName, position: value.position,
                        reason: "placeholder \"%\(name)%\" has no list in the configuration",
                        suggestion: NearestName.of(name, in: placeholders.lists.keys.sorted()).map { "%\($0)%" })
                }
                guard !list.isEmpty, results.count * list.count <= SigmaText.variantsMax else {
                    throw RuleDiagnostic(
                        code: .invalid, position: value.position,
                        reason: list.isEmpty
                            ? "the list of placeholder \"%\(name)%\" is empty"
                            : "the placeholders make more than \(SigmaText.variantsMax) values")
                }
                results = results.flatMap { prefix in list.map { prefix + $0 } }
            }
        }
        return results
    }

    private func encoded(
        _ texts: [String], _ chain: SigmaModifierChain, at position: SourcePosition
    ) throws(RuleDiagnostic) -> [String] {
        var results: [String] = []
        let wide = chain.modifiers.first { $0.isEncoding && $0 != .base64 && $0 != .base64offset }
        for text in texts {
            guard let plain = SigmaText.pattern(text, caseSensitive: true).plainText else {
                throw RuleDiagnostic(
                    code: .invalid, position: position, reason: "a value that is encoded cannot hold wildcards")
            }
            let bytes = SigmaText.bytes(plain, wide)
            results += chain.has(.base64) ? [SigmaText.base64(bytes)] : SigmaText.base64Offsets(bytes)
        }
        guard results.allSatisfy({ !$0.isEmpty }) else {
            throw RuleDiagnostic(code: .invalid, position: position, reason: "the value is too short to be encoded")
        }
        return results
    }

    // Other roles

    private func regexTest(
        _ field: Field, _ value: YAMLNode, _ chain: SigmaModifierChain
    ) throws(RuleDiagnostic) -> Condition {
        guard let text = value.text, !text.isEmpty else {
            throw RuleDiagnostic(code: .invalid, position: value.position, reason: "\"re\" takes a regular expression")
        }
        var conditions: [Condition] = []
        for source in try expanded(value, chain) {
            do {
                let pattern = try RegexSyntax.check(
                    RegexPattern(
                        source: source, ignoreCase: chain.has(.ignoreCase), multiline: chain.has(.multiline),
                        dotAll: chain.has(.dotAll)))
                conditions.append(.field(field, .regex(pattern)))
            } catch {
                throw RuleDiagnostic(code: error.code, position: value.position, reason: error.reason)
            }
        }
        return .disjunction(conditions)
    }

    private func networkTest(
        _ field: Field, _ value: YAMLNode, _ chain: SigmaModifierChain
    ) throws(RuleDiagnostic) -> Condition {
        var conditions: [Condition] = []
        for text in try expanded(value, chain) {
            guard NetworkText.isValid(text) else {
                throw RuleDiagnostic(
                    code: .invalid, position: value.position,
                    reason: "\"\(text)\" is not a network such as 10.0.0.0/8 or 2001:db8::/32")
            }
            conditions.append(.field(field, .network(text)))
        }
        return .disjunction(conditions)
    }

    private mutating func comparisonTest(
        _ field: Field, _ value: YAMLNode, _ chain: SigmaModifierChain
    ) throws(RuleDiagnostic) -> Condition {
        let comparison: Comparison =
            chain.has(.lt) ? .less : chain.has(.lte) ? .lessOrEqual : chain.has(.gt) ? .greater : .greaterOrEqual
        var scalar = value.scalar
        if case .text(let text)? = scalar {
            scalar = YAMLScalar(plain: text)
            warnings.add(.lint, "a number to compare with needs no quotes", at: value.position)
        }
        switch scalar {
        case .integer(let number): return .field(field, .integer(comparison, number))
        case .decimal(let number): return .field(field, .number(comparison, number))
        default:
            throw RuleDiagnostic(
                code: .invalid, position: value.position, reason: "\"\(value.text ?? "")\" is not a number")
        }
    }

    // Keywords

    private mutating func keyword(
        _ value: YAMLNode, _ chain: SigmaModifierChain
    ) throws(RuleDiagnostic) -> [Condition] {
        guard let text = value.text, !text.isEmpty, value.scalar != .null else {
            throw RuleDiagnostic(code: .invalid, position: value.position, reason: "a keyword must be text")
        }
        if let modifier = chain.modifiers.first(where: {
            ![.all, .neq, .contains, .expand, .windash, .base64, .base64offset, .wide, .utf16, .utf16be, .utf16le]
                .contains($0)
        }) {
            throw RuleDiagnostic(
                code: .unsupported, position: value.position,
                reason: "modifier \"\(modifier.rawValue)\" is not supported on keywords")
        }
        var keywords: [Condition] = []
        for pattern in try patterns(of: value, chain) {
            // A keyword is looked for anywhere, so stars at its ends say nothing.
            var parts = pattern.parts
            if parts.first == .any { parts.removeFirst() }
            if parts.last == .any { parts.removeLast() }
            guard !parts.isEmpty else {
                throw RuleDiagnostic(
                    code: .invalid, position: value.position, reason: "a keyword of wildcards alone matches everything")
            }
            keywords.append(.keyword(StringPattern(parts: parts, caseSensitive: false)))
        }
        return keywords
    }
}
