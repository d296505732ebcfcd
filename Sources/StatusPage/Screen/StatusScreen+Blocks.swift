import FindingFormats

extension StatusScreen {
    /// The newest findings.
    func findings() -> Block {
        let isWide = size.columns >= 70
        let lines = recent.findings.prefix(200).map { finding in
            var line = line()
            let isOld = view.nowSeconds - finding.decidedMs / 1000 > 72_000
            line.column(
                TimeOfDay.text(finding.decidedMs / 1000, precision: isOld ? .day : .second), isOld ? 11 : 8, .faint)
            line.column(SeverityName.text(finding.severity), 8, .severity(finding.severity))
            line.add(finding.title, .strong)
            if finding.isShadow { line.add(" (shadow)", .faint) }
            if isWide { line.add("  " + finding.reason) }
            return line
        }
        return list(title("FINDINGS"), none: "none yet", Array(lines))
    }

    /// Partitions with their lag.
    func partitions() -> Block {
        let isWide = size.columns >= 90
        let room = size.columns - (isWide ? 72 : 46)
        let top = recent.partitions.values.compactMap(\.peak).max()
        var head = line()
        head.column("PARTITION", 9, .strong)
        head.column("state", 12, .faint)
        head.column("lag", 9, right: true, .faint)
        head.column("behind", 8, right: true, .faint)
        if isWide {
            head.column("position", 12, right: true, .faint)
            head.column("messages", 10, right: true, .faint)
        }
        if room >= 12 { head.add("lag over time", .faint) }
        let lines = view.partitions.prefix(2000).map { partition in
            var line = line()
            line.column(String(partition.number), 9)
            line.column(
                partition.state, 12, !partition.isAttached ? .warn : partition.isCaughtUp ? .faint : .plain)
            line.column(partition.lag.map(CountText.grouped) ?? "–", 9, right: true)
            line.column(
                partition.lagSeconds.map { CountText.span(seconds: $0) } ?? (partition.lag == 0 ? "0 s" : "–"), 8,
                right: true)
            if isWide {
                line.column(partition.position.map(CountText.grouped) ?? "–", 12, right: true)
                line.column(CountText.grouped(partition.messages), 10, right: true)
            }
            if room >= 4, let series = recent.partitions[partition.number] {
                line.add(Sparkline.text(series, columns: min(60, room), top: top))
            }
            return line
        }
        return list(head, none: "the hub has not said yet which partitions it has", Array(lines))
    }

    /// Rules with what they found.
    func rules() -> Block {
        let width = min(70, max(10, size.columns - 35))
        var head = line()
        head.column("RULE", width, .strong)
        head.column("severity", 8, .faint)
        head.column("hits", 11, right: true, .faint)
        head.column("findings", 8, right: true, .faint)
        let lines = view.rules.prefix(500).map { rule in
            var line = line()
            line.column(rule.title + (rule.isShadow ? " (shadow)" : ""), width)
            line.column(rule.severity, 8, .faint)
            line.column(CountText.grouped(rule.hits), 11, right: true)
            line.column(CountText.grouped(rule.findings), 8, right: true, rule.findings > 0 ? .strong : .faint)
            return line
        }
        return list(head, none: "the rules are being loaded", Array(lines))
    }

    /// Sinks with what they owe.
    func sinks() -> Block {
        var head = line()
        head.column("SINK", 16, .strong)
        head.column("cursor", 10, right: true, .faint)
        head.column("owed", 9, right: true, .faint)
        head.column("failures", 8, right: true, .faint)
        head.add("state", .faint)
        let lines = view.sinks.prefix(100).map { sink in
            var line = line()
            line.column(sink.name, 16)
            line.column(sink.cursor.map(CountText.grouped) ?? "–", 10, right: true)
            line.column(CountText.grouped(sink.owed), 9, right: true)
            line.column(CountText.grouped(sink.failures), 8, right: true)
            line.add(sink.state, sink.trouble == nil ? .faint : .warn)
            return line
        }
        return list(head, none: "no sink is configured", Array(lines))
    }

    /// Dead letters by reason.
    func deadLetters() -> Block {
        let lines = view.deadLetters.prefix(100).map { reason in
            var line = line()
            line.column(reason.name, 28)
            line.column(CountText.grouped(reason.count), 11, right: true)
            line.column(CountText.grouped(reason.kept), 9, right: true)
            return line
        }
        var head = line()
        head.column("DEAD LETTERS", 28, .strong)
        head.column("since start", 11, right: true, .faint)
        head.column("kept", 9, right: true, .faint)
        return list(head, none: "none", Array(lines))
    }

    /// What was missed.
    func gaps() -> Block {
        let lines = view.gaps.prefix(100).map { gap in
            var line = line()
            line.column(TimeOfDay.text(gap.detectedSeconds, precision: .day), 11, .faint)
            line.add("partition \(gap.partition)  \(CountText.grouped(gap.first)) to ")
            line.add("\(gap.last.map(CountText.grouped) ?? "?")  \(gap.cause), went on at \(gap.policy)")
            return line
        }
        return list(title("GAPS", "messages that were missed"), none: "none", Array(lines))
    }
}
