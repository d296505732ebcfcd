/// A setting of the generator that cannot be used: what was given, why not, and what to write instead.
public struct SampleLogsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The setting: `mix`, `quirks`, `attacks`, `records`, `recordsPerMessage` or `span`.
    public var setting: String
    /// The text or number that was given.
    public var value: String
    /// Why it cannot be used.
    public var reason: String
    /// What would be accepted.
    public var remedy: String

    /// All of it in one line.
    public var description: String { "\(setting) '\(value)': \(reason); \(remedy)" }
}

/// One `name=value` of a setting such as a mix; the value is nil when only the name is written.
struct NamedValue {
    var name: String
    var value: String?

    /// Splits `a=1,b,c=2` at commas and at the first equals sign of each part; blanks around parts are dropped.
    static func list(_ text: String) -> [NamedValue] {
        var list: [NamedValue] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: true) {
            let pieces = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = pieces.first else { continue }
            let name = trimmed(first).lowercased()
            if name.isEmpty && pieces.count == 1 { continue }
            list.append(NamedValue(name: name, value: pieces.count == 2 ? trimmed(pieces[1]) : nil))
        }
        return list
    }

    private static func trimmed(_ text: Substring) -> String {
        var rest = text
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
