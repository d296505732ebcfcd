/// A series as blocks of a text: one character for each number, a space where nothing is known.
enum Sparkline {
    private static let levels: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    static func text(_ series: StatusSeries, columns: Int, top: Int64? = nil) -> String {
        guard columns > 0, !series.values.isEmpty else { return "" }
        let joined = series.joined(most: columns).values.suffix(columns)
        let top = max(1, top ?? joined.compactMap { $0 }.max() ?? 1)
        return String(
            joined.map { value in
                guard let value else { return " " }
                if value <= 0 { return levels[0] }
                // Whatever is there shows above the ground line.
                let level = 1 + Int(Double(levels.count - 2) * min(1, Double(value) / Double(top)))
                return levels[min(levels.count - 1, level)]
            })
    }
}
