public import AMQPEngine
public import AMQPTypes

/// Told what happens on a connection; on its event loop only, hence neither `Sendable` nor `async`.
public protocol AMQPConnectionDelegate: AnyObject {
    /// The channel is active; give the engine its first orders here.
    func connected(_ connection: AMQPConnection)

    /// One event of the engine, in order.
    ///
    /// Orders given here are written when the read completes; ``AMQPConnection/flush()`` is not needed.
    func received(_ event: EngineEvent, on connection: AMQPConnection)

    /// All events of one read have been delivered.
    func readComplete(on connection: AMQPConnection)

    /// The channel takes bytes again after it had been full, and what the engine had pending is on its way.
    func writable(on connection: AMQPConnection)

    /// The channel is gone, with the reason when it did not end in order; called once, and nothing comes after it.
    func disconnected(_ cause: AMQPCondition?, on connection: AMQPConnection)
}

extension AMQPConnectionDelegate {
    /// Does nothing; most delegates send too little to fill a channel.
    public func writable(on connection: AMQPConnection) {}
}
