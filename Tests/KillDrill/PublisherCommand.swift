import ArgumentParser
import EventHubs
import EventHubsClient
import Foundation
import Logging
import NIOPosix

/// What runs in the process that publishes: as much of the stream as the driver asks for.
///
/// A line `N` on standard input asks for all messages below N; each chunk that the broker has accepted is answered by `sent N`.
/// The pace is the driver's. The end of standard input ends it.
struct PublisherCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publisher", abstract: "Publishes the stream as the driver asks for it.", shouldDisplay: false)

    /// Most messages sent at once.
    private static let chunk = 24

    @Option(help: "Port of the broker.") var port: Int
    @Option(help: "Seed of the stream.") var seed: UInt64
    @Option(help: "Messages of the stream.") var messages: Int
    @Option(help: "Partitions of the hub.") var partitions: Int
    @Option(help: "When a day ends for the records of another day, in milliseconds.") var crossing: Int64

    func run() async throws {
        let stream = DrillStream(
            seed: seed, messages: messages, crossing: DayCrossing(milliseconds: crossing))
        let output = StatusOutput()
        let producer = try EventHubsProducer(
            configuration: try HubAddress(port: port).configuration(),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "publisher") { _ in LineLog() })
        var sent = 0
        // Lines are read on a thread of their own: reading blocks.
        // An order holds those before it: a publisher that is behind goes on with the newest.
        let (orders, order) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
        Thread.detachNewThread {
            while let line = readLine() {
                if let upTo = Int(line) { order.yield(upTo) }
            }
            order.finish()
        }
        for await upTo in orders {
            let last = min(upTo, messages)
            while sent < last {
                let next = min(sent + Self.chunk, last)
                try await send(sent..<next, of: stream, producer)
                sent = next
                output.write("sent \(sent)")
            }
        }
        await producer.shutdown()
    }

    private func send(_ numbers: Range<Int>, of stream: DrillStream, _ producer: EventHubsProducer) async throws {
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        var bodies: [[[UInt8]]] = Array(repeating: [], count: partitions)
        for number in numbers {
            bodies[stream.partition(of: number, among: partitions)].append(
                stream.message(number).body(publishedMilliseconds: now))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (partition, list) in bodies.enumerated() where !list.isEmpty {
                group.addTask { try await producer.send(bodies: list, to: .partition("\(partition)")) }
            }
            try await group.waitForAll()
        }
    }
}

/// The drill's hub at a broker on this machine.
struct HubAddress {
    var port: Int
    var hub = "drill"

    func configuration() throws -> EventHubsConfiguration {
        let text =
            "Endpoint=sb://127.0.0.1:\(port);SharedAccessKeyName=drill;SharedAccessKey=drill;UseDevelopmentEmulator=true;EntityPath=\(hub)"
        return try EventHubsConfiguration(ConnectionString(parsing: text), hub: hub)
    }
}
