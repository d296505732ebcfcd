public import AMQPTypes

/// A question to `$management` about the properties of the hub or of a partition.
///
/// **Shape**: application properties, all strings: `operation` = `READ`, `type`, `name` = hub, `partition`,
/// `security_token`; no body.
public struct ManagementRequest: Hashable, Sendable {
    /// What is asked about.
    public enum Subject: Hashable, Sendable {
        /// The hub.
        case hub(String)
        /// One partition.
        case partition(hub: String, id: String)

        /// The hub that is asked about.
        public var hub: String {
            switch self {
            case .hub(let hub), .partition(let hub, _): hub
            }
        }
    }

    /// Echoed by the reply as correlation id, with the same type.
    public var messageID: AMQPValue?
    /// Where the reply goes; some clients leave it out.
    public var replyTo: String?
    /// What is asked about.
    public var subject: Subject
    /// The token that authorizes the question.
    public var securityToken: Secret?

    /// Makes a request.
    public init(messageID: AMQPValue?, replyTo: String? = nil, subject: Subject, securityToken: Secret? = nil) {
        self.messageID = messageID
        self.replyTo = replyTo
        self.subject = subject
        self.securityToken = securityToken
    }

    /// The request as a message.
    public var message: AMQPMessage {
        var properties = MessageProperties()
        properties.messageID = messageID
        properties.replyTo = replyTo
        var application: AMQPMap = [.string("operation"): .string("READ")]
        switch subject {
        case .hub(let hub):
            application[string: "type"] = .string(HubProperties.type)
            application[string: "name"] = .string(hub)
        case .partition(let hub, let id):
            application[string: "type"] = .string(PartitionProperties.type)
            application[string: "name"] = .string(hub)
            application[string: "partition"] = .string(id)
        }
        if let securityToken { application[string: "security_token"] = .string(securityToken.revealed) }
        return AMQPMessage(properties: properties, applicationProperties: application)
    }

    /// Reads a request.
    ///
    /// **Errors**: the error's condition is `amqp:not-allowed` for an operation that does not exist (the service rejects the
    /// transfer), otherwise the one for a 400 reply.
    public init(_ message: AMQPMessage) throws(EventHubsError) {
        let application = message.applicationProperties ?? [:]
        guard application[text: "operation"]?.text?.uppercased() == "READ" else {
            throw Self.malformed(ErrorCondition.notAllowed, "the operation is not READ")
        }
        guard let name = application[text: "name"]?.text, !name.isEmpty else {
            throw Self.malformed(ErrorCondition.argumentError, "the request names no hub")
        }
        switch application[text: "type"]?.text {
        case HubProperties.type: subject = .hub(name)
        case PartitionProperties.type:
            guard let id = application[text: "partition"]?.text else {
                throw Self.malformed(ErrorCondition.argumentError, "the request names no partition")
            }
            subject = .partition(hub: name, id: id)
        default: throw Self.malformed(ErrorCondition.notAllowed, "the type is neither a hub nor a partition")
        }
        messageID = message.properties?.messageID
        replyTo = message.properties?.replyTo
        securityToken = application[text: "security_token"]?.text.map { Secret($0) }
    }

    private static func malformed(_ condition: String, _ why: String) -> EventHubsError {
        EventHubsError(
            condition == ErrorCondition.notAllowed ? .notAllowed : .invalidArgument,
            "The management request cannot be read: \(why)",
            condition: AMQPCondition(name: condition, description: why, info: [:]), scope: .request)
    }
}

/// The answer to a management request.
public struct ManagementReply: Hashable, Sendable {
    /// The properties that were asked for.
    public enum Content: Hashable, Sendable {
        /// The hub's properties.
        case hub(HubProperties)
        /// A partition's properties.
        case partition(PartitionProperties)
        /// Nothing: the request failed.
        case none
    }

    /// The request's message id.
    public var correlationID: AMQPValue?
    /// The outcome.
    public var status: ResponseStatus
    /// The properties.
    public var content: Content

    /// Makes a reply.
    public init(correlationID: AMQPValue?, status: ResponseStatus, content: Content = .none) {
        self.correlationID = correlationID
        self.status = status
        self.content = content
    }

    /// The reply as a message.
    public var message: AMQPMessage {
        var properties = MessageProperties()
        properties.correlationID = correlationID
        var application: AMQPMap = [.string("operation"): .string("READ")]
        status.write(to: &application)
        let body: MessageBody =
            switch content {
            case .hub(let hub): .value(.map(hub.map))
            case .partition(let partition): .value(.map(partition.map))
            case .none: .none
            }
        return AMQPMessage(properties: properties, applicationProperties: application, body: body)
    }

    /// Reads a reply; what it is about is told by the `type` in its map.
    public init(_ message: AMQPMessage) throws(EventHubsError) {
        guard let status = ResponseStatus(message.applicationProperties ?? [:]) else {
            throw Self.missing("status-code")
        }
        self.init(correlationID: message.properties?.correlationID, status: status)
        guard status.isSuccess else { return }
        guard case .value(.map(let map)) = message.body else { throw Self.missing("body map") }
        switch map[text: "type"]?.text {
        case HubProperties.type: content = .hub(try HubProperties(map))
        case PartitionProperties.type: content = .partition(try PartitionProperties(map))
        default: throw Self.missing("type")
        }
    }

    static func missing(_ key: String) -> EventHubsError {
        EventHubsError(
            .protocolViolation, "A reply from $management has no usable `\(key)`", isRetriable: true, scope: .request)
    }

    /// The error that a failed reply stands for; nil when it succeeded.
    public func error(while what: String, partition: String? = nil) -> EventHubsError? {
        status.isSuccess ? nil : EventHubsError(condition: status.errorCondition, while: what, partition: partition)
    }
}
