import AMQPTypes
import DevBroker
import Foundation

/// What goes wrong, done at its step.
extension Simulation {
    func applyPlan() {
        while nextEvent < plan.events.count, plan.events[nextEvent].step <= outcome.steps {
            let event = plan.events[nextEvent].event
            nextEvent += 1
            log.add("--- \(event.rawValue) at step \(outcome.steps)")
            apply(event)
        }
    }

    private func apply(_ event: FaultPlan.Event) {
        let partition = "\(Int.random(in: 0..<workload.partitions, using: &generator))"
        switch event {
        case .cut: inside { process.wires.randomElement(using: &generator)?.cut() }
        case .close:
            inside { broker.closeConnections(AMQPCondition(name: "amqp:connection:forced", description: "simulated")) }
        case .detach:
            inside {
                try? broker.detachLinks(
                    hub: Self.hub, partition: partition,
                    AMQPCondition(name: "amqp:internal-error", description: "simulated"))
            }
        case .steal:
            inside {
                try? broker.detachLinks(
                    hub: Self.hub, partition: partition,
                    AMQPCondition(name: "amqp:link:stolen", description: "simulated"))
            }
        case .stall: quietUntil = now + Int64.random(in: 1...8_000, using: &generator) * 1_000_000
        case .outage:
            outageUntil = now + Int64.random(in: 1...8_000, using: &generator) * 1_000_000
            inside { for wire in process.wires { wire.cut() } }
        case .clockJump:
            clockOffset = Int64.random(in: -20_000...(Self.clockSkew / 1_000_000 - 1), using: &generator) * 1_000_000
        case .kill: try? crash(losingPower: false)
        case .stop: inside { process.stop() }
        }
    }

    /// Ends the process where it is, and starts the next one over what is on the disk.
    func crash(losingPower: Bool) throws {
        outcome.crashes += 1
        log.add(
            "--- killed\(losingPower ? " by a loss of power" : "") at step \(outcome.steps), disk operation \(disk.operations)"
        )
        if losingPower {
            disk.losePower {
                [0, 1, Double.random(in: 0...1, using: &generator)].randomElement(using: &generator) ?? 0
            }
        }
        try restart()
    }

    func restart() throws {
        inside { for wire in process.wires { wire.abandon() } }
        graveyard.append(process)
        lives += 1
        isStopping = false
        let path = folder.appending(path: "state-\(lives).db").path
        for suffix in ["", "-wal", "-journal"] where FileManager.default.fileExists(atPath: process.statePath + suffix)
        {
            try FileManager.default.copyItem(atPath: process.statePath + suffix, toPath: path + suffix)
        }
        let wall = process.scheduler.now
        process = SimulatedProcess(statePath: path)
        process.scheduler.now = wall
        disk.restart()
        try judgeState(at: path)
        try begin()
    }
}
