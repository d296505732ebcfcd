/// The status of a running hubwatch on a terminal.
///
/// A function of a view, the near past and the size of the terminal: equal input gives equal lines.
///
/// **Bounds**: exactly as many lines as fit, none wider than the screen. Lists that do not fit are cut, the longest first, and say
/// how much is missing; a list that finds no room at all is named in the last line.
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
        /// What it is called where it finds no room.
        var name: String
        /// The line above it; takes how much is missing below, or an empty text.
        var title: (String) -> ScreenLine
        var lines: [ScreenLine]
        /// The lines in the order in which they are cut off from the end; nil for the order in which they stand.
        var byNeed: [ScreenLine]?
    }

    let view: StatusView
    let recent: RecentActivity
    let size: Size
    let colour: Bool
    private let trouble: String?

    /// Makes a screen.
    ///
    /// - Parameter trouble: why the last look got no answer, so that what is shown is old; nil while it does.
    public init(
        _ view: StatusView, _ recent: RecentActivity, size: Size, colour: Bool, trouble: String? = nil
    ) {
        self.view = view
        self.recent = recent
        self.size = size
        self.colour = colour
        self.trouble = trouble
    }

    /// Whether what is shown is old.
    var isStale: Bool { trouble != nil }

    /// Whether columns must be left out.
    var isNarrow: Bool { size.columns < 60 }

    /// The lines, from the top.
    public func lines() -> [String] {
        var lines = head()
        var blocks = [findings(), partitions(), rules(), sinks()]
        if !view.deadLetters.isEmpty { blocks.append(deadLetters()) }
        if !view.gaps.isEmpty { blocks.append(gaps()) }
        guard let room = size.lines else {
            return (lines + blocks.flatMap { shown($0, $0.lines.count, isAiry: true) }).map(\.finished)
        }
        let wanted = blocks.map(\.lines.count)
        let left = room - lines.count - 1
        var counts = Self.share(left, among: wanted, overhead: 2)
        // Blank lines between the lists are given up before a list is cut to less than a few lines.
        let isAiry = zip(counts, wanted).allSatisfy { ($0 ?? 0) >= min($1, Self.fewLines) }
        if !isAiry { counts = Self.share(left, among: wanted, overhead: 1) }
        for (block, count) in zip(blocks, counts) {
            if let count { lines += shown(block, count, isAiry: isAiry) }
        }
        let missing = zip(blocks, counts).filter { $0.1 == nil }.map(\.0.name)
        lines = Array(lines.prefix(room - 1))
        while lines.count < room - 1 { lines.append(line()) }
        return (lines + [foot(missing)]).map(\.finished)
    }

    private static let fewLines = 3

    /// How many lines each list gets; nil for a list that is left out, with its title.
    ///
    /// The longest is cut first, down to one line each; then the last ones are left out.
    ///
    /// - Parameter overhead: lines of a list beside its entries.
    static func share(_ room: Int, among wanted: [Int], overhead: Int) -> [Int?] {
        var given = wanted
        var total = given.reduce(0) { $0 + $1 + overhead }
        while total > room, let longest = given.max(), longest > 1, let place = given.lastIndex(of: longest) {
            given[place] -= 1
            total -= 1
        }
        var result: [Int?] = given
        for place in result.indices.reversed() where total > room {
            total -= given[place] + overhead
            result[place] = nil
        }
        return result
    }

    private func shown(_ block: Block, _ count: Int, isAiry: Bool) -> [ScreenLine] {
        let left = block.lines.count - count
        let title = block.title(left > 0 ? "\(left) more" : "")
        return (isAiry ? [line()] : []) + [title] + (left > 0 ? block.byNeed ?? block.lines : block.lines).prefix(count)
    }

    func line() -> ScreenLine { ScreenLine(width: size.columns, colour: colour) }

    func list(
        _ name: String, none: String, _ lines: [ScreenLine], byNeed: [ScreenLine]? = nil,
        title: @escaping (String) -> ScreenLine
    ) -> Block {
        guard lines.isEmpty else { return Block(name: name, title: title, lines: lines, byNeed: byNeed) }
        var empty = line()
        empty.add(none, .faint)
        return Block(name: name, title: title, lines: [empty])
    }

    private func foot(_ missing: [String]) -> ScreenLine {
        var line = line()
        line.add("q quit", .faint)
        if let trouble {
            line.add("  " + trouble, .warn)
        } else if !missing.isEmpty {
            line.add("  no room for: " + missing.joined(separator: ", "), .faint)
        }
        return line
    }
}
