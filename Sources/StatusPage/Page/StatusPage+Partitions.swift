extension StatusPage {
    /// Partitions with their lag, now and over time.
    func partitions(into html: inout Markup) {
        // All plots share a scale, so that they can be compared.
        let top = Scale.ceiling(recent.partitions.values.compactMap(\.peak).max() ?? 0, least: 10)
        html.element(.section, .id("partitions"), .labelled(by: "partitions-title")) { section in
            section.element(.header) { header in
                header.element(.h2, .id("partitions-title"), text: "Partitions")
                header.element(.span, .class("soft"), text: partitionSummary())
            }
            guard !view.partitions.isEmpty else {
                section.element(.p, .class("none"), text: "The hub has not said yet which partitions it has.")
                return
            }
            section.element(.div, .class("scroll"), .role("region"), .label("Partitions"), .tabbable) { box in
                box.element(.table) { table in
                    table.element(.caption, text: "Partitions and their lag")
                    table.element(.thead) { $0.element(.tr) { partitionHead(into: &$0, top: top) } }
                    table.element(.tbody) { body in
                        for partition in shownPartitions {
                            body.element(.tr) { self.partition(partition, top: top, into: &$0) }
                        }
                    }
                }
            }
            let more = view.partitions.count - Limits.partitions
            if more > 0 {
                section.element(.p, .class("more soft"), text: "and \(more) partitions with no more lag than these.")
            }
        }
    }

    /// All partitions by number, or, where there are too many, those that lag most.
    private var shownPartitions: [StatusView.Partition] {
        guard view.partitions.count > Limits.partitions else { return view.partitions }
        return Array(view.partitionsByNeed.prefix(Limits.partitions))
    }

    private func partitionSummary() -> String {
        let count = CountText.counted(Int64(view.partitions.count), "partition", "partitions")
        let behind = view.partitions.count { ($0.lag ?? 0) > 0 }
        let detached = view.partitions.count { !$0.isAttached }
        var parts = [count, behind == 0 ? "none behind" : "\(behind) behind"]
        if detached > 0 { parts.append("\(detached) not attached") }
        return view.partitions.isEmpty ? "" : parts.joined(separator: ", ")
    }

    private func partitionHead(into row: inout Markup, top: Int64) {
        row.element(.th, .scope("col"), text: "partition")
        row.element(.th, .scope("col"), text: "state")
        row.element(.th, .scope("col"), .class("n"), text: "lag")
        row.element(.th, .scope("col"), .class("n"), text: "behind")
        row.element(
            .th, .scope("col"), .class("spark"), .title("Every plot reaches to \(CountText.grouped(top)) messages"),
            text: "lag over time")
        row.element(.th, .scope("col"), .class("n opt"), text: "position")
        row.element(.th, .scope("col"), .class("n opt"), text: "messages")
        row.element(.th, .scope("col"), .class("n opt"), text: "size")
    }

    private func partition(_ partition: StatusView.Partition, top: Int64, into row: inout Markup) {
        row.element(.th, .scope("row"), text: String(partition.number))
        row.element(
            .td, .class(!partition.isAttached ? "keep warn" : partition.isCaughtUp ? "keep soft" : "keep"),
            partition.trouble.map { .title(clipped($0, 400)) }, text: partition.state)
        row.element(.td, .class("n"), text: partition.lag.map(CountText.grouped) ?? "–")
        row.element(
            .td, .class("n"),
            text: partition.lagSeconds.map { CountText.span(seconds: $0) } ?? (partition.lag == 0 ? "0 s" : "–"))
        row.element(.td, .class("spark")) { cell in
            guard let series = recent.partitions[partition.number] else { return }
            SeriesPlot(series, height: 22, top: top, secondsMin: 300, pointsMax: 90).draw(
                into: &cell,
                label: "Lag of partition \(partition.number): peak "
                    + (series.peak.map(CountText.grouped) ?? "unknown"))
        }
        row.element(.td, .class("n opt"), text: partition.position.map(CountText.grouped) ?? "–")
        row.element(.td, .class("n opt"), text: CountText.grouped(partition.messages))
        row.element(.td, .class("n opt"), text: CountText.bytes(partition.bytes))
    }
}
