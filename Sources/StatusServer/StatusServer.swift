public import CoreMetrics
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import NIOPosix
public import StatusReport

#if canImport(Glibc)
    import Glibc
#endif

/// What the server tells: both are asked a few times a second at most, on the server's thread, and must not wait.
public struct StatusSource: Sendable {
    /// The report.
    public var report: @Sendable () -> StatusReport
    /// The metrics, in Prometheus' text format.
    public var metrics: @Sendable () -> String

    /// Makes a source.
    public init(report: @escaping @Sendable () -> StatusReport, metrics: @escaping @Sendable () -> String) {
        self.report = report
        self.metrics = metrics
    }
}

/// Serves health, metrics and the status report over HTTP.
///
/// `/health/live`, `/health/ready`, `/metrics`, `/status.json`, and whatever routes are added.
///
/// **Bounds**: see ``StatusServerConfiguration/Limits``. **Isolation**: one thread of its own, with a lower priority than the
/// threads that judge records; tasks of requests run there too. **Errors**: ``StatusServerError``.
public struct StatusServer: Sendable {
    /// The address that it listens on.
    public let host: String
    /// The port that it listens on.
    public let port: Int

    private let group: MultiThreadedEventLoopGroup
    private let listener: any Channel
    private let connections: NIOLoopBound<OpenConnections>
    private let serving: Task<(any Error)?, Never>
    /// How long routes may take to end when the server stops, before their tasks are cancelled.
    private static let routesEndWithin: TimeAmount = .seconds(2)

    /// Listens and serves; returns once requests are taken.
    ///
    /// - Parameters:
    ///   - routes: further pages; one at a path of the server's own takes its place.
    ///   - metrics: takes what the server counts about itself.
    @concurrent
    public static func start(
        _ configuration: StatusServerConfiguration, source: StatusSource, routes: [StatusRoute] = [],
        metrics: any MetricsFactory = NOOPMetricsHandler.instance, logger: Logger
    ) async throws(StatusServerError) -> StatusServer {
        guard configuration.token != nil || configuration.isLoopback else {
            throw StatusServerError(
                .tokenMissing,
                "Other machines can reach \(configuration.host): give a token, or listen on 127.0.0.1")
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let counts = ServerCounts(metrics)
        let limits = configuration.limits
        // Nothing else runs on the loop yet: what is bound to it is made there.
        let made = loop.submit {
            lowerPriority()
            return NIOLoopBound(OpenConnections(connectionsMax: limits.connectionsMax, counts: counts), eventLoop: loop)
        }
        let executor = LoopTaskExecutor(loop)
        let responder = StatusResponder(
            gate: AccessGate(token: configuration.token), source: source, routes: routes,
            streams: OpenStreams(streamsMax: limits.streamsMax, executor: executor), counts: counts,
            reuse: limits.reuse)
        do {
            let connections = try await made.get()
            return try await serve(
                configuration, responder, connections, Running(group: group, executor: executor, counts: counts), logger
            )
        } catch let error as StatusServerError {
            try? await group.shutdownGracefully()
            throw error
        } catch {
            try? await group.shutdownGracefully()
            throw StatusServerError(.addressUnavailable, "\(error)")
        }
    }

    /// What a running server runs on.
    private struct Running: Sendable {
        var group: MultiThreadedEventLoopGroup
        var executor: LoopTaskExecutor
        var counts: ServerCounts
    }

    private static func serve(
        _ configuration: StatusServerConfiguration, _ responder: StatusResponder,
        _ connections: NIOLoopBound<OpenConnections>, _ running: Running, _ logger: Logger
    ) async throws -> StatusServer {
        let (listeners, listening) = AsyncStream.makeStream(of: (any Channel).self)
        var quiet = logger
        // Its own lines would say again what this server says.
        quiet.logLevel = .critical
        let application = Application(
            responder: responder, server: server(configuration.limits, connections, running.counts),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), serverName: "hubwatch"),
            onServerRunning: { channel in
                try? await channel.pipeline.addHandler(AcceptErrors(), position: .first)
                listening.yield(channel)
                listening.finish()
            },
            eventLoopGroupProvider: .shared(running.group), logger: quiet)
        let serving = Task(executorPreference: running.executor) { () -> (any Error)? in
            defer { listening.finish() }
            do {
                try await application.run()
                return nil
            } catch {
                return error
            }
        }
        for await channel in listeners {
            return StatusServer(
                host: configuration.host, port: channel.localAddress?.port ?? configuration.port,
                group: running.group, listener: channel, connections: connections, serving: serving)
        }
        let detail = await serving.value.map { "\($0)" } ?? "it ended at once"
        throw StatusServerError(
            .addressUnavailable,
            "The status server cannot listen on \(configuration.host):\(configuration.port): \(detail)")
    }

    private static func server(
        _ limits: StatusServerConfiguration.Limits, _ connections: NIOLoopBound<OpenConnections>, _ counts: ServerCounts
    ) -> HTTPServerBuilder {
        let times = ConnectionPatience.Times(
            head: limits.headTime, idle: limits.idleTime, answer: limits.answerTime, write: limits.writeTime)
        return .http1(
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [ConnectionGuard(connections.value, counts: counts, times: times)],
                httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                    maxHeaderFieldSize: limits.fieldBytesMax, maxHeaderListSize: limits.headerBytesMax,
                    maxHeaderFieldCount: limits.headerFieldsMax)))
    }

    /// A flood of requests then takes what the threads that judge records leave over.
    private static func lowerPriority() {
        #if canImport(Glibc)
            // On Linux this is the calling thread's alone.
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        #endif
    }

    /// Takes no more connections, closes those that are open, and ends the thread.
    @concurrent
    public func shutdown() async {
        // The listener goes first: a connection that Hummingbird has accepted and not yet taken up may not be dropped.
        try? await listener.close()
        let loop = connections.eventLoop
        let (connections, serving) = (self.connections, self.serving)
        try? await loop.submit { connections.value.closeAll() }.get()
        let impatience = loop.scheduleTask(in: Self.routesEndWithin) { serving.cancel() }
        _ = await serving.value
        impatience.cancel()
        try? await group.shutdownGracefully()
    }
}

/// Keeps failed accepts (a client that was gone again, no descriptor left) from ending the server.
private final class AcceptErrors: ChannelInboundHandler, Sendable {
    typealias InboundIn = any Channel

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
