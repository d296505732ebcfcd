import Detection

/// ATT&CK and ATLAS entries named in tags.
enum AttackTags {
    /// Names of the entries that our own rules use; others go without one.
    private static let names: [String: String] = [
        "TA0001": "Initial Access", "TA0002": "Execution", "TA0003": "Persistence", "TA0004": "Privilege Escalation",
        "TA0005": "Defense Evasion", "TA0006": "Credential Access", "TA0007": "Discovery", "TA0008": "Lateral Movement",
        "TA0009": "Collection", "TA0010": "Exfiltration", "TA0011": "Command and Control", "TA0040": "Impact",
        "TA0042": "Resource Development", "TA0043": "Reconnaissance", "T1078": "Valid Accounts",
        "T1078.004": "Cloud Accounts", "T1552": "Unsecured Credentials", "T1555": "Credentials from Password Stores",
        "T1555.006": "Cloud Secrets Management Stores", "AML.T0044": "Full AI Model Access",
    ]

    /// Tactics as Sigma writes them, with either separator.
    private static let tactics: [String: String] = [
        "initial-access": "TA0001", "execution": "TA0002", "persistence": "TA0003", "privilege-escalation": "TA0004",
        "defense-evasion": "TA0005", "credential-access": "TA0006", "discovery": "TA0007", "lateral-movement": "TA0008",
        "collection": "TA0009", "exfiltration": "TA0010", "command-and-control": "TA0011", "impact": "TA0040",
        "resource-development": "TA0042", "reconnaissance": "TA0043",
    ]

    /// An ATT&CK entry by id.
    static func attack(_ id: String, name: String? = nil) -> RuleMetadata.Attack {
        let id = id.uppercased()
        return RuleMetadata.Attack(framework: "ATT&CK", id: id, name: name ?? names[id])
    }

    /// An ATLAS entry by id, with or without its `AML.`.
    static func atlas(_ id: String) -> RuleMetadata.Attack {
        let upper = id.uppercased()
        let full = upper.hasPrefix("AML.") ? upper : "AML." + upper
        return RuleMetadata.Attack(framework: "ATLAS", id: full, name: names[full])
    }

    /// The entry of a Sigma tag such as `attack.t1552.005`, `attack.credential-access` or `atlas.aml.t0044`.
    static func entry(sigma tag: String) -> RuleMetadata.Attack? {
        let lower = tag.lowercased()
        if lower.hasPrefix("attack.") {
            let name = String(lower.dropFirst(7))
            if let tactic = tactics[String(name.map { $0 == "_" ? "-" : $0 })] { return attack(tactic) }
            return isID(name) ? attack(name) : nil
        }
        if lower.hasPrefix("atlas.") {
            let name = String(lower.dropFirst(6))
            return isID(name.hasPrefix("aml.") ? String(name.dropFirst(4)) : name) ? atlas(name) : nil
        }
        return nil
    }

    /// The entry of an Elastic tag such as `Mitre Atlas: T0044`.
    static func entry(elastic tag: String) -> RuleMetadata.Attack? {
        let parts = tag.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "mitre atlas" else { return nil }
        let id = String(parts[1].drop { $0 == " " })
        return isID(id.uppercased().hasPrefix("AML.") ? String(id.dropFirst(4)) : id) ? atlas(id) : nil
    }

    /// `t1552`, `t1552.005`, `ta0006`.
    private static func isID(_ text: String) -> Bool {
        var rest = Substring(text.lowercased())
        guard rest.popFirst() == "t" else { return false }
        if rest.first == "a" { rest.removeFirst() }
        let parts = rest.split(separator: ".", omittingEmptySubsequences: false)
        guard let first = parts.first, first.count == 4, parts.count <= 2 else { return false }
        return parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isASCII) && $0.allSatisfy(\.isNumber) }
    }
}
