public import NIOCore
import NIOPosix
public import NIOSSL

/// Takes TLS off what comes and passes the rest to a server on loopback.
public final class TLSFront: Sendable {
    /// The port on 127.0.0.1.
    public let port: Int
    private let listener: any Channel

    private init(_ listener: any Channel) {
        self.listener = listener
        port = listener.localAddress?.port ?? 0
    }

    /// Runs a body with a front of the server at a port.
    public static func with(
        _ tls: NIOSSLContext, to server: Int, on group: any EventLoopGroup, _ body: (TLSFront) async throws -> Void
    ) async throws {
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { client in
                client.eventLoop.makeCompletedFuture {
                    try client.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
                    try client.pipeline.syncOperations.addHandler(Relay(to: server))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            try await body(TLSFront(listener))
        } catch {
            try? await listener.close().get()
            throw error
        }
        try? await listener.close().get()
    }
}

/// Connects to the server behind with the first bytes, and passes on what comes meanwhile and after.
private final class Relay: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let port: Int
    private var behind: (any Channel)?
    private var isConnecting = false
    private var waiting: [ByteBuffer] = []

    init(to port: Int) { self.port = port }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        if let behind { return behind.writeAndFlush(bytes, promise: nil) }
        waiting.append(bytes)
        guard !isConnecting else { return }
        isConnecting = true
        let client = context.channel
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        ClientBootstrap(group: context.eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Glue(to: client))
                }
            }
            .connect(host: "127.0.0.1", port: port).whenComplete { result in
                guard case .success(let channel) = result else { return client.close(promise: nil) }
                bound.value.connected(channel, for: client)
            }
    }

    private func connected(_ channel: any Channel, for client: any Channel) {
        guard client.isActive else { return channel.close(promise: nil) }
        behind = channel
        for bytes in waiting { channel.writeAndFlush(bytes, promise: nil) }
        waiting = []
    }

    func channelInactive(context: ChannelHandlerContext) { behind?.close(promise: nil) }
}
