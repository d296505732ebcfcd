import AMQPChannel
import AMQPEngine
import AMQPTypes
import EventHubs
import NIOCore
import NIOSSL
import Transports

/// Makes channels to one broker: TCP, a proxy's tunnel and TLS where they are wanted, a WebSocket likewise, the AMQP engine
/// behind.
///
/// Without proxy and WebSocket every handler is there before the channel is active; with them, each layer is added when
/// the one before it is through its handshake, and the handshake's handler is gone before the first byte of AMQP.
struct Connector: Sendable {
    private let configuration: EventHubsConfiguration
    let tls: ClientTLS?

    /// Reads authorities and certificates once for all connections.
    init(_ configuration: EventHubsConfiguration) throws(EventHubsError) {
        self.configuration = configuration
        tls = try ClientTLS(configuration)
    }

    /// Connects on a loop; the delegate belongs to that loop.
    ///
    /// The future fails when the engine does not even get into the pipeline; after that the delegate hears of the end.
    func connect(
        on loop: any EventLoop, delegate: NIOLoopBound<HubConnection>
    ) -> EventLoopFuture<any Channel> {
        guard configuration.transport == .webSockets else {
            return channel(on: loop, delegate) { channel in
                if let tls { try channel.pipeline.syncOperations.addHandler(tls.handler()) }
                try addEngine(to: channel, delegate.value)
            }
        }
        let opened = loop.makePromise(of: (any Channel).self)
        channel(on: loop, delegate) { channel in
            if let tls { try channel.pipeline.syncOperations.addHandler(tls.handler()) }
            addHandshake(configuration.webSocketHandshake(), to: channel, then: opened) { channel in
                try WebSocketStreamHandler.add(to: channel.pipeline.syncOperations, role: .client)
                try addEngine(to: channel, delegate.value)
            }
        }.cascadeFailure(to: opened)
        return opened.futureResult
    }

    /// Looks at the certificate of a broker whose certificate was refused, to say why.
    func inspectCertificate(on loop: any EventLoop) -> EventLoopFuture<CertificateInspection.Finding?> {
        guard let tls else { return loop.makeSucceededFuture(nil) }
        let inspection = CertificateInspection(now: WallClock.seconds())
        let looked = channel(on: loop, nil) { channel in
            try channel.pipeline.syncOperations.addHandler(tls.handler { inspection.look(at: $0) })
        }
        let timeout = TimeAmount(configuration.connectTimeout)
        return looked.flatMap { channel in
            let deadline = channel.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
            return channel.closeFuture.map { deadline.cancel() }
        }.map { inspection.finding }.flatMapErrorThrowing { _ in inspection.finding }
    }

    /// A channel to the broker, straight or through the proxy; `install` adds what comes behind.
    func channel(
        on loop: any EventLoop, _ delegate: NIOLoopBound<HubConnection>?,
        _ install: @escaping @Sendable (any Channel) throws -> Void
    ) -> EventLoopFuture<any Channel> {
        let timeout = TimeAmount(configuration.connectTimeout)
        guard let proxy = configuration.proxy else {
            let target = configuration.target
            let isHandshaking = configuration.transport == .webSockets
            return configuration.platform.dial(loop, target.host, target.port, timeout) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if isHandshaking { delegate?.value.channelBegun(channel) }
                    try install(channel)
                }
            }
        }
        let tunneled = loop.makePromise(of: (any Channel).self)
        configuration.platform.dial(loop, proxy.host, proxy.port, timeout) { channel in
            channel.eventLoop.makeCompletedFuture {
                delegate?.value.channelBegun(channel)
                addHandshake(configuration.tunnel(through: proxy), to: channel, then: tunneled, install)
            }
        }.whenFailure { error in
            tunneled.fail(TransportErrors.explain(error, peer: "the proxy \(proxy)"))
        }
        return tunneled.futureResult
    }

    /// Adds a handshake; when it has succeeded, what comes behind it.
    private func addHandshake(
        _ handshake: any Handshake, to channel: any Channel, then promise: EventLoopPromise<any Channel>,
        _ install: @escaping @Sendable (any Channel) throws -> Void
    ) {
        let handler = HandshakeHandler(handshake, timeout: TimeAmount(configuration.connectTimeout)) { result in
            do {
                try result.get()
                try install(channel)
                promise.succeed(channel)
            } catch {
                promise.fail(error)
                channel.close(promise: nil)
            }
        }
        do {
            try channel.pipeline.syncOperations.addHandler(handler)
        } catch {
            promise.fail(error)
        }
    }

    private func addEngine(to channel: any Channel, _ connection: HubConnection) throws {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(ErrorRecorder { connection.transportFailed($0) })
        let engine = AMQPEngine(Self.engineConfiguration(configuration))
        try pipeline.addHandler(AMQPChannelHandler(engine: engine, delegate: connection))
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
