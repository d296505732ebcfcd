import AMQPTypes
import Detection
import DetectionOracle
import DevBroker
import DiagnosticLogs
import Foundation
import HubwatchRuntime
import Logging
import NIOCore
import NIOEmbedded
import StateStore

/// A whole hubwatch, an event hub, a network and a disk, in one thread under one seed.
///
/// Everything that production runs is run: the client and the broker with their AMQP engines, workers, coordinator, SQLite,
/// findings file. What decides the order of things is drawn from the seed: which job runs next, how many bytes move,
/// what fails. The same seed and the same program give the same run.
///
/// **Isolation**: the thread that calls ``run()``.
public final class Simulation: @unchecked Sendable {
    /// What one simulation was.
    public struct Outcome: Sendable {
        /// Steps taken.
        public var steps = 0
        /// Processes that were killed or lost their power.
        public var crashes = 0
        /// Processes that ended by themselves and were started again.
        public var exits = 0
        /// Operations of the disk.
        public var diskOperations = 0
        /// Journal entries at the end.
        public var journaled = 0
        /// Closed findings that were expected, and found.
        public var findings = 0
        /// What was wrong; empty when nothing was.
        public var complaints: [String] = []
        /// The last log lines.
        public var log: [String] = []
        /// A hash of what was done, to see that a seed repeats itself.
        public var trace: UInt64 = 0
    }

    static let hub = "logs"
    /// The first instant of every simulation, nanoseconds since 1970.
    ///
    /// Half a minute before a day ends, so that days end too.
    static let start: Int64 = 1_767_225_570_000_000_000
    static let clockSkew: Int64 = 2_000_000_000
    /// Longest window and lateness of the rules, and room to ask the partitions.
    static let settling: Int64 = 80_000_000_000

    /// The plan of what goes wrong.
    public let plan: FaultPlan
    let workload: Workload
    let folder: URL
    let log = SimulationLog()
    var generator: SeededGenerator
    var outcome = Outcome()
    let disk = SimulatedDisk()
    let brokerLoops = SteppedLoops(count: 1)
    let broker: DevBroker
    let rules: CompiledRules
    /// Rules of every kind with their oracles.
    let kinds: [KindCase]
    var process: SimulatedProcess
    /// Processes that have crashed: never run again, and never taken apart.
    var graveyard: [SimulatedProcess] = []
    var lives = 1
    var now = start
    var clockOffset: Int64 = 0
    var published = 0
    /// What the broker holds, in the order of its making.
    var events: [PublishedEvent] = []
    var lastEnqueued: Int64 = 0
    var quietUntil: Int64 = 0
    var outageUntil: Int64 = 0
    var nextEvent = 0
    var idleAdvance: Int64 = 1_000_000

    /// A message as the broker has it.
    struct PublishedEvent {
        var message: Workload.Message
        var partition: Int
        var sequence: Int64
        var enqueued: Int64
        var body: [UInt8]
    }

    /// Prepares the simulation of a seed; `faults` false runs it without any.
    public init(seed: UInt64, faults: Bool = true, messages: Int = 60, partitions: Int = 3) throws {
        generator = SeededGenerator(seed: seed)
        workload = Workload(seed: seed, partitions: partitions, count: messages)
        var plan = FaultPlan(seed: seed, steps: messages * 60)
        if !faults {
            plan.events = []
            plan.diskFaults = []
        }
        self.plan = plan
        folder = FileManager.default.temporaryDirectory.appending(
            path: "\(SimulatedDisk.mark.dropFirst())\(getpid())-\(seed)-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        kinds = KindRules(unit: 1_000_000_000, clock: seed % 2 == 0 ? .event : .enqueued, lateness: 4).all
        rules = try CompiledRules(WorkloadRules.all + kinds.map(\.rule))
        let time = SteppedTime()
        var settings = DevBrokerConfiguration(
            listeners: [], hubs: [HubDefinition(name: Self.hub, partitionCount: partitions)])
        settings.clock = { time.now / 1_000_000 }
        var logger = Logger(label: "broker", factory: { _ in SwiftLogNoOpLogHandler() })
        logger.logLevel = .critical
        broker = try DevBroker(configuration: settings, group: brokerLoops, logger: logger)
        process = SimulatedProcess(statePath: folder.appending(path: "state-1.db").path)
        self.time = time
        disk.judge = { [plan] number in Self.answer(plan, number) }
    }

    /// The time that closures see.
    final class SteppedTime: @unchecked Sendable { var now = Simulation.start }
    let time: SteppedTime

    private static func answer(_ plan: FaultPlan, _ number: Int) -> SimulatedDisk.Answer {
        for fault in plan.diskFaults where number >= fault.first && number < fault.first + fault.count {
            switch fault.kind {
            case .failure: return .fails
            case .full: return .full
            case .crash, .powerLoss: if number == fault.first { return .crash }
            }
        }
        return .works
    }

    /// Runs it to its end and judges it; removes its files.
    public func run() -> Outcome {
        defer { try? FileManager.default.removeItem(at: folder) }
        disk.tornPart = { [unowned self] in Double.random(in: 0...1, using: &generator) }
        do {
            try begin()
            while !isDone {
                outcome.steps += 1
                guard outcome.steps < 2_000_000 else {
                    outcome.complaints.append("it did not come to an end: \(status)")
                    break
                }
                try step()
            }
            if outcome.complaints.isEmpty { try judge() }
        } catch {
            outcome.complaints.append("the simulation failed: \(error)")
        }
        outcome.diskOperations = disk.operations
        outcome.log = log.lines
        return outcome
    }

    var status: String {
        let snapshot = process.status.snapshot
        return "published \(published), lag \(snapshot.lag), watermark \(snapshot.watermark?.iso8601 ?? "-"), "
            + "life \(lives), time \((now - Self.start) / 1_000_000) ms"
    }

    // MARK: One step

    var isDone: Bool {
        guard published == workload.messages.count, isStopping, case .success? = process.end else { return false }
        return true
    }

    var isStopping = false

    private func step() throws {
        applyPlan()
        try publish()
        inside { advance() }
        if disk.hasCrashed {
            try crash(losingPower: plan.diskFaults.contains { $0.kind == .powerLoss && $0.first == disk.operations })
        } else if let end = process.end, !isDone {
            outcome.exits += 1
            if case .failure(let error) = end { log.add("ended: \(error)") }
            try restart()
        }
    }

    /// Runs a body as the process of now: its jobs and its disk are the simulation's.
    func inside<Result>(_ body: () throws -> Result) rethrows -> Result {
        try JobInterception.run(into: process.scheduler) { try disk.serve(body) }
    }

    /// Does one thing of all that could happen next.
    private func advance() {
        let scheduler = process.scheduler
        let wires = now < quietUntil ? [] : process.wires.filter { $0.hasWork }
        if scheduler.hasReadyJobs, wires.isEmpty || !generator.once(in: 3) {
            note(1)
            let job = scheduler.take(&generator)
            job?()
            return
        }
        if !wires.isEmpty, let wire = wires.randomElement(using: &generator) {
            let direction = Wire.Direction.allCases.randomElement(using: &generator) ?? .toClient
            let size = Int.random(in: 1...plan.pieceMax, using: &generator)
            note(UInt64(size) << 2 | 2)
            wire.move(direction, atMost: size)
            runLoops()
            idleAdvance = 1_000_000
            return
        }
        runLoops()
        guard !process.hasWork || now < quietUntil else { return }
        settle()
        pass()
    }

    private func runLoops() {
        for loop in process.loops.loops { loop.run() }
        for loop in brokerLoops.loops { loop.run() }
    }

    /// Nothing is left to do now: time passes.
    private func pass() {
        var span = idleAdvance
        idleAdvance = min(idleAdvance * 2, 100_000_000)
        if let wake = process.scheduler.nextWake { span = max(1, min(span, wake - now)) }
        if published < workload.messages.count {
            span = max(1, min(span, Self.start + workload.messages[published].due * 1_000_000 - now))
        }
        now += span
        time.now = now
        note(UInt64(bitPattern: span))
        process.scheduler.now = now
        process.scheduler.wake()
        for loop in process.loops.loops + brokerLoops.loops { loop.advanceTime(by: .nanoseconds(span)) }
    }

    private func note(_ what: UInt64) {
        outcome.trace = (outcome.trace ^ what) &* 0x100_0000_01b3
    }

    // MARK: The hub

    private func publish() throws {
        while published < workload.messages.count {
            let message = workload.messages[published]
            guard now >= Self.start + message.due * 1_000_000 else { return }
            published += 1
            let body = message.body(at: now / 1_000_000)
            let stored = try broker.append(
                [AMQPMessage(body: .data([body]))], hub: Self.hub, partition: "\(message.partition)")
            for event in stored {
                lastEnqueued = max(lastEnqueued, event.enqueuedTime)
                events.append(
                    PublishedEvent(
                        message: message, partition: message.partition, sequence: event.sequenceNumber,
                        enqueued: event.enqueuedTime, body: body))
            }
            idleAdvance = 1_000_000
        }
    }

    /// Stops the process once everything is read and every window is over.
    private func settle() {
        guard !isStopping, published == workload.messages.count, process.end == nil else { return }
        let snapshot = process.status.snapshot
        guard snapshot.isCaughtUp, let watermark = snapshot.watermark,
            watermark.nanoseconds > lastEnqueued * 1_000_000 + Self.settling
        else { return }
        isStopping = true
        process.stop()
    }
}
