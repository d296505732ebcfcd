import AMQPChannel
import AMQPEngine
import AMQPTypes
import EventHubs
import NIOCore
import NIOSSL

/// Makes channels to one broker: TCP, TLS in front, the AMQP engine behind.
struct Connector: Sendable {
    private let configuration: EventHubsConfiguration
    private let tls: NIOSSLContext?

    /// Reads the authorities once for all connections.
    init(_ configuration: EventHubsConfiguration) throws(EventHubsError) {
        self.configuration = configuration
        let settings: TLSConfiguration
        switch configuration.security {
        case .plain:
            tls = nil
            return
        case .tls(let authorities):
            var made = TLSConfiguration.makeClientConfiguration()
            if let authorities { made.additionalTrustRoots = [.file(authorities)] }
            settings = made
        case .custom(let given):
            settings = given
        }
        do {
            tls = try NIOSSLContext(configuration: settings)
        } catch {
            throw EventHubsError(
                .invalidConfiguration, "The TLS settings cannot be used: \(error)",
                remedy: "Check that the file of certificate authorities exists and is PEM")
        }
    }

    /// Connects on a loop; the delegate belongs to that loop.
    func connect(
        on loop: any EventLoop, delegate: NIOLoopBound<HubConnection>
    ) -> EventLoopFuture<any Channel> {
        let configuration = configuration
        let tls = tls
        let timeout = TimeAmount(configuration.connectTimeout)
        return configuration.platform.dial(loop, configuration.host, configuration.port, timeout) { channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                if let tls {
                    try pipeline.addHandler(
                        NIOSSLClientHandler(context: tls, serverHostname: Self.serverName(configuration.host)))
                }
                let connection = delegate.value
                try pipeline.addHandler(ErrorRecorder { connection.transportFailed($0) })
                let engine = AMQPEngine(Self.engineConfiguration(configuration))
                try pipeline.addHandler(AMQPChannelHandler(engine: engine, delegate: connection))
            }
        }
    }

    /// Looks at the certificate of a broker whose certificate was refused, to say why.
    func inspectCertificate(on loop: any EventLoop) -> EventLoopFuture<String?> {
        guard let tls else { return loop.makeSucceededFuture(nil) }
        return CertificateInspection.run(
            host: configuration.host, port: configuration.port, serverName: Self.serverName(configuration.host),
            context: tls, timeout: TimeAmount(configuration.connectTimeout), on: loop)
    }

    /// The name for TLS; addresses have none, they are verified against the certificate's addresses.
    private static func serverName(_ host: String) -> String? {
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return isAddress ? nil : host
    }

    private static func engineConfiguration(_ configuration: EventHubsConfiguration) -> EngineConfiguration {
        let authentication: EngineAuthentication
        switch configuration.plainBroker?.login {
        case .plain(let user, let password)?:
            authentication = .plain(user: user, password: password.revealed)
        case .anonymous?, nil:
            authentication = .anonymous
        }
        var chance = configuration.platform.chance
        var engine = EngineConfiguration(
            role: .client, containerID: "hubwatch-\(chance.next())", hostname: configuration.host,
            authentication: authentication)
        engine.idleTimeout = configuration.idleTimeout
        engine.properties = [.symbol("product"): .string("hubwatch"), .symbol("framework"): .string("swift-nio")]
        return engine
    }
}

/// Remembers the first error of a channel, before the AMQP handler makes a condition of it.
final class ErrorRecorder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let record: (any Error) -> Void

    init(_ record: @escaping (any Error) -> Void) { self.record = record }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        record(error)
        context.fireErrorCaught(error)
    }
}
