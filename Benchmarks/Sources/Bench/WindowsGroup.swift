import Foundation

/// Windows over few and many groups.
struct WindowsGroup: Group {
    static let name = "windows"
    static let seconds = 150

    private static let million = "count/1000000"
    private static let variants = [
        "count/1", "count/1000", "count/100000", "distinct/1", "distinct/1000", "sum/1000", "max/1000", "sequence/1000",
    ]

    func measure(_ bench: Workbench, into result: inout GroupResult) throws {
        let hubwatch = try Contender(
            bench.tool("measure", ["windows", "--variants", (Self.variants + [Self.million]).joined(separator: ",")]))
        for round in 0...bench.rounds {
            bench.say("windows: \(round == 0 ? "warming up" : "round \(round) of \(bench.rounds)")")
            for name in Self.variants { try hubwatch.measure(name, isWarmUp: round == 0) }
        }
        let rounds = min(3, bench.rounds)
        for round in 0..<rounds {
            bench.say("windows: a million groups, round \(round + 1) of \(rounds)")
            try hubwatch.measure(Self.million)
        }
        result.notes.append(
            "Windows are measured in memory, decoding of small records included; a million groups in \(rounds) rounds.")
        for name in Self.variants + [Self.million] { add(name, hubwatch, &result) }
        let counts = [1.0, 1000, 100_000, 1_000_000]
        func curve(_ figure: (Round) -> Double) -> [Series.Point] {
            counts.map { .init(x: $0, y: Figures.median(hubwatch.figures("count/\(Int($0))", figure))) }
        }
        result.plots.append(
            Plot(
                file: "groups", title: "Counting with more groups", xLabel: "groups", yLabel: "records/s on one core",
                isLogarithmicX: true, series: [Series(name: "records/s", points: curve { $0.recordsPerSecond })]))
    }

    private func add(_ variant: String, _ hubwatch: Contender, _ result: inout GroupResult) {
        let words = variant.split(separator: "/")
        let groups = Int(words[1]) ?? 0
        let what = "\(words[0]), \(groups == 1 ? "1 group" : "\(Figures.short(Double(groups))) groups")"
        let median = { (figure: (Round) -> Double) in Figures.median(hubwatch.figures(variant, figure)) }
        let extra = { (name: String) in median { $0.extra?[name] ?? .nan } }
        let isDistinct = variant == "distinct/1"
        result.rows.append(
            Row(
                name: isDistinct ? "exact distinct of 10,000 values" : what, figure: median { $0.recordsPerSecond },
                unit: "records/s", budget: isDistinct ? .init(kind: .atLeast, value: 500_000) : nil))
        result.rows.append(
            Row(
                name: "\(what): allocations",
                figure: median { Double($0.allocations ?? 0) / Double(max(1, $0.records ?? 1)) },
                unit: "per record"))
        // What a second of records costs to commit, in percent of that second.
        result.rows.append(
            Row(
                name: "\(what): commit of what a second brings", figure: extra("commitCPU") * 100, unit: "% CPU",
                budget: .init(kind: .atMost, value: 3)))
        guard groups >= 1000 else { return }
        result.rows.append(Row(name: "\(what): checkpoint", figure: extra("checkpointBytes") / 1e6, unit: "MB"))
        result.rows.append(
            Row(name: "\(what): state restored, CPU", figure: extra("restartSeconds") * 1000, unit: "ms"))
        guard groups >= 100_000 else { return }
        result.rows.append(
            Row(
                name: "\(what): memory of an idle group", figure: extra("bytesPerGroup"), unit: "B",
                budget: .init(kind: .atMost, value: 300)))
    }
}

/// Costs that should stay flat: partitions in one process, sizes of records.
struct GrowthGroup: Group {
    static let name = "growth"
    static let seconds = 40

    func measure(_ bench: Workbench, into result: inout GroupResult) throws {
        let partitions = [1, 32, 1024]
        let sizes = [300, 1000, 3000, 10_000, 30_000, 60_000]
        let names = partitions.map { "partitions\($0)" } + sizes.map { "size\($0)" }
        let sample = try bench.sample(records: 60_000)
        let hubwatch = try Contender(
            bench.tool("measure", ["decode", "--sample", sample, "--variants", names.joined(separator: ",")]))
        result.machine["simdjson kernel"] = hubwatch.facts["kernel"]
        for round in 0...bench.rounds {
            bench.say("growth: \(round == 0 ? "warming up" : "round \(round) of \(bench.rounds)")")
            for name in names { try hubwatch.measure(name, isWarmUp: round == 0) }
        }
        let speed = { (name: String) in hubwatch.figures(name) { $0.megabytesPerSecond } }
        for count in partitions {
            let isFirst = count == 1
            result.rows.append(
                Row(
                    name: "\(count) partition\(isFirst ? "" : "s") in memory, seed rules",
                    figure: Figures.median(speed("partitions\(count)")), unit: "MB/s",
                    peer: isFirst ? nil : "1 partition",
                    peerFigure: isFirst ? nil : Figures.median(speed("partitions1")),
                    ratio: isFirst ? nil : Figures.ratio(speed("partitions\(count)"), speed("partitions1"))))
        }
        for size in sizes {
            result.rows.append(
                Row(
                    name: "records of \(size) B, seed rules", figure: Figures.median(speed("size\(size)")), unit: "MB/s"
                ))
        }
        result.plots.append(
            Plot(
                file: "partitions", title: "Judging with more partitions in one process", xLabel: "partitions",
                yLabel: "MB/s on one core", isLogarithmicX: true,
                series: [
                    Series(
                        name: "MB/s",
                        points: partitions.map { .init(x: Double($0), y: Figures.median(speed("partitions\($0)"))) })
                ]))
        result.plots.append(
            Plot(
                file: "record-size", title: "Judging larger records", xLabel: "size of records, bytes",
                yLabel: "MB/s on one core", isLogarithmicX: true,
                series: [
                    Series(
                        name: "MB/s", points: sizes.map { .init(x: Double($0), y: Figures.median(speed("size\($0)"))) })
                ]))
    }
}
