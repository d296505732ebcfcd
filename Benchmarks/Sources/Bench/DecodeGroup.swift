import Foundation

/// A process that measures a variant for every line with its name.
final class Contender {
    private struct Start: Decodable {
        var variants: [String]
        var facts: [String: String]
    }

    let variants: [String]
    let facts: [String: String]
    private let program: Program
    private(set) var rounds: [String: [Round]] = [:]

    init(_ program: Program) throws {
        self.program = program
        let start = try program.object(Start.self, within: 120)
        variants = start.variants
        facts = start.facts
    }

    func measure(_ variant: String, isWarmUp: Bool = false) throws {
        program.send(variant)
        let round = try program.object(Round.self, within: 180)
        if !isWarmUp { rounds[variant, default: []].append(round) }
    }

    func figures(_ variant: String, _ figure: (Round) -> Double) -> [Double] { (rounds[variant] ?? []).map(figure) }
}

/// Decoding and judging, in memory.
struct DecodeGroup: Group {
    static let name = "decode"
    static let seconds = 150

    private static let ours = [
        "memcpy", "stage1", "dom", "foundation", "decode", "typed", "seed", "rules10", "rules100", "rules1000",
    ]
    private static let names = [
        "memcpy": "memcpy", "stage1": "simdjson stage 1", "dom": "simdjson DOM parse", "foundation": "JSONDecoder",
        "decode": "decode", "typed": "decode + 10 typed fields", "seed": "decode + seed rules",
        "rules10": "decode + 10 rules", "rules100": "decode + 100 rules", "rules1000": "decode + 1,000 rules",
        "orjson": "orjson", "orjson_rules": "orjson + dict rules", "json_rules": "json + dict rules",
        "duckdb_flat": "DuckDB, flat NDJSON", "duckdb_envelopes": "DuckDB, envelopes",
    ]

    func measure(_ bench: Workbench, into result: inout GroupResult) throws {
        let sample = try bench.sample(records: 60_000)
        let hubwatch = try Contender(bench.tool("measure", ["decode", "--sample", sample]))
        result.machine["simdjson kernel"] = hubwatch.facts["kernel"]
        var python: Contender?
        if let (path, words) = bench.python("decode_peers.py", [sample, hubwatch.facts["portals"] ?? ""]) {
            do {
                python = try Contender(bench.start(path, words))
            } catch {
                result.notes.append("Python peers are left out: \(error)")
            }
        } else {
            result.notes.append("Python peers are left out: no Python environment.")
        }
        for name in ["orjson", "duckdb_flat"] where python != nil && python?.variants.contains(name) == false {
            result.notes.append("\(Self.names[name] ?? name) is left out: not installed.")
        }
        for round in 0...bench.rounds {
            bench.say("decode: \(round == 0 ? "warming up" : "round \(round) of \(bench.rounds)")")
            // In another order each time: nobody is always the first after the slowest.
            for index in Self.ours.indices {
                try hubwatch.measure(Self.ours[(index + round) % Self.ours.count], isWarmUp: round == 0)
            }
            for name in python?.variants ?? [] { try python?.measure(name, isWarmUp: round == 0) }
        }
        fill(&result, hubwatch, python)
    }

    private func fill(_ result: inout GroupResult, _ hubwatch: Contender, _ python: Contender?) {
        let speed = { (name: String) in
            let own = hubwatch.figures(name) { $0.megabytesPerSecond }
            return own.isEmpty ? python?.figures(name) { $0.megabytesPerSecond } ?? [] : own
        }
        func row(_ name: String, _ peer: String, atLeast budget: Double? = nil) {
            guard !speed(peer).isEmpty else { return }
            result.rows.append(
                Row(
                    name: Self.names[name] ?? name, figure: Figures.median(speed(name)), unit: "MB/s",
                    peer: Self.names[peer], peerFigure: Figures.median(speed(peer)),
                    ratio: Figures.ratio(speed(name), speed(peer)),
                    budget: budget.map { .init(kind: .ratioAtLeast, value: $0) }))
        }
        row("decode", "memcpy")
        row("decode", "stage1")
        row("decode", "dom")
        row("typed", "dom")
        row("typed", "foundation")
        row("typed", "orjson")
        row("seed", "dom", atLeast: 0.9)
        row("seed", "orjson_rules", atLeast: 6)
        row("seed", "json_rules")
        row("seed", "duckdb_flat")
        row("seed", "duckdb_envelopes")
        row("rules100", "rules10")
        row("rules1000", "rules10", atLeast: 0.6)
        row("rules1000", "orjson_rules")
        for name in ["decode", "typed", "seed", "rules1000"] {
            result.rows.append(
                Row(
                    name: "\(Self.names[name] ?? name): records",
                    figure: Figures.median(hubwatch.figures(name) { $0.recordsPerSecond }),
                    unit: "records/s"))
        }
        for name in ["foundation", "decode", "typed", "seed", "rules100", "rules1000"] {
            let each = Figures.median(
                hubwatch.figures(name) { Double($0.allocations ?? 0) / Double(max(1, $0.records ?? 1)) })
            result.rows.append(Row(name: "\(Self.names[name] ?? name): allocations", figure: each, unit: "per record"))
        }
        let matched = Figures.median(
            hubwatch.figures("seed") { Double($0.matches ?? 0) / Double(max(1, $0.records ?? 1)) })
        result.rows.append(Row(name: "records that match a seed rule", figure: matched * 100, unit: "%"))
        let bars = [
            "memcpy", "stage1", "dom", "decode", "typed", "seed", "rules100", "rules1000", "foundation", "orjson_rules",
            "duckdb_flat", "duckdb_envelopes",
        ]
        .filter { !speed($0).isEmpty }
        result.plots.append(
            Plot(
                file: "speed", title: "Decoding and judging on one core", xLabel: "", yLabel: "MB/s of processor time",
                bars: bars.map { Self.short[$0] ?? $0 }, isLogarithmicY: true,
                series: [
                    Series(
                        name: "speed",
                        points: bars.enumerated().map {
                            .init(x: Double($0.offset), y: Figures.median(speed($0.element)))
                        })
                ]))
    }

    private static let short = [
        "dom": "DOM", "seed": "+ seed rules", "rules100": "+ 100 rules", "rules1000": "+ 1,000 rules",
        "stage1": "stage 1",
        "foundation": "JSONDecoder", "orjson_rules": "orjson + rules", "duckdb_flat": "DuckDB flat",
        "duckdb_envelopes": "DuckDB envel.", "typed": "+ typed",
    ]
}

/// The same bodies judged by more and more rules.
struct RulesGroup: Group {
    static let name = "rules"
    static let seconds = 60

    func measure(_ bench: Workbench, into result: inout GroupResult) throws {
        let counts = [10, 30, 100, 300, 1000]
        let sample = try bench.sample(records: 20_000)
        let names = counts.map { "rules\($0)" }
        let hubwatch = try Contender(
            bench.tool("measure", ["decode", "--sample", sample, "--variants", names.joined(separator: ",")]))
        result.machine["simdjson kernel"] = hubwatch.facts["kernel"]
        for round in 0...bench.rounds {
            bench.say("rules: \(round == 0 ? "warming up" : "round \(round) of \(bench.rounds)")")
            for name in names { try hubwatch.measure(name, isWarmUp: round == 0) }
        }
        let few = hubwatch.figures("rules10") { $0.recordsPerSecond }
        for count in counts {
            let speed = hubwatch.figures("rules\(count)") { $0.recordsPerSecond }
            result.rows.append(
                Row(
                    name: "\(count) rules", figure: Figures.median(speed), unit: "records/s",
                    peer: count == 10 ? nil : "10 rules",
                    peerFigure: count == 10 ? nil : Figures.median(few),
                    ratio: count == 10 ? nil : Figures.ratio(speed, few),
                    budget: count == 1000 ? .init(kind: .ratioAtLeast, value: 0.6) : nil))
        }
        result.plots.append(
            Plot(
                file: "growth", title: "Speed with more rules", xLabel: "rules loaded", yLabel: "records/s on one core",
                isLogarithmicX: true,
                series: [
                    Series(
                        name: "records/s",
                        points: counts.map { count in
                            .init(
                                x: Double(count),
                                y: Figures.median(hubwatch.figures("rules\(count)") { $0.recordsPerSecond }))
                        })
                ]))
    }
}
