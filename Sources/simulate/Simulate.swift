import ArgumentParser
import HubwatchTestKit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Runs simulations seed by seed and says which of them found a fault.
@main
struct Simulate: ParsableCommand {
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

    func validate() throws {
        guard messages >= 1, seeds >= 1 else { throw ValidationError("--messages and --seeds must be at least 1") }
    }

    func run() throws {
        if getenv("SWIFT_DETERMINISTIC_HASHING") == nil {
            print("warning: SWIFT_DETERMINISTIC_HASHING is not set; seeds do not repeat themselves exactly")
        }
        if let seed {
            try show(seed)
            return
        }
        var sums = Sums()
        for number in 0..<seeds {
            let seed = from &+ number
            let outcome = try Simulation(seed: seed, messages: messages).run()
            sums.add(outcome)
            if !outcome.complaints.isEmpty {
                clear()
                print("seed \(seed) failed: \(outcome.complaints.joined(separator: "; "))")
                print("  repeat it with: make simulate SEED=\(seed)")
            }
            if isatty(1) == 1 || (number + 1) % 500 == 0 { progress(number + 1, sums) }
        }
        clear()
        print("\(seeds) seeds: \(sums)")
        if sums.failures > 0 { throw ExitCode(1) }
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

    private func progress(_ done: UInt64, _ sums: Sums) {
        let text = "\(done) of \(seeds) seeds (\(100 * done / seeds) %), \(sums)"
        if isatty(1) == 1 {
            print("\r\u{1b}[K\(text)", terminator: "")
        } else {
            print(text)
        }
        fflush(nil)
    }

    private func clear() {
        if isatty(1) == 1 { print("\r\u{1b}[K", terminator: "") }
    }
}

/// What all seeds together did.
struct Sums: CustomStringConvertible {
    var steps = 0
    var crashes = 0
    var exits = 0
    var findings = 0
    var failures = 0

    mutating func add(_ outcome: Simulation.Outcome) {
        steps += outcome.steps
        crashes += outcome.crashes
        exits += outcome.exits
        findings += outcome.findings
        if !outcome.complaints.isEmpty { failures += 1 }
    }

    var description: String {
        "\(failures) failed; \(steps) steps, \(crashes) crashes, \(exits) exits, \(findings) findings compared"
    }
}
