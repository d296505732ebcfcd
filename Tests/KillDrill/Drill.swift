import Foundation

/// One drill: broker, publisher, and one detector after the other, each killed.
///
/// **Isolation**: one thread; whatever there is to wait for is a pipe.
final class Drill {
    /// What a drill is asked to do.
    struct Options {
        var kills: Int
        var seed: UInt64
        var messages: Int
        var partitions: Int
        /// Folder for everything that it writes.
        var folder: String
        /// Rule files.
        var rules: String
        /// Seconds that a kill is expected to take: thresholds and the pace of the stream follow from it.
        var secondsPerKill: Double
        /// Where the day of some records ends: about halfway.
        var crossing: DayCrossing

        var stream: DrillStream { DrillStream(seed: seed, messages: messages, crossing: crossing) }
        var drillRules: DrillRules { DrillRules(pace: pace, crossing: crossing) }
        var pace: Int { max(1, Int(Double(stream.records) / (secondsPerKill * Double(max(1, kills))))) }
    }

    /// What it did.
    struct Tally {
        var kills = 0
        var atPoints = 0
        /// Kills by point, and by what the driver waited for.
        var byTrigger: [String: Int] = [:]
        /// Triggers that did not come in time: killed from outside then.
        var missed: [String: Int] = [:]
        /// Orderly stops that were over before the signal came.
        var endedFirst = 0
        /// Cycles that lived past several commits.
        var long = 0
        /// Cycles that folded at least one message.
        var folding = 0
        var commits: Int64 = 0
        var firstFold: [Double] = []
        var seconds = 0.0
        /// Messages that were published when the last kill came.
        var publishedAtLastKill = 0
    }

    let options: Options
    private(set) var tally = Tally()
    private let programs: String
    private let broker: ChildProcess
    private(set) var port = 0
    private var publisher: ChildProcess
    private var published = 0
    /// How far the publisher was told to go.
    private var ordered = 0
    private let progress: DrillProgress
    /// Milliseconds from the start of a process to its first folded event, a running mean.
    private var typical: Double

    init(_ options: Options, progress: DrillProgress) throws {
        self.options = options
        self.progress = progress
        typical = options.secondsPerKill * 500
        programs = Self.programs
        for name in ["", "/killed", "/unbroken"] {
            try FileManager.default.createDirectory(
                atPath: options.folder + name, withIntermediateDirectories: true)
        }
        (broker, port) = try Self.startBroker(options.folder, "drill:\(options.partitions)")
        publisher = try ChildProcess(
            Self.executable,
            [
                "publisher", "--port", "\(port)", "--seed", "\(options.seed)", "--messages", "\(options.messages)",
                "--partitions", "\(options.partitions)", "--crossing", "\(options.crossing.milliseconds)",
            ], name: "publisher", log: options.folder + "/publisher.log")
    }

    /// Path of this program.
    static let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    /// Folder of this program, which holds `hubwatch` too.
    static let programs = URL(filePath: executable).deletingLastPathComponent().path

    /// Starts `hubwatch devbroker` and waits until it listens.
    static func startBroker(_ folder: String, _ hub: String) throws -> (ChildProcess, port: Int) {
        struct Ports: Decodable { var amqp: Int }
        let ready = folder + "/broker.json"
        let broker = try ChildProcess(
            programs + "/hubwatch",
            [
                "devbroker", "--hub", hub, "--data", folder + "/hub", "--port", "0", "--no-admin", "--ready-file",
                ready, "--retention", "7d", "--log-level", "error",
            ], name: "broker", log: folder + "/broker.log")
        while true {
            if let data = FileManager.default.contents(atPath: ready) {
                return (broker, try JSONDecoder().decode(Ports.self, from: data).amqp)
            }
            _ = broker.lines()
            if broker.isSilent {
                throw DrillFailure("the broker \(broker.wait()): \(tail(folder + "/broker.log"))")
            }
            ChildProcess.await([broker], milliseconds: 20)
        }
    }

    /// Kills as often as asked for; then publishes the rest and lets hubwatch read it.
    func run() throws {
        let start = ContinuousClock.now
        var cycle = 0
        while tally.kills < options.kills {
            let pace = PublishingPace(
                first: ordered, last: options.messages * (tally.kills + 1) / (options.kills + 1),
                milliseconds: typical * 1.5)
            try run(KillPlan(cycle: cycle, seed: options.seed), cycle, pace)
            cycle += 1
            progress.show(tally, published, options, start.duration(to: .now), findings: findingsBytes)
        }
        tally.seconds = start.duration(to: .now).seconds
        tally.publishedAtLastKill = published
        order(upTo: options.messages)
        while published < options.messages { try hearPublisher(alone: true) }
        publisher.closeInput()
        publisher.wait()
    }

    /// Stops the broker in order.
    func stop() {
        broker.terminate()
        broker.wait()
    }

    // MARK: One cycle

    private func detector(_ folder: String, _ extra: [String] = []) throws -> ChildProcess {
        try ChildProcess(
            Self.executable,
            [
                "detector", "--port", "\(port)", "--folder", options.folder + folder, "--rules", options.rules,
                "--pace", "\(options.pace)", "--crossing", "\(options.crossing.milliseconds)",
            ] + extra, name: "detector", log: options.folder + folder + ".log")
    }

    /// Has the publisher go on to a message.
    private func order(upTo message: Int) {
        guard message > ordered else { return }
        publisher.send("\(message)")
        ordered = message
    }

    private func run(_ plan: KillPlan, _ cycle: Int, _ pace: PublishingPace) throws {
        var arguments: [String] = []
        if case .point(let point, let count) = plan.trigger {
            arguments = [
                "--crash-at", point.rawValue, "--crash-count", "\(count)", "--after-commits", "\(plan.commits)",
            ]
        }
        let bytes = findingsBytes
        let child = try detector("/killed", arguments)
        let start = ContinuousClock.now
        let patience = typical * 10 + 400
        var progress = Progress()
        var askedToStop: ContinuousClock.Instant?
        var isInTime = true
        var killAt: ContinuousClock.Instant?
        while !child.isSilent {
            let left = killAt.map { ContinuousClock.now.duration(to: $0).milliseconds }
            if let left, left <= 0 {
                child.kill()
                break
            }
            ChildProcess.await([child, publisher], milliseconds: left.map { Int($0) } ?? (plan.isTimed ? 1 : 10))
            try hearPublisher(alone: false)
            for line in child.lines() {
                let before = progress.messages
                progress = Progress(line: line) ?? progress
                if before == 0, progress.messages > 0 { noteFirstFold(start.duration(to: .now).milliseconds) }
            }
            let elapsed = start.duration(to: .now).milliseconds
            order(upTo: pace.due(after: elapsed))
            if killAt != nil { continue }
            if askedToStop == nil, plan.wantsStop, progress.commits >= max(1, Int64(plan.commits)) {
                child.closeInput()
                askedToStop = .now
            }
            let stopped = askedToStop.map { $0.duration(to: .now).milliseconds }
            let facts = KillPlan.Facts(
                elapsed: elapsed, typical: typical, progress: progress, stopped: stopped,
                findingsBytes: plan.watchesFile ? findingsBytes - bytes : 0)
            if plan.isDue(facts) || elapsed > patience {
                isInTime = plan.isDue(facts)
                killAt = .now + .microseconds(plan.delay)
            }
        }
        try account(child.wait(), plan, isInTime: isInTime, progress, cycle)
    }

    private func account(
        _ end: ChildProcess.End, _ plan: KillPlan, isInTime: Bool, _ progress: Progress, _ cycle: Int
    ) throws {
        switch end {
        case .killed(SIGKILL):
            tally.kills += 1
            if isInTime {
                tally.byTrigger[plan.name, default: 0] += 1
                if plan.isPoint { tally.atPoints += 1 }
            } else {
                tally.missed[plan.name, default: 0] += 1
            }
        case .exited(0) where plan.wantsStop: tally.endedFirst += 1
        default:
            throw DrillFailure(
                "cycle \(cycle) (\(plan)): the detector \(end); its last lines:\n\(Self.tail(options.folder + "/killed.log"))"
            )
        }
        if progress.messages > 0 { tally.folding += 1 }
        if progress.commits > 2 { tally.long += 1 }
        tally.commits += progress.commits
    }

    private func noteFirstFold(_ milliseconds: Double) {
        tally.firstFold.append(milliseconds)
        typical = typical * 0.9 + milliseconds * 0.1
    }

    private func hearPublisher(alone: Bool) throws {
        if alone { ChildProcess.await([publisher], milliseconds: 1000) }
        for line in publisher.lines() where line.hasPrefix("sent ") {
            published = Int(line.dropFirst(5)) ?? published
        }
        if publisher.isSilent, published < options.messages {
            throw DrillFailure(
                "the publisher \(publisher.wait()): \(Self.tail(options.folder + "/publisher.log"))")
        }
    }

    private var findingsBytes: Int64 {
        var status = stat()
        return stat(options.folder + "/killed/findings.ndjson", &status) == 0 ? Int64(status.st_size) : 0
    }

    /// Runs a detector until everything is read and every window up to a time is closed, then stops it in order.
    ///
    /// - Returns: seconds from its start to its end.
    @discardableResult
    func finish(_ folder: String, watermark: Int64) throws -> Double {
        let child = try detector(folder)
        let start = ContinuousClock.now
        var progress = Progress()
        while !(progress.isCaughtUp && progress.watermarkMilliseconds > watermark) {
            ChildProcess.await([child], milliseconds: 1000)
            for line in child.lines() { progress = Progress(line: line) ?? progress }
            if child.isSilent || start.duration(to: .now) > .seconds(300) {
                throw DrillFailure(
                    "the run in \(folder) \(child.isSilent ? "\(child.wait())" : "does not come to its end: \(progress.line)"); its last lines:\n\(Self.tail(options.folder + folder + ".log"))"
                )
            }
        }
        child.closeInput()
        guard child.wait() == .exited(0) else {
            throw DrillFailure(
                "the run in \(folder) was stopped and \(child.wait()):\n\(Self.tail(options.folder + folder + ".log"))")
        }
        return start.duration(to: .now).seconds
    }

    /// The last lines of a log.
    static func tail(_ path: String) -> String {
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? "(no log)"
        return text.split(separator: "\n").suffix(8).joined(separator: "\n")
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
    var milliseconds: Double { seconds * 1000 }
}
