import FindingFormats

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Small JSON objects for `--json` output: members in a stated order, one object a line.
enum JSONText {
    /// A member's value.
    enum Value {
        case text(String)
        case number(Int64)
        case boolean(Bool)
        case null
        /// Objects, written already.
        case objects([String])
    }

    static func object(_ members: [(String, Value)]) -> String {
        "{" + members.map { "\(quoted($0.0)):\(write($0.1))" }.joined(separator: ",") + "}"
    }

    private static func write(_ value: Value) -> String {
        switch value {
        case .text(let text): quoted(text)
        case .number(let number): String(number)
        case .boolean(let flag): String(flag)
        case .null: "null"
        case .objects(let items): "[" + items.joined(separator: ",") + "]"
        }
    }

    /// A JSON string, harmless for a terminal.
    static func quoted(_ text: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        guard let data = try? encoder.encode(text) else { return "\"\"" }
        return harmless(String(decoding: data, as: UTF8.self))
    }

    /// The same JSON with what could drive a terminal, on which a program's output is often looked at, escaped in its strings.
    static func harmless(_ json: String) -> String {
        guard TerminalText.escaped(json) != json else { return json }
        var result = String.UnicodeScalarView()
        for scalar in json.unicodeScalars {
            switch scalar {
            // Strings have these escaped already: what is left stands between values.
            case "\n", "\r", "\t": result.append(" ")
            case " "..."~": result.append(scalar)
            case _ where TerminalText.escaped(String(scalar)) == String(scalar): result.append(scalar)
            default: result.append(contentsOf: escape(scalar).unicodeScalars)
            }
        }
        return String(result)
    }

    /// `\u009b`; two of them for a scalar beyond the first plane.
    private static func escape(_ scalar: Unicode.Scalar) -> String {
        String(scalar).utf16.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }
}
