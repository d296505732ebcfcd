import Detection
import DiagnosticLogs
import HubwatchRuntime

/// What a replay did, for a person and for a program.
struct ReplaySummary {
    private let report: ReplayReport
    private let status: RunStatus.Snapshot
    private let seconds: Double

    init(_ report: ReplayReport, _ status: RunStatus.Snapshot, took time: Duration) {
        self.report = report
        self.status = status
        seconds = max(0.001, Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18)
    }

    var text: String {
        let counters = report.counters
        var lines = [
            "\(report.wasStopped ? "Stopped after" : "Replayed") \(counters.messages) messages (\(Amount.bytes(counters.bytes))), \(counters.records) records in \((seconds * 10).rounded() / 10) s: \(Amount.rate(counters.records, seconds)) records/s, \(Amount.bytes(Int64(Double(counters.bytes) / seconds)))/s."
        ]
        if let first = report.first, let last = report.last {
            lines.append("Enqueued from \(first.iso8601) to \(last.iso8601).")
        }
        if report.rules.isEmpty {
            lines.append("No findings.")
        } else {
            lines.append("\(report.findings) findings:")
            let rows = report.rules.map {
                [
                    "  \($0.findings)", "\($0.severity)", $0.title,
                    $0.isShadow ? "shadow: not sent" : "\($0.alerts) alerts",
                ]
            }
            lines.append(
                TextTable.write(["  count", "severity", "rule", ""], rows))
        }
        var notes: [String] = []
        func note(_ count: Int64, _ text: String) { if count > 0 { notes.append("\(count) \(text)") } }
        note(counters.deadLetters, "dead letters: not decoded, and not judged")
        note(counters.late, "late records (once per rule)")
        note(counters.redelivered, "messages that had been read before")
        note(counters.skipped, "metrics and empty bodies")
        note(Int64(report.gaps), "gaps: the broker had messages and did not give them")
        note(
            Int64(report.openWindows),
            "windows are open at the end and not decided (\(report.openFindings) findings of them were raised early); --close-windows decides them"
        )
        note(Int64(report.closedAtEnd), "findings of windows that the end cuts: what follows may change them")
        note(
            Int64(report.cutAtStart),
            "findings of windows that begin before the first message: what came before may change them")
        lines += notes.map { "  \($0)" }
        return lines.joined(separator: "\n")
    }

    var json: String {
        let counters = report.counters
        let members: [(String, JSONText.Value)] = [
            ("messages", .number(counters.messages)), ("records", .number(counters.records)),
            ("bytes", .number(counters.bytes)), ("seconds", .number(Int64(seconds.rounded(.up)))),
            ("recordsPerSecond", .number(Int64(Double(counters.records) / seconds))),
            ("first", report.first.map { .text($0.iso8601) } ?? .null),
            ("last", report.last.map { .text($0.iso8601) } ?? .null),
            ("decidedThrough", report.watermark.map { .text($0.iso8601) } ?? .null),
            ("findings", .number(Int64(report.findings))),
            (
                "rules",
                .objects(
                    report.rules.map {
                        JSONText.object([
                            ("id", .text($0.id)), ("title", .text($0.title)), ("severity", .text("\($0.severity)")),
                            ("shadow", .boolean($0.isShadow)), ("findings", .number(Int64($0.findings))),
                            ("alerts", .number(Int64($0.alerts))),
                        ])
                    })
            ),
            ("deadLetters", .number(counters.deadLetters)), ("late", .number(counters.late)),
            ("readBefore", .number(counters.redelivered)), ("skipped", .number(counters.skipped)),
            ("gaps", .number(Int64(report.gaps))), ("openWindows", .number(Int64(report.openWindows))),
            ("openFindings", .number(Int64(report.openFindings))), ("closedAtEnd", .number(Int64(report.closedAtEnd))),
            ("cutAtStart", .number(Int64(report.cutAtStart))), ("stopped", .boolean(report.wasStopped)),
        ]
        return JSONText.object(members)
    }
}
