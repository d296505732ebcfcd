import NIOCore
import Transports

/// Asks the question of a ``Handshake`` on a new channel, waits for the answer, and gives its place up.
///
/// What follows the answer belongs to the handlers that the completion adds behind this one; they get it.
/// **Bounds**: one time-out from the channel's start to the whole answer; `HTTPAnswerReader` bounds its bytes.
/// **Isolation**: the channel's event loop.
final class HandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let handshake: any Handshake
    private let timeout: TimeAmount
    private var reader = HTTPAnswerReader()
    private var timer: Scheduled<Void>?
    private var hasAsked = false
    /// Called once; nil afterwards.
    private var completion: ((Result<Void, any Error>) -> Void)?

    init(_ handshake: any Handshake, timeout: TimeAmount, _ completion: @escaping (Result<Void, any Error>) -> Void) {
        self.handshake = handshake
        self.timeout = timeout
        self.completion = completion
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { ask(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        ask(context)
        context.fireChannelActive()
    }

    private func ask(_ context: ChannelHandlerContext) {
        guard !hasAsked, completion != nil else { return }
        hasAsked = true
        let timeout = timeout
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { [weak self] in
            self?.refuse(.silent(seconds: Int((timeout.nanoseconds + 999_999_999) / 1_000_000_000)), context)
        }
        let question = context.channel.allocator.buffer(bytes: handshake.question.bytes)
        context.writeAndFlush(wrapOutboundOut(question), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard completion != nil else { return context.fireChannelRead(data) }
        var bytes = unwrapInboundIn(data)
        switch reader.read(bytes.readableBytesView) {
        case .incomplete: break
        case .notHTTP: refuse(.notHTTP, context)
        case .tooLong: refuse(.tooLong, context)
        case .answer(let answer, let bytesLeft):
            do throws(TransportRefusal) {
                try handshake.judge(answer)
            } catch {
                return fail(error, context)
            }
            finish(.success(()))
            bytes.moveReaderIndex(to: bytes.writerIndex - bytesLeft)
            if bytesLeft > 0 { context.fireChannelRead(wrapInboundOut(bytes)) }
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if completion != nil { fail(error, context) } else { context.fireErrorCaught(error) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        refuse(.hungUp, context)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        // A channel that never became active has failed to connect: that error says more.
        if hasAsked { finish(.failure(ChannelError.ioOnClosedChannel)) }
    }

    private func refuse(_ failure: HandshakeFailure, _ context: ChannelHandlerContext) {
        guard completion != nil else { return }
        fail(handshake.refusal(failure), context)
    }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        finish(.failure(error))
        context.close(promise: nil)
    }

    private func finish(_ result: Result<Void, any Error>) {
        timer?.cancel()
        timer = nil
        guard let completion else { return }
        self.completion = nil
        completion(result)
    }
}
