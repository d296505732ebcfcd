import NIOCore

/// Stands between a connection's AMQP and its socket, and cuts the socket after a number of bytes.
///
/// **Isolation**: the channel's event loop.
final class FaultWire: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var bytesLeft: Int
    private var isCut = false

    init(cutAfter bytes: Int) { bytesLeft = bytes }

    /// Lets through what is left, then closes the socket: usually in the middle of a frame.
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var buffer = unwrapOutboundIn(data)
        guard !isCut, buffer.readableBytes > bytesLeft else {
            bytesLeft -= isCut ? 0 : buffer.readableBytes
            context.write(isCut ? wrapOutboundOut(ByteBuffer()) : data, promise: promise)
            return
        }
        isCut = true
        let rest = buffer.readSlice(length: bytesLeft) ?? ByteBuffer()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(rest)).whenComplete { _ in bound.value.close(promise: nil) }
        promise?.succeed()
    }
}
