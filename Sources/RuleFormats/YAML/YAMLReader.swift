import Yams

/// Reads YAML text into located values.
///
/// **Bounds**: ``nodesMax`` values and ``depthMax`` levels per document, counted after aliases are put in, so that
/// a few lines of aliases cannot become gigabytes.
enum YAMLReader {
    static let nodesMax = 50_000
    static let depthMax = 64

    /// The documents of a file, and what stopped the reading of the rest.
    static func read(_ text: String) -> (documents: [YAMLNode], failure: RuleDiagnostic?) {
        var documents: [YAMLNode] = []
        do {
            let parser = try Parser(yaml: text, encoding: .utf8)
            while let root = try parser.nextRoot() {
                var count = 0
                documents.append(try convert(root, depth: 0, count: &count))
            }
            return (documents, nil)
        } catch let error as YamlError {
            return (documents, diagnostic(error))
        } catch let error as RuleDiagnostic {
            return (documents, error)
        } catch {
            return (documents, RuleDiagnostic(code: .syntax, position: .start, reason: "not a YAML document"))
        }
    }

    private static func convert(_ node: Node, depth: Int, count: inout Int) throws(RuleDiagnostic) -> YAMLNode {
        let position = node.mark.map { SourcePosition(line: $0.line, column: $0.column) } ?? .start
        count += 1
        guard depth < depthMax, count <= nodesMax else {
            throw RuleDiagnostic(
                code: .unsupported, position: position,
                reason: depth < depthMax
                    ? "the document has more than \(nodesMax) values" : "the document is nested too deep")
        }
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain && scalar.tag.description.isEmpty
            return YAMLNode(kind: .scalar(scalar.string, isPlain: isPlain), position: position)
        case .sequence(let sequence):
            var elements: [YAMLNode] = []
            for element in sequence { elements.append(try convert(element, depth: depth + 1, count: &count)) }
            return YAMLNode(kind: .sequence(elements), position: position)
        case .mapping(let mapping):
            var pairs: [YAMLPair] = []
            for (key, value) in mapping {
                let key = try convert(key, depth: depth + 1, count: &count)
                guard key.text != nil else {
                    throw RuleDiagnostic(code: .invalid, position: key.position, reason: "a key must be a name")
                }
                // Yams tells keys of different type apart; here `1` and `"1"` would be the same name.
                guard !pairs.contains(where: { $0.key.text == key.text }) else {
                    throw duplicate(key.text ?? "", at: key.position)
                }
                pairs.append(YAMLPair(key: key, value: try convert(value, depth: depth + 1, count: &count)))
            }
            return YAMLNode(kind: .mapping(pairs), position: position)
        case .alias:
            throw RuleDiagnostic(code: .unsupported, position: position, reason: "an alias could not be resolved")
        }
    }

    private static func duplicate(_ key: String, at position: SourcePosition) -> RuleDiagnostic {
        RuleDiagnostic(
            code: .duplicate, position: position,
            reason: "key \"\(key)\" is written twice in one map: one of the two would be lost")
    }

    private static func diagnostic(_ error: YamlError) -> RuleDiagnostic {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let prefix = context.map { $0.text + ": " } ?? ""
            return RuleDiagnostic(
                code: .syntax, position: SourcePosition(line: mark.line, column: mark.column),
                reason: "YAML: " + prefix + problem)
        case .reader(let problem, let offset, _, let yaml):
            return RuleDiagnostic(
                code: .syntax, position: position(of: offset ?? 0, in: yaml), reason: "YAML: " + problem)
        case .duplicatedKeysInMapping(let duplicates, let context):
            return duplicate(
                duplicates.first ?? "", at: SourcePosition(line: context.mark.line, column: context.mark.column))
        default:
            return RuleDiagnostic(code: .syntax, position: .start, reason: "not a YAML document")
        }
    }

    private static func position(of offset: Int, in text: String) -> SourcePosition {
        var position = SourcePosition.start
        for character in text.prefix(max(0, offset)) {
            if character.isNewline {
                position.line += 1
                position.column = 1
            } else {
                position.column += 1
            }
        }
        return position
    }
}
