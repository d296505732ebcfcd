public import Detection
public import DiagnosticLogs

extension JournalEntry {
    /// A finding that is none: what `hubwatch sinks test` sends, marked as a test in every text a person sees.
    public static func test(at now: Timestamp, host: String) -> JournalEntry {
        let rule = RuleMetadata(
            id: "hubwatch.test", title: "Test finding of hubwatch: nothing has happened",
            description: "Sent by `hubwatch sinks test` to see whether findings arrive here.", severity: .informational,
            authors: ["hubwatch"], tags: ["test"], origin: RuleMetadata.Origin(file: "", format: "built-in", line: 1))
        let position = RecordPosition(partition: -1, sequence: -1, index: 0)
        let id = "test-\(now.nanoseconds)"
        let finding = Finding(
            id: id, rule: rule, ruleVersion: "1", group: [NamedValue(name: "host", value: .string(host))], window: nil,
            values: [], count: 1, firstSeen: now, lastSeen: now, firstPosition: position, lastPosition: position,
            evidence: [], evidenceTruncated: false,
            reason: "This is a test: somebody ran `hubwatch sinks test` on \(host). No event is behind it.",
            times: Finding.Times(occurred: now, enqueued: now, received: now, decided: now))
        return JournalEntry(finding: finding, activity: .create, isAlert: true, alertID: id)
    }
}
