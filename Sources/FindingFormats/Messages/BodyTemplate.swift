public import Detection
public import DiagnosticLogs
import Foundation

/// A JSON document in whose strings `{{name}}` stands for a field of the finding.
///
/// **Safety**: a placeholder is only read inside a string that is a value, and what takes its place is written with the
/// escapes of JSON; so whatever a log line holds, the document keeps its shape. A string that is nothing but one placeholder
/// becomes the value itself: `"{{count}}"` a number, `"{{finding}}"` the whole OCSF object.
public struct BodyTemplate: Hashable, Sendable {
    /// What is wrong with a template, and where in its text.
    public struct Problem: Error, Hashable, Sendable {
        /// Line, from 1.
        public var line: Int
        /// Column in bytes, from 1.
        public var column: Int
        /// What is wrong and what would be right.
        public var message: String
    }

    private enum Piece: Hashable {
        case text([UInt8])
        case escaped(FindingField)
        case value(FindingField)
    }

    private var pieces: [Piece] = []

    /// Reads a template; names every mistake in the first string that has one.
    public init(_ text: String) throws(Problem) {
        var reader = TemplateReader(text)
        var plain: [UInt8] = []
        while let byte = reader.next() {
            if byte == UInt8(ascii: "{"), reader.peek == UInt8(ascii: "{") {
                // Two objects cannot begin in a row: the first would have no name for the second.
                throw reader.problem("a placeholder stands inside a string: write \"{{name}}\"")
            }
            guard byte == UInt8(ascii: "\"") else {
                plain.append(byte)
                continue
            }
            let parts = try reader.string()
            if parts.contains(where: { if case .field = $0 { true } else { false } }), reader.isBeforeColon {
                throw reader.problem("a name cannot hold a placeholder")
            }
            if parts.count == 1, case .field(let field) = parts[0] {
                pieces += [.text(plain), .value(field)]
                plain = []
                continue
            }
            plain.append(UInt8(ascii: "\""))
            for part in parts {
                switch part {
                case .text(let bytes): plain += bytes
                case .field(let field):
                    if field.isObject {
                        throw reader.problem("{{\(field.rawValue)}} is an object: it stands alone in its string")
                    }
                    pieces += [.text(plain), .escaped(field)]
                    plain = []
                }
            }
            plain.append(UInt8(ascii: "\""))
        }
        pieces.append(.text(plain))
        try check()
    }

    /// The document for an entry.
    ///
    /// - Parameter logged: when it is written: `metadata.logged_time` of an OCSF object.
    public func body(
        _ entry: JournalEntry, source: FindingSource, ocsf: OCSFFormat, logged: Timestamp
    ) -> [UInt8] {
        let values = FindingFieldValues(entry: entry, source: source) { ocsf.object(entry, logged: logged) }
        return write { values.value(of: $0) }
    }

    private func write(_ value: (FindingField) -> JSON) -> [UInt8] {
        var bytes: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .text(let text): bytes += text
            case .value(let field): value(field).write(to: &bytes)
            case .escaped(let field):
                var written: [UInt8] = []
                JSON.string(value(field).plainText).write(to: &written)
                bytes += written.dropFirst().dropLast()
            }
        }
        return bytes
    }

    /// Whether the whole is JSON, with values that would break anything that is not escaped.
    private func check() throws(Problem) {
        let bytes = write { $0.isObject ? .object(JSONObject()) : .string("\"\\}]\n") }
        do {
            let value = try JSONSerialization.jsonObject(with: Data(bytes))
            guard value is [String: Any] || value is [Any] else {
                throw Problem(line: 1, column: 1, message: "expected an object or a list")
            }
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(line: 1, column: 1, message: "not valid JSON once the placeholders are filled in")
        }
    }
}

extension JSON {
    /// The value as text inside a string.
    fileprivate var plainText: String {
        switch self {
        case .null: ""
        case .boolean(let value): value ? "true" : "false"
        case .integer(let value): "\(value)"
        case .number(let value): value.description
        case .string(let text): text
        case .array, .object: ""
        }
    }
}
