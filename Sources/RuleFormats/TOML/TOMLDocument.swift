import TOMLKit

/// A value of a TOML document.
enum TOMLNode: Sendable {
    case string(String)
    case integer(Int)
    case double(Double)
    case boolean(Bool)
    /// A date or time; rules have no use for one.
    case date
    case array([TOMLNode])
    case table([String: TOMLNode])

    /// What an error message calls it.
    var kind: String {
        switch self {
        case .string: "a string"
        case .integer: "an integer"
        case .double: "a decimal number"
        case .boolean: "a boolean"
        case .date: "a date"
        case .array: "an array"
        case .table: "a table"
        }
    }
}

/// A TOML document: values from TOMLKit, places from ``TOMLLocator``.
struct TOMLDocument {
    let root: TOMLNode
    let locator: TOMLLocator

    /// Parses a document.
    ///
    /// **Errors**: `syntax`, at the place that the parser names.
    init(_ text: String) throws(RuleDiagnostic) {
        locator = TOMLLocator(text)
        if let fault = locator.fault {
            throw RuleDiagnostic(code: .syntax, position: fault.position, reason: fault.reason)
        }
        do {
            let table = try TOMLTable(string: text)
            root = Self.convert(table, depth: 0)
        } catch let error as TOMLParseError {
            throw RuleDiagnostic(
                code: .syntax,
                position: SourcePosition(line: error.source.begin.line, column: error.source.begin.column),
                reason: error.description)
        } catch {
            throw RuleDiagnostic(code: .syntax, position: .start, reason: "not a TOML document")
        }
    }

    private static func convert(_ table: TOMLTable, depth: Int) -> TOMLNode {
        var result: [String: TOMLNode] = [:]
        for key in table.keys {
            if let value = table[key] { result[key] = convert(value, depth: depth + 1) }
        }
        return .table(result)
    }

    private static func convert(_ value: any TOMLValueConvertible, depth: Int) -> TOMLNode {
        guard depth < 64 else { return .date }
        switch value.type {
        case .string: return .string(value.string ?? "")
        case .int: return .integer(value.int ?? 0)
        case .double: return .double(value.double ?? 0)
        case .bool: return .boolean(value.bool ?? false)
        case .array: return .array((value.array.map { Array($0) } ?? []).map { convert($0, depth: depth + 1) })
        case .table: return value.table.map { convert($0, depth: depth) } ?? .table([:])
        case .date, .time, .dateTime: return .date
        }
    }

    /// The value at a path; array elements are written `[0]`.
    func node(_ path: [String]) -> TOMLNode? {
        var node = root
        for step in path {
            switch node {
            case .table(let members):
                guard let next = members[step] else { return nil }
                node = next
            case .array(let elements):
                guard step.hasPrefix("["), let index = Int(step.dropFirst().dropLast()),
                    elements.indices.contains(index)
                else { return nil }
                node = elements[index]
            default: return nil
            }
        }
        return node
    }

    /// Where a path's key stands; where it is absent, its nearest ancestor.
    func position(_ path: [String]) -> SourcePosition {
        var path = path
        while !path.isEmpty {
            if let place = locator.places[path] { return place.key }
            path.removeLast()
        }
        return .start
    }

    /// Where a path's value stands.
    func valuePosition(_ path: [String]) -> SourcePosition { locator.places[path]?.value ?? position(path) }

    // Typed access. A value of the wrong type is an error at its place; an absent one is nil.

    func string(_ path: [String]) throws(RuleDiagnostic) -> String? {
        guard let node = node(path) else { return nil }
        guard case .string(let text) = node else { throw mismatch(path, node, "a string") }
        return text
    }

    func integer(_ path: [String]) throws(RuleDiagnostic) -> Int? {
        guard let node = node(path) else { return nil }
        guard case .integer(let value) = node else { throw mismatch(path, node, "an integer") }
        return value
    }

    func strings(_ path: [String]) throws(RuleDiagnostic) -> [String] {
        guard let node = node(path) else { return [] }
        guard case .array(let elements) = node else { throw mismatch(path, node, "an array of strings") }
        var result: [String] = []
        for (index, element) in elements.enumerated() {
            guard case .string(let text) = element else {
                throw mismatch(path + ["[\(index)]"], element, "a string")
            }
            result.append(text)
        }
        return result
    }

    /// Number of elements of an array; nil when the path is absent.
    func count(_ path: [String]) throws(RuleDiagnostic) -> Int? {
        guard let node = node(path) else { return nil }
        guard case .array(let elements) = node else { throw mismatch(path, node, "an array") }
        return elements.count
    }

    private func mismatch(_ path: [String], _ node: TOMLNode, _ wanted: String) -> RuleDiagnostic {
        RuleDiagnostic(
            code: .invalid, position: valuePosition(path),
            reason: "\"\(path.joined(separator: "."))\" must be \(wanted), not \(node.kind)")
    }
}
