import ArgumentParser
import Foundation
import HubwatchTestKit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Runs simulations seed by seed and says which of them found a fault.
@main
struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract:
            "Runs a whole hubwatch in one thread under many seeds, with faults, and judges what it leaves behind.",
        discussion: """
            A seed decides the messages, the order of everything, and what fails: killed processes, lost power, full and \
            broken disks, cut and slow connections, stolen links, clocks that jump. Afterwards the journal, the findings \
            file and the dead letters must be those of an undisturbed run.

            Set SWIFT_DETERMINISTIC_HASHING=1 (make simulate does), or a seed does not repeat itself exactly.

              make simulate SEEDS=10000     seeds 1 to 10000
              make simulate SEED=4711       one seed, with its log
            """)

    @Option(help: "The first seed.")
    var from: UInt64 = 1

    @Option(help: "How many seeds.")
    var seeds: UInt64 = 100

    @Option(help: "One seed only; prints its plan and its log.")
    var seed: UInt64?

    @Option(help: "Messages per simulation.")
    var messages = 24

    @Option(help: "Processes at a time; default: one a core.")
    var jobs = max(1, ProcessInfo.processInfo.activeProcessorCount)

    @Flag(help: .hidden)
    var block = false

    func validate() throws {
        guard messages >= 1, seeds >= 1, jobs >= 1 else {
            throw ValidationError("--messages, --seeds and --jobs must be at least 1")
        }
    }

    func run() async throws {
        if block { return try runBlock() }
        if getenv("SWIFT_DETERMINISTIC_HASHING") == nil {
            print("warning: SWIFT_DETERMINISTIC_HASHING is not set; seeds do not repeat themselves exactly")
        }
        if let seed {
            try show(seed)
            return
        }
        let blocks = SeedBlocks(first: from, count: seeds, messages: messages, jobs: jobs)
        let started = ContinuousClock.now
        var sums = Sums()
        try await blocks.run { result in
            sums.add(result.sums)
            for failure in result.failures {
                clear()
                print("seed \(failure.seed) failed: \(failure.complaints.joined(separator: "; "))")
                print("  repeat it with: make simulate SEED=\(failure.seed)")
            }
            progress(sums, after: ContinuousClock.now - started)
        }
        clear()
        print("\(seeds) seeds: \(sums)")
        if sums.failures > 0 { throw ExitCode(1) }
    }

    /// Runs its seeds in this process and prints what they found, for the process that started it.
    private func runBlock() throws {
        var result = BlockResult()
        for number in 0..<seeds {
            let seed = from &+ number
            let outcome = try Simulation(seed: seed, messages: messages).run()
            result.sums.add(outcome)
            if !outcome.complaints.isEmpty {
                result.failures.append(BlockResult.Failure(seed: seed, complaints: outcome.complaints))
            }
        }
        try FileHandle.standardOutput.write(contentsOf: JSONEncoder().encode(result))
    }

    private func show(_ seed: UInt64) throws {
        let simulation = try Simulation(seed: seed, messages: messages)
        print("seed \(seed): \(simulation.plan)")
        let outcome = simulation.run()
        for line in outcome.log { print(line) }
        print(
            "\(outcome.steps) steps, \(outcome.crashes) crashes, \(outcome.findings) findings, trace \(String(outcome.trace, radix: 16))"
        )
        for complaint in outcome.complaints { print("FAILED: \(complaint)") }
        if !outcome.complaints.isEmpty { throw ExitCode(1) }
    }

    private func progress(_ sums: Sums, after elapsed: Duration) {
        let left = elapsed / Double(sums.seeds) * (Double(seeds) - Double(sums.seeds))
        let text =
            "\(sums.seeds) of \(seeds) seeds (\(100 * sums.seeds / Int(clamping: seeds)) %), \(sums), "
            + "\(left.formatted(.time(pattern: .minuteSecond))) left"
        if isatty(1) == 1 {
            print("\r\u{1b}[K\(text)", terminator: "")
        } else if sums.seeds % 500 < Int(SeedBlocks.blockSize) {
            print(text)
        }
        fflush(nil)
    }

    private func clear() {
        if isatty(1) == 1 { print("\r\u{1b}[K", terminator: "") }
    }
}
