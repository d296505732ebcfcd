import ArgumentParser
import Foundation

/// The drill itself.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Kills hubwatch again and again, and compares what it found.",
        discussion: """
            Closed findings of the killed run must equal those of an unbroken run over the same hub and those of batch \
            oracles, which are DuckDB and plain loops over all records; the findings file must hold each journaled finding once. Exits 1 when anything differs, 2 when the drill itself failed.

            kill -9 ends a process, not the machine: what was written to the system stays. It proves nothing about a power \
            loss. That rests on the state file's `synchronous = FULL`, which flushes the log at every commit before it is \
            answered, and on the flush of the findings file before its cursor is stored.
            """)

    /// Records of the stream that is killed a thousand times, at 20 a message.
    @Option(help: "Kills.") var kills = 1000
    @Option(help: "Seed of stream and kills; default: drawn.") var seed: UInt64 = .random(in: 0..<1_000_000)
    @Option(help: "Records in the stream.") var records = 1_000_000
    @Option(help: "Partitions of the hub.") var partitions = 4
    @Option(help: "Rule files.") var rules = "Config/rules"
    @Option(help: "Python with DuckDB; without it the batch oracle is left out, and that is said.") var python: String?
    @Option(help: "Script of the oracle.") var oracle = "Tests/Interop/duckdb_hops.py"
    @Option(help: "Folder to work in and to keep; default: a temporary one, kept only when something differs.")
    var folder: String?
    @Option(help: "Seconds that a kill is expected to take; the thresholds of the rules follow from it.")
    var secondsPerKill = 0.3
    @Flag(help: "The result as JSON on standard output.") var json = false

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let work = folder ?? NSTemporaryDirectory() + "hubwatch-drill-\(getpid())-\(seed)"
        let progress = DrillProgress(isOn: !json)
        progress.say(
            "kill drill: \(kills) kills, \(records) records, \(partitions) partitions, seed \(seed), in \(work)")
        let options = Drill.Options(
            kills: kills, seed: seed, messages: max(1, records / DrillStream.recordsPerMessage),
            partitions: partitions, folder: work, rules: rules, secondsPerKill: secondsPerKill,
            crossing: DayCrossing(
                seconds: Double(kills) * secondsPerKill / 2, after: Int64(Date().timeIntervalSince1970 * 1000)))
        let drill = try Drill(options, progress: progress)
        do {
            try drill.run()
            progress.say("all published; waiting for the last windows, then the unbroken run")
            let report = try await DrillReport(drill, oracle: python.map { ($0, oracle) })
            drill.stop()
            print(json ? try report.json() : report.text)
            guard report.differences.isEmpty else {
                progress.say("kept: \(work)")
                throw ExitCode(1)
            }
        } catch let failure as DrillFailure {
            drill.stop()
            FileHandle.standardError.write(Data("kill drill, seed \(seed), in \(work): \(failure)\n".utf8))
            throw ExitCode(2)
        }
        if folder == nil { try? FileManager.default.removeItem(atPath: work) }
    }
}
