/// The text form of a path: names joined by dots, names with other characters quoted in brackets.
extension FieldPath: CustomStringConvertible {
    /// Makes a path from member names.
    public init(_ steps: String...) { self.init(steps) }

    /// Reads a path such as `properties.status.errorCode` or `identity.claims["http://…/upn"]`.
    ///
    /// **Errors**: ``DiagnosticLogsError/Code/invalidFieldPath`` with the byte where reading stopped.
    public init(parsing text: String) throws(DiagnosticLogsError) {
        var reader = FieldPathReader(bytes: Array(text.utf8))
        self.init(try reader.readSteps())
    }

    /// The path as ``init(parsing:)`` reads it.
    public var description: String {
        var text = ""
        for step in steps {
            if step.isEmpty || step.utf8.contains(where: { FieldPathReader.mustBeQuoted($0) }) {
                text += "[\""
                for character in step {
                    if character == "\"" || character == "\\" { text += "\\" }
                    text.append(character)
                }
                text += "\"]"
            } else {
                text += text.isEmpty ? step : "." + step
            }
        }
        return text
    }
}

/// A cursor over the text of a path.
private struct FieldPathReader {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// Characters that end a bare name.
    static func mustBeQuoted(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "\""), UInt8(ascii: "\\"),
            UInt8(ascii: "/"), UInt8(ascii: ":"), 0...0x20:
            true
        default: false
        }
    }

    mutating func readSteps() throws(DiagnosticLogsError) -> [String] {
        var steps: [String] = []
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "[") {
                steps.append(try readQuoted())
            } else {
                if !steps.isEmpty {
                    guard bytes[position] == UInt8(ascii: ".") else {
                        throw error("expected '.' or '[' between two names")
                    }
                    position += 1
                }
                steps.append(try readBare())
            }
        }
        if steps.isEmpty { throw error("a path needs at least one name") }
        return steps
    }

    private mutating func readBare() throws(DiagnosticLogsError) -> String {
        let start = position
        while position < bytes.count, !Self.mustBeQuoted(bytes[position]) { position += 1 }
        if position == start { throw error("expected a name; quote names with other characters: a[\"b/c\"]") }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func readQuoted() throws(DiagnosticLogsError) -> String {
        position += 1
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
            throw error("expected '\"' after '['")
        }
        position += 1
        var name: [UInt8] = []
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            if bytes[position] == UInt8(ascii: "\\") {
                position += 1
                guard position < bytes.count else { break }
            }
            name.append(bytes[position])
            position += 1
        }
        guard position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "]") else {
            throw error("expected '\"]' at the end of a quoted name")
        }
        position += 2
        return String(decoding: name, as: UTF8.self)
    }

    private func error(_ message: String) -> DiagnosticLogsError {
        DiagnosticLogsError(code: .invalidFieldPath, message: message, position: position)
    }
}
