public import NIOCore
public import NIOWebSocket
public import Transports

/// Carries a stream of bytes over a WebSocket's binary frames: the shell of ``WebSocketSession``.
///
/// **Shape**: stands between the WebSocket codec and ``AMQPChannelHandler``, which sees plain bytes. Payloads are passed on as
/// they arrive; what is written becomes frames of at most ``frameBytesMax``.
/// **Bounds**: a frame of the peer is held until it is complete, up to ``peerFrameBytesMax``; pings are answered only while
/// the channel takes bytes, so that a flood of them fills nothing.
/// **Isolation**: the channel's event loop.
public final class WebSocketStreamHandler: ChannelDuplexHandler {
    /// Frames of the peer.
    public typealias InboundIn = WebSocketFrame
    /// Their payloads.
    public typealias InboundOut = ByteBuffer
    /// Bytes for the peer.
    public typealias OutboundIn = ByteBuffer
    /// Frames of them.
    public typealias OutboundOut = WebSocketFrame

    /// Most payload of a frame that is written: what the service's own AMQP frames hold.
    public static let frameBytesMax = 65_536
    /// Most payload of a frame that is read: peers may put several AMQP frames into one.
    public static let peerFrameBytesMax = 4 << 20

    private let isClient: Bool
    private var session: WebSocketSession

    /// Makes the handler of one connection, right after its handshake.
    public init(role: WebSocketSession.Role) {
        isClient = role == .client
        session = WebSocketSession(role: role)
    }

    /// Adds the WebSocket codec and this handler behind what a pipeline has.
    public static func add(to pipeline: ChannelPipeline.SynchronousOperations, role: WebSocketSession.Role) throws {
        try pipeline.addHandler(WebSocketFrameEncoder())
        try pipeline.addHandler(ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: peerFrameBytesMax)))
        try pipeline.addHandler(WebSocketStreamHandler(role: role))
    }

    /// Passes a payload on, or obeys a control frame.
    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        let head = WebSocketSession.FrameHead(
            opcode: UInt8(webSocketOpcode: frame.opcode), isFinal: frame.fin,
            hasReservedBits: frame.rsv1 || frame.rsv2 || frame.rsv3, isMasked: frame.maskKey != nil)
        let isControl = head.opcode >= 0x8
        let payload = frame.unmaskedData
        switch session.received(head, payload: isControl ? Array(payload.readableBytesView) : []) {
        case .deliver:
            if payload.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(payload)) }
        case .pong:
            guard context.channel.isWritable else { return }
            context.writeAndFlush(wrapOutboundOut(self.frame(.pong, payload)), promise: nil)
        case .ignore: break
        case .close(let code, let refusal): close(context, code, refusal)
        }
    }

    /// Makes frames.
    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var bytes = unwrapOutboundIn(data)
        guard session.isOpen else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        while bytes.readableBytes > Self.frameBytesMax, let part = bytes.readSlice(length: Self.frameBytesMax) {
            context.write(wrapOutboundOut(frame(.binary, part)), promise: nil)
        }
        context.write(wrapOutboundOut(frame(.binary, bytes)), promise: promise)
    }

    /// Says goodbye first.
    public func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if case .close(let code, _) = session.closeOrdered() { writeClose(context, code) }
        context.close(mode: mode, promise: promise)
    }

    /// Ends the session when the bytes are no frames.
    public func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? NIOWebSocketError else {
            context.fireErrorCaught(error)
            return
        }
        let fault: WebSocketSession.FrameFault =
            switch error {
            case .invalidFrameLength: .tooLong(bytesMax: Self.peerFrameBytesMax)
            case .fragmentedControlFrame, .multiByteControlFrameLength: .badControlFrame
            }
        if case .close(let code, let refusal) = session.faulted(fault) { close(context, code, refusal) }
    }

    private func close(_ context: ChannelHandlerContext, _ code: UInt16?, _ refusal: TransportRefusal?) {
        writeClose(context, code)
        if let refusal { context.fireErrorCaught(refusal) }
        context.close(promise: nil)
    }

    private func writeClose(_ context: ChannelHandlerContext, _ code: UInt16?) {
        var payload = context.channel.allocator.buffer(capacity: 2)
        if let code { payload.writeInteger(code) }
        context.writeAndFlush(wrapOutboundOut(frame(.connectionClose, payload)), promise: nil)
    }

    private func frame(_ opcode: WebSocketOpcode, _ payload: ByteBuffer) -> WebSocketFrame {
        WebSocketFrame(fin: true, opcode: opcode, maskKey: isClient ? .random() : nil, data: payload)
    }
}
