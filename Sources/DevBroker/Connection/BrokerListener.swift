import AMQPChannel
import AMQPEngine
import NIOCore
import NIOPosix
import NIOSSL

/// One AMQP listener: builds the pipeline of each connection.
struct BrokerListener: Sendable {
    let address: DevBrokerConfiguration.Listener
    let tls: ServerTLS?
    let context: BrokerContext
    let registry: ConnectionRegistry

    /// Binds the address.
    func bind(group: any EventLoopGroup) async throws(DevBrokerError) -> any Channel {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // Events are pushed in bulk: small default marks would stop the engine every few frames.
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 256 * 1024, high: 1 << 20))
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: 65_536, maximum: 1 << 20)
            )
            .childChannelInitializer { addHandlers(to: $0) }
        do {
            return try await bootstrap.bind(host: address.host, port: address.port).get()
        } catch {
            throw DevBrokerError(
                .addressUnavailable,
                "The broker cannot listen on \(address.host):\(address.port): \(error). Choose another port, or 0 for any."
            )
        }
    }

    /// Adds TLS and a WebSocket, where configured, and AMQP to a fresh channel.
    private func addHandlers(to channel: any Channel) -> EventLoopFuture<Void> {
        let secured = channel.eventLoop.makeCompletedFuture {
            if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls.context)) }
        }
        guard address.isWebSocket else {
            return secured.flatMapThrowing { try Self.addBroker(to: channel, context: context, registry: registry) }
        }
        return secured.flatMap {
            WebSocketListening.add(to: channel) { try Self.addBroker(to: $0, context: context, registry: registry) }
        }
    }

    /// Adds AMQP in the broker's role to a channel that carries clear bytes.
    static func addBroker(to channel: any Channel, context: BrokerContext, registry: ConnectionRegistry) throws {
        let connection = BrokerConnection(context: context, registry: registry)
        let engine = AMQPEngine(
            BrokerConnection.engineConfiguration(messageSizeMax: context.configuration.messageSizeMax))
        try channel.pipeline.syncOperations.addHandler(AMQPChannelHandler(engine: engine, delegate: connection))
    }
}
