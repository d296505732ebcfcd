public import AMQPTypes

/// What a peer's open frame says.
public struct RemoteOpen: Hashable, Sendable {
    /// The name of the peer's container.
    public var containerID: String
    /// The host that a client means to reach.
    public var hostname: String?
    /// The largest frame the peer takes, in bytes; 0 is no limit.
    public var maxFrameSize: UInt32
    /// The highest channel number the peer takes.
    public var channelMax: UInt16
    /// The silence after which the peer gives up; nil is never.
    public var idleTimeout: Duration?
    /// Connection properties.
    public var properties: AMQPMap
    /// Capabilities the peer has.
    public var offeredCapabilities: [String]
    /// Capabilities the peer asks for.
    public var desiredCapabilities: [String]

    /// Makes an open; for tests of code that receives one.
    public init(containerID: String, hostname: String? = nil) {
        self.containerID = containerID
        self.hostname = hostname
        maxFrameSize = 0
        channelMax = .max
        idleTimeout = nil
        properties = AMQPMap()
        offeredCapabilities = []
        desiredCapabilities = []
    }
}

/// How a delivery ended.
public enum DeliveryOutcome: Hashable, Sendable {
    /// Taken.
    case accepted
    /// Refused, with the reason.
    case rejected(AMQPCondition)
    /// Given back unchanged.
    case released
    /// Given back changed.
    case modified(deliveryFailed: Bool, undeliverableHere: Bool)
    /// Not final: how much has been received.
    case received
    /// A state that the engine does not know; its descriptor code.
    case other(UInt64)
}

/// What happened on a connection, in order.
///
/// The engine answers by itself what the protocol says must be answered: a close with a close, an end with an end, a
/// detach with a detach. When a session ends its links end with it, and when the connection closes or fails all do,
/// without events of their own.
public enum EngineEvent: Sendable {
    /// Server: the client authenticates; answer with ``AMQPEngine/authenticate(accepted:)``.
    case authenticationRequested(mechanism: String, initialResponse: [UInt8])
    /// SASL succeeded.
    case authenticated
    /// SASL failed; the connection is over.
    case authenticationFailed(AMQPCondition)
    /// The peer's open arrived.
    case opened(RemoteOpen)
    /// The peer's close arrived.
    case closed(AMQPCondition?)
    /// A session is there: the peer's own (answer with ``AMQPEngine/accept(session:)``) or its answer to ours.
    case begun(SessionHandle, byPeer: Bool)
    /// The peer ended a session, or answered our end.
    case ended(SessionHandle, AMQPCondition?)
    /// A link is there: the peer's own (answer with `accept` or `refuse`) or its answer to ours.
    ///
    /// An answer with neither source nor target on the peer's end is a refusal; the detach with the reason follows.
    case attached(LinkHandle, SessionHandle, RemoteAttach, byPeer: Bool)
    /// The peer detached a link, or answered our detach.
    case detached(LinkHandle, closed: Bool, AMQPCondition?)
    /// The credit of a sending link changed, or a receiving link was drained.
    case credit(LinkHandle, Int, drain: Bool)
    /// Messages arrived.
    case deliveries(LinkHandle, DeliveryBatch)
    /// The peer decided on a delivery.
    case updated(DeliveryHandle, LinkHandle, DeliveryOutcome?, settled: Bool)
    /// The transport failed: bytes that are not AMQP, silence, or a socket that went away
    /// (`amqp:connection:framing-error`).
    case failed(AMQPCondition)
    /// Nothing more will come or go.
    ///
    /// Always the last event.
    case finished
}
