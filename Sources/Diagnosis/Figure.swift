import DiagnosticLogs

/// A named value that was seen: people read it in a sentence, programs by its name.
public struct Figure: Hashable, Sendable {
    /// What kind of value.
    public enum Value: Hashable, Sendable {
        /// Words; may come from a peer or a file.
        case text(String)
        /// Several words; a sentence shows the first few.
        case list([String])
        /// A number.
        case number(Int64)
        /// A size in bytes.
        case bytes(Int64)
        /// A span in milliseconds.
        case span(Int64)
        /// A time, milliseconds since the Unix epoch.
        case time(Int64)
    }

    /// What wording and JSON call it.
    public var name: String
    /// What was seen.
    public var value: Value

    /// Makes a figure.
    public init(_ name: String, _ value: Value) {
        self.name = name
        self.value = value
    }

    /// Most members of a list in a sentence.
    static let membersShownMax = 4

    /// The value for people.
    public var text: String {
        switch value {
        case .text(let text): text
        case .list(let members): Self.joined(members)
        case .number(let number): String(number)
        case .bytes(let bytes): Self.size(bytes)
        case .span(let milliseconds): Self.span(milliseconds)
        case .time(let milliseconds): Timestamp(milliseconds: milliseconds).iso8601
        }
    }

    private static func joined(_ members: [String]) -> String {
        let shown = members.prefix(membersShownMax).joined(separator: ", ")
        return members.count > membersShownMax ? "\(shown) and \(members.count - membersShownMax) more" : shown
    }

    /// `512 B`, `1.5 MB`.
    static func size(_ bytes: Int64) -> String {
        var value = Double(bytes)
        var unit = 0
        let units = ["B", "kB", "MB", "GB", "TB"]
        while value >= 1000, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        return unit == 0 ? "\(bytes) B" : "\(decimal(value)) \(units[unit])"
    }

    /// `3 ms`, `1.5 s`, `12 min`, `3 h`, `5 days`; never negative.
    static func span(_ milliseconds: Int64) -> String {
        let span = Int64(clamping: milliseconds.magnitude)
        switch span {
        case ..<1000: return "\(span) ms"
        case ..<120_000: return "\(decimal(Double(span) / 1000)) s"
        case ..<7_200_000: return "\(span / 60_000) min"
        case ..<172_800_000: return "\(span / 3_600_000) h"
        default: return "\(span / 86_400_000) days"
        }
    }

    private static func decimal(_ value: Double) -> String {
        guard value < 100 else { return String(Int64(value.rounded())) }
        let tenths = (value * 10).rounded() / 10
        return tenths == tenths.rounded() ? String(Int64(tenths)) : String(tenths)
    }
}

extension [Figure] {
    /// A sentence with the figures in the places of their names; a place without a figure stays as it is.
    func filling(_ template: String) -> String {
        var out = ""
        var rest = Substring(template)
        while let open = rest.firstIndex(of: "{") {
            out += rest[..<open]
            rest = rest[open...]
            guard let close = rest.firstIndex(of: "}") else { break }
            let name = rest[rest.index(after: open)..<close]
            if let figure = first(where: { $0.name == name }) {
                out += figure.text
            } else {
                out += rest[...close]
            }
            rest = rest[rest.index(after: close)...]
        }
        return out + rest
    }
}
