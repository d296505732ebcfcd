import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A port that takes connections, says this or nothing, and hangs up when it has said something.
struct TalkingListener: Sendable {
    let port: Int
    private let channel: any Channel

    init(saying text: String?) async throws {
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { child in
                child.eventLoop.makeCompletedFuture {
                    if let text { try child.pipeline.syncOperations.addHandler(Speaker(text)) }
                }
            }.bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    func close() async { try? await channel.close() }
}

private final class Speaker: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let text: String

    init(_ text: String) { self.text = text }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        channel.close(promise: nil)
    }
}

/// A port whose queue is full, so that the kernel answers no more: what a firewall that drops packets looks like.
final class BlackHole {
    let port: Int
    private var sockets: [Int32] = []

    init() {
        func make() -> Int32 {
            #if canImport(Glibc)
                socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            #else
                socket(AF_INET, SOCK_STREAM, 0)
            #endif
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let server = make()
        sockets = [server]
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(server, $0, length)
                _ = listen(server, 0)
                _ = getsockname(server, $0, &length)
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        // The queue takes one or two; the others keep it full.
        for _ in 0..<4 {
            let client = make()
            sockets.append(client)
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = connect(client, $0, length) }
            }
        }
    }

    deinit { for socket in sockets { close(socket) } }
}

/// A port that nothing listens on: it was free a moment ago.
func closedPort() async throws -> Int {
    let listener = try await TalkingListener(saying: nil)
    await listener.close()
    return listener.port
}
