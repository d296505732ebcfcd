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

    /// A JSON string.
    static func quoted(_ text: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        guard let data = try? encoder.encode(text) else { return "\"\"" }
        return String(decoding: data, as: UTF8.self)
    }
}
