import AMQPChannel
import NIOCore
import NIOHTTP1
import NIOWebSocket
import Transports

/// The server's side of the WebSocket handshake: path and subprotocol as the service has them, 404 and 400 for others.
///
/// **Bounds**: a client that has not upgraded after ``timeLimit`` is closed; heads are bounded by ``limits``.
enum WebSocketListening {
    private static let timeLimit = TimeAmount.seconds(10)

    private static var limits: NIOHTTPDecoderLimitConfiguration {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 8192
        limits.maxHeaderListSize = 16_384
        limits.maxHeaderFieldCount = 64
        return limits
    }

    /// Makes a fresh channel wait for the handshake; `serve` adds what takes the bytes in clear.
    static func add(
        to channel: any Channel, serve: @escaping @Sendable (any Channel) throws -> Void
    ) -> EventLoopFuture<Void> {
        let deadline = channel.eventLoop.scheduleTask(in: timeLimit) { channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in deadline.cancel() }
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: WebSocketStreamHandler.peerFrameBytesMax, automaticErrorHandling: false,
            shouldUpgrade: { channel, request in
                channel.eventLoop.makeSucceededFuture(refusal(of: request) == nil ? Self.agreement : nil)
            },
            upgradePipelineHandler: { channel, _ in
                deadline.cancel()
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(WebSocketStreamHandler(role: .server))
                    try serve(channel)
                }
            })
        let refuser = NIOLoopBound(WebSocketRefuser(), eventLoop: channel.eventLoop)
        return channel.pipeline.configureHTTPServerPipeline(
            withServerUpgrade: (
                upgraders: [upgrader],
                completionHandler: { context in
                    context.pipeline.syncOperations.removeHandler(refuser.value, promise: nil)
                }
            ), withDecoderLimitConfiguration: limits
        ).flatMapThrowing { try channel.pipeline.syncOperations.addHandler(refuser.value) }
    }

    private static let agreement: HTTPHeaders = ["Sec-WebSocket-Protocol": WebSocketHandshake.subprotocol]

    /// Why a request gets no WebSocket; nil when it gets one.
    fileprivate static func refusal(of request: HTTPRequestHead) -> (status: HTTPResponseStatus, why: String)? {
        var path = request.uri.prefix { $0 != "?" }
        // Clients for .NET end it with a slash.
        if path.hasSuffix("/") { path = path.dropLast() }
        guard path.lowercased() == WebSocketHandshake.path else {
            return (.notFound, "AMQP is at \(WebSocketHandshake.path)")
        }
        guard request.headers[canonicalForm: "Upgrade"].contains(where: { $0.lowercased() == "websocket" }) else {
            return (.upgradeRequired, "this is a WebSocket: upgrade to it")
        }
        guard request.headers[canonicalForm: "Sec-WebSocket-Protocol"].contains(WebSocketHandshake.subprotocol[...])
        else {
            return (.badRequest, "offer the protocol \(WebSocketHandshake.subprotocol)")
        }
        return nil
    }
}

/// Answers what is no handshake, and closes.
private final class WebSocketRefuser: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let request) = unwrapInboundIn(data) else { return }
        let refusal =
            WebSocketListening.refusal(of: request)
            ?? (.badRequest, "Sec-WebSocket-Key and Sec-WebSocket-Version: 13 are missing")
        let body = context.channel.allocator.buffer(string: refusal.why + "\n")
        var headers: HTTPHeaders = [
            "Content-Type": "text/plain", "Content-Length": "\(body.readableBytes)", "Connection": "close",
        ]
        if refusal.status == .upgradeRequired { headers.add(name: "Upgrade", value: "websocket") }
        let head = HTTPResponseHead(version: .http1_1, status: refusal.status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in bound.value.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The upgrader's refusal, which the answer explains; what the socket has to say ends it anyway.
        if !(error is NIOWebSocketUpgradeError) { context.close(promise: nil) }
    }
}
