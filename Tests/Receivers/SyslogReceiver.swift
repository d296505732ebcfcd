import NIOCore
import NIOPosix
package import NIOSSL
import Synchronization

/// A syslog receiver on loopback that reads frames by their length (RFC 5425, RFC 6587) and remembers the messages.
package final class SyslogReceiver: Sendable {
    private let channel: any Channel
    private let state: State
    package var port: Int { channel.localAddress?.port ?? 0 }
    /// Messages, over all connections.
    package var messages: [String] { state.kept.withLock { $0.messages } }
    /// Connections that were made.
    package var connections: Int { state.kept.withLock { $0.connections } }
    /// Bytes that were no frame.
    package var isConfused: Bool { state.kept.withLock { $0.isConfused } }

    private final class State: Sendable {
        struct Kept {
            var messages: [String] = []
            var connections = 0
            var isConfused = false
            var waiting: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
        }
        let kept = Mutex(Kept())

        func add(_ message: String) {
            let ready = kept.withLock { kept in
                kept.messages.append(message)
                let count = kept.messages.count
                let ready = kept.waiting.filter { $0.count <= count }.map(\.continuation)
                kept.waiting.removeAll { $0.count <= count }
                return ready
            }
            for continuation in ready { continuation.resume() }
        }
    }

    /// Listens on a free port; `cut` closes each connection after so many messages.
    package init(tls: NIOSSLContext? = nil, cutsAfter cut: Int? = nil) async throws {
        let state = State()
        self.state = state
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
                    }
                    try channel.pipeline.syncOperations.addHandler(Handler(state: state, cut: cut))
                }
            }.bind(host: "127.0.0.1", port: 0).get()
    }

    /// Listens no more.
    package func close() async { try? await channel.close() }

    /// Returns once so many messages have come.
    package func received(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.kept.withLock { kept in
                if kept.messages.count >= count { return true }
                kept.waiting.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let state: State
        private let cut: Int?
        private var bytes: [UInt8] = []
        private var count = 0

        init(state: State, cut: Int?) {
            self.state = state
            self.cut = cut
        }

        func channelActive(context: ChannelHandlerContext) {
            state.kept.withLock { $0.connections += 1 }
            context.fireChannelActive()
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            bytes += unwrapInboundIn(data).readableBytesView
            while let space = bytes.firstIndex(of: UInt8(ascii: " ")) {
                guard let length = Int(String(decoding: bytes[..<space], as: UTF8.self)) else {
                    state.kept.withLock { $0.isConfused = true }
                    return
                }
                guard bytes.count >= space + 1 + length else { return }
                state.add(String(decoding: bytes[(space + 1)..<(space + 1 + length)], as: UTF8.self))
                bytes.removeFirst(space + 1 + length)
                count += 1
                if count == cut { context.close(promise: nil) }
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
