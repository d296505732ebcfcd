import AMQPChannel
import AMQPEngine
import AMQPTypes
import DevBroker
import Foundation
import FoundationNetworking
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Testing

/// Goal: the broker over real sockets: ports, TLS, the admin HTTP, and partitions shared between event loops.
///
/// Method: clients of the AMQP channel on loopback; every wait ends by a fact, and all of them by the time limit.
@Suite(.timeLimit(.minutes(2))) struct SocketTests {
    private let group = MultiThreadedEventLoopGroup.singleton

    private func broker(_ configuration: DevBrokerConfiguration) throws -> DevBroker {
        try DevBroker(
            configuration: configuration, group: group, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func event(_ text: String) -> AMQPMessage { AMQPMessage(body: .data([Array(text.utf8)])) }

    // MARK: Life

    @Test func portsAreReportedAndReleased() async throws {
        let broker = try broker(
            DevBrokerConfiguration(listeners: [.init(port: 0), .init(port: 0, usesTLS: true)], admin: .init(port: 0)))
        let addresses = try await broker.start()
        #expect(addresses.amqp.map(\.usesTLS) == [false, true])
        #expect(Set(addresses.amqp.map(\.port) + [addresses.adminPort ?? 0]).subtracting([0]).count == 3)
        #expect(broker.certificateAuthorityPEM?.hasPrefix("-----BEGIN CERTIFICATE-----") == true)
        let again = await #expect(throws: DevBrokerError.self) { try await broker.start() }
        #expect(again?.code == .alreadyStarted)

        let port = addresses.amqp[0].port
        let other = try self.broker(DevBrokerConfiguration(listeners: [.init(port: 0), .init(port: port)]))
        let taken = await #expect(throws: DevBrokerError.self) { try await other.start() }
        #expect(taken?.code == .addressUnavailable)
        #expect(taken?.message.contains("127.0.0.1:\(port)") == true)

        await broker.shutdown()
        let successor = try self.broker(DevBrokerConfiguration(listeners: [.init(port: port)]))
        #expect(try await successor.start().amqp.map(\.port) == [port])
        await successor.shutdown()
    }

    @Test func shutdownClosesConnections() async throws {
        let broker = try broker(
            DevBrokerConfiguration(listeners: [.init(port: 0)], hubs: [HubDefinition(name: "h", partitionCount: 1)]))
        let port = try await broker.start().amqp[0].port
        try broker.append([event("x")], hub: "h")
        let reader = SocketReader(partition: "0", hub: "h", expected: 1, loop: group.next())
        try await reader.connect(port: port)
        #expect(try await reader.received.get() == ["x"])
        #expect(broker.connectionCount == 1)
        await broker.shutdown()
        let cause = try await reader.ended.get()
        #expect(cause?.name == "amqp:connection:forced")
        #expect(broker.connectionCount == 0)
    }

    @Test func filesThatAreNoCertificatesAreNamed() async throws {
        let broker = try broker(
            DevBrokerConfiguration(
                listeners: [.init(port: 0, usesTLS: true)],
                tls: .files(certificateChain: "/nowhere/chain.pem", privateKey: "/nowhere/key.pem")))
        let error = await #expect(throws: DevBrokerError.self) { try await broker.start() }
        #expect(error?.code == .certificateUnusable)
        #expect(error?.message.contains("/nowhere/chain.pem") == true)
    }

    // MARK: TLS

    @Test func tlsWithTheGeneratedAuthority() async throws {
        let broker = try broker(
            DevBrokerConfiguration(
                listeners: [.init(port: 0, usesTLS: true)], hubs: [HubDefinition(name: "h", partitionCount: 1)]))
        let port = try await broker.start().amqp[0].port
        try broker.append([event("secret")], hub: "h")
        let authority = try #require(broker.certificateAuthorityPEM)
        var trusting = TLSConfiguration.makeClientConfiguration()
        trusting.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authority.utf8)))
        let reader = SocketReader(partition: "0", hub: "h", expected: 1, loop: group.next())
        try await reader.connect(port: port, tls: try NIOSSLContext(configuration: trusting))
        #expect(try await reader.received.get() == ["secret"])

        let stranger = SocketReader(partition: "0", hub: "h", expected: 1, loop: group.next())
        try await stranger.connect(
            port: port, tls: try NIOSSLContext(configuration: TLSConfiguration.makeClientConfiguration()))
        #expect(try await stranger.ended.get()?.description?.lowercased().contains("certificate") == true)
        await broker.shutdown()
    }

    // MARK: Several loops

    @Test func partitionsAreSharedBetweenLoops() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 4)
        let broker = try DevBroker(
            configuration: DevBrokerConfiguration(
                listeners: [.init(port: 0)], hubs: [HubDefinition(name: "h", partitionCount: 2)]),
            group: group, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let port = try await broker.start().amqp[0].port
        let count = 500
        // Five readers for each partition, on whichever loop comes next, while two threads append.
        var readers: [SocketReader] = []
        for partition in ["0", "1"] {
            for _ in 0..<5 {
                let reader = SocketReader(partition: partition, hub: "h", expected: count, loop: group.next())
                try await reader.connect(port: port)
                readers.append(reader)
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for partition in ["0", "1"] {
                tasks.addTask {
                    for number in 0..<count { try broker.append([event("\(number)")], hub: "h", partition: partition) }
                }
            }
            try await tasks.waitForAll()
        }
        for reader in readers {
            #expect(try await reader.received.get() == (0..<count).map(String.init))
        }
        await broker.shutdown()
        try await group.shutdownGracefully()
    }

    // MARK: Admin

    @Test func adminMakesShowsAndDeletesHubs() async throws {
        let broker = try broker(DevBrokerConfiguration(listeners: [], admin: .init(port: 0)))
        let port = try #require(try await broker.start().adminPort)
        func request(_ method: String, _ path: String) async throws -> (Int, String) {
            var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)\(path)")))
            request.httpMethod = method
            let (data, response) = try await URLSession.shared.data(for: request)
            return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
        }
        let health = try await request("GET", "/health")
        #expect(health.0 == 200 && health.1.contains(#""status":"healthy""#))
        #expect(try await request("PUT", "/hubs/team/logs?partitions=2&groups=a,b").0 == 201)
        #expect(try await request("PUT", "/hubs/team/logs?partitions=3").0 == 200)
        #expect(try await request("PUT", "/hubs/team/logs?partitions=1").0 == 409)
        #expect(try await request("PUT", "/hubs/team/logs").0 == 400)
        #expect(try await request("PUT", "/hubs/x?partitions=0").0 == 400)
        try broker.append([event("x")], hub: "team/logs", partition: "2")
        let list = try await request("GET", "/hubs")
        let hubs = try JSONDecoder().decode([HubStatus].self, from: Data(list.1.utf8))
        #expect(hubs == broker.hubs)
        #expect(hubs.first?.partitions.map(\.lastSequenceNumber) == [-1, -1, 0])
        #expect(hubs.first?.consumerGroups == ["$Default", "a", "b"])
        #expect(try await request("DELETE", "/hubs/team/logs").0 == 204)
        #expect(try await request("DELETE", "/hubs/team/logs").0 == 404)
        await broker.shutdown()
    }

    @Test func adminTakesShowsAndEndsAScriptOfFaults() async throws {
        let hub = HubDefinition(name: "h", partitionCount: 1)
        let broker = try broker(DevBrokerConfiguration(listeners: [.init(port: 0)], admin: .init(port: 0), hubs: [hub]))
        let addresses = try await broker.start()
        let port = try #require(addresses.adminPort)
        func request(_ method: String, _ script: String? = nil) async throws -> (Int, String) {
            var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)/faults")))
            request.httpMethod = method
            request.httpBody = script.map { Data($0.utf8) }
            let (data, response) = try await URLSession.shared.data(for: request)
            return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
        }
        #expect(try await request("GET").0 == 404)
        let refused = try await request("PUT", "on delivery do repeat\non delivery do fly")
        #expect(refused.0 == 400 && refused.1.contains("faults:2:16"))
        #expect(broker.faultReport == nil, "half a script is none")
        #expect(try await request("PUT", "# twice\non delivery nth=2 do repeat").0 == 200)
        for text in ["a", "b", "c"] { try broker.append([event(text)], hub: "h", partition: "0") }
        let reader = SocketReader(partition: "0", hub: "h", expected: 4, loop: group.next())
        try await reader.connect(port: addresses.amqp[0].port)
        #expect(try await reader.received.get() == ["a", "b", "b", "c"])
        let report = try JSONDecoder().decode(FaultReport.self, from: Data(try await request("GET").1.utf8))
        #expect(report == FaultReport(faults: [.init(line: 2, fired: 1)]))
        #expect(try await request("DELETE").0 == 204)
        #expect(broker.faultReport == nil)
        await broker.shutdown()
    }

    @Test func timedFaultsEndWhatIsThere() async throws {
        let hub = HubDefinition(name: "h", partitionCount: 1)
        let broker = try broker(DevBrokerConfiguration(listeners: [.init(port: 0)], hubs: [hub]))
        let port = try await broker.start().amqp[0].port
        try broker.append([event("x")], hub: "h")
        let reader = SocketReader(partition: "0", hub: "h", expected: 1, loop: group.next())
        try await reader.connect(port: port)
        #expect(try await reader.received.get() == ["x"])
        broker.install(try FaultScript(parsing: "on time at=10ms do close amqp:connection:forced \"redeployed\""))
        #expect(try await reader.ended.get()?.description == "redeployed")
        #expect(broker.faultReport?.fired == 1)
        await broker.shutdown()
    }
}

/// Reads one partition over a socket until it has what it expects.
private final class SocketReader: Sendable {
    /// The bodies, once there are as many as expected.
    let received: EventLoopFuture<[String]>
    /// Why the connection ended.
    let ended: EventLoopFuture<AMQPCondition?>
    private let loop: any EventLoop
    private let make: @Sendable () -> Reading

    init(partition: String, hub: String, expected: Int, loop: any EventLoop) {
        self.loop = loop
        let received = loop.makePromise(of: [String].self)
        let ended = loop.makePromise(of: AMQPCondition?.self)
        self.received = received.futureResult
        self.ended = ended.futureResult
        make = {
            Reading(
                address: "\(hub)/ConsumerGroups/$Default/Partitions/\(partition)", expected: expected,
                received: received,
                ended: ended)
        }
    }

    func connect(port: Int, tls: NIOSSLContext? = nil) async throws {
        _ = try await ClientBootstrap(group: loop)
            .channelInitializer { [make] channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls {
                        try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: "localhost"))
                    }
                    let engine = AMQPEngine(
                        EngineConfiguration(
                            role: .client, containerID: "reader", hostname: "localhost", authentication: .anonymous))
                    try pipeline.addHandler(AMQPChannelHandler(engine: engine, delegate: make()))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }

    private final class Reading: AMQPConnectionDelegate {
        private let address: String
        private let expected: Int
        private let received: EventLoopPromise<[String]>
        private let ended: EventLoopPromise<AMQPCondition?>
        private var bodies: [String] = []

        init(
            address: String, expected: Int, received: EventLoopPromise<[String]>,
            ended: EventLoopPromise<AMQPCondition?>
        ) {
            self.address = address
            self.expected = expected
            self.received = received
            self.ended = ended
        }

        func connected(_ connection: AMQPConnection) {
            let engine = connection.engine
            engine.open()
            let link = engine.attach(
                LinkSpecification(
                    session: engine.begin(), name: "reader", role: .receiver, source: Terminus(address: address),
                    target: Terminus(address: "me")))
            engine.grantCredit(link, UInt32(expected) + 10)
        }

        func received(_ event: EngineEvent, on connection: AMQPConnection) {
            guard case .deliveries(_, let batch) = event else { return }
            for delivery in batch.deliveries {
                guard case .data(let parts)? = try? AMQPMessage(decoding: batch.bytes(of: delivery)).body else {
                    continue
                }
                bodies.append(String(decoding: parts.joined(), as: UTF8.self))
            }
            if bodies.count == expected { received.succeed(bodies) }
        }

        func readComplete(on connection: AMQPConnection) {}

        func disconnected(_ cause: AMQPCondition?, on connection: AMQPConnection) {
            received.fail(ChannelError.ioOnClosedChannel)
            ended.succeed(cause)
        }
    }
}
