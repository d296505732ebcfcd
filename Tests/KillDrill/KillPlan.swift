/// How one cycle ends: drawn from the drill's seed, so that a seed repeats the plan.
struct KillPlan: CustomStringConvertible {
    /// What makes the process die.
    enum Trigger {
        /// It kills itself at a point, the n-th time that it passes it.
        case point(CrashPoint, count: Int)
        /// Some time after its start, in thousandths of what it takes to fold the first event.
        case time(thousandths: Int)
        /// When it has told of as many messages.
        case messages(Int64)
        /// When it has told of as many commits.
        case commits(Int64)
        /// When it has told of as many journal entries.
        case journaled(Int64)
        /// When the findings file has grown by as many bytes.
        case findingsBytes(Int64)
        /// Some time after it was asked to stop.
        case stopping(milliseconds: Int)
    }

    var trigger: Trigger
    /// Commits that it lives through before the trigger counts; every tenth cycle lives past several.
    var commits = 0
    /// How much later than the fact the signal is sent, in microseconds.
    var delay = 0

    /// Draws the plan of a cycle.
    ///
    /// - Parameter cycle: from 0; the even ones die at points.
    init(cycle: Int, seed: UInt64) {
        var random = SeededGenerator(seed: seed, part: .kills, cycle)
        if cycle % 10 == 9 { commits = 3 + random.below(4) }
        delay = random.below(3) == 0 ? 0 : random.below(4_000)
        guard cycle % 2 == 1 else {
            // Each point in turn, so that none depends on luck.
            let point = CrashPoint.allCases[(cycle / 2) % CrashPoint.allCases.count]
            trigger = .point(point, count: 1 + random.below(point.countMaximum))
            return
        }
        trigger =
            switch random.below(8) {
            case 0...2: .time(thousandths: random.below(3_000))
            case 3: .messages(Int64(1 + random.below(200)))
            case 4: .commits(Int64(1 + random.below(3)))
            case 5: .journaled(Int64(1 + random.below(60)))
            case 6: .findingsBytes(Int64(1 + random.below(60_000)))
            default: .stopping(milliseconds: random.below(20))
            }
    }

    /// The trigger without its numbers.
    var name: String {
        switch trigger {
        case .point(let point, _): point.rawValue
        case .time: "time"
        case .messages: "messages"
        case .commits: "commits"
        case .journaled: "journal entries"
        case .findingsBytes: "findings bytes"
        case .stopping: "stopping"
        }
    }

    var description: String {
        "\(trigger)\(commits > 0 ? " after \(commits) commits" : "")\(delay > 0 ? " and \(delay) µs" : "")"
    }
}

extension KillPlan {
    /// What the driver has seen of a process.
    struct Facts {
        /// Milliseconds since its start.
        var elapsed: Double
        /// Milliseconds that a process takes to fold its first event.
        var typical: Double
        var progress: Progress
        /// Milliseconds since it was asked to stop.
        var stopped: Double?
        /// Growth of the findings file.
        var findingsBytes: Int64
    }

    /// Whether to send the signal.
    func isDue(_ facts: Facts) -> Bool {
        guard facts.progress.commits >= Int64(commits) else { return false }
        return switch trigger {
        case .point: false
        case .time(let thousandths): facts.elapsed >= facts.typical * Double(thousandths) / 1000
        case .messages(let count): facts.progress.messages >= count
        case .commits(let count): facts.progress.commits >= Int64(commits) + count
        case .journaled(let count): facts.progress.journaled >= count
        case .findingsBytes(let count): facts.findingsBytes >= count
        case .stopping(let milliseconds): (facts.stopped ?? -1) >= Double(milliseconds)
        }
    }

    /// Whether the process is to be asked to stop.
    var wantsStop: Bool {
        switch trigger {
        case .stopping, .point(.draining, _): true
        default: false
        }
    }

    /// Whether time alone can make the signal due.
    var isTimed: Bool {
        switch trigger {
        case .time, .stopping, .findingsBytes: true
        default: false
        }
    }

    /// Whether the process dies at a point of its own.
    var isPoint: Bool { if case .point = trigger { true } else { false } }

    /// Whether the findings file is looked at.
    var watchesFile: Bool { if case .findingsBytes = trigger { true } else { false } }
}
