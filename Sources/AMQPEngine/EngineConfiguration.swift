public import AMQPTypes

/// Which side of the connection an engine is.
public enum EngineRole: Hashable, Sendable {
    /// Opens the conversation and authenticates.
    case client
    /// Answers it and judges the authentication.
    case server
}

/// How a connection is authenticated.
public enum EngineAuthentication: Hashable, Sendable {
    /// No SASL layer at all.
    case none
    /// Client: SASL ANONYMOUS. Event Hubs takes it and authorises by token afterwards.
    case anonymous
    /// Client: SASL PLAIN.
    case plain(user: String, password: String)
    /// Server: offers these mechanisms in this order, and asks with
    /// ``EngineEvent/authenticationRequested(mechanism:initialResponse:)``.
    case mechanisms([String])
}

extension EngineAuthentication: CustomStringConvertible, CustomDebugStringConvertible {
    /// The kind, without user and password.
    public var description: String {
        switch self {
        case .none: "none"
        case .anonymous: "anonymous"
        case .plain: "plain"
        case .mechanisms(let names): "mechanisms \(names.joined(separator: " "))"
        }
    }

    /// The kind, without user and password.
    public var debugDescription: String { description }
}

/// What an engine is told before its first byte.
public struct EngineConfiguration: Hashable, Sendable {
    /// Which side of the connection this is.
    public var role: EngineRole
    /// The name of this container, in the open frame.
    public var containerID: String
    /// The host that a client means to reach; nil in a server.
    public var hostname: String?
    /// The largest frame that we take, in bytes; at least 512.
    public var maxFrameSize: UInt32
    /// The highest channel number that we take.
    public var channelMax: UInt16
    /// The silence after which the peer counts as gone; half of it is announced to the peer.
    ///
    /// Nil: never.
    public var idleTimeout: Duration?
    /// Properties of the open frame.
    public var properties: AMQPMap
    /// How the connection is authenticated.
    public var authentication: EngineAuthentication
    /// Writes the lists of outgoing performatives in full length, and a number for handle-max.
    ///
    /// For servers: the Azure Python client reads these fields by position and fails on omitted trailing nulls.
    public var padsLists: Bool
    /// The largest message that a link may deliver when the link states no limit of its own, in bytes.
    ///
    /// A bound on memory: a delivery is buffered until its last frame is there.
    public var deliverySizeMax: Int
    /// The size of one delivery slab in bytes.
    public var slabSize: Int

    /// Makes a configuration with the defaults of the role.
    public init(
        role: EngineRole, containerID: String, hostname: String? = nil, authentication: EngineAuthentication = .none
    ) {
        self.role = role
        self.containerID = containerID
        self.hostname = hostname
        self.authentication = authentication
        maxFrameSize = role == .client ? 1 << 20 : 65536
        channelMax = role == .client ? 65535 : 4999
        idleTimeout = nil
        properties = AMQPMap()
        padsLists = role == .server
        deliverySizeMax = 32 << 20
        slabSize = 1 << 20
    }
}
