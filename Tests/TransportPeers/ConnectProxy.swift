public import NIOCore
import NIOPosix
import Synchronization

/// A small HTTP proxy for tests: makes tunnels with CONNECT, or fails in the ways that proxies do.
public final class ConnectProxy: Sendable {
    /// What it does with one connection.
    public enum Behaviour: Hashable, Sendable {
        /// Makes a tunnel; where a login is given, only for that value of `Proxy-Authorization`.
        case tunnel(login: String? = nil)
        /// Sends a text and closes.
        case answer(String)
        /// Sends nothing.
        case hang
        /// Closes without a word.
        case hangUp
    }

    private struct State: Sendable {
        var behaviours: [Behaviour]
        var heads: [String] = []
        var bytesPassed = 0
    }

    /// The port on 127.0.0.1.
    public let port: Int
    private let listener: any Channel
    private let shared: Shared

    private init(_ listener: any Channel, _ shared: Shared) {
        self.listener = listener
        self.shared = shared
        port = listener.localAddress?.port ?? 0
    }

    fileprivate final class Shared: Sendable {
        private let state: Mutex<State>

        init(_ behaviours: [Behaviour]) { state = Mutex(State(behaviours: behaviours)) }

        /// The behaviour for the next connection: each is used once, the last one for ever.
        func take() -> Behaviour {
            state.withLock { $0.behaviours.count > 1 ? $0.behaviours.removeFirst() : $0.behaviours.first ?? .hangUp }
        }

        func note(_ head: String) { state.withLock { $0.heads.append(head) } }
        var heads: [String] { state.withLock(\.heads) }
        func notePassed(_ bytes: Int) { state.withLock { $0.bytesPassed += bytes } }
        var bytesPassed: Int { state.withLock(\.bytesPassed) }
    }

    /// The heads of all requests so far.
    public var requests: [String] { shared.heads }
    /// The bytes that went through tunnels, in both directions.
    public var bytesPassed: Int { shared.bytesPassed }

    /// Listens on a free port; the behaviours are for the connections in their order, the last one for all that follow.
    public static func start(_ behaviours: [Behaviour], on group: any EventLoopGroup) async throws -> ConnectProxy {
        let shared = Shared(behaviours)
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ProxyRequest(shared))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return ConnectProxy(listener, shared)
    }

    /// Stops listening; tunnels end with their ends.
    public func stop() async { try? await listener.close().get() }

    /// Runs a body with a proxy.
    public static func with(
        _ behaviours: [Behaviour], on group: any EventLoopGroup, _ body: (ConnectProxy) async throws -> Void
    ) async throws {
        let proxy = try await start(behaviours, on: group)
        do {
            try await body(proxy)
        } catch {
            await proxy.stop()
            throw error
        }
        await proxy.stop()
    }
}

/// Reads one request and does what the behaviour says.
private final class ProxyRequest: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let shared: ConnectProxy.Shared
    private var head = ""
    private var isDone = false

    init(_ shared: ConnectProxy.Shared) { self.shared = shared }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDone else { return }
        head += String(buffer: unwrapInboundIn(data))
        guard head.hasSuffix("\r\n\r\n") else { return }
        isDone = true
        shared.note(head)
        switch shared.take() {
        case .hang: break
        case .hangUp: context.close(promise: nil)
        case .answer(let text): answer(text, context)
        case .tunnel(let login): tunnel(login, context)
        }
    }

    private func answer(_ text: String, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text))).whenComplete { _ in
            bound.value.close(promise: nil)
        }
    }

    private func tunnel(_ login: String?, _ context: ChannelHandlerContext) {
        // Names of fields may be written in any case.
        let given = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("proxy-authorization: ") }
        if let login, given?.dropFirst("proxy-authorization: ".count) != login[...] {
            return answer(
                "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"test\"\r\n\r\n",
                context)
        }
        let target = head.split(separator: " ")[1].split(separator: ":")
        guard head.hasPrefix("CONNECT "), target.count == 2, let port = Int(target[1]) else {
            return answer("HTTP/1.1 400 Bad Request\r\n\r\n", context)
        }
        // Names of tests stand for this machine.
        let client = context.channel
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        ClientBootstrap(group: context.eventLoop).connect(host: "127.0.0.1", port: port).whenComplete { result in
            let (request, context) = bound.value
            guard case .success(let broker) = result else {
                return request.answer("HTTP/1.1 502 Bad Gateway\r\n\r\n", context)
            }
            do {
                let note = request.shared.notePassed
                try broker.pipeline.syncOperations.addHandler(Glue(to: client, note))
                try client.pipeline.syncOperations.addHandler(Glue(to: broker, note))
            } catch {
                return context.close(promise: nil)
            }
            context.writeAndFlush(
                request.wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")),
                promise: nil)
            context.pipeline.syncOperations.removeHandler(request, promise: nil)
        }
    }
}

/// Passes what one end sends to the other, and its end.
final class Glue: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel
    private let note: (Int) -> Void

    init(to other: any Channel, _ note: @escaping (Int) -> Void = { _ in }) {
        self.other = other
        self.note = note
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        note(bytes.readableBytes)
        other.writeAndFlush(bytes, promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }
}
