import ArgumentParser
import DiagnosticLogs
import Foundation
import HubwatchConfiguration
import HubwatchRuntime
import SampleLogs

/// `hubwatch generate`.
struct GenerateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Write realistic Azure logs with attacks at known places, one message body a line.",
        discussion: """
            The same seed and flags give the same bytes on every machine. --expected writes what was planted, so that findings \
            can be checked with `hubwatch compare`.

              hubwatch generate --records 100000 --seed 7 --output sample.ndjson --expected expected.json
              hubwatch generate --records 100000 --partitions 4 -o sample.ndjson     (for replay: ids are those of the hub)
              hubwatch generate --records 5000 --mix activity=80,signin=20 --attacks none | head -1
            """)

    @Option(help: "Seed of everything random.") var seed: UInt64 = 1
    @Option(help: "Number of records.") var records = 10_000
    @Option(help: "Weights of the kinds of logs: activity, openai (or audit, requestresponse, trace), signin, noise.")
    var mix = "activity=30,openai=55,signin=10,noise=5"
    @Option(help: "Attacks to plant: none, or keys=N,thefts=N,transfers=N,near-misses=yes.")
    var attacks = "keys=3,thefts=2,near-misses=yes"
    @Option(help: "Oddities of real exports: none, all, all=0.02, or NAME=RATE,…") var quirks = "none"
    @Option(help: "Event time of the first record (ISO). Default: --span before now.") var start: String?
    @Option(help: "Span of event time, such as 30m or 2h.") var span = "1h"
    @Option(
        help: "Spread the messages over this many partitions and write each with its place; publish sends it there.")
    var partitions: Int?
    @Flag(help: "The canned sample of `make run`: 20,000 records within the last 50 minutes.") var demo = false
    @Option(name: .shortAndLong, help: "File to write. Default: standard output.") var output: String?
    @Option(help: "File for what was planted, as JSON.") var expected: String?

    func run() async throws {
        var generator = try makeGenerator()
        let total = generator.recordCount
        let sink = try OutputFile(output)
        let line = StatusLine(isOn: Terminal.errorIsTerminal && output != nil)
        var body: [UInt8] = []
        var written: Int64 = 0
        var records = 0
        var places = try partitions.map { try SamplePlaces(partitions: $0) }
        while let facts = generator.next(into: &body) {
            if let line = places?.line(body, facts) { body = line }
            body.append(UInt8(ascii: "\n"))
            guard try sink.write(body) else { break }
            written += Int64(body.count)
            records += facts.records
            if facts.index % 64 == 0 {
                line.show(ProgressBar.text("generating", Int64(records), Int64(total), Amount.bytes(written)))
            }
        }
        try sink.close()
        line.end()
        if let expected {
            let file = try OutputFile(expected)
            _ = try file.write(generator.expected.json())
            try file.close()
        }
        if output != nil {
            let truth = generator.expected
            Terminal.error(
                "Generated \(truth.records) records in \(truth.messages) messages (\(Amount.bytes(written))), with \(truth.keyListings.count) key listings and \(truth.modelThefts.count) model thefts among them."
            )
        }
    }

    private func makeGenerator() throws -> LogGenerator {
        do {
            let now = EventTime(nanoseconds: WallClock.system.now().nanoseconds)
            if demo { return try LogGenerator.demo(seed: seed, start: now) }
            guard let milliseconds = DurationText.read(span), milliseconds > 0 else {
                throw CommandFailure(.usage, "--span takes a duration such as 30m or 2h; '\(span)' is none")
            }
            var from = EventTime(nanoseconds: now.nanoseconds &- Int64(milliseconds) &* 1_000_000)
            if let start {
                guard let time = Timestamp(parsing: start) else {
                    throw CommandFailure(
                        .usage, "--start takes a time such as 2026-01-31T12:00:00Z; '\(start)' is none")
                }
                from = EventTime(nanoseconds: time.nanoseconds)
            }
            guard records >= 0 else { throw CommandFailure(.usage, "--records takes a number from 0") }
            var configuration = LogGenerator.Configuration(seed: seed, records: records, start: from)
            configuration.span = .milliseconds(milliseconds)
            configuration.mix = try LogMix(parsing: mix)
            configuration.attacks = try AttackPlan(parsing: attacks)
            configuration.quirks = try QuirkRates(parsing: quirks)
            return try LogGenerator(configuration)
        } catch let error as SampleLogsError {
            throw CommandFailure(.usage, "--\(error)")
        }
    }
}

/// Gives each message of a sample its place in a hub: partitions in turn, enqueued with its newest record.
private struct SamplePlaces {
    private var next: [Int64]
    private var newest = Int64.min

    init(partitions: Int) throws {
        guard (1...1024).contains(partitions) else {
            throw CommandFailure(.usage, "--partitions takes a number from 1 to 1024")
        }
        next = [Int64](repeating: 0, count: partitions)
    }

    mutating func line(_ body: [UInt8], _ facts: MessageFacts) -> [UInt8] {
        let partition = facts.index % next.count
        newest = max(newest, facts.lastEventTime.nanoseconds)
        // Rounded up: no record is newer than its message.
        let enqueued = Timestamp(milliseconds: Timestamp(nanoseconds: newest).milliseconds &+ 1)
        let message = WrappedMessage(
            partition: partition, sequence: next[partition], offset: "", enqueued: enqueued, body: body)
        next[partition] += 1
        return message.line(isJSON: facts.quirk == nil)
    }
}

/// A file that is written from start to end, or standard output.
final class OutputFile {
    private let handle: FileHandle?
    private let path: String

    init(_ path: String?) throws {
        self.path = path ?? "standard output"
        guard let path else {
            handle = nil
            return
        }
        // Logs hold names and addresses of people: nobody else may read them.
        guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]),
            let opened = FileHandle(forWritingAtPath: path)
        else { throw CommandFailure(.cannotCreate, "'\(path)' cannot be created: check the folder and its rights") }
        handle = opened
    }

    /// False when nobody reads any more (`| head`).
    func write(_ bytes: [UInt8]) throws -> Bool {
        guard let handle else { return Terminal.write(bytes, to: 1) }
        do {
            try handle.write(contentsOf: bytes)
        } catch {
            throw CommandFailure(.ioFailure, "'\(path)' cannot be written: \(error.localizedDescription)")
        }
        return true
    }

    func close() throws { try handle?.close() }
}

/// A bar such as `name  [#####.....]  45 %  tail`.
enum ProgressBar {
    static func text(_ name: String, _ done: Int64, _ total: Int64, _ tail: String) -> String {
        let share = total > 0 ? min(1, Double(done) / Double(total)) : 0
        let filled = Int(share * 30)
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
        return "\(name)  [\(bar)]  \(Int(share * 100)) %  \(tail)"
    }
}
