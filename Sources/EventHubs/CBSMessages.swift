public import AMQPTypes

/// A put-token request: the proof that a client may use an audience.
///
/// **Shape**: application properties `operation` = `put-token`, `type`, `name` = audience, `expiration` (optional); the body
/// is one string value, the token.
public struct CBSRequest: Hashable, Sendable {
    /// What kind of token it is.
    public enum TokenType: String, Hashable, Sendable {
        /// A shared access signature.
        case sas = "servicebus.windows.net:sastoken"
        /// An Entra ID token.
        case jwt = "jwt"
    }

    /// Echoed by the reply as correlation id, with the same type.
    public var messageID: AMQPValue?
    /// Where the reply goes; some clients leave it out, having one receiver.
    public var replyTo: String?
    /// The kind of token.
    public var type: TokenType
    /// What the token is for.
    public var audience: String
    /// The token.
    public var token: Secret
    /// When the token ends, in milliseconds since 1970.
    public var expiration: Int64?

    /// Makes a request.
    public init(
        messageID: AMQPValue?, replyTo: String? = nil, type: TokenType = .sas, audience: String, token: Secret,
        expiration: Int64? = nil
    ) {
        self.messageID = messageID
        self.replyTo = replyTo
        self.type = type
        self.audience = audience
        self.token = token
        self.expiration = expiration
    }

    /// The request as a message.
    public var message: AMQPMessage {
        var properties = MessageProperties()
        properties.messageID = messageID
        properties.replyTo = replyTo
        var application: AMQPMap = [
            .string("operation"): .string("put-token"),
            .string("type"): .string(type.rawValue),
            .string("name"): .string(audience),
        ]
        if let expiration { application[string: "expiration"] = .timestamp(expiration) }
        return AMQPMessage(
            properties: properties, applicationProperties: application, body: .value(.string(token.revealed)))
    }

    /// Reads a request; the error carries the condition for a 400 reply.
    public init(_ message: AMQPMessage) throws(EventHubsError) {
        let application = message.applicationProperties ?? [:]
        guard application[text: "operation"]?.text == "put-token" else {
            throw Self.malformed("its operation is not put-token")
        }
        guard let name = application[text: "type"]?.text, let type = TokenType(rawValue: name.lowercased()) else {
            throw Self.malformed("its token type is not `\(TokenType.sas.rawValue)` or `\(TokenType.jwt.rawValue)`")
        }
        guard let audience = application[text: "name"]?.text, !audience.isEmpty else {
            throw Self.malformed("it names no audience")
        }
        switch message.body {
        case .value(.string(let text)), .value(.symbol(let text)): token = Secret(text)
        case .data(let parts) where parts.count == 1: token = Secret(String(decoding: parts[0], as: UTF8.self))
        default: throw Self.malformed("its body is not a string value")
        }
        self.messageID = message.properties?.messageID
        self.replyTo = message.properties?.replyTo
        self.type = type
        self.audience = audience
        self.expiration = application[text: "expiration"]?.integer
    }

    private static func malformed(_ why: String) -> EventHubsError {
        EventHubsError(
            .invalidArgument, "The put-token request cannot be read: \(why)",
            condition: AMQPCondition(name: ErrorCondition.argumentError, description: why, info: [:]), scope: .request)
    }
}

/// The answer to a put-token request.
public struct CBSReply: Hashable, Sendable {
    /// The request's message id.
    public var correlationID: AMQPValue?
    /// The outcome.
    public var status: ResponseStatus

    /// Makes a reply.
    public init(correlationID: AMQPValue?, status: ResponseStatus) {
        self.correlationID = correlationID
        self.status = status
    }

    /// The reply as a message, without a body.
    public var message: AMQPMessage {
        var properties = MessageProperties()
        properties.correlationID = correlationID
        var application = AMQPMap()
        status.write(to: &application)
        return AMQPMessage(properties: properties, applicationProperties: application)
    }

    /// Reads a reply; one without a status code is the peer's fault.
    public init(_ message: AMQPMessage) throws(EventHubsError) {
        guard let status = ResponseStatus(message.applicationProperties ?? [:]) else {
            throw EventHubsError(
                .protocolViolation, "A reply from $cbs has no status code", isRetriable: true, scope: .connection)
        }
        self.init(correlationID: message.properties?.correlationID, status: status)
    }
}
