import Detection
import DiagnosticLogs

/// What a body template can name.
public enum FindingField: String, Hashable, Sendable, CaseIterable {
    /// Id of this entry, the same on every attempt: what a receiver tells repeats by.
    case id
    /// Id of the finding; its later entries have the same.
    case findingID = "finding_id"
    /// Id of the alert that it belongs to.
    case alertID = "alert_id"
    /// `Create`, `Update` or `Close`.
    case activity
    /// Whether it raises a new alert.
    case isAlert = "is_alert"
    /// `CRITICAL` to `INFO`.
    case severity
    /// 5 to 1.
    case severityID = "severity_id"
    /// The rule's title.
    case title
    /// What the rule says about itself.
    case description
    /// Why the finding was raised.
    case message
    /// The rule's id.
    case ruleID = "rule_id"
    /// How many events it stands for.
    case count
    /// Group columns as text.
    case group
    /// Value columns as text.
    case values
    /// People and applications.
    case who
    /// Addresses of callers.
    case from
    /// Resources.
    case resource = "where"
    /// Operations and results.
    case what
    /// Time of the first event.
    case firstSeen = "first_seen"
    /// Time of the last event.
    case lastSeen = "last_seen"
    /// When it was decided.
    case decided
    /// Host name of the namespace.
    case namespace
    /// Name of the hub.
    case hub
    /// The rule's first reference that is an address.
    case link
    /// Tactics and techniques.
    case attack
    /// The whole finding as an OCSF object; stands alone in its string.
    case finding

    /// Whether the value is an object, which no text can hold.
    var isObject: Bool { self == .finding }
}

/// The values of a finding's fields.
struct FindingFieldValues {
    let entry: JournalEntry
    let source: FindingSource
    /// The OCSF object.
    let object: () -> JSON

    func value(of field: FindingField) -> JSON {
        let finding = entry.finding
        switch field {
        case .id: return .string(entry.key)
        case .findingID: return .string(finding.id)
        case .alertID: return .string(entry.alertID)
        case .activity: return .string(activity)
        case .isAlert: return .boolean(entry.isAlert)
        case .severity: return .string(FindingSummary.severity(finding.rule.severity))
        case .severityID: return .integer(Int64(finding.rule.severity.rawValue))
        case .title: return .string(finding.rule.title)
        case .description: return .string(finding.rule.description)
        case .message: return .string(finding.reason)
        case .ruleID: return .string(finding.rule.id)
        case .count: return .integer(finding.count)
        case .firstSeen: return .string(TimeText.iso(finding.firstSeen))
        case .lastSeen: return .string(TimeText.iso(finding.lastSeen))
        case .decided: return .string(TimeText.iso(finding.times.decided))
        case .namespace: return .string(source.namespace)
        case .hub: return .string(source.hub)
        case .link:
            return .string(
                finding.rule.references.first { $0.hasPrefix("https://") || $0.hasPrefix("http://") } ?? "")
        case .finding: return object()
        case .group, .values, .who, .from, .resource, .what, .attack: return .string(line(field))
        }
    }

    private var activity: String {
        switch entry.activity {
        case .create: "Create"
        case .update: "Update"
        case .close: "Close"
        }
    }

    private func line(_ field: FindingField) -> String {
        FindingFacts(entry).lines.first { $0.label == field.rawValue }?.value ?? ""
    }
}
