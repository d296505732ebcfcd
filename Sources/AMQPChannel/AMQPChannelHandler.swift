public import AMQPEngine
import AMQPTypes
public import NIOCore

/// Joins an engine to a channel: feeds it what is read, writes what it has to say, and lets time pass for it.
///
/// **Shape**: the last handler of a pipeline; TLS or WebSocket handlers stand in front of it. Bytes are fed where they
/// lie. One read is one turn: all its buffers are fed, the events delivered, and everything they led to is written with
/// one flush.
/// **Bounds**: writes only while the channel is writable; the rest stays in the engine. The peer's answer to a close is waited
/// for, 5 s at most.
/// **Isolation**: the channel's event loop.
public final class AMQPChannelHandler: ChannelInboundHandler {
    /// Bytes, in clear.
    public typealias InboundIn = ByteBuffer
    /// Bytes, in clear.
    public typealias OutboundOut = ByteBuffer

    private let engine: AMQPEngine
    private let delegate: any AMQPConnectionDelegate
    private var connection: AMQPConnection?
    private var isTurning = false
    private var isDisconnectReported = false
    private var isClosingChannel = false
    private var cause: AMQPCondition?
    private var tickTask: Scheduled<Void>?
    /// Ends the wait for the peer's answer to our close.
    private var answerTimeout: Scheduled<Void>?
    /// Set by the peer's open until the engine has been asked for its deadline again.
    private var isTimeoutNews = false

    /// Makes the handler of one connection; the engine must not have been used before.
    public init(engine: AMQPEngine, delegate: any AMQPConnectionDelegate) {
        self.engine = engine
        self.delegate = delegate
    }

    // MARK: Channel events

    /// Starts at once on a channel that is active already.
    public func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { start(context) }
    }

    /// Ends the connection if the channel has not done so before.
    public func handlerRemoved(context: ChannelHandlerContext) {
        finish(context)
    }

    /// Starts.
    public func channelActive(context: ChannelHandlerContext) {
        start(context)
        context.fireChannelActive()
    }

    /// Feeds one buffer; the events follow when the read completes.
    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        buffer.withUnsafeReadableBytes { engine.receive($0) }
        // Delivered now, so that credit and slabs move on within a long read; flushed once at its end.
        turn(context) {}
    }

    /// Ends the turn of one read.
    public func channelReadComplete(context: ChannelHandlerContext) {
        turn(context) {
            if let connection { delegate.readComplete(on: connection) }
        }
        flush(context)
        context.fireChannelReadComplete()
    }

    /// Writes on, and tells the delegate that it may.
    public func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            flush(context)
            turn(context) {
                if let connection, context.channel.isWritable { delegate.writable(on: connection) }
            }
            flush(context)
        }
        context.fireChannelWritabilityChanged()
    }

    /// Tells the engine when the peer has finished sending.
    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            engine.receiveClosed()
            turn(context) {}
            flush(context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// Ends.
    public func channelInactive(context: ChannelHandlerContext) {
        finish(context)
        context.fireChannelInactive()
    }

    /// Gives the connection up with the error's text; a TLS failure arrives here.
    public func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let condition = AMQPCondition(name: "amqp:connection:framing-error", description: "\(error)")
        if cause == nil { cause = condition }
        engine.abort(condition)
        turn(context) {}
        flush(context)
        closeChannel(context)
    }
}

// MARK: Turns

extension AMQPChannelHandler {
    private func start(_ context: ChannelHandlerContext) {
        guard connection == nil, !isDisconnectReported else { return }
        let connection = AMQPConnection(context: context, engine: engine, handler: self)
        self.connection = connection
        turn(context) { delegate.connected(connection) }
        flush(context)
    }

    /// Runs the delegate, and then delivers events until there are none.
    ///
    /// Orders that the delegate gives make events; they come in the same turn. A call from inside is ignored: the outer
    /// turn goes on until nothing is left.
    private func turn(_ context: ChannelHandlerContext, _ body: () -> Void) {
        guard !isTurning, let connection else { return }
        isTurning = true
        body()
        while let event = engine.nextEvent() {
            note(event)
            delegate.received(event, on: connection)
        }
        isTurning = false
    }

    /// Writes what is pending, delivers what came of it, and flushes once.
    func flush(_ context: ChannelHandlerContext) {
        guard !isTurning, connection != nil, !isDisconnectReported else { return }
        var wrote = false
        repeat {
            while context.channel.isWritable, writeOnce(context) { wrote = true }
            // Writing can make events (a time-out that strikes, a refused login), and events orders.
            turn(context) {}
        } while context.channel.isWritable && writeOnce(context, noting: &wrote)
        if wrote { context.flush() }
        schedule(context)
        if engine.isWriteClosed { closeWhenAnswered(context) }
    }

    private func writeOnce(_ context: ChannelHandlerContext, noting wrote: inout Bool) -> Bool {
        let result = writeOnce(context)
        wrote = wrote || result
        return result
    }

    private func writeOnce(_ context: ChannelHandlerContext) -> Bool {
        engine.withOutput { bytes in
            var buffer = context.channel.allocator.buffer(capacity: bytes.count)
            buffer.writeBytes(bytes)
            context.write(wrapOutboundOut(buffer), promise: nil)
            return bytes.count
        }
    }

    private func note(_ event: EngineEvent) {
        switch event {
        case .failed(let condition), .authenticationFailed(let condition), .closed(let condition?):
            if cause == nil { cause = condition }
        case .opened:
            isTimeoutNews = true
        default:
            break
        }
    }
}

// MARK: Time and end

extension AMQPChannelHandler {
    /// Sees to it that time passes for the engine.
    ///
    /// Deadlines only move away as bytes flow, so that a timer that is set stays; the one exception is the peer's open,
    /// which may bring in a shorter time-out.
    private func schedule(_ context: ChannelHandlerContext) {
        guard !isClosingChannel, !isDisconnectReported, tickTask == nil || isTimeoutNews else { return }
        isTimeoutNews = false
        tickTask?.cancel()
        tickTask = nil
        let now = Self.milliseconds(context.eventLoop.now)
        guard let next = engine.tick(now: now) else { return }
        let delay = TimeAmount.milliseconds(Int64(clamping: next > now ? next - now : 0))
        tickTask = context.eventLoop.assumeIsolated().scheduleTask(in: delay) { [weak self] in
            guard let self, self.connection != nil else { return }
            self.tickTask = nil
            self.tick(context)
        }
    }

    private func tick(_ context: ChannelHandlerContext) {
        _ = engine.tick(now: Self.milliseconds(context.eventLoop.now))
        turn(context) {}
        flush(context)
    }

    /// The loop's clock, which may start at zero where the engine wants more.
    private static func milliseconds(_ now: NIODeadline) -> UInt64 {
        now.uptimeNanoseconds / 1_000_000 + 1
    }

    /// Closes the channel when nothing more is to come from the peer, or nothing that matters.
    ///
    /// A socket that is closed with bytes unread is reset, and takes a close that the peer has not read yet along.
    /// **Source**: core specification, section 2.7.9.
    private func closeWhenAnswered(_ context: ChannelHandlerContext) {
        if engine.isReadClosed || cause != nil { return closeChannel(context) }
        guard !isClosingChannel, answerTimeout == nil else { return }
        answerTimeout = context.eventLoop.assumeIsolated().scheduleTask(in: Self.answerLimit) { [weak self] in
            self?.closeChannel(context)
        }
    }

    private static let answerLimit: TimeAmount = .seconds(5)

    private func closeChannel(_ context: ChannelHandlerContext) {
        guard !isClosingChannel else { return }
        isClosingChannel = true
        tickTask?.cancel()
        tickTask = nil
        context.close(promise: nil)
    }

    private func finish(_ context: ChannelHandlerContext) {
        tickTask?.cancel()
        tickTask = nil
        answerTimeout?.cancel()
        answerTimeout = nil
        guard let connection, !isDisconnectReported else { return }
        engine.disconnected()
        turn(context) {}
        isDisconnectReported = true
        self.connection = nil
        connection.handler = nil
        delegate.disconnected(cause, on: connection)
    }
}
