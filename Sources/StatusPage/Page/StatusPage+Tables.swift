extension StatusPage {
    /// A section of a title and a table; a sentence where there is nothing to list.
    private func listing<Item>(
        _ id: Attribute, _ title: String, note: String, none: String, _ items: [Item], limit: Int,
        columns: [(name: String, isNumber: Bool)], into html: inout Markup, row: (Item, inout Markup) -> Void
    ) {
        html.element(.section, id, .label(title)) { section in
            section.element(.header) { header in
                header.element(.h2, text: title)
                header.element(.span, .class("soft"), text: note)
            }
            guard !items.isEmpty else {
                section.element(.p, .class("none"), text: none)
                return
            }
            section.element(.div, .class("scroll"), .role("region"), .label(title), .tabbable) { box in
                box.element(.table) { table in
                    table.element(.caption, text: title)
                    table.element(.thead) { head in
                        head.element(.tr) { cells in
                            for column in columns {
                                cells.element(
                                    .th, .scope("col"), column.isNumber ? .class("n") : nil, text: column.name)
                            }
                        }
                    }
                    table.element(.tbody) { body in
                        for item in items.prefix(limit) { body.element(.tr) { row(item, &$0) } }
                    }
                }
            }
            if items.count > limit { section.element(.p, .class("more soft"), text: "and \(items.count - limit) more") }
        }
    }

    func rules(into html: inout Markup) {
        listing(
            .id("rules"), "Rules", note: view.rules.isEmpty ? "" : "\(view.rules.count), counts since the start",
            none: "The rules are being loaded.", view.rules, limit: Limits.rules,
            columns: [("rule", false), ("severity", false), ("hits", true), ("findings", true)], into: &html
        ) { rule, row in
            row.element(.th, .scope("row"), .title(clipped(rule.id, 100))) { cell in
                cell.element(.bdi, text: clipped(rule.title))
                if rule.isShadow { cell.element(.small, .class("soft"), text: " shadow") }
            }
            row.element(.td, .class("soft keep"), text: clipped(rule.severity, 20))
            row.element(.td, .class("n"), text: CountText.grouped(rule.hits))
            row.element(.td, .class("n"), text: CountText.grouped(rule.findings))
        }
    }

    func deadLetters(into html: inout Markup) {
        let most = max(1, view.deadLetters.map { max($0.count, $0.kept) }.max() ?? 1)
        let others = view.reasonsWithout
        let without = "; \(others) other \(others == 1 ? "reason has" : "reasons have") none"
        let note = "by reason" + (others > 0 ? without : "")
        listing(
            .id("dead-letters"), "Dead letters", note: view.deadLetters.isEmpty ? "" : note,
            none: "None: everything could be decoded.", view.deadLetters, limit: Limits.reasons,
            columns: [("reason", false), ("", false), ("since start", true), ("kept", true)], into: &html
        ) { reason, row in
            row.element(.th, .scope("row")) { $0.element(.bdi, text: clipped(reason.name, 60)) }
            row.element(.td, .class("bars")) { cell in
                cell.element(.svg, .viewBox(width: 100, height: 8), .stretched, .hidden) { svg in
                    svg.empty(
                        .rect, .class("bar"), .x(0), .y(0), .height(8),
                        .width(max(0.5, 100 * Double(max(reason.count, reason.kept)) / Double(most))))
                }
            }
            row.element(.td, .class("n"), text: CountText.grouped(reason.count))
            row.element(.td, .class("n"), text: CountText.grouped(reason.kept))
        }
    }

    func sinks(into html: inout Markup) {
        listing(
            .id("sinks"), "Sinks", note: view.journalIsFull ? "they owe as much as they may: reading waits" : "",
            none: "No sink is configured.", view.sinks, limit: Limits.sinks,
            columns: [("sink", false), ("state", false), ("cursor", true), ("owed", true), ("failures", true)],
            into: &html
        ) { sink, row in
            row.element(.th, .scope("row")) { $0.element(.bdi, text: clipped(sink.name, 60)) }
            row.element(.td, .class(sink.trouble != nil ? "warn" : "soft")) {
                $0.element(.bdi, text: clipped(sink.state, 200))
            }
            row.element(.td, .class("n"), text: sink.cursor.map(CountText.grouped) ?? "–")
            row.element(
                .td, .class("n"), .title(CountText.bytes(sink.owedBytes)), text: CountText.grouped(sink.owed))
            row.element(.td, .class("n"), text: CountText.grouped(sink.failures))
        }
    }

    func gaps(into html: inout Markup) {
        listing(
            .id("gaps"), "Gaps", note: view.gaps.isEmpty ? "" : "messages that were missed",
            none: "None: every message behind the first one read was seen.", view.gaps, limit: Limits.gaps,
            columns: [
                ("partition", false), ("missing", false), ("cause", false), ("went on", false), ("noticed", false),
            ],
            into: &html
        ) { gap, row in
            row.element(.th, .scope("row"), text: String(gap.partition))
            row.element(
                .td,
                text: "\(CountText.grouped(gap.first)) to \(gap.last.map(CountText.grouped) ?? "?")")
            row.element(.td, text: clipped(gap.cause, 40))
            row.element(.td, text: clipped(gap.policy, 40))
            row.element(.td, .class("keep"), text: TimeOfDay.text(gap.detectedSeconds, precision: .day))
        }
    }
}
