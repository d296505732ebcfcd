import Detection
import DiagnosticLogs
import FindingFormats
import StatusSamples

@testable import StatusPage

/// A status with something in every list, at the time of the sample report.
enum SampleStatus {
    static let now = SampleReport.nowSeconds

    static var view: StatusView {
        StatusView(
            SampleReport.report,
            gaps: [
                .init(
                    partition: 1, first: 100, last: 205, cause: "retention", policy: "earliest",
                    detectedSeconds: now - 900)
            ])
    }

    static var recent: RecentActivity {
        var history = StatusHistory()
        var records: Int64 = 0
        for slot in 0..<60 {
            let time = Timestamp(nanoseconds: (now - 590 + Int64(slot) * 10) * 1_000_000_000)
            if slot == 20 || slot == 21 { continue }
            records += Int64(slot % 7) * 1_000
            history.observed(
                .init(time: time, lag: [0: 0, 1: Int64((slot - 30) * (slot - 30) * 14)], records: records))
        }
        return RecentActivity(history, shelf([match, window(.create), window(.close)]))
    }

    static func shelf(_ entries: [JournalEntry]) -> FindingShelf {
        var shelf = FindingShelf()
        for (index, entry) in entries.enumerated() { shelf.journaled(row: Int64(index) + 1, entry) }
        return shelf
    }

    static func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: now * 1000 + milliseconds) }

    static func evidence(_ sequence: Int64, person: String = "dana@example.com") -> Evidence {
        var evidence = Evidence(
            position: RecordPosition(partition: 1, sequence: sequence, index: 0), offset: "\(sequence)",
            eventTime: time(-60_000), enqueuedTime: time(-59_500), receivedAt: time(-59_480))
        evidence.operation = "MICROSOFT.COGNITIVESERVICES/ACCOUNTS/LISTKEYS/ACTION"
        evidence.result = "Success 200"
        evidence.resourceID =
            "/subscriptions/s/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/openai-prod"
        evidence.callerAddress = "203.0.113.7"
        evidence.principalName = person
        return evidence
    }

    static func entry(
        _ id: String, title: String = "Azure AI keys listed outside the portal",
        severity: RuleMetadata.Severity = .high,
        reason: String = "dana@example.com listed the keys of openai-prod with an application other than the portal.",
        group: [NamedValue] = [], window: WindowBounds? = nil, activity: JournalEntry.Activity = .create,
        decided: Int64 = -59_400, person: String = "dana@example.com", references: [String] = [], isAlert: Bool = true
    ) -> JournalEntry {
        let evidence = evidence(17, person: person)
        let finding = Finding(
            id: id,
            rule: RuleMetadata(
                id: "rule-1", title: title, severity: severity, references: references,
                attacks: [.init(framework: "ATT&CK", id: "T1552.005")]), ruleVersion: "v", group: group, window: window,
            values: [], count: 1, firstSeen: evidence.eventTime, lastSeen: evidence.eventTime,
            firstPosition: evidence.position, lastPosition: evidence.position, evidence: [evidence],
            evidenceTruncated: false, reason: reason,
            times: .init(
                occurred: evidence.eventTime, enqueued: evidence.enqueuedTime, received: evidence.receivedAt,
                decided: time(decided)))
        return JournalEntry(finding: finding, activity: activity, isAlert: isAlert, alertID: "a")
    }

    static let match = entry(
        "0123456789abcdef0123456789abcdef", references: ["https://attack.mitre.org/techniques/T1552/005/", "see also"])

    static func window(_ activity: JournalEntry.Activity) -> JournalEntry {
        entry(
            "fedcba9876543210fedcba9876543210", title: "Potential Azure OpenAI Model Theft", severity: .medium,
            reason: "1 284 requests moved more than 100 000 tokens out of openai-prod within an hour.",
            group: [.init(name: "azure.resource.name", value: .string("openai-prod"))],
            window: .init(start: time(-3_600_000), end: time(-30_000)), activity: activity,
            decided: activity == .create ? -20_000 : -1_000, isAlert: activity == .create)
    }
}
