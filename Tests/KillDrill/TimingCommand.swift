import ArgumentParser
import Detection
import DiagnosticLogs
import EventHubsClient
import Foundation
import Logging
import NIOPosix

/// The rule of the measurement: a group for every user, and windows that stay open.
enum ManyGroups {
    static let rule = Rule(
        metadata: RuleMetadata(id: "drill-groups", title: "Drill: many groups"),
        condition: .field(
            .path(FieldPath(["operationName"])),
            .text(StringPattern(parts: [.literal("Bulk")], caseSensitive: true))),
        body: .aggregate(
            AggregateRule(
                window: HoppingWindow(length: .seconds(3600), hop: .seconds(600)),
                keys: [NamedExpression(name: "user", expression: .field(.path(FieldPath(["properties", "user"]))))],
                aggregates: [Aggregate(name: "records", function: .countRows, argument: nil)],
                stages: [.filter(.compare(.greater, .column("records"), .literal(.long(1_000_000))))])))

    /// A message with one record for each user.
    static func body(users: Range<Int>) -> [UInt8] {
        let time = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)).iso8601
        let records = users.map {
            "{\"time\":\"\(time)\",\"operationName\":\"Bulk\",\"category\":\"Audit\",\"properties\":{\"user\":\"user-\($0)\"}}"
        }
        return Array("{\"records\":[\(records.joined(separator: ","))]}".utf8)
    }
}

/// How long a killed hubwatch with many groups takes from its start to the first event that it folds.
struct TimingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "timing", abstract: "Measures the time from a start to the first folded event.")

    @Option(help: "Partitions of the hub.") var partitions = 32
    @Option(help: "Groups with open windows.") var groups = 100_000
    @Option(help: "Restarts to measure.") var restarts = 5
    @Option(help: "Rule files.") var rules = "Config/rules"

    /// Records in a message.
    private static let recordsPerMessage = 100

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let folder = NSTemporaryDirectory() + "hubwatch-timing-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (broker, port) = try Drill.startBroker(folder, "drill:\(partitions)")
        defer { broker.terminate() }
        let producer = try EventHubsProducer(
            configuration: try HubAddress(port: port).configuration(),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "timing") { _ in LineLog() })
        var next = 0
        for first in stride(from: 0, to: groups, by: Self.recordsPerMessage) {
            let users = first..<min(first + Self.recordsPerMessage, groups)
            try await producer.send(bodies: [ManyGroups.body(users: users)], to: .partition("\(next % partitions)"))
            next += 1
        }
        let messages = Int64(next)
        _ = try await start(folder, port) { $0.messages >= messages && $0.groups >= groups && $0.isCaughtUp }
        var times: [Double] = []
        for _ in 0..<restarts {
            for partition in 0..<partitions {
                try await producer.send(bodies: [ManyGroups.body(users: 0..<1)], to: .partition("\(partition)"))
            }
            times.append(try await start(folder, port) { $0.messages > 0 })
        }
        await producer.shutdown()
        let text = times.sorted().map { "\(Int($0))" }.joined(separator: ", ")
        print(
            "start to first folded event, \(partitions) partitions, \(groups) groups, after kill -9: \(text) ms")
    }

    /// Starts a detector, waits for a fact and kills it; milliseconds until the fact.
    private func start(_ folder: String, _ port: Int, until fact: (Progress) -> Bool) async throws -> Double {
        let start = ContinuousClock.now
        let child = try ChildProcess(
            Drill.executable,
            [
                "detector", "--port", "\(port)", "--folder", folder, "--rules", rules, "--pace", "1",
                "--commit-interval", "200ms", "--many-groups",
            ], name: "detector", log: folder + "/detector.log")
        while !child.isSilent {
            ChildProcess.await([child], milliseconds: 1000)
            for line in child.lines() {
                guard let progress = Progress(line: line), fact(progress) else { continue }
                let elapsed = start.duration(to: .now).milliseconds
                // Killed behind a commit: the next start finds deltas, not an orderly end.
                var now = progress
                while now.commits < progress.commits + 1, !child.isSilent {
                    ChildProcess.await([child], milliseconds: 500)
                    for line in child.lines() { now = Progress(line: line) ?? now }
                }
                child.kill()
                child.wait()
                return elapsed
            }
        }
        throw DrillFailure("the detector \(child.wait()): \(Drill.tail(folder + "/detector.log"))")
    }
}
