import HubwatchTestKit

/// What the simulations of several seeds did together.
struct Sums: CustomStringConvertible, Codable, Sendable {
    var seeds = 0
    var steps = 0
    var crashes = 0
    var exits = 0
    var findings = 0
    var failures = 0

    mutating func add(_ outcome: Simulation.Outcome) {
        seeds += 1
        steps += outcome.steps
        crashes += outcome.crashes
        exits += outcome.exits
        findings += outcome.findings
        if !outcome.complaints.isEmpty { failures += 1 }
    }

    mutating func add(_ other: Sums) {
        seeds += other.seeds
        steps += other.steps
        crashes += other.crashes
        exits += other.exits
        findings += other.findings
        failures += other.failures
    }

    var description: String {
        "\(failures) failed; \(steps) steps, \(crashes) crashes, \(exits) exits, \(findings) findings compared"
    }
}
