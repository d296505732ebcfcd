import FindingFormats

extension StatusScreen {
    /// The newest findings.
    func findings() -> Block {
        let hasReasons = size.columns >= 70
        let lines = recent.findings.prefix(200).map { finding in
            var line = line()
            let isOld = view.nowSeconds - finding.decidedMs / 1000 > 72_000
            let precision: TimeOfDay.Precision = isOld ? .day : isNarrow ? .minute : .second
            line.column(
                TimeOfDay.text(finding.decidedMs / 1000, precision: precision), isOld ? 11 : isNarrow ? 5 : 8, .faint)
            line.column(SeverityName.text(finding.severity), 8, .severity(finding.severity))
            line.add(finding.title, .strong)
            if finding.isShadow { line.add(" (shadow)", .faint) }
            if hasReasons { line.add("  " + finding.reason) }
            return line
        }
        return list("findings", none: "none yet", Array(lines)) { more in
            var head = line()
            head.heading("FINDINGS", 8, note: more)
            return head
        }
    }

    /// Partitions with their lag.
    func partitions() -> Block {
        let isWide = size.columns >= 90
        let (lagWidth, ageWidth) = isNarrow ? (6, 7) : (9, 11)
        let room = isNarrow ? 0 : size.columns - (isWide ? 75 : 49)
        let top = recent.partitions.values.compactMap(\.peak).max()
        func row(_ partition: StatusView.Partition) -> ScreenLine {
            var line = line()
            line.column(String(partition.number), 9)
            line.column(
                partition.state, 12, !partition.isAttached ? .warn : partition.isCaughtUp ? .faint : .plain)
            line.column(partition.lag.map(isNarrow ? CountText.short : CountText.grouped) ?? "–", lagWidth, right: true)
            line.column(age(partition), ageWidth, right: true)
            if isWide {
                line.column(partition.position.map(CountText.grouped) ?? "–", 12, right: true)
                line.column(CountText.grouped(partition.messages), 10, right: true)
            }
            if room >= 4, let series = recent.partitions[partition.number] {
                line.add(Sparkline.text(series, columns: min(60, room), top: top))
            }
            return line
        }
        return list(
            "partitions", none: "the hub has not said yet which partitions it has",
            view.partitions.prefix(2000).map(row), byNeed: view.partitionsByNeed.prefix(500).map(row)
        ) { more in
            var head = line()
            head.heading("PARTITION", 23, note: more.isEmpty ? "state" : more)
            head.column("lag", lagWidth, right: true, .faint)
            head.column("behind", ageWidth, right: true, .faint)
            if isWide {
                head.column("position", 12, right: true, .faint)
                head.column("messages", 10, right: true, .faint)
            }
            if room >= 13 { head.add("lag over time", .faint) }
            return head
        }
    }

    private func age(_ partition: StatusView.Partition) -> String {
        guard let seconds = partition.lagSeconds else { return partition.lag == 0 ? "0 s" : "–" }
        return isNarrow ? CountText.roughSpan(seconds: seconds) : CountText.span(seconds: seconds)
    }

    /// Rules with what they found.
    func rules() -> Block {
        let width = isNarrow ? size.columns - 10 : min(70, size.columns - 33)
        let lines = view.rules.prefix(500).map { rule in
            var line = line()
            line.column(rule.title + (rule.isShadow ? " (shadow)" : ""), width)
            if !isNarrow {
                line.column(rule.severity, 8, .faint)
                line.column(CountText.grouped(rule.hits), 9, right: true)
            }
            line.column(CountText.grouped(rule.findings), 8, right: true, rule.findings > 0 ? .strong : .faint)
            return line
        }
        return list("rules", none: "the rules are being loaded", Array(lines)) { more in
            var head = line()
            head.heading("RULE", width, note: more)
            if !isNarrow {
                head.column("severity", 8, .faint)
                head.column("hits", 9, right: true, .faint)
            }
            head.column("findings", 8, right: true, .faint)
            return head
        }
    }

    /// Sinks with what they owe.
    func sinks() -> Block {
        let (width, owedWidth) = isNarrow ? (12, 6) : (16, 9)
        func row(_ sink: StatusView.Sink) -> ScreenLine {
            var line = line()
            line.column(sink.name, width)
            if !isNarrow { line.column(sink.cursor.map(CountText.grouped) ?? "–", 10, right: true) }
            line.column((isNarrow ? CountText.short : CountText.grouped)(sink.owed), owedWidth, right: true)
            if !isNarrow { line.column(CountText.grouped(sink.failures), 8, right: true) }
            line.add(sink.state, sink.trouble == nil ? .faint : .warn)
            return line
        }
        let byNeed = view.sinks.filter { $0.trouble != nil } + view.sinks.filter { $0.trouble == nil }
        return list(
            "sinks", none: "no sink is configured", view.sinks.prefix(100).map(row), byNeed: byNeed.prefix(100).map(row)
        ) { more in
            var head = line()
            head.heading("SINK", width, note: more)
            if !isNarrow { head.column("cursor", 10, right: true, .faint) }
            head.column("owed", owedWidth, right: true, .faint)
            if !isNarrow { head.column("failures", 8, right: true, .faint) }
            head.add("state", .faint)
            return head
        }
    }

    /// Dead letters by reason.
    func deadLetters() -> Block {
        let width = isNarrow ? max(6, size.columns - 13) : 28
        let lines = view.deadLetters.prefix(100).map { reason in
            var line = line()
            line.column(reason.name, width)
            line.column(CountText.grouped(reason.count), 11, right: true)
            if !isNarrow { line.column(CountText.grouped(reason.kept), 9, right: true) }
            return line
        }
        return list("dead letters", none: "none", Array(lines)) { more in
            var head = line()
            head.heading("DEAD LETTERS", width, note: more)
            head.column("since start", 11, right: true, .faint)
            if !isNarrow { head.column("kept", 9, right: true, .faint) }
            return head
        }
    }

    /// What was missed.
    func gaps() -> Block {
        let lines = view.gaps.prefix(100).map { gap in
            var line = line()
            if !isNarrow { line.column(TimeOfDay.text(gap.detectedSeconds, precision: .day), 11, .faint) }
            line.add("partition \(gap.partition)  \(CountText.grouped(gap.first)) to ")
            line.add("\(gap.last.map(CountText.grouped) ?? "?")  \(gap.cause), went on at \(gap.policy)")
            return line
        }
        return list("gaps", none: "none", Array(lines)) { more in
            var head = line()
            let note = isNarrow ? "missed messages" : "messages that were missed"
            head.heading("GAPS", 4, note: more.isEmpty ? note : "\(note), \(more)")
            return head
        }
    }
}
