public import AMQPTypes

/// One end of a link.
public enum LinkRole: Hashable, Sendable {
    /// Sends transfers.
    case sender
    /// Receives transfers.
    case receiver
}

/// When the sending end settles.
public enum SenderSettleMode: UInt8, Hashable, Sendable {
    /// Every delivery waits for an outcome.
    case unsettled = 0
    /// Every delivery is settled as it is sent: nothing is acknowledged.
    case settled = 1
    /// The sender decides for each delivery.
    case mixed = 2
}

/// When the receiving end settles.
public enum ReceiverSettleMode: UInt8, Hashable, Sendable {
    /// At once, with the outcome.
    case first = 0
    /// After the sender has settled.
    case second = 1
}

/// A source or a target: where messages come from, or go to.
///
/// **Source**: parts 3.5.3 and 3.5.4 of the specification.
public struct Terminus: Hashable, Sendable {
    /// The address of the node.
    public var address: String?
    /// Whether the peer is asked to make the node.
    public var isDynamic: Bool
    /// 0 nothing, 1 configuration, 2 unsettled state survives.
    public var durability: UInt32
    /// Seconds for which the terminus outlives its link.
    public var timeout: UInt32
    /// Filters by symbol; sources only.
    public var filter: AMQPMap
    /// Capabilities of the terminus.
    public var capabilities: [String]
    /// Properties of a dynamic node.
    public var nodeProperties: AMQPMap
    /// Whether a peer's target is a transaction coordinator; only ever received.
    public var isCoordinator: Bool

    /// Makes a terminus.
    public init(address: String? = nil, filter: AMQPMap = AMQPMap(), capabilities: [String] = []) {
        self.address = address
        self.filter = filter
        self.capabilities = capabilities
        isDynamic = false
        durability = 0
        timeout = 0
        nodeProperties = AMQPMap()
        isCoordinator = false
    }
}

/// A link to attach.
public struct LinkSpecification: Hashable, Sendable {
    /// The session to attach it to.
    public var session: SessionHandle
    /// The name of the link, unique between the two containers for its direction.
    public var name: String
    /// Our end.
    public var role: LinkRole
    /// Where messages come from.
    public var source: Terminus?
    /// Where messages go to.
    public var target: Terminus?
    /// When the sending end settles.
    public var senderSettleMode: SenderSettleMode
    /// When the receiving end settles.
    public var receiverSettleMode: ReceiverSettleMode
    /// The largest message we take, in bytes; 0 states none.
    public var maxMessageSize: UInt64
    /// Link properties.
    public var properties: AMQPMap
    /// Capabilities we ask for.
    public var desiredCapabilities: [String]

    /// Makes a specification; settle modes default to what Event Hubs clients ask for.
    public init(
        session: SessionHandle, name: String, role: LinkRole, source: Terminus? = nil, target: Terminus? = nil,
        senderSettleMode: SenderSettleMode = .unsettled, receiverSettleMode: ReceiverSettleMode = .first,
        maxMessageSize: UInt64 = 0, properties: AMQPMap = AMQPMap(), desiredCapabilities: [String] = []
    ) {
        self.session = session
        self.name = name
        self.role = role
        self.source = source
        self.target = target
        self.senderSettleMode = senderSettleMode
        self.receiverSettleMode = receiverSettleMode
        self.maxMessageSize = maxMessageSize
        self.properties = properties
        self.desiredCapabilities = desiredCapabilities
    }
}

/// How a server answers a peer's attach.
public struct AttachReply: Hashable, Sendable {
    /// Where messages come from.
    public var source: Terminus?
    /// Where messages go to.
    public var target: Terminus?
    /// When the sending end settles.
    public var senderSettleMode: SenderSettleMode
    /// When the receiving end settles.
    public var receiverSettleMode: ReceiverSettleMode
    /// The largest message we take, in bytes; 0 states none.
    public var maxMessageSize: UInt64
    /// The size in bytes above which a message ends the link; nil for `maxMessageSize`.
    ///
    /// With more than `maxMessageSize` the owner gets messages that break the stated limit, and may reject each. Never more than
    /// ``EngineConfiguration/deliverySizeMax``.
    public var deliverySizeMax: Int?
    /// Link properties.
    public var properties: AMQPMap
    /// Capabilities that the link has.
    public var offeredCapabilities: [String]

    /// Makes a reply that repeats what the peer asked for.
    public init(echoing attach: RemoteAttach) {
        source = attach.source
        target = attach.target
        senderSettleMode = attach.senderSettleMode
        receiverSettleMode = attach.receiverSettleMode
        maxMessageSize = attach.maxMessageSize
        deliverySizeMax = nil
        properties = AMQPMap()
        offeredCapabilities = []
    }
}

/// What a peer's attach frame says.
public struct RemoteAttach: Hashable, Sendable {
    /// The name of the link.
    public var name: String
    /// The peer's end: a `.receiver` wants us to send.
    public var role: LinkRole
    /// Where messages come from; nil in a refusal of a receiver.
    public var source: Terminus?
    /// Where messages go to; nil in a refusal of a sender.
    public var target: Terminus?
    /// When the sending end settles.
    public var senderSettleMode: SenderSettleMode
    /// When the receiving end settles.
    public var receiverSettleMode: ReceiverSettleMode
    /// The largest message the peer takes, in bytes; 0 is no limit.
    public var maxMessageSize: UInt64
    /// Link properties.
    public var properties: AMQPMap
    /// Capabilities the peer asks for.
    public var desiredCapabilities: [String]
    /// Capabilities the peer has.
    public var offeredCapabilities: [String]

    /// Makes an attach; for tests of code that receives one.
    public init(
        name: String, role: LinkRole, source: Terminus? = nil, target: Terminus? = nil,
        senderSettleMode: SenderSettleMode = .mixed, receiverSettleMode: ReceiverSettleMode = .first,
        maxMessageSize: UInt64 = 0, properties: AMQPMap = AMQPMap(), desiredCapabilities: [String] = [],
        offeredCapabilities: [String] = []
    ) {
        self.name = name
        self.role = role
        self.source = source
        self.target = target
        self.senderSettleMode = senderSettleMode
        self.receiverSettleMode = receiverSettleMode
        self.maxMessageSize = maxMessageSize
        self.properties = properties
        self.desiredCapabilities = desiredCapabilities
        self.offeredCapabilities = offeredCapabilities
    }
}
