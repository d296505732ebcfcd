import HubwatchTestKit
import Testing

/// Goal: killed, cut, starved and out of order, hubwatch leaves behind what an undisturbed run leaves behind.
///
/// Method: whole runs in one thread under a seed; `make simulate` runs as many seeds as one has patience for.
@Suite(.timeLimit(.minutes(10))) struct SimulationTests {
    @Test(arguments: 0..<20)
    func faultsChangeNothing(block: UInt64) throws {
        for seed in (1 + block * 10)...(10 + block * 10) {
            let simulation = try Simulation(seed: seed, messages: 24)
            let outcome = simulation.run()
            #expect(
                outcome.complaints.isEmpty,
                "seed \(seed) (\(simulation.plan)): \(outcome.complaints); repeat it with: make simulate SEED=\(seed) MESSAGES=24"
            )
        }
    }

    /// A seed that did not repeat itself would be no use to whoever looks for the fault.
    @Test func aSeedRepeatsItself() throws {
        for seed: UInt64 in [3, 8, 11] {
            let first = try Simulation(seed: seed, messages: 24).run()
            let second = try Simulation(seed: seed, messages: 24).run()
            #expect(first.trace == second.trace && first.steps == second.steps, "seed \(seed)")
        }
    }

    /// The plans must reach what they are for, or nothing is proved.
    @Test func thePlansReachEveryKindOfFault() throws {
        var crashes = 0
        var exits = 0
        var findings = 0
        var events: Set<FaultPlan.Event> = []
        for seed: UInt64 in 1...12 {
            let simulation = try Simulation(seed: seed, messages: 24)
            events.formUnion(simulation.plan.events.map(\.event))
            let outcome = simulation.run()
            crashes += outcome.crashes
            exits += outcome.exits
            findings += outcome.findings
        }
        #expect(
            crashes >= 6 && exits >= 3 && findings >= 200, "\(crashes) crashes, \(exits) exits, \(findings) findings")
        #expect(events.count == FaultPlan.Event.allCases.count, "planned: \(events.map(\.rawValue).sorted())")
    }
}
