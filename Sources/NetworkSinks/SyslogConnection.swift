import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Sinks

/// Makes connections to one syslog receiver: TCP, with TLS in front where that is wanted.
struct SyslogDialer: Sendable {
    private let settings: SyslogSettings
    private let group: any EventLoopGroup
    private let tls: NIOSSLContext?

    init(_ settings: SyslogSettings, group: any EventLoopGroup) throws(DeliveryFailure) {
        self.settings = settings
        self.group = group
        guard settings.usesTLS else {
            tls = nil
            return
        }
        let configuration = try settings.trust.tlsConfiguration()
        do {
            tls = try NIOSSLContext(configuration: configuration)
        } catch {
            throw DeliveryFailure(.unavailable, "the TLS settings cannot be used", remedy: "check the files")
        }
    }

    /// Connects; returns when the connection can be written to, TLS included.
    @concurrent
    func connect() async throws -> SyslogConnection {
        let (tls, settings) = (tls, settings)
        let loop = group.next()
        let ready = loop.makePromise(of: Void.self)
        let limit = TimeAmount(settings.timeout)
        let bootstrap = ClientBootstrap(group: loop).connectTimeout(limit)
            .channelOption(ChannelOptions.socketOption(.so_keepalive), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls {
                        let isAddress = (try? SocketAddress(ipAddress: settings.host, port: 0)) != nil
                        try pipeline.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: isAddress ? nil : settings.host))
                    }
                    try pipeline.addHandler(SyslogPeer(ready: ready, waitsForTLS: tls != nil))
                }
            }
        do {
            let channel = try await bootstrap.connect(host: settings.host, port: settings.port).get()
            let timer = loop.scheduleTask(in: limit) { ready.fail(CancellationError()) }
            defer { timer.cancel() }
            do {
                try await ready.futureResult.get()
            } catch {
                channel.close(promise: nil)
                throw error
            }
            return SyslogConnection(channel: channel)
        } catch {
            // Without a channel nobody else ends the promise.
            ready.fail(error)
            throw error
        }
    }
}

/// An open connection to a syslog receiver.
struct SyslogConnection: Sendable {
    let channel: any Channel

    /// False once the receiver has closed, or the connection broke.
    var isActive: Bool { channel.isActive }

    /// Writes bytes; returns when the receiver's system has acknowledged them.
    @concurrent
    func send(_ bytes: [UInt8], within limit: Duration) async throws {
        let loop = channel.eventLoop
        let done = loop.makePromise(of: Void.self)
        let timer = loop.scheduleTask(in: TimeAmount(limit)) { done.fail(CancellationError()) }
        let channel = channel
        channel.writeAndFlush(ByteBuffer(bytes: bytes)).whenComplete { result in
            switch result {
            case .success: Self.awaitAcknowledgement(channel, done)
            case .failure(let error): done.fail(error)
            }
        }
        defer { timer.cancel() }
        try await done.futureResult.get()
    }

    /// Says goodbye as TLS has it, and closes.
    func close() { channel.close(promise: nil) }

    /// A connection that ends before the acknowledgement has delivered nothing for certain.
    private static func awaitAcknowledgement(_ channel: any Channel, _ done: EventLoopPromise<Void>) {
        #if os(Linux)
            guard let options = channel as? any SocketOptionProvider else { return done.succeed() }
            options.getTCPInfo().whenComplete { result in
                switch result {
                case .success(let info) where info.tcpi_unacked > 0 && channel.isActive:
                    channel.eventLoop.scheduleTask(in: .milliseconds(2)) { awaitAcknowledgement(channel, done) }
                case .success: channel.isActive ? done.succeed() : done.fail(ChannelError.eof)
                case .failure(let error): done.fail(error)
                }
            }
        #else
            done.succeed()
        #endif
    }
}

/// Watches the receiver's side of a connection, on which nothing is ever said.
private final class SyslogPeer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let ready: EventLoopPromise<Void>
    private let waitsForTLS: Bool

    init(ready: EventLoopPromise<Void>, waitsForTLS: Bool) {
        self.ready = ready
        self.waitsForTLS = waitsForTLS
    }

    func channelActive(context: ChannelHandlerContext) {
        if !waitsForTLS { ready.succeed() }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event { ready.succeed() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // A receiver has nothing to say: what it sends is dropped.
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        ready.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        ready.fail(ChannelError.eof)
        context.fireChannelInactive()
    }
}
