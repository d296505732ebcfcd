/// What a rule says about itself; copied into every finding so that a finding can be read without its rule.
public struct RuleMetadata: Hashable, Sendable, Codable {
    /// Stable id, from the rule file.
    public var id: String
    /// Title.
    public var title: String
    /// What it detects and why.
    public var description: String
    /// How bad a finding is.
    public var severity: Severity
    /// 0 to 100, where the format has one (Elastic).
    public var riskScore: Int?
    /// Who wrote it.
    public var authors: [String]
    /// Links for the reader.
    public var references: [String]
    /// Known harmless causes.
    public var falsePositives: [String]
    /// Free tags, as written.
    public var tags: [String]
    /// ATT&CK and ATLAS ids.
    public var attacks: [Attack]
    /// Licence of the rule text.
    public var license: String?
    /// Whether findings are sent.
    public var status: Status
    /// Where the rule was read.
    public var origin: Origin

    /// Makes a rule's metadata.
    public init(
        id: String, title: String, description: String = "", severity: Severity = .medium, riskScore: Int? = nil,
        authors: [String] = [], references: [String] = [], falsePositives: [String] = [], tags: [String] = [],
        attacks: [Attack] = [], license: String? = nil, status: Status = .active, origin: Origin = Origin()
    ) {
        self.id = id
        self.title = title
        self.description = description
        self.severity = severity
        self.riskScore = riskScore
        self.authors = authors
        self.references = references
        self.falsePositives = falsePositives
        self.tags = tags
        self.attacks = attacks
        self.license = license
        self.status = status
        self.origin = origin
    }

    /// How bad a finding is.
    ///
    /// Raw values are OCSF `severity_id`.
    public enum Severity: Int, Hashable, Sendable, Codable {
        /// For information.
        case informational = 1
        /// Low.
        case low = 2
        /// Medium.
        case medium = 3
        /// High.
        case high = 4
        /// Critical.
        case critical = 5
    }

    /// Whether a rule's findings are sent to sinks.
    public enum Status: String, Hashable, Sendable, Codable {
        /// Findings are journaled and sent.
        case active
        /// Findings are journaled and counted, and sent nowhere.
        case shadow
    }

    /// An entry of MITRE ATT&CK or ATLAS.
    public struct Attack: Hashable, Sendable, Codable {
        /// `ATT&CK` or `ATLAS`.
        public var framework: String
        /// `TA0006`, `T1552.005`, `AML.T0044`.
        public var id: String
        /// Its name, where the rule or the built-in table gives one.
        public var name: String?

        /// Makes an entry.
        public init(framework: String, id: String, name: String? = nil) {
            self.framework = framework
            self.id = id
            self.name = name
        }
    }

    /// The place a rule was read from.
    public struct Origin: Hashable, Sendable, Codable {
        /// File name; empty for rules built in code.
        public var file: String
        /// `sigma`, `elastic`, `code`.
        public var format: String
        /// First line of the rule, from 1.
        public var line: Int

        /// Makes an origin.
        public init(file: String = "", format: String = "code", line: Int = 1) {
            self.file = file
            self.format = format
            self.line = line
        }
    }
}
