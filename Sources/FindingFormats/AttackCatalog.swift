import Detection

/// Names of the ATT&CK and ATLAS entries that cloud and model rules use, and the tactic a technique belongs to.
///
/// Small on purpose: an id that is not here goes out without a name, which OCSF allows.
/// **Source**: MITRE ATT&CK for Enterprise 17.1, MITRE ATLAS 4.5.2.
enum AttackCatalog {
    /// Version of the catalogue that a framework's names were taken from.
    static func version(of framework: Framework) -> String {
        switch framework {
        case .attack: "17.1"
        case .atlas: "4.5.2"
        }
    }

    /// The two catalogues.
    enum Framework {
        case attack
        case atlas
    }

    /// The catalogue that an id belongs to: ATLAS ids begin with `AML.`.
    static func framework(of id: String) -> Framework { id.hasPrefix("AML.") ? .atlas : .attack }

    /// True for the id of a tactic: `TA0006`, `AML.TA0000`.
    static func isTactic(_ id: String) -> Bool { id.hasPrefix("TA") || id.hasPrefix("AML.TA") }

    /// The technique of a sub-technique: `T1552` for `T1552.005`; nil for a technique.
    static func technique(ofSubTechnique id: String) -> String? {
        let prefix = id.hasPrefix("AML.") ? "AML." : ""
        let rest = id.dropFirst(prefix.count)
        guard let dot = rest.firstIndex(of: ".") else { return nil }
        return prefix + String(rest[..<dot])
    }

    /// The name of an entry; nil when it is not in the table.
    static func name(of id: String) -> String? { tactics[id] ?? techniques[id]?.name }

    /// The tactics of a technique; a sub-technique has those of its technique.
    static func tactics(of id: String) -> [String] {
        techniques[technique(ofSubTechnique: id) ?? id]?.tactics ?? []
    }

    private static let tactics: [String: String] = [
        "TA0043": "Reconnaissance", "TA0042": "Resource Development", "TA0001": "Initial Access",
        "TA0002": "Execution", "TA0003": "Persistence", "TA0004": "Privilege Escalation",
        "TA0005": "Defense Evasion", "TA0006": "Credential Access", "TA0007": "Discovery",
        "TA0008": "Lateral Movement", "TA0009": "Collection", "TA0011": "Command and Control",
        "TA0010": "Exfiltration", "TA0040": "Impact",
        "AML.TA0000": "ML Model Access", "AML.TA0001": "ML Attack Staging", "AML.TA0002": "Reconnaissance",
        "AML.TA0003": "Resource Development", "AML.TA0004": "Initial Access", "AML.TA0005": "Execution",
        "AML.TA0006": "Persistence", "AML.TA0007": "Defense Evasion", "AML.TA0008": "Discovery",
        "AML.TA0009": "Collection", "AML.TA0010": "Exfiltration", "AML.TA0011": "Impact",
        "AML.TA0012": "Privilege Escalation", "AML.TA0013": "Credential Access",
    ]

    private static let techniques: [String: (name: String, tactics: [String])] = [
        "T1048": ("Exfiltration Over Alternative Protocol", ["TA0010"]),
        "T1059": ("Command and Scripting Interpreter", ["TA0002"]),
        "T1059.009": ("Cloud API", []),
        "T1069": ("Permission Groups Discovery", ["TA0007"]),
        "T1069.003": ("Cloud Groups", []),
        "T1078": ("Valid Accounts", ["TA0001", "TA0003", "TA0004", "TA0005"]),
        "T1078.004": ("Cloud Accounts", []),
        "T1087": ("Account Discovery", ["TA0007"]),
        "T1087.004": ("Cloud Account", []),
        "T1098": ("Account Manipulation", ["TA0003", "TA0004"]),
        "T1098.001": ("Additional Cloud Credentials", []),
        "T1098.003": ("Additional Cloud Roles", []),
        "T1110": ("Brute Force", ["TA0006"]),
        "T1110.003": ("Password Spraying", []),
        "T1136": ("Create Account", ["TA0003"]),
        "T1136.003": ("Cloud Account", []),
        "T1190": ("Exploit Public-Facing Application", ["TA0001"]),
        "T1195": ("Supply Chain Compromise", ["TA0001"]),
        "T1213": ("Data from Information Repositories", ["TA0009"]),
        "T1485": ("Data Destruction", ["TA0040"]),
        "T1486": ("Data Encrypted for Impact", ["TA0040"]),
        "T1489": ("Service Stop", ["TA0040"]),
        "T1490": ("Inhibit System Recovery", ["TA0040"]),
        "T1496": ("Resource Hijacking", ["TA0040"]),
        "T1496.004": ("Cloud Service Hijacking", []),
        "T1526": ("Cloud Service Discovery", ["TA0007"]),
        "T1528": ("Steal Application Access Token", ["TA0006"]),
        "T1530": ("Data from Cloud Storage", ["TA0009"]),
        "T1537": ("Transfer Data to Cloud Account", ["TA0010"]),
        "T1538": ("Cloud Service Dashboard", ["TA0007"]),
        "T1550": ("Use Alternate Authentication Material", ["TA0005", "TA0008"]),
        "T1550.001": ("Application Access Token", []),
        "T1552": ("Unsecured Credentials", ["TA0006"]),
        "T1552.001": ("Credentials In Files", []),
        "T1552.005": ("Cloud Instance Metadata API", []),
        "T1555": ("Credentials from Password Stores", ["TA0006"]),
        "T1555.006": ("Cloud Secrets Management Stores", []),
        "T1556": ("Modify Authentication Process", ["TA0003", "TA0005", "TA0006"]),
        "T1562": ("Impair Defenses", ["TA0005"]),
        "T1562.001": ("Disable or Modify Tools", []),
        "T1562.007": ("Disable or Modify Cloud Firewall", []),
        "T1562.008": ("Disable or Modify Cloud Logs", []),
        "T1566": ("Phishing", ["TA0001"]),
        "T1567": ("Exfiltration Over Web Service", ["TA0010"]),
        "T1578": ("Modify Cloud Compute Infrastructure", ["TA0005"]),
        "T1580": ("Cloud Infrastructure Discovery", ["TA0007"]),
        "T1606": ("Forge Web Credentials", ["TA0006"]),
        "T1619": ("Cloud Storage Object Discovery", ["TA0007"]),
        "T1621": ("Multi-Factor Authentication Request Generation", ["TA0006"]),
        "T1651": ("Cloud Administration Command", ["TA0002"]),
        "AML.T0012": ("Valid Accounts", ["AML.TA0004"]),
        "AML.T0024": ("Exfiltration via ML Inference API", ["AML.TA0010"]),
        "AML.T0024.002": ("Extract ML Model", []),
        "AML.T0025": ("Exfiltration via Cyber Means", ["AML.TA0010"]),
        "AML.T0029": ("Denial of ML Service", ["AML.TA0011"]),
        "AML.T0034": ("Cost Harvesting", ["AML.TA0011"]),
        "AML.T0035": ("ML Artifact Collection", ["AML.TA0009"]),
        "AML.T0040": ("ML Model Inference API Access", ["AML.TA0000"]),
        "AML.T0044": ("Full ML Model Access", ["AML.TA0000"]),
        "AML.T0047": ("ML-Enabled Product or Service", ["AML.TA0000"]),
        "AML.T0048": ("External Harms", ["AML.TA0011"]),
        "AML.T0049": ("Exploit Public-Facing Application", ["AML.TA0004"]),
        "AML.T0055": ("Unsecured Credentials", ["AML.TA0013"]),
        "AML.T0057": ("LLM Data Leakage", ["AML.TA0010"]),
    ]
}

/// A rule's attack ids, paired as OCSF wants them: a technique together with its tactic.
struct AttackPair: Equatable {
    /// Tactic id, or nil.
    var tactic: String?
    /// Technique id, or nil.
    var technique: String?
    /// Sub-technique id, or nil.
    var subTechnique: String?

    /// Pairs a flat list: a technique takes the first tactic of the rule that it belongs to, or its only tactic where
    /// the rule names none that fits.
    ///
    /// Tactics that no technique took stand alone. The order is the rule's.
    static func pairs(of ids: [String]) -> [AttackPair] {
        let listed = ids.filter(AttackCatalog.isTactic)
        var taken: Set<String> = []
        var pairs: [AttackPair] = []
        for id in ids where !AttackCatalog.isTactic(id) {
            let known = AttackCatalog.tactics(of: id)
            let tactic = listed.first(where: known.contains) ?? (known.count == 1 ? known.first : nil)
            if let tactic { taken.insert(tactic) }
            let parent = AttackCatalog.technique(ofSubTechnique: id)
            pairs.append(
                AttackPair(tactic: tactic, technique: parent ?? id, subTechnique: parent == nil ? nil : id))
        }
        for id in listed where taken.insert(id).inserted { pairs.append(AttackPair(tactic: id)) }
        return pairs
    }

    /// The catalogue that the pair's ids belong to.
    var framework: AttackCatalog.Framework {
        AttackCatalog.framework(of: subTechnique ?? technique ?? tactic ?? "")
    }
}
