/// The status of a running hubwatch on a terminal.
///
/// A function of a view, the near past and the size of the terminal: equal input gives equal lines.
///
/// **Bounds**: exactly as many lines as fit, none wider than the screen. Lists that do not fit are cut, the longest first, and say
/// how much is missing.
public struct StatusScreen: Sendable {
    /// The room there is.
    public struct Size: Hashable, Sendable {
        /// Columns.
        public var columns: Int
        /// Lines; nil for as many as it takes.
        public var lines: Int?

        /// Makes a size; at least 20 columns and 3 lines.
        public init(columns: Int, lines: Int?) {
            self.columns = min(500, max(20, columns))
            self.lines = lines.map { max(3, $0) }
        }
    }

    /// A titled list.
    struct Block {
        var title: ScreenLine
        var lines: [ScreenLine]
    }

    let view: StatusView
    let recent: RecentActivity
    let size: Size
    let colour: Bool
    private let notice: String?

    /// Makes a screen.
    ///
    /// - Parameter notice: what a person should know of the connection; nil for nothing.
    public init(
        _ view: StatusView, _ recent: RecentActivity, size: Size, colour: Bool, notice: String? = nil
    ) {
        self.view = view
        self.recent = recent
        self.size = size
        self.colour = colour
        self.notice = notice
    }

    /// The lines, from the top.
    public func lines() -> [String] {
        var lines = head()
        var blocks = [findings(), partitions(), rules(), sinks()]
        if !view.deadLetters.isEmpty { blocks.append(deadLetters()) }
        if !view.gaps.isEmpty { blocks.append(gaps()) }
        guard let room = size.lines else {
            return (lines + blocks.flatMap { shown($0, $0.lines.count) }).map(\.text)
        }
        let keys = foot()
        let counts = Self.share(room - lines.count - 1, among: blocks.map(\.lines.count))
        for (block, count) in zip(blocks, counts) {
            if let count { lines += shown(block, count) }
        }
        lines = Array(lines.prefix(room - 1))
        while lines.count < room - 1 { lines.append(line()) }
        return (lines + [keys]).map(\.text)
    }

    /// How many lines each list gets; nil for a list that is left out, with its title.
    ///
    /// The longest is cut first, down to one line each; then the last ones are left out.
    static func share(_ room: Int, among wanted: [Int]) -> [Int?] {
        var given = wanted
        // A blank line and a title each.
        var total = given.reduce(0) { $0 + $1 + 2 }
        while total > room, let longest = given.max(), longest > 1, let place = given.lastIndex(of: longest) {
            given[place] -= 1
            total -= 1
        }
        var result: [Int?] = given
        for place in result.indices.reversed() where total > room {
            total -= given[place] + 2
            result[place] = nil
        }
        return result
    }

    private func shown(_ block: Block, _ count: Int) -> [ScreenLine] {
        let left = block.lines.count - count
        var title = block.title
        if left > 0 { title.add("  \(left) more", .faint) }
        return [line(), title] + block.lines.prefix(count)
    }

    func line() -> ScreenLine { ScreenLine(width: size.columns, colour: colour) }

    func title(_ text: String, _ note: String = "") -> ScreenLine {
        var line = line()
        line.add(text, .strong)
        if !note.isEmpty { line.add("  " + note, .faint) }
        return line
    }

    func list(_ title: ScreenLine, none: String, _ lines: [ScreenLine]) -> Block {
        guard lines.isEmpty else { return Block(title: title, lines: lines) }
        var empty = line()
        empty.add(none, .faint)
        return Block(title: title, lines: [empty])
    }

    private func foot() -> ScreenLine {
        var line = line()
        if let notice { line.add(notice, .warn) } else { line.add("q quit", .faint) }
        return line
    }

    private func head() -> [ScreenLine] {
        var first = line()
        first.add("hubwatch", .strong)
        first.space(2)
        first.add(view.state, view.isReady ? .good : .warn)
        first.add("  " + [view.namespace, view.hub].filter { !$0.isEmpty }.joined(separator: " / "))
        if !view.consumerGroup.isEmpty { first.add("  group " + view.consumerGroup, .faint) }
        let up = view.startedSeconds.map { "up \(CountText.span(seconds: Double(max(0, view.nowSeconds - $0)))) · " }
        first.right((up ?? "") + TimeOfDay.text(view.nowSeconds, precision: .second) + " UTC", .faint)
        var lines = [first]
        for reason in view.reasons.prefix(4) {
            var line = line()
            line.add("  ! " + reason, .warn)
            lines.append(line)
        }
        return lines + [figures()] + plots()
    }

    private func figures() -> ScreenLine {
        var line = line()
        func figure(_ name: String, _ value: String, _ style: ScreenLine.Style = .strong) {
            // A number without its name, or half of one, says nothing.
            guard line.room >= name.count + value.count + 4 else { return }
            if line.used > 0 { line.add("   ") }
            line.add(name + " ", .faint)
            line.add(value, style)
        }
        figure("lag", view.lag.map(CountText.short) ?? "–", (view.lag ?? 0) > 0 ? .warn : .strong)
        figure("behind", view.lagSeconds.map { CountText.span(seconds: $0) } ?? (view.lag == 0 ? "0 s" : "–"))
        figure("records/s", recent.rate.values.last.flatMap { $0 }.map(CountText.short) ?? "–")
        figure("alerts", CountText.short(view.alerts), view.alerts > 0 ? .bad : .strong)
        figure("records", CountText.short(view.records))
        figure("dead letters", CountText.short(view.deadLetterCount), view.deadLetterCount > 0 ? .warn : .strong)
        figure("open groups", CountText.short(view.groups))
        return line
    }

    /// Lag and rate over time, beside each other where there is room for both.
    private func plots() -> [ScreenLine] {
        let isWide = size.columns >= 90
        let room = (isWide ? (size.columns - 4) / 2 : size.columns) - 18
        var lines: [ScreenLine] = []
        var current = line()
        for (index, plot) in [("lag ", recent.lag), ("rate", recent.rate)].enumerated() {
            let (name, series) = plot
            let blocks = Sparkline.text(series, columns: room)
            current.add(name + " ", .faint)
            current.add(blocks)
            current.space(room - blocks.count)
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
