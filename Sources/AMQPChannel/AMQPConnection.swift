public import AMQPEngine
public import AMQPTypes
public import NIOCore

/// One AMQP connection on its channel.
///
/// **Isolation**: confined to ``eventLoop``. Other threads reach it through the loop, as a rule with a `NIOLoopBound`.
public final class AMQPConnection {
    /// The loop that everything here happens on.
    public let eventLoop: any EventLoop
    /// The protocol; give it orders, then call ``flush()``.
    public let engine: AMQPEngine

    private let context: ChannelHandlerContext
    /// Cut by the handler when the channel is gone.
    weak var handler: AMQPChannelHandler?

    init(context: ChannelHandlerContext, engine: AMQPEngine, handler: AMQPChannelHandler) {
        self.context = context
        eventLoop = context.eventLoop
        self.engine = engine
        self.handler = handler
    }

    /// The channel; for its addresses and options.
    public var channel: any Channel { context.channel }

    /// Whether the channel takes more bytes now; senders of much look at it between messages.
    public var isWritable: Bool { handler != nil && context.channel.isWritable }

    /// Writes what the engine has to say, and delivers the events that came of it.
    ///
    /// Needed after orders given outside of the delegate's methods; inside them it does nothing, because the handler
    /// flushes once when they are through.
    public func flush() {
        handler?.flush(context)
    }

    /// Closes the AMQP connection in order; the channel closes once the peer has answered.
    public func close(_ condition: AMQPCondition? = nil) {
        engine.close(condition)
        flush()
    }

    /// Gives the connection up and closes the channel.
    public func abort(_ condition: AMQPCondition) {
        engine.abort(condition)
        flush()
    }
}
