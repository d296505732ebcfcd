import ArgumentParser
import Detection
import DiagnosticLogs
import Foundation
import HubwatchConfiguration
import HubwatchRuntime
import Logging
import NIOPosix
import Synchronization

/// What runs in the process that is killed: the production ``Hubwatch`` with the drill's rules.
struct DetectorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detector", abstract: "hubwatch with the drill's rules; says on standard output how far it is.",
        shouldDisplay: false)

    @Option(help: "Port of the broker.") var port: Int
    @Option(help: "Hub to read.") var hub = "drill"
    @Option(help: "Folder for state and findings.") var folder: String
    @Option(help: "Rule files.") var rules: String
    @Option(help: "Records a second that thresholds are made for.") var pace: Int
    @Option(help: "When a day ends for the records of another day, in milliseconds.") var crossing: Int64 = 0
    @Option(help: "Distance of commits.") var commitInterval = "50ms"
    @Option(help: "Point to die at.") var crashAt: String?
    @Option(help: "Die when the point is passed for this time.") var crashCount = 1
    @Option(help: "Commits to live through before.") var afterCommits = 0
    @Flag(help: "Only the rule with many groups, for the measurement of a restart.") var manyGroups = false

    func run() async throws {
        let output = StatusOutput()
        output.write("up")
        let log = LineLog()
        // Two loops: as many as the smallest machine has.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        var surroundings = Hubwatch.Surroundings(
            group: group, logger: Logger(label: "detector") { _ in log }, hostName: "drill", productVersion: "drill")
        var probe = RunProbe()
        if let crashAt {
            guard let point = CrashPoint(rawValue: crashAt) else { throw ValidationError("no point '\(crashAt)'") }
            let trigger = CrashTrigger(point, count: crashCount, afterCommits: afterCommits)
            probe = trigger.probe()
            surroundings.platform.files = trigger.files()
        }
        let rules = DrillRules(pace: pace, crossing: DayCrossing(milliseconds: crossing))
        surroundings.addedRules = manyGroups ? [ManyGroups.rule] : rules.all.compactMap(\.rule)
        surroundings.probe = probe
        let hubwatch = Hubwatch(try settings(), surroundings)
        let telling = Task {
            for await _ in hubwatch.status.changes() { output.write(Progress(hubwatch.status.snapshot).line) }
        }
        do {
            try await hubwatch.run { await StandardInput.ended() }
        } catch {
            log.write("the run failed: \(error)")
            throw ExitCode(70)
        }
        telling.cancel()
        output.write(Progress(hubwatch.status.snapshot).line)
    }

    private func settings() throws -> HubwatchConfiguration.Configuration {
        let key = "SharedAccessKeyName=drill;SharedAccessKey=drill"
        var given = [
            "source.connection_string":
                "Endpoint=sb://127.0.0.1:\(port);\(key);UseDevelopmentEmulator=true;EntityPath=\(hub)",
            "state.path": folder + "/state.db", "findings.file": folder + "/findings.ndjson",
            "state.commit_interval": commitInterval, "rules.ignore_refused": "false", "log.level": "notice",
        ]
        given["rules.paths"] = rules
        // Broker and detector share a clock; snapshots come often.
        given["source.clock_skew"] = "200ms"
        given["state.snapshot_after"] = "64KiB"
        var layers = ConfigurationLayers()
        for (path, text) in given.sorted(by: { $0.key < $1.key }) { layers.add(flag: path, path: path, text: text) }
        return try HubwatchConfiguration.Configuration(layers) { (path) throws(ConfigurationProblem) in
            throw ConfigurationProblem(place: path, message: "a drill reads no files")
        }
    }
}

/// How far a detector is, as it says on standard output.
struct Progress: Equatable {
    var messages: Int64 = 0
    var commits: Int64 = 0
    var journaled: Int64 = 0
    var watermarkMilliseconds: Int64 = 0
    var isCaughtUp = false
    var groups = 0
    var attached = 0

    init() {}

    init(_ status: RunStatus.Snapshot) {
        messages = status.messages
        commits = status.commits
        journaled = status.journaled
        watermarkMilliseconds = status.watermark?.milliseconds ?? 0
        isCaughtUp = status.isCaughtUp
        groups = status.groups
        attached = status.partitions.values.count(where: \.isAttached)
    }

    init?(line: String) {
        let words = line.split(separator: " ")
        guard words.count == 8, words[0] == "at", let messages = Int64(words[1]), let commits = Int64(words[2]),
            let journaled = Int64(words[3]), let watermark = Int64(words[4]), let groups = Int(words[6]),
            let attached = Int(words[7])
        else { return nil }
        self.messages = messages
        self.commits = commits
        self.journaled = journaled
        watermarkMilliseconds = watermark
        isCaughtUp = words[5] == "1"
        self.groups = groups
        self.attached = attached
    }

    var line: String {
        "at \(messages) \(commits) \(journaled) \(watermarkMilliseconds) \(isCaughtUp ? 1 : 0) \(groups) \(attached)"
    }
}

/// Standard output, whole lines at a time.
final class StatusOutput: Sendable {
    private let last = Mutex("")

    /// Writes a line unless it is the one before.
    func write(_ line: String) {
        last.withLock { last in
            guard line != last else { return }
            last = line
            let bytes = Array((line + "\n").utf8)
            _ = bytes.withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
        }
    }
}

/// Standard input as an order to stop: the driver closes it, or is gone.
enum StandardInput {
    /// Returns when nothing more can come.
    static func ended() async {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var byte: UInt8 = 0
                while read(0, &byte, 1) > 0 {}
                continuation.resume()
            }
        }
    }
}

/// Log lines on standard error.
struct LineLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .notice

    func log(event: LogEvent) {
        let details = (event.metadata ?? [:]).merging(metadata) { $1 }.map { " \($0.key)=\($0.value)" }.sorted()
        write("\(event.level) \(event.message)\(details.joined())")
    }

    /// Writes a line.
    func write(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
}
