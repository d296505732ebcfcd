public import AMQPTypes

/// What went wrong between us and an Event Hub, where, and what to do about it.
///
/// **Errors** are classified once, by the table in ``ConditionClass``: whether a retry can help, how much of the
/// connection is damaged, and how long the service asks us to wait.
public struct EventHubsError: Error, Hashable, Sendable {
    /// The kind of failure; stable, so that programs may branch on it.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private let name: String

        private init(_ name: String) { self.name = name }

        /// The connection string cannot be used as written.
        public static let invalidConnectionString = Code("invalid-connection-string")
        /// A shared access signature is malformed.
        public static let invalidToken = Code("invalid-token")
        /// A link address does not name anything on an Event Hub.
        public static let invalidAddress = Code("invalid-address")
        /// A selector filter or start position cannot be read.
        public static let invalidPosition = Code("invalid-position")
        /// A partition selection or instance cannot be read.
        public static let invalidSelection = Code("invalid-selection")
        /// A setting contradicts another or is out of range.
        public static let invalidConfiguration = Code("invalid-configuration")
        /// The key, the token or its claims were refused.
        public static let unauthorized = Code("unauthorized")
        /// The token was right once but is too old now.
        public static let tokenExpired = Code("token-expired")
        /// The hub, consumer group or partition does not exist.
        public static let notFound = Code("not-found")
        /// Another receiver with the same or a higher owner level has the partition.
        public static let stolen = Code("stolen")
        /// The broker refuses the position that was asked for.
        public static let positionRefused = Code("position-refused")
        /// A quota of the namespace or hub is used up.
        public static let quotaExceeded = Code("quota-exceeded")
        /// The service asks us to slow down.
        public static let throttled = Code("throttled")
        /// The service took the link or connection away: idle, upgrade or failover.
        public static let forcedClose = Code("forced-close")
        /// The connection broke.
        public static let connectionLost = Code("connection-lost")
        /// No TCP connection could be made.
        public static let unreachable = Code("unreachable")
        /// The TLS handshake failed.
        public static let tlsRefused = Code("tls-refused")
        /// The proxy made no tunnel.
        public static let proxyRefused = Code("proxy-refused")
        /// No WebSocket was made, or it was closed.
        public static let webSocketRefused = Code("websocket-refused")
        /// The peer broke the protocol, or says that we did.
        public static let protocolViolation = Code("protocol-violation")
        /// A message is larger than the link allows.
        public static let messageTooLarge = Code("message-too-large")
        /// The peer did not take a message.
        public static let rejected = Code("rejected")
        /// No answer in time.
        public static let timedOut = Code("timed-out")
        /// The service failed inside.
        public static let serviceFault = Code("service-fault")
        /// The hub is disabled.
        public static let disabled = Code("disabled")
        /// The service does not allow or does not know the operation.
        public static let notAllowed = Code("not-allowed")
        /// An argument was refused.
        public static let invalidArgument = Code("invalid-argument")
        /// The operation was given up because the client is stopping.
        public static let cancelled = Code("cancelled")
        /// Nothing in the table fits.
        public static let unknown = Code("unknown")

        /// The code's name, as written to logs.
        public var description: String { name }
    }

    /// How much is damaged.
    public enum Scope: String, Hashable, Sendable {
        /// One request or message; the link goes on.
        case request
        /// One link; the connection and its other links go on.
        case link
        /// The connection with everything on it.
        case connection
        /// The settings: nothing works until a person changes them.
        case settings
    }

    /// The kind of failure.
    public var code: Code
    /// What happened, and where; one sentence, never a key or token.
    public var summary: String
    /// What a person can do about it; empty when waiting is all there is to do.
    public var remedy: String
    /// The partition that it happened on.
    public var partition: String?
    /// What the peer said, when it was the peer.
    public var condition: AMQPCondition?
    /// Whether the same thing can work later without a change of settings.
    public var isRetriable: Bool
    /// How much is damaged.
    public var scope: Scope
    /// How long the service asks to be left alone.
    public var retryAfter: Duration?

    /// Makes an error; a failure of settings that no retry repairs, unless said otherwise.
    public init(
        _ code: Code, _ summary: String, remedy: String = "", partition: String? = nil, condition: AMQPCondition? = nil,
        isRetriable: Bool = false, scope: Scope = .settings, retryAfter: Duration? = nil
    ) {
        self.code = code
        self.summary = summary
        self.remedy = remedy
        self.partition = partition
        self.condition = condition
        self.isRetriable = isRetriable
        self.scope = scope
        self.retryAfter = retryAfter
    }
}

extension EventHubsError: CustomStringConvertible {
    /// The summary, what the peer said, and the remedy, on one line.
    public var description: String {
        var text = summary
        if let partition { text += " (partition \(partition))" }
        if let condition {
            text += " [\(condition.name)"
            if let said = condition.description, !said.isEmpty { text += ": \(said)" }
            text += "]"
        }
        if !remedy.isEmpty { text += ". \(remedy)" }
        return text
    }
}
