extension StatusScreen {
    /// What it is and how it is, why, the key figures, and lag and rate over time.
    func head() -> [ScreenLine] {
        var lines = [masthead()]
        for reason in view.reasons.prefix(4) {
            var line = line()
            line.add("  ! " + reason, .warn)
            lines.append(line)
        }
        let more = view.reasons.count - 4
        if more > 0 {
            var line = line()
            line.add("  and \(more) more", .faint)
            lines.append(line)
        }
        return lines + figures() + plots()
    }

    /// Name and state first, then as much of source, group, clock and age as fits; the name of the hub is cut last.
    private func masthead() -> ScreenLine {
        var line = line()
        line.add("hubwatch", .strong)
        line.space(2)
        if isStale { line.add("no answer", .bad) } else { line.add(view.state, view.isReady ? .good : .warn) }
        let source = [view.namespace, view.hub].filter { !$0.isEmpty }.joined(separator: " / ")
        let group = view.consumerGroup.isEmpty ? "" : "  group " + view.consumerGroup
        let up = view.startedSeconds.map { "up \(CountText.span(seconds: Double(max(0, view.nowSeconds - $0)))) · " }
        let clock = TimeOfDay.text(view.nowSeconds, precision: .second) + " UTC"
        let choices = [
            (source, group, (up ?? "") + clock), (source, group, clock), (source, "", clock), (source, group, ""),
            (source, "", ""),
        ]
        let choice = choices.first { source, group, right in
            let wide = ScreenLine.width("  " + source + group) + (right.isEmpty ? 0 : 2 + ScreenLine.width(right))
            return wide <= line.room
        }
        let (name, behind, right) = choice ?? (view.hub.isEmpty ? source : view.hub, "", "")
        line.add("  " + name)
        line.add(behind, .faint)
        line.right(right, .faint)
        return line
    }

    /// The numbers that a reader looks for first come first; those that fit nowhere are left out.
    private func figures() -> [ScreenLine] {
        var lines = [line()]
        let linesMax = isNarrow ? 2 : 1
        func figure(_ name: String, _ value: String, _ style: ScreenLine.Style = .strong) {
            let wide = name.count + value.count + 1
            // A number without its name, or half of one, says nothing.
            if lines[lines.count - 1].room < wide + 3, lines.count < linesMax { lines.append(line()) }
            let last = lines.count - 1
            let gap = lines[last].used > 0 ? 3 : 0
            guard lines[last].room >= wide + gap else { return }
            lines[last].space(gap)
            lines[last].add(name + " ", .faint)
            lines[last].add(value, style)
        }
        figure("lag", view.lag.map(CountText.short) ?? "–", (view.lag ?? 0) > 0 ? .warn : .strong)
        figure("behind", view.lagSeconds.map { CountText.span(seconds: $0) } ?? (view.lag == 0 ? "0 s" : "–"))
        figure("alerts", CountText.short(view.alerts), view.alerts > 0 ? .bad : .strong)
        figure("dead letters", CountText.short(view.deadLetterCount), view.deadLetterCount > 0 ? .warn : .strong)
        figure("records/s", recent.rate.values.last.flatMap { $0 }.map(CountText.short) ?? "–")
        figure("records", CountText.short(view.records))
        figure("open groups", CountText.short(view.groups))
        return lines
    }

    /// Lag and rate over time, beside each other where there is room for both; now is at the right end.
    private func plots() -> [ScreenLine] {
        let isWide = size.columns >= 90
        let room = (isWide ? (size.columns - 4) / 2 : size.columns) - 18
        var lines: [ScreenLine] = []
        var current = line()
        for (index, plot) in [("lag ", recent.lag), ("rate", recent.rate)].enumerated() {
            let (name, series) = plot
            let blocks = Sparkline.text(series, columns: room)
            current.add(name + " ", .faint)
            current.space(room - blocks.count)
            current.add(blocks)
            current.add(" peak \(series.peak.map(CountText.short) ?? "–")", .faint)
            if isWide && index == 0 {
                let end = (size.columns - 4) / 2 + 4
                current.space(end - current.used)
                continue
            }
            lines.append(current)
            current = line()
        }
        return lines
    }
}
