import ArgumentParser
import Detection
import DiagnosticLogs
import Foundation
import HubwatchConfiguration
import HubwatchRuntime
import NIOCore
import NIOPosix
import Synchronization

/// The production `Hubwatch`, with its progress as figures.
struct DetectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detect", abstract: "Run hubwatch against a hub and say how far it is.",
        discussion: "Ends when its standard input ends, or with --until-caught-up when everything is read.")

    @OptionGroup var hub: LocalHub
    @Option(help: "Folder for state and findings.") var folder: String
    @Option(help: "Rule files.") var rules = "Config/rules"
    @Option(help: "Distance of commits.") var commitInterval = "1s"
    @Flag(help: "End when everything is read.") var untilCaughtUp = false
    @Option(help: "Milliseconds between two lines of progress.") var every = 0

    /// How far it is.
    struct Progress: Codable {
        var seconds: Double
        var messages: Int64
        var bytes: Int64
        var records: Int64
        var lag: Int64
        var commits: Int64
        var alerts: Int64
        var deadLetters: Int64
        var attached: Int
        var isCaughtUp: Bool
        /// Between the arrivals of the first and the last message.
        var reading: Double
        /// Of the whole process.
        var cpu: Double
        /// Of that, what was used before the first link was open: loading, connecting.
        var cpuBefore: Double
        var memoryBytes: Int64
        var memoryPeakBytes: Int64
    }

    private static let cpuBefore = Mutex(0.0)

    func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
        let hubwatch = Hubwatch(
            try settings(),
            Hubwatch.Surroundings(
                group: group, logger: LocalHub.logger, hostName: "bench", productVersion: "bench"))
        let start = ContinuousClock.now
        let starting = Task {
            await hubwatch.status.waitUntil { $0.partitions.values.contains(where: \.isAttached) }
            Self.cpuBefore.withLock { $0 = Meter.processSeconds }
        }
        defer { starting.cancel() }
        let telling = Task {
            guard every > 0 else { return }
            while !Task.isCancelled {
                try RoundLoop.write(Self.progress(hubwatch.status.snapshot, start))
                try await Task.sleep(for: .milliseconds(every))
            }
        }
        do {
            try await hubwatch.run(until: untilCaughtUp ? .whenCaughtUp : .whenStopped) { await Self.inputEnded() }
        } catch {
            throw MeasureFailure("\(error)")
        }
        telling.cancel()
        try RoundLoop.write(Self.progress(hubwatch.status.snapshot, start))
    }

    private static func progress(_ status: RunStatus.Snapshot, _ start: ContinuousClock.Instant) -> Progress {
        var reading = 0.0
        if let first = status.firstReceivedAt, let last = status.lastReceivedAt {
            reading = Double(last.nanoseconds - first.nanoseconds) / 1e9
        }
        let memory = ProcessMemory()
        return Progress(
            seconds: start.duration(to: .now).inSeconds, messages: status.messages, bytes: status.bytes,
            records: status.counters.records, lag: status.lag, commits: status.commits, alerts: status.alerts,
            deadLetters: status.counters.deadLetters, attached: status.partitions.values.count(where: \.isAttached),
            isCaughtUp: !status.partitions.isEmpty && status.partitions.values.allSatisfy(\.isCaughtUp),
            reading: reading, cpu: Meter.processSeconds, cpuBefore: cpuBefore.withLock { $0 },
            memoryBytes: memory.resident, memoryPeakBytes: memory.peak)
    }

    private static func inputEnded() async {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                while readLine() != nil {}
                continuation.resume()
            }
        }
    }

    private func settings() throws -> HubwatchConfiguration.Configuration {
        let given = [
            "source.connection_string": hub.connectionString, "state.path": folder + "/state.db",
            "findings.file": folder + "/findings.ndjson", "findings.terminal": "never",
            "state.commit_interval": commitInterval, "rules.paths": rules,
        ]
        var layers = ConfigurationLayers()
        for (path, text) in given.sorted(by: { $0.key < $1.key }) { layers.add(flag: path, path: path, text: text) }
        return try HubwatchConfiguration.Configuration(layers) { (path) throws(ConfigurationProblem) in
            throw ConfigurationProblem(place: path, message: "a benchmark reads no files")
        }
    }
}

/// Memory of this process, as the kernel counts it.
struct ProcessMemory {
    private(set) var resident: Int64 = 0
    private(set) var peak: Int64 = 0

    init() {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return }
        for line in text.split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard words.count > 1, let kilobytes = Int64(words[1]) else { continue }
            if words[0] == "VmRSS:" { resident = kilobytes << 10 }
            if words[0] == "VmHWM:" { peak = kilobytes << 10 }
        }
    }
}
