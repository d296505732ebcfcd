import Detection

/// What becomes of each rule when others are loaded: by id, and by version.
struct RuleDifference: Hashable {
    /// Same meaning: the state is kept.
    var kept = 0
    /// Titles of rules that were not there before.
    var added: [String] = []
    /// Titles of rules that mean something else now: their state begins anew.
    var changed: [String] = []
    /// Titles of rules that are gone: their state is forgotten.
    var removed: [String] = []

    init(from old: CompiledRules, to new: CompiledRules) {
        self.init(from: Self.versions(old), to: Self.versions(new))
    }

    /// A rule's title and version.
    struct Version: Hashable {
        var title: String
        var fingerprint: String
    }

    init(from old: [String: Version], to new: [String: Version]) {
        for (id, version) in new.sorted(by: { $0.value.title < $1.value.title }) {
            switch old[id]?.fingerprint {
            case nil: added.append(version.title)
            case version.fingerprint: kept += 1
            default: changed.append(version.title)
            }
        }
        removed = old.filter { new[$0.key] == nil }.map(\.value.title).sorted()
    }

    /// Whether every rule means what it meant, and none came or went.
    var isEmpty: Bool { added.isEmpty && changed.isEmpty && removed.isEmpty }

    /// One line for the log.
    var text: String {
        func named(_ titles: [String], _ what: String) -> String? {
            guard !titles.isEmpty else { return nil }
            let rest = titles.count > 5 ? "; …" : ""
            return "\(titles.count) \(what) (\(titles.prefix(5).joined(separator: "; "))\(rest))"
        }
        let parts = [named(added, "added"), named(changed, "changed"), named(removed, "removed")].compactMap { $0 }
        return (["rules: \(kept) kept"] + parts).joined(separator: ", ")
    }

    private static func versions(_ rules: CompiledRules) -> [String: Version] {
        var versions: [String: Version] = [:]
        for rule in rules.rules {
            let id = rule.metadata.id
            versions[id] = Version(title: rule.metadata.title, fingerprint: rules.fingerprint(of: id) ?? "")
        }
        return versions
    }
}
