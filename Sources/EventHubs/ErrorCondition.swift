/// The names of the error conditions that Event Hubs speaks.
public enum ErrorCondition {
    /// Another receiver took the link.
    public static let linkStolen = "amqp:link:stolen"
    /// The service took the link away.
    public static let linkDetachForced = "amqp:link:detach-forced"
    /// A message is larger than the link's limit.
    public static let messageSizeExceeded = "amqp:link:message-size-exceeded"
    /// A message was sent without credit.
    public static let transferLimitExceeded = "amqp:link:transfer-limit-exceeded"
    /// The link lives somewhere else.
    public static let linkRedirect = "amqp:link:redirect"
    /// The service took the connection away.
    public static let connectionForced = "amqp:connection:forced"
    /// Frames broke off or could not be read; also what a dropped socket looks like.
    public static let connectionFraming = "amqp:connection:framing-error"
    /// The container lives somewhere else.
    public static let connectionRedirect = "amqp:connection:redirect"
    /// A quota is used up.
    public static let resourceLimitExceeded = "amqp:resource-limit-exceeded"
    /// The service failed inside.
    public static let internalError = "amqp:internal-error"
    /// The entity does not exist.
    public static let notFound = "amqp:not-found"
    /// A claim is missing.
    public static let unauthorizedAccess = "amqp:unauthorized-access"
    /// The request is not allowed.
    public static let notAllowed = "amqp:not-allowed"
    /// The request is not known.
    public static let notImplemented = "amqp:not-implemented"
    /// The request does not fit the state, usually a race on close.
    public static let illegalState = "amqp:illegal-state"
    /// Data could not be decoded.
    public static let decodeError = "amqp:decode-error"
    /// A performative had an invalid field.
    public static let invalidField = "amqp:invalid-field"
    /// The peer's frame size is too small.
    public static let frameSizeTooSmall = "amqp:frame-size-too-small"
    /// A token was refused.
    public static let authFailed = "com.microsoft:auth-failed"
    /// The service is throttling.
    public static let serverBusy = "com.microsoft:server-busy"
    /// The service timed out inside.
    public static let timeout = "com.microsoft:timeout"
    /// The service gave the operation up.
    public static let operationCancelled = "com.microsoft:operation-cancelled"
    /// The service's container is closing.
    public static let containerClose = "com.microsoft:container-close"
    /// An argument is wrong: filter, offset, request.
    public static let argumentError = "com.microsoft:argument-error"
    /// An argument is out of range: partition ids.
    public static let argumentOutOfRange = "com.microsoft:argument-out-of-range"
    /// The hub is disabled.
    public static let entityDisabled = "com.microsoft:entity-disabled"
    /// A precondition failed.
    public static let preconditionFailed = "com.microsoft:precondition-failed"
    /// The publisher was revoked.
    public static let publisherRevoked = "com.microsoft:publisher-revoked"
    /// The partition is not owned by the node that was asked.
    public static let partitionNotOwned = "com.microsoft:partition-not-owned"
    /// The address is in use.
    public static let addressInUse = "com.microsoft:address-already-in-use"
    /// The offset is not valid after a geo failover.
    public static let geoInvalidOffset = "com.microsoft:georeplication:invalid-offset"
    /// An idempotent producer's sequence is out of order.
    public static let outOfOrderSequence = "com.microsoft:out-of-order-sequence"
    /// An idempotent producer was replaced.
    public static let producerEpochStolen = "com.microsoft:producer-epoch-stolen"
}
