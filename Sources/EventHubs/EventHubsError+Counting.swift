import AMQPTypes

extension EventHubsError {
    /// The name under which the failure is counted: a condition that the service documents, or our own code.
    ///
    /// What a peer may invent is `other`: names under which something is counted must be few.
    public var countingName: String {
        guard let condition = condition?.name else { return "\(code)" }
        return Self.known.contains(condition) ? condition : "other"
    }

    private static let known: Set<String> = [
        ErrorCondition.linkStolen, ErrorCondition.linkDetachForced, ErrorCondition.messageSizeExceeded,
        ErrorCondition.transferLimitExceeded, ErrorCondition.linkRedirect, ErrorCondition.connectionForced,
        ErrorCondition.connectionFraming, ErrorCondition.connectionRedirect, ErrorCondition.resourceLimitExceeded,
        ErrorCondition.internalError, ErrorCondition.notFound, ErrorCondition.unauthorizedAccess,
        ErrorCondition.notAllowed, ErrorCondition.notImplemented, ErrorCondition.illegalState,
        ErrorCondition.decodeError, ErrorCondition.invalidField, ErrorCondition.frameSizeTooSmall,
        ErrorCondition.authFailed, ErrorCondition.serverBusy, ErrorCondition.timeout,
        ErrorCondition.operationCancelled, ErrorCondition.containerClose, ErrorCondition.argumentError,
        ErrorCondition.argumentOutOfRange, ErrorCondition.entityDisabled, ErrorCondition.preconditionFailed,
        ErrorCondition.partitionNotOwned, ErrorCondition.addressInUse, ErrorCondition.geoInvalidOffset,
    ]
}
