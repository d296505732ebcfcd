public import Detection
import DiagnosticLogs

/// A finding as a page or a screen shows it: few texts, cut to a length, harmless for a terminal.
///
/// It is made of what sinks are given, of an allow-list of fields, and can be sent as JSON.
public struct FindingDigest: Hashable, Sendable, Codable {
    /// The finding's id, 32 hexadecimal digits.
    public var id: String
    /// The rule's id.
    public var ruleID: String
    /// The rule's title.
    public var title: String
    /// How bad: 1, informational, to 5, critical, as in OCSF.
    public var severity: Int
    /// Whether it is recorded only and sent nowhere.
    public var isShadow: Bool
    /// Whether it raised an alert of its own.
    public var isAlert: Bool
    /// What happened last: `create`, `update`, `close`.
    public var activity: String
    /// Whether its values are final.
    public var isFinal: Bool
    /// One sentence: why.
    public var reason: String
    /// When it was first decided, milliseconds since the Unix epoch.
    public var decidedMs: Int64
    /// From the broker's time of the record that completed it to the decision, in milliseconds; negative where the broker's
    /// clock is ahead.
    public var latencyMs: Int64
    /// Records folded.
    public var count: Int64
    /// Who, from where, where, what, when and more, in the order to show them.
    public var facts: [Fact]
    /// Records behind it.
    public var evidence: [Record]
    /// Whether more records matched than ``evidence`` shows.
    public var evidenceIsTruncated: Bool
    /// Web addresses for the reader, as the rule gives them.
    public var references: [String]

    /// A label and its values.
    public struct Fact: Hashable, Sendable, Codable {
        /// `who`, `from`, ….
        public var label: String
        /// One text a value.
        public var values: [String]
    }

    /// One record behind a finding.
    public struct Record: Hashable, Sendable, Codable {
        /// Its own time, UTC.
        public var time: String
        /// `partition/sequence/index`.
        public var position: String
        /// Operation or category.
        public var operation: String
        /// Person or application.
        public var actor: String
        /// Address as written.
        public var address: String
        /// Resource's name.
        public var resource: String
        /// Result as written.
        public var result: String
    }

    /// Digests what the journal holds.
    public init(_ entry: JournalEntry) {
        let finding = entry.finding
        let rule = finding.rule
        id = TerminalText.escaped(finding.id, columns: 64)
        ruleID = TerminalText.escaped(rule.id, columns: 80)
        title = TerminalText.escaped(rule.title, columns: 120)
        severity = rule.severity.rawValue
        isShadow = rule.status == .shadow
        isAlert = entry.isAlert
        activity = entry.activity.rawValue
        isFinal = entry.isFinal
        reason = TerminalText.escaped(finding.reason, columns: 600)
        decidedMs = finding.times.decided.milliseconds
        latencyMs =
            Timestamp(
                nanoseconds: finding.times.decided.nanoseconds.subtractingReportingOverflow(
                    finding.times.enqueued.nanoseconds
                ).partialValue
            ).milliseconds
        count = finding.count
        facts = Self.facts(finding)
        evidence = finding.evidence.prefix(Self.recordsMax).map(Record.init)
        evidenceIsTruncated = finding.evidenceTruncated || finding.evidence.count > Self.recordsMax
        references = rule.references.prefix(4).map { TerminalText.escaped($0, columns: 500) }
    }

    private static let recordsMax = 10

    private static func facts(_ finding: Finding) -> [Fact] {
        let summary = FindingSummary(finding)
        var facts: [Fact] = []
        func add(_ label: String, _ values: [String]) {
            if !values.isEmpty { facts.append(Fact(label: label, values: Array(values.prefix(8)))) }
        }
        add("who", summary.who)
        add("from", summary.addresses)
        add("where", summary.resources)
        add("what", summary.operations)
        add("when", [when(finding)])
        if let window = finding.window {
            add("window", ["\(TimeText.plain(window.start)) to \(TimeText.plain(window.end)) UTC"])
        }
        add("group", FindingSummary.columns(finding.group))
        add("values", FindingSummary.columns(finding.values))
        add(
            "attack",
            finding.rule.attacks.prefix(8).map { attack in
                let name = AttackCatalog.name(of: attack.id) ?? attack.name
                return TerminalText.escaped(name.map { "\(attack.id) \($0)" } ?? attack.id, columns: 80)
            })
        add("harmless if", finding.rule.falsePositives.prefix(4).map { TerminalText.escaped($0, columns: 200) })
        if !finding.partialPartitions.isEmpty {
            add(
                "partial",
                ["partitions " + finding.partialPartitions.prefix(32).map(String.init).joined(separator: ", ")])
        }
        return facts
    }

    private static func when(_ finding: Finding) -> String {
        let (first, last) = (TimeText.plain(finding.firstSeen), TimeText.plain(finding.lastSeen))
        return first == last ? "\(first) UTC" : "\(first) to \(last) UTC"
    }
}

extension FindingDigest.Record {
    init(_ evidence: Evidence) {
        time = TimeText.plain(evidence.eventTime)
        position = evidence.position.text
        operation = TerminalText.escaped(evidence.operation ?? evidence.category ?? "", columns: 120)
        actor = TerminalText.escaped(
            evidence.principalName ?? evidence.objectID ?? evidence.applicationID ?? "", columns: 80)
        address = TerminalText.escaped(evidence.callerAddress ?? "", columns: 60)
        resource = TerminalText.escaped(
            evidence.resourceID.flatMap { AzureResourceName($0).name } ?? evidence.resourceID ?? "", columns: 80)
        result = TerminalText.escaped(evidence.result ?? "", columns: 60)
    }
}
