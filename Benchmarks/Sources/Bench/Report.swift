import Foundation

/// Results in files: JSON for programs, a page with plots for people.
struct Report {
    let folder: String
    let page: String

    private var plots: String { (page as NSString).deletingPathExtension }

    func store(_ result: GroupResult) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try (try encoder.encode(result) + [10]).write(to: URL(filePath: "\(folder)/\(result.group).json"))
    }

    /// What was measured last of every group.
    func stored(_ groups: [String]) -> [GroupResult] {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return groups.compactMap { group in
            FileManager.default.contents(atPath: "\(folder)/\(group).json")
                .flatMap { try? decoder.decode(GroupResult.self, from: $0) }
        }
    }

    /// Writes the page and its plots.
    func writePage(_ results: [GroupResult]) throws {
        try FileManager.default.createDirectory(atPath: plots, withIntermediateDirectories: true)
        let name = (plots as NSString).lastPathComponent
        var out = """
            # Benchmarks

            Written by `make bench`; do not edit. Every figure is a median over rounds in which hubwatch and its peers took turns
            on one machine, and every ratio the median of the rounds' ratios: more than 1 is better than the peer, whatever the
            unit. Speeds of decoding are per second of processor time on one thread. Budgets are aims; a figure that misses one
            says so. Measure on your own machine with `make bench`, or one group with `make bench ONLY=decode`.


            """
        for result in results {
            out += "## \(result.group)\n\n" + facts(result)
            out +=
                "| what | figure | peer | its figure | ratio | budget | met |\n| --- | ---: | --- | ---: | ---: | --- | --- |\n"
            for row in result.rows { out += "| " + Table.cells(row).joined(separator: " | ") + " |\n" }
            for note in result.rows.compactMap(\.note) + result.notes { out += "\n* \(note)" }
            out += "\n"
            for plot in result.plots {
                let file = "\(result.group)-\(plot.file).svg"
                try Data(Chart(plot: plot).svg.utf8).write(to: URL(filePath: "\(plots)/\(file)"))
                out += "\n![\(plot.title)](\(name)/\(file))\n"
            }
            out += "\n"
        }
        try Data(out.utf8).write(to: URL(filePath: page))
    }

    private func facts(_ result: GroupResult) -> String {
        let order = [
            "processor", "cores", "memory", "kernel", "simdjson kernel", "swift", "hubwatch", "commit", "simdjson",
            "proton",
            "python", "python packages", "load at the start",
        ]
        let known = order.compactMap { name in result.machine[name].map { "\(name): \($0)" } }
        return """
            `\(result.command)` on \(result.measuredAt), \(result.rounds) rounds, \(Int(result.seconds)) s.
            \(known.joined(separator: "; ")).


            """
    }
}

/// Rows as text.
enum Table {
    static let head = ["what", "figure", "peer", "its figure", "ratio", "budget", "met"]

    static func cells(_ row: Row) -> [String] {
        [
            row.name, "\(Figures.short(row.figure)) \(row.unit)", row.peer ?? "",
            row.peerFigure.map { "\(Figures.short($0)) \(row.unit)" } ?? "", row.ratio.map(Figures.short) ?? "",
            row.budget?.text ?? "", row.isMet.map { $0 ? "yes" : "no" } ?? "",
        ]
    }

    static func text(_ results: [GroupResult]) -> String {
        let lines =
            [head]
            + results.flatMap { result in result.rows.map { [result.group + ": " + $0.name] + cells($0).dropFirst() } }
        let widths = head.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            line.indices.map { column in
                let blanks = String(repeating: " ", count: widths[column] - line[column].count)
                return [1, 3, 4].contains(column) ? blanks + line[column] : line[column] + blanks
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
