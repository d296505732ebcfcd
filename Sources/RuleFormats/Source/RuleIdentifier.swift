/// Checks and makes rule ids.
enum RuleIdentifier {
    /// Whether the text is a UUID in its usual form.
    static func isUUID(_ text: String) -> Bool {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        return groups.map(\.utf8.count) == [8, 4, 4, 4, 12]
            && groups.allSatisfy {
                $0.utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x66) }
            }
    }

    /// An id for a rule that has none: its name or title in lower case, other characters than letters and digits as
    /// `-`.
    static func slug(of title: String) -> String {
        var result = ""
        for scalar in title.lowercased().unicodeScalars.prefix(120) {
            let isPlain = (scalar >= "a" && scalar <= "z") || (scalar >= "0" && scalar <= "9")
            if isPlain {
                result.unicodeScalars.append(scalar)
            } else if !result.isEmpty, !result.hasSuffix("-") {
                result += "-"
            }
        }
        while result.hasSuffix("-") { result.removeLast() }
        return result
    }
}
