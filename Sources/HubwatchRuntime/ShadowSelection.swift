import Detection
import RuleFormats

/// The rules that the configuration puts into the shadow: they run, are journaled and counted, and send nothing.
///
/// An entry is a rule's id, its title or its file, in any case, with `*` for any text.
struct ShadowSelection {
    private let entries: [String]
    private var used: Set<String> = []

    init(_ entries: [String]) { self.entries = entries }

    /// Whether a rule is meant.
    mutating func contains(_ rule: RuleMetadata) -> Bool {
        let file = rule.origin.file
        let name = file.split(separator: "/").last.map(String.init) ?? file
        let meant = entries.filter { entry in
            [rule.id, rule.title, file, name].contains { Self.matches($0, entry) }
        }
        used.formUnion(meant)
        return !meant.isEmpty
    }

    /// Entries that no rule is meant by: a misspelled one would let a rule alert that should not.
    var warnings: [RuleDiagnostic] {
        entries.filter { !used.contains($0) }.map {
            RuleDiagnostic(
                severity: .warning, code: .unknownName, file: "rules.shadow",
                position: SourcePosition(line: 1, column: 1), reason: "no rule has the id, title or file '\($0)'")
        }
    }

    static func matches(_ text: String, _ pattern: String) -> Bool {
        let text = Array(text.lowercased())
        let pattern = Array(pattern.lowercased())
        var (at, inPattern) = (0, 0)
        // Where the last star stands, and how much it has taken so far.
        var star: (pattern: Int, text: Int)?
        while at < text.count {
            if inPattern < pattern.count, pattern[inPattern] == "*" {
                star = (inPattern, at)
                inPattern += 1
            } else if inPattern < pattern.count, pattern[inPattern] == text[at] {
                at += 1
                inPattern += 1
            } else if let last = star {
                star = (last.pattern, last.text + 1)
                at = last.text + 1
                inPattern = last.pattern + 1
            } else {
                return false
            }
        }
        return pattern[inPattern...].allSatisfy { $0 == "*" }
    }
}
