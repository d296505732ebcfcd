public import NIOCore
import NIOPosix
import Synchronization

/// Reads the head of a request, sends the bytes that a test wants, and then reads on without answering.
public final class AnsweringServer: Sendable {
    /// What to send for the head of a request, and whether to close after it.
    public typealias Answer = @Sendable (_ head: String) -> (bytes: [UInt8], closes: Bool)

    /// The port on 127.0.0.1.
    public let port: Int
    private let listener: any Channel
    private let count: Count

    fileprivate final class Count: Sendable {
        let connections = Mutex(0)
    }

    private init(_ listener: any Channel, _ count: Count) {
        self.listener = listener
        self.count = count
        port = listener.localAddress?.port ?? 0
    }

    /// How many connections there were.
    public var connections: Int { count.connections.withLock { $0 } }

    /// Runs a body with a server on a free port.
    public static func with(
        on group: any EventLoopGroup, answer: @escaping Answer, _ body: (AnsweringServer) async throws -> Void
    ) async throws {
        let count = Count()
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    count.connections.withLock { $0 += 1 }
                    try channel.pipeline.syncOperations.addHandler(Answering(answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            try await body(AnsweringServer(listener, count))
        } catch {
            try? await listener.close().get()
            throw error
        }
        try? await listener.close().get()
    }
}

private final class Answering: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: AnsweringServer.Answer
    private var head = ""
    private var isDone = false

    init(_ answer: @escaping AnsweringServer.Answer) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDone else { return }
        head += String(buffer: unwrapInboundIn(data))
        guard head.hasSuffix("\r\n\r\n") else { return }
        isDone = true
        let (bytes, closes) = answer(head)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes))).whenComplete { _ in
            if closes { bound.value.close(promise: nil) }
        }
    }
}
