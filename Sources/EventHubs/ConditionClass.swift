public import AMQPTypes

/// What an AMQP error condition of Event Hubs means for the client: the service's table as data.
///
/// **Source**: conditions of AMQP 1.0 part 2.8.15 and the vendor's own (`com.microsoft:…`), with the retry advice that the
/// service's public client libraries agree on.
public struct ConditionClass: Hashable, Sendable {
    /// The code that the condition becomes.
    public let code: EventHubsError.Code
    /// Whether the same request can succeed later.
    public let isRetriable: Bool
    /// How much is damaged.
    public let scope: EventHubsError.Scope
    /// How long the service wants to be left alone.
    public let retryAfter: Duration?
    /// What a person can do.
    public let remedy: String

    private init(
        _ code: EventHubsError.Code, retry: Bool, _ scope: EventHubsError.Scope, after: Duration? = nil,
        _ remedy: String = ""
    ) {
        self.code = code
        self.isRetriable = retry
        self.scope = scope
        self.retryAfter = after
        self.remedy = remedy
    }

    /// The row for a condition; conditions outside the table are retried on a new connection.
    ///
    /// The description decides where one condition has two meanings: a refused position is an argument error, an expired
    /// token an authorization error.
    public init(_ condition: AMQPCondition) {
        let text = condition.description ?? ""
        if condition.name == ErrorCondition.argumentError, text.contains("supplied"), text.contains("is invalid") {
            self = Self.positionRefused
        } else if condition.name == ErrorCondition.unauthorizedAccess || condition.name == ErrorCondition.authFailed,
            text.contains("ExpiredToken") || text.contains("is expired") || text.contains("has expired")
        {
            self = Self.tokenExpired
        } else {
            self = Self.table[condition.name] ?? Self.outsideTable(condition.name)
        }
    }

    private static func outsideTable(_ name: String) -> ConditionClass {
        ConditionClass(.unknown, retry: true, name.hasPrefix("amqp:link") ? .link : .connection)
    }

    private static let positionRefused = ConditionClass(
        .positionRefused, retry: false, .link,
        "The stored position does not exist on this hub (recreated hub, expired retention or geo failover). "
            + "Check the hub, then set the position with `hubwatch checkpoints set` or `reset`")

    private static let tokenExpired = ConditionClass(
        .tokenExpired, retry: true, .link,
        "Renew the token, or use a key so that tokens are renewed by themselves; check this machine's clock")

    private static let keyAdvice =
        "Check SharedAccessKeyName and SharedAccessKey, and that the policy has the Listen claim (Send for publishing); "
        + "where an identity signs in, that it has the role Azure Event Hubs Data Receiver (Sender) on the hub"

    private static let table: [String: ConditionClass] = [
        ErrorCondition.linkStolen: ConditionClass(
            .stolen, retry: false, .link,
            "Another receiver has this partition: stop it, or give this one a higher owner level"),
        ErrorCondition.resourceLimitExceeded: ConditionClass(
            .quotaExceeded, retry: false, .link,
            "Five receivers without owner level are the limit per partition and group: stop one or set an owner level"),
        ErrorCondition.linkDetachForced: ConditionClass(.forcedClose, retry: true, .link),
        ErrorCondition.connectionForced: ConditionClass(.forcedClose, retry: true, .connection),
        ErrorCondition.connectionFraming: ConditionClass(.connectionLost, retry: true, .connection),
        ErrorCondition.internalError: ConditionClass(.serviceFault, retry: true, .connection),
        ErrorCondition.notFound: ConditionClass(
            .notFound, retry: false, .settings, "Check the names of the hub, the consumer group and the namespace"),
        ErrorCondition.unauthorizedAccess: ConditionClass(.unauthorized, retry: false, .settings, keyAdvice),
        ErrorCondition.authFailed: ConditionClass(.unauthorized, retry: false, .settings, keyAdvice),
        ErrorCondition.notAllowed: ConditionClass(.notAllowed, retry: false, .settings),
        ErrorCondition.notImplemented: ConditionClass(.notAllowed, retry: false, .settings),
        ErrorCondition.illegalState: ConditionClass(.protocolViolation, retry: true, .connection),
        ErrorCondition.messageSizeExceeded: ConditionClass(
            .messageTooLarge, retry: false, .request, "Send smaller batches or split the event"),
        ErrorCondition.transferLimitExceeded: ConditionClass(.protocolViolation, retry: true, .link),
        ErrorCondition.decodeError: ConditionClass(.protocolViolation, retry: false, .connection),
        ErrorCondition.invalidField: ConditionClass(.protocolViolation, retry: false, .connection),
        ErrorCondition.frameSizeTooSmall: ConditionClass(.protocolViolation, retry: false, .connection),
        ErrorCondition.connectionRedirect: ConditionClass(
            .protocolViolation, retry: false, .connection, "Use the address that the service names"),
        ErrorCondition.linkRedirect: ConditionClass(
            .protocolViolation, retry: false, .link, "Use the address that the service names"),
        ErrorCondition.serverBusy: ConditionClass(
            .throttled, retry: true, .request, after: .seconds(4), "Add throughput units if this goes on"),
        ErrorCondition.timeout: ConditionClass(.timedOut, retry: true, .request, after: .seconds(2)),
        ErrorCondition.operationCancelled: ConditionClass(.cancelled, retry: true, .request, after: .zero),
        ErrorCondition.containerClose: ConditionClass(.forcedClose, retry: true, .connection, after: .seconds(4)),
        ErrorCondition.argumentError: ConditionClass(.invalidArgument, retry: false, .link),
        ErrorCondition.argumentOutOfRange: ConditionClass(
            .invalidArgument, retry: false, .link, "Check the partition ids against the hub's partition count"),
        ErrorCondition.entityDisabled: ConditionClass(
            .disabled, retry: false, .settings, "Enable the hub in the portal"),
        ErrorCondition.preconditionFailed: ConditionClass(.notAllowed, retry: false, .link),
        ErrorCondition.publisherRevoked: ConditionClass(.unauthorized, retry: false, .settings),
        ErrorCondition.partitionNotOwned: ConditionClass(.stolen, retry: false, .link),
        ErrorCondition.addressInUse: ConditionClass(.notAllowed, retry: false, .link),
        ErrorCondition.geoInvalidOffset: positionRefused,
        ErrorCondition.outOfOrderSequence: ConditionClass(.rejected, retry: false, .link),
        ErrorCondition.producerEpochStolen: ConditionClass(.stolen, retry: false, .link),
    ]
}

extension EventHubsError {
    /// The error for a condition that the peer sent.
    ///
    /// - Parameters:
    ///   - condition: what the peer said.
    ///   - what: what we were doing and to which entity, for example `reading logs/ConsumerGroups/$Default/Partitions/3`.
    ///   - partition: the partition that it concerns.
    public init(condition: AMQPCondition, while what: String, partition: String? = nil) {
        let row = ConditionClass(condition)
        self.init(
            row.code, "The broker ended \(what)", remedy: row.remedy, partition: partition, condition: condition,
            isRetriable: row.isRetriable, scope: row.scope, retryAfter: row.retryAfter)
    }
}
