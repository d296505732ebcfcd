import ArgumentParser
@_spi(Revealing) import DiagnosticLogs
import EventHubs
import EventHubsClient
import Foundation
import HubwatchConfiguration
import HubwatchRuntime
import Logging
import NIOCore
import NIOPosix

/// `hubwatch publish`.
struct PublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Send the lines of files to an event hub, each line as one message.",
        discussion: """
            hubwatch publish sample.ndjson --hub logs
            hubwatch generate --records 1000 | hubwatch publish - --rate 50

            The connection string comes from HUBWATCH_CONNECTION_STRING or the configuration; its policy needs the Send claim.
            With source.namespace an identity signs in; it needs the role Azure Event Hubs Data Sender.
            """)

    @Argument(help: "Files, one message body a line; - is standard input.") var files: [String]
    @OptionGroup var options: ConfigurationOptions
    @Option(help: "Messages a second. Default: as fast as the hub takes them.") var rate: Double?
    @Flag(help: "Begin again at the end of the files, until interrupted.") var `repeat` = false
    @Option(help: "Path of a field, such as resourceId: its value in the first record is the message's partition key.")
    var keyField: String?
    @Option(help: "Send everything to this partition.") var toPartition: String?
    @Option(help: "Calls under way at a time.") var inFlight = 8

    func run() async throws {
        if let rate, rate <= 0 { throw CommandFailure(.usage, "--rate takes a number above 0") }
        if keyField != nil, toPartition != nil {
            throw CommandFailure(.usage, "--key-field and --to-partition exclude each other")
        }
        let plan = try PublishPlan(keyField: keyField, partition: toPartition)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let line = StatusLine()
        let logger = Logger(label: "publish") { _ in LogOutput(level: .warning, format: .text, statusLine: line) }
        do {
            let client = try configuration(group, logger)
            let producer = try EventHubsProducer(configuration: client, eventLoopGroup: group, logger: logger)
            var progress = PublishProgress(total: Self.size(files), line: line)
            repeat {
                for file in files {
                    try await send(LineReader(file), plan, producer, &progress)
                }
            } while self.repeat && !files.contains("-") && !Task.isCancelled
            await producer.shutdown()
            line.end()
            Terminal.error(progress.summary(hub: client.hub))
        } catch let error as EventHubsError {
            line.end()
            throw CommandFailure(error)
        }
        try? await group.shutdownGracefully()
    }

    private func configuration(_ group: any EventLoopGroup, _ logger: Logger) throws -> EventHubsConfiguration {
        let settings = try options.configuration()
        guard case .eventHub = settings.source.endpoint else {
            throw CommandFailure(.usage, "publish needs an Event Hub; source.amqp.url is a plain broker")
        }
        return try settings.source.reachedConfiguration(tokens: SignIn.provider(on: group, logger)(settings.source))
    }

    /// Lanes keep the order of messages that share a partition key, and use the hub's round trip in parallel.
    private func send(
        _ lines: LineReader, _ plan: PublishPlan, _ producer: EventHubsProducer, _ progress: inout PublishProgress
    ) async throws {
        let start = ContinuousClock.now
        var taken = 0
        while true {
            var wave: [(PublishPlan.Destination, [[UInt8]])] = []
            for _ in 0..<max(1, inFlight) {
                var bodies: [[UInt8]] = []
                var bytes = 0
                let most = rate.map { min(256, max(1, Int($0 / 20))) } ?? 256
                while bodies.count < most, bytes < 900_000, let body = try lines.next() {
                    if body.isEmpty { continue }
                    bytes += body.count
                    bodies.append(body)
                }
                if bodies.isEmpty { break }
                for (destination, group) in plan.split(bodies) { wave.append((destination, group)) }
                if rate != nil { break }
            }
            if wave.isEmpty { return }
            wave = Self.joined(wave)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (destination, bodies) in wave {
                    group.addTask { try await producer.send(bodies: bodies, to: destination) }
                }
                try await group.waitForAll()
            }
            for (_, bodies) in wave {
                taken += bodies.count
                progress.add(bodies.count, bodies.reduce(0) { $0 + $1.count })
            }
            if let rate {
                let due = start.advanced(by: .seconds(Double(taken) / rate))
                try await Task.sleep(until: due, clock: .continuous)
            }
        }
    }

    /// One call for each partition and key, so that calls under way together cannot pass each other.
    private static func joined(
        _ wave: [(PublishPlan.Destination, [[UInt8]])]
    ) -> [(PublishPlan.Destination, [[UInt8]])] {
        var joined: [(PublishPlan.Destination, [[UInt8]])] = []
        var places: [PublishPlan.Destination: Int] = [:]
        for (destination, bodies) in wave {
            if destination != .anyPartition, let place = places[destination] {
                joined[place].1 += bodies
            } else {
                places[destination] = joined.count
                joined.append((destination, bodies))
            }
        }
        return joined
    }

    private static func size(_ files: [String]) -> Int64 {
        files.reduce(0) { sum, file in
            let size = try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int64
            return sum + (size ?? 0)
        }
    }
}

/// Where each message goes.
private struct PublishPlan: Sendable {
    typealias Destination = EventHubsProducer.Destination
    private let path: FieldPath?
    private let partition: String?

    init(keyField: String?, partition: String?) throws {
        self.partition = partition
        do {
            path = try keyField.map { try FieldPath(parsing: $0) }
        } catch let error as DiagnosticLogsError {
            throw CommandFailure(.usage, "--key-field: \(error)")
        }
    }

    /// The messages by destination, in order within each.
    func split(_ bodies: [[UInt8]]) -> [(Destination, [[UInt8]])] {
        if bodies.first.map({ $0.withUnsafeBytes { WrappedMessage.isWrapped($0) } }) == true { return places(bodies) }
        if let partition { return [(.partition(partition), bodies)] }
        guard let path else { return [(.anyPartition, bodies)] }
        var order: [String] = []
        var byKey: [String: [[UInt8]]] = [:]
        for body in bodies {
            let key = Self.key(path, body)
            if byKey[key] == nil { order.append(key) }
            byKey[key, default: []].append(body)
        }
        return order.map { key in (key.isEmpty ? .anyPartition : .key(key), byKey[key] ?? []) }
    }

    /// Lines that carry their partition go there, unless another was asked for.
    private func places(_ lines: [[UInt8]]) -> [(Destination, [[UInt8]])] {
        var byPartition: [Int: [[UInt8]]] = [:]
        for line in lines {
            guard let message = line.withUnsafeBytes({ WrappedMessage(line: $0) }) else { continue }
            byPartition[message.partition, default: []].append(message.body)
        }
        if let partition { return [(.partition(partition), byPartition.sorted { $0.key < $1.key }.flatMap(\.value))] }
        return byPartition.sorted { $0.key < $1.key }.map { (.partition("\($0.key)"), $0.value) }
    }

    private static func key(_ path: FieldPath, _ body: [UInt8]) -> String {
        let decoder = EnvelopeDecoder(plan: .empty)
        var key = ""
        decoder.decode(
            copying: body, enqueued: Timestamp(nanoseconds: 0),
            onRecord: { record in
                guard key.isEmpty else { return }
                switch record.value(at: path) {
                case .string(let text): key = text
                case .number(let text): key = text
                case .integer(let number): key = String(number)
                default: break
                }
            }, onDeadLetter: { _ in })
        // The service takes keys of up to 128 characters.
        return String(key.prefix(128))
    }
}

/// Counts what was sent and shows it.
private struct PublishProgress {
    let total: Int64
    let line: StatusLine
    private let started = ContinuousClock.now
    private var messages: Int64 = 0
    private var bytes: Int64 = 0

    init(total: Int64, line: StatusLine) {
        self.total = total
        self.line = line
    }

    mutating func add(_ messages: Int, _ bytes: Int) {
        self.messages += Int64(messages)
        self.bytes += Int64(bytes)
        let tail = "\(Amount.count(self.messages)) messages, \(Amount.bytes(self.bytes))"
        line.show(
            total > 0 ? ProgressBar.text("publishing", self.bytes % max(1, total), total, tail) : "published \(tail)")
    }

    func summary(hub: String) -> String {
        let time = started.duration(to: .now)
        let seconds = max(0.001, Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18)
        return
            "Published \(messages) messages (\(Amount.bytes(bytes))) to '\(hub)' in \((seconds * 10).rounded() / 10) s, \(Amount.bytes(Int64(Double(bytes) / seconds)))/s."
    }
}

/// Lines of a file as bytes, whatever they hold; reads a mebibyte at a time.
private final class LineReader {
    private let handle: FileHandle
    private let path: String
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false

    init(_ path: String) throws {
        self.path = path
        if path == "-" {
            handle = .standardInput
        } else if let opened = FileHandle(forReadingAtPath: path) {
            handle = opened
        } else {
            throw CommandFailure(.inputNotFound, "'\(path)' cannot be opened")
        }
    }

    /// The next line without its line end; nil at the end.
    func next() throws -> [UInt8]? {
        while true {
            if let end = buffer[start...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return Array(buffer[start..<end])
            }
            if isAtEnd {
                defer { start = buffer.count }
                return start < buffer.count ? Array(buffer[start...]) : nil
            }
            buffer.removeFirst(start)
            start = 0
            do {
                let more = try handle.read(upToCount: 1 << 20) ?? Data()
                if more.isEmpty { isAtEnd = true } else { buffer.append(contentsOf: more) }
            } catch {
                throw CommandFailure(.ioFailure, "'\(path)' cannot be read: \(error.localizedDescription)")
            }
        }
    }
}
