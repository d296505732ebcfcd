import Detection
import DiagnosticLogs
import FindingFormats

@testable import StatusPage

/// A status with something in every list, at a fixed time: 2026-03-01T12:00:00Z.
enum SampleStatus {
    static let now: Int64 = 1_772_366_400

    static var view: StatusView {
        var view = StatusView()
        view.namespace = "contoso.servicebus.windows.net"
        view.hub = "insights-logs"
        view.consumerGroup = "hubwatch"
        view.version = "1.0"
        view.nowSeconds = now
        view.startedSeconds = now - 3_725
        view.lag = 12_345
        view.lagSeconds = 4.2
        view.records = 1_284_331
        view.messages = 90_210
        view.bytes = 734_003_200
        view.alerts = 2
        view.deadLetterCount = 10
        view.groups = 4_321
        view.partitions = [
            .init(
                number: 0, isAttached: true, isCaughtUp: true, position: 44_100, lag: 0, lagSeconds: 0,
                messages: 30_070,
                bytes: 250_000_000),
            .init(
                number: 1, isAttached: true, isCaughtUp: false, position: 31_755, lag: 12_345, lagSeconds: 4.2,
                messages: 30_070, bytes: 250_000_000),
            .init(
                number: 2, isAttached: false, isCaughtUp: false, position: nil, lag: nil, lagSeconds: nil, messages: 0,
                bytes: 0),
        ]
        view.rules = [
            .init(
                id: "r1", title: "Azure AI keys listed outside the portal", severity: "high", isShadow: false, hits: 12,
                findings: 1),
            .init(
                id: "r2", title: "Potential Azure OpenAI Model Theft", severity: "medium", isShadow: true,
                hits: 250_000, findings: 1),
        ]
        view.deadLetters = [
            .init(name: "truncated", count: 9, kept: 12), .init(name: "notAnObject", count: 1, kept: 1),
        ]
        view.sinks = [
            .init(name: "file", cursor: 117, owed: 0, owedBytes: 0, failures: 0, trouble: nil),
            .init(
                name: "webhook", cursor: 80, owed: 37, owedBytes: 92_000, failures: 14,
                trouble: "answered 503, next try in 8 s"),
        ]
        view.gaps = [
            .init(
                partition: 1, first: 100, last: 205, cause: "retention", policy: "earliest", detectedSeconds: now - 900)
        ]
        return view
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
