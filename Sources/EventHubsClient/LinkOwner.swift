import AMQPEngine
import EventHubs

/// Something that has links on a connection.
///
/// **Isolation**: the connection's event loop.
protocol LinkOwner: AnyObject {
    /// The connection is authorized: attach.
    func connectionReady()
    /// The connection and every link on it are gone.
    func connectionLost(_ error: EventHubsError, retryAfter: Duration)
    /// An event of one of the owner's links.
    func received(_ event: EngineEvent, on link: LinkHandle)
    /// The client is stopping; `stopped(_:)` of the connection must be called, now or soon.
    func stopOrdered()
}

/// An owner that sends much and waits for room in the socket.
protocol WritabilityObserver: AnyObject {
    /// The socket takes bytes again.
    func becameWritable()
}
