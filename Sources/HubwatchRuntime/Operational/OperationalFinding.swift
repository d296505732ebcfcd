import Detection
import DiagnosticLogs

/// A finding that hubwatch raises about itself: an entry of the journal like any other, of a rule that is built in.
///
/// Its id is a hash of what it is about (a range, or a rule and an hour), so it is journaled once and not once a record.
struct OperationalFinding: Hashable, Sendable {
    /// The built-in rules.
    enum Kind: String, Hashable, Sendable, CaseIterable {
        case gap
        case groupsRefused = "groups-refused"
        case eventsNotKept = "events-not-kept"
        case termsRefused = "terms-refused"
        case lateDropped = "late-dropped"
        case withdrawn
        case windowsSkipped = "windows-skipped"
        case deadLettersOverflow = "dead-letters-overflow"
        case stolenPartition = "stolen-partition"
        case journalFull = "journal-full"
        case journalDropped = "journal-dropped"
        case sinkGaveUp = "sink-gave-up"
        case sinkLettersOverflow = "sink-letters-overflow"
        case reloadRefused = "reload-refused"

        init(_ kind: OperationalNotice.Kind) {
            switch kind {
            case .lateDropped: self = .lateDropped
            case .groupsRefused: self = .groupsRefused
            case .withdrawn: self = .withdrawn
            case .windowsSkipped: self = .windowsSkipped
            case .eventsNotKept: self = .eventsNotKept
            case .termsRefused: self = .termsRefused
            }
        }

        var ruleID: String { "hubwatch.\(rawValue)" }
    }

    /// Which built-in rule.
    var kind: Kind
    /// What the finding is about, beside its kind: the parts of its id.
    var subject: [String]
    /// The group columns.
    var group: [NamedValue]
    /// The value columns.
    var values: [NamedValue]
    /// How many events, records or windows are concerned.
    var count: Int64
    /// The partition concerned, or -1 for none, and the sequence numbers.
    var partition = -1
    var sequences: ClosedRange<Int64> = -1 ... -1
    /// The span of time that is counted together; nil for what happened once.
    var window: WindowBounds?
    /// One sentence for a person.
    var reason: String

    /// The journal's entry.
    func entry(_ activity: JournalEntry.Activity = .create, revision: Int = 0, at now: Timestamp) -> JournalEntry {
        let id = OperationalIdentity.id(kind: kind.rawValue, subject)
        let finding = Finding(
            id: id, rule: kind.rule, ruleVersion: "1", group: group, window: window, values: values, count: count,
            firstSeen: window?.start ?? now, lastSeen: now,
            firstPosition: RecordPosition(partition: partition, sequence: sequences.lowerBound, index: 0),
            lastPosition: RecordPosition(partition: partition, sequence: sequences.upperBound, index: 0), evidence: [],
            evidenceTruncated: false, reason: reason,
            times: Finding.Times(occurred: now, enqueued: now, received: now, decided: now))
        return JournalEntry(
            finding: finding, activity: activity, revision: revision, isAlert: activity == .create, alertID: id)
    }
}

extension OperationalFinding.Kind {
    /// What the built-in rule says about itself.
    var rule: RuleMetadata {
        let (title, description, severity) = texts
        return RuleMetadata(
            id: ruleID, title: title, description: description, severity: severity, authors: ["hubwatch"],
            tags: ["operational"], origin: RuleMetadata.Origin(file: "", format: "built-in", line: 1))
    }

    private var texts: (title: String, description: String, severity: RuleMetadata.Severity) {
        switch self {
        case .gap:
            (
                "Events are missing",
                "The hub does not have events any more that hubwatch has not read. `hubwatch gaps` lists the exact ranges.",
                .high
            )
        case .groupsRefused:
            (
                "A rule has as many groups as it may",
                "Records of new groups are counted and not judged until groups end. Raise limits.groups_per_rule or narrow the rule.",
                .medium
            )
        case .eventsNotKept:
            (
                "A rule matched more events than it may keep",
                "Events of one group and pane were counted and not kept. Findings that they could change say so; narrow the rule.",
                .medium
            )
        case .termsRefused:
            (
                "A rule remembers as many terms as it may",
                "Records with further terms are counted and not judged. Narrow the condition or the key of the rule.",
                .medium
            )
        case .lateDropped:
            (
                "Records came too late to be judged",
                "Their windows were closed and forgotten. A larger lateness of the rule waits longer for them.", .low
            )
        case .withdrawn:
            (
                "A closed finding no longer holds",
                "A record that came late changed the values of a window that was closed.",
                .informational
            )
        case .windowsSkipped:
            (
                "Windows without records were not judged",
                "There were too many of them at once, as after a long time without events.", .low
            )
        case .deadLettersOverflow:
            (
                "Dead letters were not kept",
                "The table of what could not be decoded is full. Look at `hubwatch deadletters list`, replay what can be "
                    + "decoded now, or raise state.dead_letters.", .medium
            )
        case .stolenPartition:
            (
                "Another reader has taken a partition",
                "hubwatch does not read it now and tries again later. Give each reader a consumer group of its own, or a "
                    + "higher owner level to the one that should win.", .medium
            )
        case .journalFull:
            (
                "The journal of findings is full",
                "A sink owes as much as state.journal_max. Nothing more is read until it has caught up; the hub keeps the events.",
                .high
            )
        case .sinkGaveUp:
            (
                "A sink gave up on findings",
                "Its receiver refused them, was gone for longer than give_up_after, or the sink owed more than "
                    + "state.journal_max. `hubwatch sinks deadletters` lists them, `hubwatch sinks resend` sends them again.",
                .high
            )
        case .sinkLettersOverflow:
            (
                "Dead letters of a sink were not kept",
                "Their table is full: these findings stay in the journal for a while and are not sent again. Send "
                    + "dead letters again with `hubwatch sinks resend`: those make room.", .high
            )
        case .journalDropped:
            (
                "Findings were dropped",
                "A sink owes as much as state.journal_max, and state.journal_full is drop: new findings are counted and lost.",
                .high
            )
        case .reloadRefused:
            (
                "New settings or rules were refused",
                "What was in force before is still in force. The log names each reason with file and line; `hubwatch config check` "
                    + "and `hubwatch rules check` do so too.", .medium
            )
        }
    }
}

extension OperationalFinding {
    /// The finding for a gap of the ledger.
    static func gap(
        partition: Int, first: Int64, last: Int64?, cause: String, policy: String, created: Timestamp?,
        recreated: Timestamp?, reason: String
    ) -> OperationalFinding {
        var values = [NamedValue(name: "first_missing", value: .long(first))]
        values.append(NamedValue(name: "last_missing", value: last.map(Value.long) ?? .null))
        values.append(NamedValue(name: "cause", value: .string(cause)))
        values.append(NamedValue(name: "policy", value: .string(policy)))
        if let created { values.append(NamedValue(name: "hub_created", value: .datetime(created.milliseconds))) }
        if let recreated { values.append(NamedValue(name: "hub_recreated", value: .datetime(recreated.milliseconds))) }
        let until = max(first, last ?? first)
        let (span, overflow) = until.subtractingReportingOverflow(first)
        return OperationalFinding(
            kind: .gap,
            subject: [
                "\(partition)", "\(first)", last.map(String.init) ?? "-", cause,
                created.map { "\($0.milliseconds)" } ?? "-",
            ], group: [NamedValue(name: "partition", value: .long(Int64(partition)))], values: values,
            count: last == nil || overflow || span == .max ? 1 : span + 1, partition: partition,
            sequences: first...until, reason: reason)
    }
}
