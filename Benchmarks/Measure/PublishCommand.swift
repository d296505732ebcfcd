import ArgumentParser
import DiagnosticLogs
import EventHubsClient
import Foundation
import NIOPosix
import Synchronization

/// Fills a hub, or publishes at a steady rate whatever the consumer does.
struct PublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish", abstract: "Fill a hub, or publish at a rate.")

    @OptionGroup var hub: LocalHub
    @Option(help: "Partitions of the hub.") var partitions = 1
    @Option(help: "Messages to send.") var messages = Int.max
    @Option(help: "Bodies of this size; otherwise those of --sample.") var size: Int?
    @Option(help: "Bodies, one a line.") var sample: String?
    @Option(help: "Messages a second; default: as fast as the broker takes them.") var rate: Double?
    @Option(help: "Stop after these seconds.") var seconds = Double.infinity
    @Option(help: "Markers a second: key listings whose correlation id is the time at which they were due.")
    var markers = 0.0

    func run() async throws {
        let bodies = try self.bodies()
        let producer = try EventHubsProducer(
            configuration: hub.configuration(), eventLoopGroup: MultiThreadedEventLoopGroup(numberOfThreads: 1),
            logger: LocalHub.logger)
        let publisher = Publisher(producer: producer, bodies: bodies, partitions: partitions)
        let start = ContinuousClock.now
        let cpu = Meter.processSeconds
        if let rate {
            try await publisher.publish(rate: rate, markers: markers, seconds: seconds, messages: messages)
        } else {
            try await publisher.publish(messages: messages, seconds: seconds)
        }
        var round = publisher.sent.withLock { $0 }
        round.seconds = start.duration(to: .now).inSeconds
        round.cpu = Meter.processSeconds - cpu
        try RoundLoop.write(round)
        await producer.shutdown()
    }

    private func bodies() throws -> [[UInt8]] {
        if let size { return [SyntheticBody.ofSize(size)] }
        guard let sample else { throw ValidationError("give --size or --sample") }
        let bodies = try SampleBodies(file: sample)
        return bodies.ranges.indices.map { bodies.array($0) }
    }
}

/// Bodies that are made for a measurement.
enum SyntheticBody {
    /// An envelope with one record, filled up to a size.
    static func ofSize(_ size: Int) -> [UInt8] {
        let start =
            #"{"records":[{"time":"2026-11-21T10:00:00.0000000Z","operationName":"Fill","category":"Audit","properties":{"text":""#
        let end = #""}}]}"#
        return Array(start.utf8)
            + [UInt8](repeating: UInt8(ascii: "x"), count: max(0, size - start.utf8.count - end.utf8.count))
            + Array(end.utf8)
    }

    /// 16 MB of envelopes of about 64 KB whose records have a size.
    static func ofRecords(_ size: Int) -> [[UInt8]] {
        var properties = ""
        let start = #"{"time":"2026-11-21T10:00:00.0000000Z","operationName":"Fill","category":"Audit","properties":{"#
        while start.count + properties.count + 30 < size {
            let number = properties.count
            properties += (properties.isEmpty ? "" : ",") + #""member\#(number)":"value \#(number)""#
        }
        let record = start + properties + "}}"
        let records = [String](repeating: record, count: max(1, 65_536 / record.count)).joined(separator: ",")
        let body = Array("{\"records\":[\(records)]}".utf8)
        return [[UInt8]](repeating: body, count: max(1, (16 << 20) / body.count))
    }

    /// A listing of keys from no portal, known by the time at which it was due.
    static func marker(due nanoseconds: Int64) -> [UInt8] {
        let account =
            "/SUBSCRIPTIONS/0B1F6471-1BF0-4DDA-AEC3-CB9272F09590/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.COGNITIVESERVICES/ACCOUNTS/BENCH"
        return Array(
            #"{"records":[{"time":"\#(Timestamp(nanoseconds: nanoseconds).iso8601)","resourceId":"\#(account)","operationName":"MICROSOFT.COGNITIVESERVICES/ACCOUNTS/LISTKEYS/ACTION","category":"Administrative","resultType":"Success","resultSignature":"Succeeded.","correlationId":"due-\#(nanoseconds)","identity":{"claims":{"appid":"04b07795-8ddb-461a-bbee-02f9e1bf7b46"}},"properties":{"statusCode":"OK"}}]}"#
                .utf8)
    }
}

/// Sends bodies to the partitions in turn.
private final class Publisher: Sendable {
    let sent = Mutex(Round())
    private let onTheWay = Mutex(0)
    private let producer: EventHubsProducer
    private let bodies: [[UInt8]]
    private let partitions: Int
    /// What is on its way at a time; more only when the broker is not asked to keep a rate.
    private static let bytesPerBatch = 512 << 10
    private static let batchesOnTheWay = 4

    init(producer: EventHubsProducer, bodies: [[UInt8]], partitions: Int) {
        self.producer = producer
        self.bodies = bodies
        self.partitions = partitions
    }

    /// As fast as the broker accepts.
    func publish(messages: Int, seconds: Double) async throws {
        let start = ContinuousClock.now
        var next = 0
        var turn = 0
        try await withThrowingTaskGroup(of: Void.self) { group in
            var running = 0
            while next < messages, start.duration(to: .now).inSeconds < seconds {
                var batch: [[UInt8]] = []
                var bytes = 0
                while next < messages, bytes < Self.bytesPerBatch, batch.count < 2000 {
                    batch.append(bodies[next % bodies.count])
                    bytes += bodies[next % bodies.count].count
                    next += 1
                }
                let partition = turn % partitions
                turn += 1
                if running == Self.batchesOnTheWay {
                    try await group.next()
                    running -= 1
                }
                running += 1
                group.addTask { [batch] in try await self.send(batch, to: partition) }
            }
            try await group.waitForAll()
        }
    }

    /// At a rate: what is due is sent when it is due, and nobody waits for an answer before the next.
    func publish(rate: Double, markers: Double, seconds: Double, messages: Int) async throws {
        let start = ContinuousClock.now
        let began = Int64(Date().timeIntervalSince1970 * 1e9)
        var next = 0
        var nextMarker = 0
        try await withThrowingTaskGroup(of: Void.self) { group in
            while true {
                let elapsed = start.duration(to: .now).inSeconds
                guard elapsed < seconds, next < messages else { break }
                var due: [Int: [[UInt8]]] = [:]
                while Double(next) < elapsed * rate, next < messages {
                    due[next % partitions, default: []].append(bodies[next % bodies.count])
                    next += 1
                }
                while markers > 0, Double(nextMarker) < elapsed * markers {
                    let time = began + Int64(Double(nextMarker) / markers * 1e9)
                    due[nextMarker % partitions, default: []].append(SyntheticBody.marker(due: time))
                    nextMarker += 1
                }
                for (partition, batch) in due.sorted(by: { $0.key < $1.key }) {
                    onTheWay.withLock { $0 += 1 }
                    group.addTask { [self] in
                        try await send(batch, to: partition)
                        onTheWay.withLock { $0 -= 1 }
                    }
                }
                let waiting = onTheWay.withLock { $0 }
                if waiting > 20_000 { throw MeasureFailure("the broker is \(waiting) batches behind the rate") }
                try await Task.sleep(for: .milliseconds(1), tolerance: .microseconds(100))
            }
            try await group.waitForAll()
        }
        sent.withLock { $0.extra["markers"] = Double(nextMarker) }
    }

    private func send(_ batch: [[UInt8]], to partition: Int) async throws {
        try await producer.send(bodies: batch, to: .partition("\(partition)"))
        let bytes = batch.reduce(0) { $0 + $1.count }
        sent.withLock {
            $0.messages += batch.count
            $0.bytes += bytes
        }
    }
}
