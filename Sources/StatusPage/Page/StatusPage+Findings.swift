import DiagnosticLogs
import FindingFormats

extension StatusPage {
    /// The findings as a timeline, and as a list with their evidence.
    func findings(into html: inout Markup) {
        html.element(.section, .id("findings"), .labelled(by: "findings-title")) { section in
            section.element(.header) { header in
                header.element(.h2, .id("findings-title"), text: "Findings")
                header.element(.span, .class("soft"), text: summary())
            }
            guard !recent.findings.isEmpty else {
                section.element(.p, .class("none"), text: "None yet. Findings appear here within a second.")
                return
            }
            let timeline = FindingTimeline(recent.findings, nowSeconds: view.nowSeconds)
            timeline.draw(into: &section, label: "Timeline: \(summary())")
            axis(into: &section, timeline.startSeconds, timeline.endSeconds, isWide: true)
            section.element(.div, .class("findings")) { list in
                for finding in recent.findings.prefix(Limits.findings) { self.finding(finding, into: &list) }
            }
            let more = recent.findings.count - Limits.findings
            if more > 0 {
                section.element(
                    .p, .class("more soft"),
                    text: "and \(CountText.counted(Int64(more), "older one", "older ones")) on the timeline; "
                        + "all are in the journal and in the findings file.")
            }
        }
    }

    /// `12 shown: 3 high, 9 medium`.
    private func summary() -> String {
        guard !recent.findings.isEmpty else { return "" }
        var counts = Array(repeating: Int64(0), count: 6)
        for finding in recent.findings { counts[min(5, max(1, finding.severity))] += 1 }
        let parts = (1...5).reversed().filter { counts[$0] > 0 }
            .map { "\(CountText.grouped(counts[$0])) \(SeverityName.text($0))" }
        return "the newest \(CountText.grouped(Int64(recent.findings.count))): " + parts.joined(separator: ", ")
    }

    private func finding(_ finding: FindingDigest, into html: inout Markup) {
        html.element(.details, .id("f-", finding.id), .class("finding")) { details in
            details.element(.summary) { line in
                line.element(.span, Self.badge(finding.severity), text: SeverityName.text(finding.severity))
                line.element(.span, .class("what")) { what in
                    what.element(.strong) { $0.element(.bdi, text: clipped(finding.title)) }
                    if finding.isShadow { what.element(.small, .class("soft"), text: " shadow rule") }
                    what.element(.span) { $0.element(.bdi, text: clipped(finding.reason, 600)) }
                }
                line.element(.span, .class("when")) { when in
                    when.element(
                        .time, .datetime(Self.iso(finding.decidedMs)),
                        text: TimeOfDay.text(
                            finding.decidedMs / 1000, precision: age(finding) > 72_000 ? .day : .second))
                    when.element(.span, text: finding.isFinal ? "final" : "window open")
                }
            }
            details.element(.div, .class("detail")) { detail in
                facts(finding, into: &detail)
                evidence(finding, into: &detail)
            }
        }
    }

    private func facts(_ finding: FindingDigest, into html: inout Markup) {
        html.element(.dl, .class("facts")) { list in
            func fact(_ label: String, _ values: [String]) {
                guard !values.isEmpty else { return }
                list.element(.dt, text: clipped(label, 40))
                list.element(.dd) { dd in
                    for value in values { dd.element(.span) { $0.element(.bdi, text: clipped(value, 400)) } }
                }
            }
            for one in finding.facts { fact(one.label, one.values) }
            fact("records", [CountText.grouped(finding.count)])
            fact("latency", ["\(CountText.grouped(finding.latencyMs)) ms from enqueued to decided"])
            fact("rule", [finding.ruleID])
            fact("finding", [finding.id])
            let links = finding.references.compactMap { address in Attribute.link(address).map { (address, $0) } }
            guard !links.isEmpty else { return }
            list.element(.dt, text: "read")
            list.element(.dd) { dd in
                for (address, link) in links {
                    dd.element(.span) {
                        $0.element(.a, link, .rel("noreferrer noopener nofollow"), text: clipped(address, 100))
                    }
                }
            }
        }
    }

    private func evidence(_ finding: FindingDigest, into html: inout Markup) {
        guard !finding.evidence.isEmpty else { return }
        let known: [(name: String, text: (FindingDigest.Record) -> String)] = [
            ("operation", { $0.operation }), ("who", { $0.actor }), ("from", { $0.address }),
            ("resource", { $0.resource }), ("result", { $0.result }),
        ]
        // Of what no record says there is no column.
        let columns = known.filter { column in finding.evidence.contains { !column.text($0).isEmpty } }
        html.element(.div, .class("scroll"), .role("region"), .label("Evidence"), .tabbable) { box in
            box.element(.table) { table in
                table.element(.caption, text: "Records behind this finding")
                table.element(.thead) { head in
                    head.element(.tr) { row in
                        for name in ["time", "record"] + columns.map(\.name) {
                            row.element(.th, .scope("col"), text: name)
                        }
                    }
                }
                table.element(.tbody) { body in
                    for record in finding.evidence {
                        body.element(.tr) { row in
                            row.element(.td, .class("keep"), text: clipped(record.time, 30))
                            row.element(.td, .class("keep mono"), text: clipped(record.position, 60))
                            for column in columns {
                                row.element(.td) { $0.element(.bdi, text: clipped(column.text(record))) }
                            }
                        }
                    }
                }
            }
        }
        if finding.evidenceIsTruncated {
            html.element(.p, .class("soft"), text: "More records matched than are kept as evidence.")
        }
    }

    private func age(_ finding: FindingDigest) -> Int64 { view.nowSeconds - finding.decidedMs / 1000 }

    private static func iso(_ milliseconds: Int64) -> String { TimeText.iso(Timestamp(milliseconds: milliseconds)) }

    private static func badge(_ severity: Int) -> Attribute {
        switch severity {
        case 5: .class("badge s5")
        case 4: .class("badge s4")
        case 3: .class("badge s3")
        case 2: .class("badge s2")
        default: .class("badge s1")
        }
    }
}
