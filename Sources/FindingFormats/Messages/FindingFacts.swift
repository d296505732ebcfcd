import Detection
import DiagnosticLogs

/// What a message to people says of a finding: a head, a sentence, and labelled lines; escaped and cut.
///
/// **Bounds**: each text has a stated number of columns, so that a message fits what chats take whatever a log line holds.
struct FindingFacts {
    /// `HIGH`.
    let severity: String
    /// The rule's title.
    let title: String
    /// `alert`, `finding`, `update`, `closed`.
    let mark: String
    /// Why the finding was raised.
    let reason: String
    /// Label and value, in the order of the terminal's text.
    let lines: [(label: String, value: String)]
    /// The finding's id, the rule, and when it was decided.
    let foot: String

    /// Columns of a value.
    static let valueColumns = 400

    init(_ entry: JournalEntry) {
        let finding = entry.finding
        severity = FindingSummary.severity(finding.rule.severity)
        title = TerminalText.escaped(finding.rule.title, columns: 120)
        mark =
            switch entry.activity {
            case .create: entry.isAlert ? "alert" : "finding"
            case .update: "update"
            case .close: "closed"
            }
        reason = TerminalText.escaped(finding.reason, columns: 1_000)
        let summary = FindingSummary(finding)
        var lines: [(String, String)] = []
        func add(_ label: String, _ values: [String]) {
            let value = values.joined(separator: "; ")
            if !value.isEmpty { lines.append((label, TerminalText.escaped(value, columns: Self.valueColumns))) }
        }
        add("who", summary.who)
        add("from", summary.addresses)
        add("where", summary.resources)
        add("what", summary.operations)
        add("when", [Self.when(finding)])
        add("group", FindingSummary.row(finding.group))
        add("values", FindingSummary.row(finding.values))
        add("events", [FindingSummary.grouped(finding.count)])
        add("attack", AttackPair.pairs(of: finding.rule.attacks.map(\.id)).map(Self.attack))
        self.lines = lines
        let rule = TerminalText.escaped(finding.rule.id, columns: 80)
        foot = "finding \(finding.id) · rule \(rule) · decided \(TimeText.plain(finding.times.decided)) UTC"
    }

    static func when(_ finding: Finding) -> String {
        let (first, last) = (TimeText.plain(finding.firstSeen), TimeText.plain(finding.lastSeen))
        return first == last ? "\(first) UTC" : "\(first) to \(last) UTC"
    }

    static func attack(_ pair: AttackPair) -> String {
        [pair.tactic, pair.technique, pair.subTechnique].compactMap { $0 }.map { id in
            TerminalText.escaped(AttackCatalog.name(of: id).map { "\(id) \($0)" } ?? id, columns: 80)
        }.joined(separator: " / ")
    }
}
