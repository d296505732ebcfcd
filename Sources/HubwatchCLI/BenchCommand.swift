import ArgumentParser
import Detection
import DiagnosticLogs
import Foundation
import HubwatchConfiguration
import HubwatchRuntime
import SampleLogs

/// `hubwatch bench`.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure how much this machine decodes and judges with your rules, for sizing.",
        discussion: """
            Judges message bodies that lie in memory on one thread, again and again, with the configured rules, and says how much \
            that takes of one core. Reading from the hub costs besides. Nothing is connected to, and no file is written.

              hubwatch bench                                    a generated sample
              hubwatch bench --rules my-rules logs.ndjson       your rules over your logs, one message body a line
            """)

    @Argument(help: "Message bodies, one a line. Default: a generated sample.") var file: String?
    @OptionGroup var options: ConfigurationOptions
    @Option(help: "Seconds to measure.") var seconds = 5.0
    @Flag(help: "One JSON object on standard output.") var json = false

    /// Of a file only so much is taken: more would measure the memory.
    private static let bytesMaximum = 256 << 20

    func run() async throws {
        guard seconds > 0, seconds <= 3600 else { throw CommandFailure(.usage, "--seconds takes more than 0, to 3600") }
        let rules = try RuleReport.load(paths: [], options: options)
        for refusal in rules.refusals { Terminal.error("\(refusal)") }
        guard let compiled = rules.compiled else { throw CommandFailure(.badInput, "there is no rule to run") }
        let bodies = MeasuredBodies(try file.map(Self.read) ?? Self.sample())
        guard bodies.records > 0 else { throw CommandFailure(.badInput, "'\(file ?? "")' holds no records") }
        let judging = bodies.measure(seconds: seconds * 0.7, rules: compiled)
        let decoding = bodies.measure(seconds: seconds * 0.3, rules: nil)
        Terminal.output(
            json
                ? Self.json(bodies, rules.rules.count, judging, decoding)
                : Self.text(bodies, rules.rules.count, judging, decoding))
    }

    private static func read(_ path: String) throws -> [[UInt8]] {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw CommandFailure(.inputNotFound, "'\(path)' cannot be opened")
        }
        let data: Data
        do {
            data = try handle.read(upToCount: bytesMaximum) ?? Data()
        } catch {
            throw CommandFailure(.ioFailure, "'\(path)' cannot be read: \(error.localizedDescription)")
        }
        return data.split(separator: UInt8(ascii: "\n")).map(Array.init)
    }

    private static func sample() throws -> [[UInt8]] {
        do {
            let now = EventTime(nanoseconds: WallClock.system.now().nanoseconds)
            var generator = try LogGenerator(LogGenerator.Configuration(seed: 1, records: 20_000, start: now))
            var bodies: [[UInt8]] = []
            while let message = generator.next() { bodies.append(message.body) }
            return bodies
        } catch {
            throw CommandFailure(.internalFault, "\(error)")
        }
    }

    private static func text(
        _ bodies: MeasuredBodies, _ rules: Int, _ judging: MeasuredBodies.Speed, _ decoding: MeasuredBodies.Speed
    ) -> String {
        let rate = { (count: Int, speed: MeasuredBodies.Speed) in Double(count) * speed.passesPerSecond }
        let matched = Double(judging.matches) / Double(max(1, bodies.records)) * 100
        return """
            \(bodies.records) records in \(bodies.count) messages (\(Amount.bytes(Int64(bodies.bytes)))), \(rules) rules, kernel \(EnvelopeDecoder.kernelName), \(ProcessInfo.processInfo.activeProcessorCount) cores
              decode and judge   \(Amount.count(Int64(rate(bodies.records, judging)))) records/s   \(Amount.bytes(Int64(rate(bodies.bytes, judging))))/s   on one core
              decode alone       \(Amount.count(Int64(rate(bodies.records, decoding)))) records/s   \(Amount.bytes(Int64(rate(bodies.bytes, decoding))))/s   on one core
              \((matched * 100).rounded() / 100) matches in a hundred records; \(judging.deadLetters) bodies or records could not be decoded
            """
    }

    private static func json(
        _ bodies: MeasuredBodies, _ rules: Int, _ judging: MeasuredBodies.Speed, _ decoding: MeasuredBodies.Speed
    ) -> String {
        let rate = { (count: Int, speed: MeasuredBodies.Speed) in
            JSONText.Value.number(Int64(Double(count) * speed.passesPerSecond))
        }
        return JSONText.object([
            ("records", .number(Int64(bodies.records))), ("messages", .number(Int64(bodies.count))),
            ("bytes", .number(Int64(bodies.bytes))), ("rules", .number(Int64(rules))),
            ("kernel", .text(EnvelopeDecoder.kernelName)),
            ("cores", .number(Int64(ProcessInfo.processInfo.activeProcessorCount))),
            ("matches", .number(Int64(judging.matches))), ("dead_letters", .number(Int64(judging.deadLetters))),
            ("judged_records_per_second", rate(bodies.records, judging)),
            ("judged_bytes_per_second", rate(bodies.bytes, judging)),
            ("decoded_records_per_second", rate(bodies.records, decoding)),
            ("decoded_bytes_per_second", rate(bodies.bytes, decoding)),
        ])
    }
}
