public import Detection
import DiagnosticLogs

/// Journal entries as readable text: what was found, why, who did it, where, when, and on which records that rests.
///
/// Everything that comes from logs or rule files is escaped (``TerminalText``), cut to a few lines, and wrapped to the
/// width. Without colour the text holds no escape sequence at all.
public struct TextFormat: Sendable {
    private let color: Bool
    private let width: Int

    /// Makes a format.
    ///
    /// - Parameters:
    ///   - color: true for a terminal that takes ANSI colours.
    ///   - width: columns; held to 40...200.
    public init(color: Bool, width: Int = 100) {
        self.color = color
        self.width = min(max(width, 40), 200)
    }

    /// The whole finding as a block of lines, with a line end behind the last.
    public func text(_ entry: JournalEntry) -> String {
        let finding = entry.finding
        var page = TextPage(color: color, width: width)
        head(entry, on: &page)
        page.paragraph(finding.reason, style: .plain)
        let actors = FindingSummary(finding)
        page.field("who", actors.who)
        page.field("from", actors.addresses)
        page.field("where", actors.resources)
        page.field("what", actors.operations)
        page.field("when", when(finding))
        page.field("group", FindingSummary.row(finding.group))
        page.field("values", FindingSummary.row(finding.values))
        page.field("events", events(finding))
        evidence(finding, on: &page)
        page.field("attack", attacks(finding.rule))
        page.field("rule", [rule(finding)])
        if !finding.partialPartitions.isEmpty {
            let list = finding.partialPartitions.map(String.init).joined(separator: ", ")
            page.field("partial", ["counted over partitions \(list) only"])
        }
        page.field("latency", [latency(finding)])
        page.field("finding", [finding.id])
        return page.text
    }

    /// The entry on one line: for an update or the close of a finding that was already shown.
    public func line(_ entry: JournalEntry) -> String {
        let finding = entry.finding
        var page = TextPage(color: color, width: width)
        var parts = [TerminalText.escaped(finding.rule.title, columns: 40)]
        parts += finding.group.map { FindingSummary.text(of: $0.value) }
        parts +=
            finding.values.isEmpty ? [FindingSummary.events(finding.count)] : FindingSummary.columns(finding.values)
        let severity = FindingSummary.severity(finding.rule.severity)
        let (mark, id) = (label(entry), String(finding.id.prefix(8)))
        let room = width - mark.count - severity.count - id.count - 3
        page.line([
            (mark, .faint), (" ", .plain), (severity, .severity(finding.rule.severity)), (" ", .plain),
            (TerminalText.escaped(parts.joined(separator: " · "), columns: max(10, room)), .plain), (" ", .plain),
            (TerminalText.escaped(id), .faint),
        ])
        return page.text
    }

    private func head(_ entry: JournalEntry, on page: inout TextPage) {
        let rule = entry.finding.rule
        let badge = FindingSummary.severity(rule.severity)
        let mark = rule.status == .shadow ? "shadow" : label(entry)
        let room = width - TerminalText.width(badge) - TerminalText.width(mark) - 6
        let title = TerminalText.escaped(rule.title, columns: max(10, room))
        page.line([
            (" \(badge) ", .severity(rule.severity)), ("  ", .plain), (title, .strong), ("  ", .plain), (mark, .faint),
        ])
    }

    private func label(_ entry: JournalEntry) -> String {
        switch entry.activity {
        case .create: entry.isAlert ? "alert" : "finding"
        case .update: "update"
        case .close: "closed"
        }
    }

    private func when(_ finding: Finding) -> [String] {
        let first = TimeText.plain(finding.firstSeen)
        guard let window = finding.window else { return [first + " UTC"] }
        let length = window.end.nanoseconds.subtractingReportingOverflow(window.start.nanoseconds).partialValue
        return [
            first == TimeText.plain(finding.lastSeen) ? first : "\(first) to \(TimeText.plain(finding.lastSeen)) UTC",
            "window \(TimeText.plain(window.start)) to \(TimeText.plain(window.end)) UTC "
                + "(\(TimeText.span(nanoseconds: length)))",
        ]
    }

    private func events(_ finding: Finding) -> [String] {
        if finding.count == 1 { return ["1, at \(finding.firstPosition.text)"] }
        let span = "from \(finding.firstPosition.text) to \(finding.lastPosition.text)"
        return ["\(FindingSummary.grouped(finding.count)), \(span)"]
    }

    private func evidence(_ finding: Finding, on page: inout TextPage) {
        guard finding.count > 1 || finding.evidence.count > 1 else { return }
        // What all records share is said above already.
        let differ = FindingSummary(finding)
        let lines = finding.evidence.map { evidence in
            let parts = [
                differ.operations.count > 1 ? evidence.operation ?? evidence.category : nil,
                differ.who.count > 1 ? evidence.principalName ?? evidence.objectID ?? evidence.applicationID : nil,
                differ.addresses.count > 1 ? evidence.callerAddress : nil,
                differ.resources.count > 1 ? evidence.resourceID.flatMap { AzureResourceName($0).name } : nil,
            ]
            let rest = parts.compactMap { $0 }.filter { !$0.isEmpty }.map { TerminalText.escaped($0, columns: 80) }
            return (["\(TimeText.plain(evidence.eventTime)) UTC at \(evidence.position.text)"] + rest)
                .joined(separator: " · ")
        }
        page.field("evidence", lines + (finding.evidenceTruncated ? ["… and more"] : []))
    }

    private func attacks(_ rule: RuleMetadata) -> [String] {
        let names = rule.attacks.reduce(into: [String: String]()) { $0[$1.id] = $1.name }
        return AttackPair.pairs(of: rule.attacks.map(\.id)).map { pair in
            [pair.tactic, pair.technique, pair.subTechnique].compactMap { $0 }.map { id in
                let name = AttackCatalog.name(of: id) ?? names[id]
                return TerminalText.escaped(name.map { "\(id) \($0)" } ?? id, columns: 80)
            }.joined(separator: " / ")
        }
    }

    private func rule(_ finding: Finding) -> String {
        let origin = finding.rule.origin
        let file = origin.file.isEmpty ? "" : ", \(TerminalText.escaped(origin.file, columns: 120)):\(origin.line)"
        return TerminalText.escaped(finding.rule.id, columns: 80)
            + " version \(finding.ruleVersion.prefix(12)) (\(TerminalText.escaped(origin.format, columns: 20))\(file))"
    }

    /// How long it took from the broker to the decision.
    ///
    /// Two clocks are involved, so the span can be negative.
    private func latency(_ finding: Finding) -> String {
        let times = finding.times
        let span = times.decided.nanoseconds.subtractingReportingOverflow(times.enqueued.nanoseconds).partialValue
        let ahead = span < 0 ? " (the broker's clock is ahead)" : ""
        return "\(TimeText.span(nanoseconds: span)) from enqueued to decided\(ahead), "
            + "decided \(TimeText.plain(times.decided)) UTC"
    }
}
