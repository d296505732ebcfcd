import AMQPChannel
import AMQPEngine
import EventHubs
import EventHubsClient
import Logging
import NIOCore
import NIOPosix
import NIOSSL

/// A ``ScriptedHub`` behind a loopback port, with the client's loops next to it.
final class HubServer: Sendable {
    let port: Int
    let clientLoops: MultiThreadedEventLoopGroup
    private let serverLoop: MultiThreadedEventLoopGroup
    private let channel: any Channel
    private let hub: NIOLoopBound<ScriptedHub>

    private init(
        port: Int, clientLoops: MultiThreadedEventLoopGroup, serverLoop: MultiThreadedEventLoopGroup,
        channel: any Channel,
        hub: NIOLoopBound<ScriptedHub>
    ) {
        self.port = port
        self.clientLoops = clientLoops
        self.serverLoop = serverLoop
        self.channel = channel
        self.hub = hub
    }

    static func start(
        partitions: Int = 2, loops: Int = 2, tls: NIOSSLContext? = nil,
        _ prepare: @escaping @Sendable (ScriptedHub) -> Void = { _ in }
    ) async throws -> HubServer {
        let serverLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = serverLoop.next()
        let hub = try await loop.submit {
            let hub = ScriptedHub(partitions: partitions)
            prepare(hub)
            return NIOLoopBound(hub, eventLoop: loop)
        }.get()
        let channel = try await ServerBootstrap(group: serverLoop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    var configuration = EngineConfiguration(
                        role: .server, containerID: "scripted", authentication: .mechanisms(["ANONYMOUS", "PLAIN"]))
                    configuration.padsLists = false
                    try channel.pipeline.syncOperations.addHandler(
                        AMQPChannelHandler(engine: AMQPEngine(configuration), delegate: HubPeer(hub: hub.value)))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return HubServer(
            port: channel.localAddress?.port ?? 0, clientLoops: MultiThreadedEventLoopGroup(numberOfThreads: loops),
            serverLoop: serverLoop, channel: channel, hub: hub)
    }

    /// Runs on the hub's loop.
    @discardableResult
    func run<R: Sendable>(_ body: @escaping @Sendable (ScriptedHub) -> R) async throws -> R {
        try await channel.eventLoop.submit { [hub] in body(hub.value) }.get()
    }

    func append(_ bodies: [String], to partition: Int) async throws {
        try await run { hub in
            for body in bodies { hub.append(body, to: partition) }
        }
    }

    func stop() async {
        try? await channel.close().get()
        try? await run { $0.cutConnections() }
        try? await clientLoops.shutdownGracefully()
        try? await serverLoop.shutdownGracefully()
    }

    /// A configuration with the short waits that tests want.
    func configuration(hub: String = "logs", key: String = "right") -> EventHubsConfiguration {
        var made = EventHubsConfiguration(
            host: "127.0.0.1", port: port, security: .plain, hub: hub,
            credential: .key(name: "reader", key: Secret(key)))
        let backoff = Backoff(first: .milliseconds(5), longest: .milliseconds(50))
        made.connectionTiming.backoff = backoff
        made.receiverTiming.backoff = backoff
        made.quietInterval = .milliseconds(20)
        made.discoveryInterval = .milliseconds(50)
        made.requestTimeout = .seconds(20)
        return made
    }

    func client(_ configuration: EventHubsConfiguration? = nil) throws -> EventHubsClient {
        try EventHubsClient(
            configuration: configuration ?? self.configuration(), eventLoopGroup: clientLoops, logger: Self.quiet)
    }

    func producer(_ configuration: EventHubsConfiguration? = nil) throws -> EventHubsProducer {
        try EventHubsProducer(
            configuration: configuration ?? self.configuration(), eventLoopGroup: clientLoops, logger: Self.quiet)
    }

    /// A log that says nothing.
    static let quiet: Logger = {
        var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        return logger
    }()
}

/// Starts a hub for a test and stops it afterwards, whatever happened.
func withHub(
    partitions: Int = 2, loops: Int = 2, tls: NIOSSLContext? = nil,
    prepare: @escaping @Sendable (ScriptedHub) -> Void = { _ in }, _ body: (HubServer) async throws -> Void
) async throws {
    let server = try await HubServer.start(partitions: partitions, loops: loops, tls: tls, prepare)
    do {
        try await body(server)
    } catch {
        await server.stop()
        throw error
    }
    await server.stop()
}
