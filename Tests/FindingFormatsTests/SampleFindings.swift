import Detection
import DiagnosticLogs

/// Findings as the engine makes them, with every member filled, and with none that may be missing.
enum SampleFindings {
    static let base = Timestamp(nanoseconds: 1_772_366_400_123_456_700)  // 2026-03-01T12:00:00.1234567Z

    static func after(milliseconds: Int64) -> Timestamp {
        Timestamp(nanoseconds: base.nanoseconds + milliseconds * 1_000_000)
    }

    static func evidence(_ sequence: Int64) -> Evidence {
        var evidence = Evidence(
            position: RecordPosition(partition: 3, sequence: sequence, index: 2), offset: "\(sequence * 512)",
            eventTime: after(milliseconds: sequence), enqueuedTime: after(milliseconds: sequence + 400),
            receivedAt: after(milliseconds: sequence + 410))
        evidence.operation = "MICROSOFT.COGNITIVESERVICES/ACCOUNTS/LISTKEYS/ACTION"
        evidence.category = "Administrative"
        evidence.result = "Success 200"
        evidence.resourceID =
            "/SUBSCRIPTIONS/0B1F6471-1BF0-4DDA-AEC3-CB9272F09590/RESOURCEGROUPS/RG-MODELS/PROVIDERS/"
            + "MICROSOFT.COGNITIVESERVICES/ACCOUNTS/OPENAI-PROD"
        evidence.region = "eastus"
        evidence.correlationID = "5f7c0d8e-2b4a-4e52-9a43-3a0f6b3c8d11"
        evidence.tenantID = "72f988bf-86f1-41af-91ab-2d7cd011db47"
        evidence.callerAddress = "203.0.113.7"
        evidence.objectID = "9f3c1d52-7a44-4b0e-8f5d-0c2e6a1b7d90"
        evidence.principalName = "dana@example.com"
        evidence.applicationID = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
        return evidence
    }

    static let portalRule = RuleMetadata(
        id: "d5a1c7e2-6a0f-4f39-9a52-c4f9b7f3a111", title: "Azure AI keys listed outside the portal",
        description: "Keys of an AI resource were listed by an application other than the portal.", severity: .high,
        authors: ["hubwatch"], references: ["see also", "https://example.com/keys"], falsePositives: ["Deployments"],
        tags: ["attack.credential-access", "attack.t1552"],
        attacks: [
            .init(framework: "ATT&CK", id: "TA0006"), .init(framework: "ATT&CK", id: "T1552.005"),
            .init(framework: "ATLAS", id: "AML.T0044"), .init(framework: "ATT&CK", id: "T9999", name: "From the rule"),
            .init(framework: "ATT&CK", id: "TA0010"),
        ], license: "Apache-2.0", origin: .init(file: "azure_ai_keys.yml", format: "sigma", line: 1))

    static let theftRule = RuleMetadata(
        id: "4021e78d-5293-48d3-adee-a70fa4c18fab", title: "Potential Azure OpenAI Model Theft", severity: .medium,
        riskScore: 47, origin: .init(file: "azure_openai_model_theft.toml", format: "elastic", line: 1))

    /// A match: one record, final when it is made.
    static var match: JournalEntry {
        let evidence = evidence(17)
        let finding = Finding(
            id: "0123456789abcdef0123456789abcdef", rule: portalRule, ruleVersion: "aaaabbbbccccddddeeeeffff00001111",
            group: [], window: nil, values: [], count: 1, firstSeen: evidence.eventTime, lastSeen: evidence.eventTime,
            firstPosition: evidence.position, lastPosition: evidence.position, evidence: [evidence],
            evidenceTruncated: false,
            reason: "dana@example.com listed the keys of openai-prod with application "
                + "04b07795-8ddb-461a-bbee-02f9e1bf7b46, which is not one of the portal's.",
            times: .init(
                occurred: evidence.eventTime, enqueued: evidence.enqueuedTime, received: evidence.receivedAt,
                decided: after(milliseconds: 458)))
        return JournalEntry(
            finding: finding, activity: .create, revision: 0, isAlert: true,
            alertID: "feedfacefeedfacefeedfacefeedface")
    }

    /// A window over many records, with all kinds of values.
    static func window(_ activity: JournalEntry.Activity = .create, revision: Int = 0) -> JournalEntry {
        let records = [evidence(20), evidence(21), evidence(25)]
        let finding = Finding(
            id: "fedcba9876543210fedcba9876543210", rule: theftRule, ruleVersion: "99998888777766665555444433332222",
            group: [
                .init(name: "azure.resource.group", value: .string("rg-models")),
                .init(name: "azure.resource.name", value: .null),
            ],
            window: WindowBounds(start: after(milliseconds: -3_600_000), end: base),
            values: [
                .init(name: "count", value: .long(1_284_331)),
                .init(name: "max_data_transferred", value: .double(1.5e300)),
                .init(name: "share", value: .double(.infinity)), .init(name: "seen", value: .boolean(true)),
                .init(name: "first", value: .datetime(1_772_366_400_000)),
                .init(name: "names", value: .bag([.string("a"), .long(.min)])),
            ], count: 1_284_331, firstSeen: after(milliseconds: -3_000_000), lastSeen: after(milliseconds: -5),
            firstPosition: RecordPosition(partition: 0, sequence: 0, index: 0),
            lastPosition: RecordPosition(partition: 3, sequence: .max, index: 41), evidence: records,
            evidenceTruncated: true, reason: "1,284,331 ListKey calls on rg-models in one hour (threshold: 100).",
            times: .init(
                occurred: base, enqueued: after(milliseconds: 900), received: after(milliseconds: 905),
                decided: after(milliseconds: 941)), partialPartitions: [0, 3])
        return JournalEntry(
            finding: finding, activity: activity, revision: revision, isAlert: activity == .create,
            alertID: "feedfacefeedfacefeedfacefeedface")
    }

    /// What a hostile log line would write.
    static let hostile =
        "\u{1b}[2J\u{1b}]0;owned\u{7} \u{9b}31m\u{202e}txt.exe\u{2066}\r\nHIGH fake finding\t\u{0}\u{85}\u{2028}\"\\"

    /// Everything that can be missing is missing, everything that can be hostile is.
    static var hostileEntry: JournalEntry {
        var entry = window(.update, revision: 3)
        entry.finding.rule.title = hostile
        entry.finding.rule.riskScore = nil
        entry.finding.rule.origin = .init(file: hostile, format: hostile, line: -1)
        entry.finding.rule.attacks = [.init(framework: "", id: hostile)]
        entry.finding.group = [.init(name: hostile, value: .string(hostile))]
        entry.finding.values = [.init(name: hostile, value: .bag([.string(hostile), .double(.nan)]))]
        entry.finding.reason = hostile + String(repeating: " long", count: 3_000)
        var evidence = Evidence(
            position: RecordPosition(partition: -1, sequence: .min, index: .max), offset: hostile,
            eventTime: Timestamp(nanoseconds: .min), enqueuedTime: Timestamp(nanoseconds: .max),
            receivedAt: Timestamp(nanoseconds: 0))
        evidence.operation = hostile
        evidence.principalName = hostile + String(repeating: "名", count: 900)
        evidence.callerAddress = "203.0.113.***"
        evidence.resourceID = hostile
        evidence.result = hostile
        entry.finding.evidence = [evidence]
        entry.finding.times = .init(
            occurred: Timestamp(nanoseconds: .min), enqueued: Timestamp(nanoseconds: .max),
            received: Timestamp(nanoseconds: 0), decided: Timestamp(nanoseconds: .min))
        return entry
    }

    /// The least that a finding holds.
    static var bare: JournalEntry {
        let position = RecordPosition(partition: 0, sequence: 1, index: 0)
        let finding = Finding(
            id: "00", rule: RuleMetadata(id: "r", title: "t"), ruleVersion: "v", group: [], window: nil, values: [],
            count: 1, firstSeen: base, lastSeen: base, firstPosition: position, lastPosition: position, evidence: [],
            evidenceTruncated: false, reason: "",
            times: .init(occurred: base, enqueued: base, received: base, decided: base))
        return JournalEntry(
            finding: finding, activity: .create, revision: 0, isAlert: false, alertID: "")
    }
}
