import ArgumentParser
import Foundation

/// A group of measurements.
protocol Group: Sendable {
    static var name: String { get }
    /// How long it takes on two quiet cores with 7 rounds, in seconds; for the help.
    static var seconds: Int { get }

    init()
    func measure(_ bench: Workbench, into result: inout GroupResult) throws
}

/// Every group, in the order of the page.
var groups: [any Group.Type] {
    [
        DecodeGroup.self, ReadGroup.self, EndToEndGroup.self, LatencyGroup.self, RulesGroup.self, WindowsGroup.self,
        GrowthGroup.self, BrokerGroup.self, StartGroup.self, OverloadGroup.self,
    ]
}

@main struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measures hubwatch beside what people would pick instead.",
        discussion: """
            Run it with `make bench`, which builds everything it starts. Groups, with their time on two quiet cores and 7 rounds:

            \(groups.map { "  \($0.name): \($0.seconds) s" }.joined(separator: "\n"))
            """)

    @Option(help: "Only this group; may be given several times.") var only: [String] = []
    @Option(help: "Rounds of which medians are taken.") var rounds = 7
    @Option(help: "Seconds of overload; catching up takes at least twice as long.") var overload = 120
    @Option(help: "Minutes after which no further group begins.") var minutes = 25.0
    @Option(help: "Folder of hubwatch, measure and KillDrill.") var tools = ".build/release"
    @Option(help: "Folder of proton-receiver.") var peers = ".build/benchmarks/release"
    @Option(help: "Python of the peers.") var python = ".build/venv/bin/python"
    @Option(help: "Folder of the results as JSON.") var results = "Benchmarks/results"
    @Option(help: "The page to write.") var page = "docs/benchmarks.md"

    func run() throws {
        for name in only where !groups.contains(where: { $0.name == name }) {
            throw ValidationError("no group '\(name)'; there are \(groups.map { $0.name }.joined(separator: ", "))")
        }
        signal(SIGPIPE, SIG_IGN)
        let bench = try Workbench(
            tools: tools, peers: peers, python: python, rounds: max(1, rounds), overloadSeconds: max(5, overload))
        let signals = Self.endOnSignals(removing: bench.folder)
        defer { for source in signals { source.cancel() } }
        let report = Report(folder: results, page: page)
        let machine = Machine.facts(bench)
        var measured: [GroupResult] = []
        var failures: [String] = []
        for group in groups where only.isEmpty || only.contains(group.name) {
            guard bench.elapsed < minutes * 60 else {
                bench.say("\(group.name): left out, \(Int(minutes)) minutes are over")
                failures.append(group.name)
                continue
            }
            do {
                let result = try measure(group, bench, machine)
                try report.store(result)
                measured.append(result)
            } catch let failure as BenchFailure {
                // One group that cannot be measured leaves the others alone.
                bench.say("\(group.name): \(failure)")
                failures.append(group.name)
            }
        }
        try report.writePage(report.stored(groups.map { $0.name }))
        print(Table.text(measured))
        for result in measured {
            for note in result.rows.compactMap(\.note) + result.notes { print("\(result.group): \(note)") }
        }
        print("Written: \(page), \(results)/")
        if !failures.isEmpty {
            print("Not measured: \(failures.joined(separator: ", "))")
            throw ExitCode(1)
        }
    }

    /// Ends all children and removes their files when the driver is told to end.
    private static func endOnSignals(removing folder: String) -> [any DispatchSourceSignal] {
        [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                Program.endAll()
                try? FileManager.default.removeItem(atPath: folder)
                _exit(130)
            }
            source.resume()
            return source
        }
    }

    private func measure(_ group: any Group.Type, _ bench: Workbench, _ machine: [String: String]) throws -> GroupResult
    {
        let start = ContinuousClock.now
        var command = "make bench ONLY=\(group.name)"
        if rounds != 7 { command += " ROUNDS=\(rounds)" }
        var result = GroupResult(
            group: group.name, measuredAt: Date().formatted(.iso8601.year().month().day()), machine: machine,
            command: command,
            rounds: bench.rounds)
        try group.init().measure(bench, into: &result)
        result.seconds = start.duration(to: .now).seconds
        return result
    }
}
