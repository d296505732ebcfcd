import AMQPTypes
import DevBroker
import EventHubs
import EventHubsClient
import Foundation
import Logging
import NIOCore
import NIOPosix
import Testing

/// A dev broker with every kind of listener on free ports, and the client's configuration for each.
struct ListeningBroker {
    /// One way to reach it.
    struct Way: Hashable, Sendable, CustomTestStringConvertible {
        var isWebSocket: Bool
        var usesTLS: Bool

        static let all = [false, true].flatMap { ws in [false, true].map { Way(isWebSocket: ws, usesTLS: $0) } }
        var testDescription: String { (isWebSocket ? "websocket" : "amqp") + (usesTLS ? " in TLS" : "") }
    }

    let broker: DevBroker
    let addresses: DevBroker.Addresses
    /// PEM file of the authority that has signed the broker's certificate.
    let authorityFile: String
    static let group = MultiThreadedEventLoopGroup.singleton

    /// Runs a body with a broker of one hub with one partition.
    static func with(
        names: [String] = ["localhost", "127.0.0.1"], clientAuthorities: String? = nil,
        _ body: (ListeningBroker) async throws -> Void
    ) async throws {
        var configuration = DevBrokerConfiguration(
            listeners: Way.all.map { .init(port: 0, usesTLS: $0.usesTLS, isWebSocket: $0.isWebSocket) },
            tls: .generated(hostNames: names), hubs: [HubDefinition(name: "logs", partitionCount: 1)])
        configuration.clientAuthorities = clientAuthorities
        let broker = try DevBroker(configuration: configuration, group: group, logger: HubServer.quiet)
        let addresses = try await broker.start()
        let file = FileManager.default.temporaryDirectory.appending(path: "authority-\(UUID().uuidString).pem")
        try #require(broker.certificateAuthorityPEM).write(to: file, atomically: true, encoding: .utf8)
        do {
            try await body(ListeningBroker(broker: broker, addresses: addresses, authorityFile: file.path))
        } catch {
            await broker.shutdown()
            try? FileManager.default.removeItem(at: file)
            throw error
        }
        await broker.shutdown()
        try? FileManager.default.removeItem(at: file)
    }

    /// The bound port of a way.
    func port(_ way: Way) -> Int {
        addresses.amqp.first { $0.isWebSocket == way.isWebSocket && $0.usesTLS == way.usesTLS }?.port ?? 0
    }

    /// Settings with the short waits that tests want.
    func configuration(_ way: Way, host: String = "localhost") -> EventHubsConfiguration {
        var made = EventHubsConfiguration(
            host: host, port: port(way), security: way.usesTLS ? .tls(authorities: authorityFile) : .plain, hub: "logs",
            credential: .key(name: "reader", key: Secret("key")))
        made.transport = way.isWebSocket ? .webSockets : .amqp
        let backoff = Backoff(first: .milliseconds(5), longest: .milliseconds(50))
        made.connectionTiming.backoff = backoff
        made.receiverTiming.backoff = backoff
        made.quietInterval = .milliseconds(20)
        made.connectionCount = 1
        return made
    }

    /// Appends events and expects the client to read them all.
    func expectReading(_ configuration: EventHubsConfiguration, count: Int = 3) async throws {
        let sent = try (0..<count).map { number in
            try broker.append(
                [AMQPMessage(body: .data([Array("event \(number)".utf8)]))], hub: "logs", partition: "0"
            )[0].sequenceNumber
        }
        let recorder = Recorder(starts: ["0": .first(.sequenceNumber(sent[0], inclusive: true))])
        try await running(try Self.client(configuration), into: recorder) {
            #expect(await recorder.numbers(count) == sent)
        }
    }

    static func client(_ configuration: EventHubsConfiguration) throws -> EventHubsClient {
        try EventHubsClient(configuration: configuration, eventLoopGroup: group, logger: HubServer.quiet)
    }

    /// The error that ends a client's start; a failure that may pass ends it at once.
    static func refusal(_ configuration: EventHubsConfiguration) async throws -> EventHubsError {
        var configuration = configuration
        configuration.startDeadline = .zero
        let client = try client(configuration)
        do throws(EventHubsError) {
            try await client.run(into: Recorder())
        } catch {
            return error
        }
        Issue.record("the client started")
        return EventHubsError(.unknown, "")
    }
}
