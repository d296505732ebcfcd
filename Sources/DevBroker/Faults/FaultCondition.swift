import AMQPTypes
import EventHubs

/// The texts that the service gives with conditions that scripts name without one: clients log them and some match them.
///
/// **Source**: texts as quoted in public reports.
enum FaultCondition {
    /// A condition with the service's text for it.
    static func named(_ name: String) -> AMQPCondition {
        AMQPCondition(name: name, description: texts[name] ?? "Made by the script of faults.", info: [:])
    }

    /// What a busy service says.
    static let busy = named(ErrorCondition.serverBusy)

    private static let texts = [
        ErrorCondition.serverBusy:
            "The request was terminated because the entity is being throttled. Error code : 50002. Sub error : 102. "
            + "Please wait 4 seconds and try again.",
        ErrorCondition.connectionForced:
            "The connection was inactive for more than the allowed 300000 milliseconds and is closed by container "
            + "'LinkTracker'.",
        ErrorCondition.linkDetachForced:
            "The link 'script' is force detached. Code: ServerError/consumer(link1). Details: InnerMessageReceiver was "
            + "closed.",
        ErrorCondition.linkStolen:
            "New receiver 'script' with higher epoch of '0' is created hence current receiver 'nil' with epoch '0' is "
            + "getting disconnected. If you are recreating the receiver, make sure a higher epoch is used.",
        ErrorCondition.resourceLimitExceeded:
            "Exceeded the maximum number of allowed receivers per partition in a consumer group which is 5. List of "
            + "connected receivers - a, b, c, d, e.",
        ErrorCondition.geoInvalidOffset:
            "The supplied offset is not valid after the failover of the namespace.",
        ErrorCondition.argumentError:
            "The supplied sequence number '0' is invalid. The last sequence number in the system is '-1'",
        ErrorCondition.timeout: "The operation did not complete within the allotted time.",
        ErrorCondition.internalError: "The service was unable to process the request; please retry the operation.",
    ]

    /// The status that a reply carries beside a condition.
    static func status(of condition: AMQPCondition) -> Int32 {
        switch condition.name {
        case ErrorCondition.unauthorizedAccess, ErrorCondition.authFailed: 401
        case ErrorCondition.notFound: 404
        case ErrorCondition.serverBusy: 503
        case ErrorCondition.timeout: 408
        case ErrorCondition.linkStolen: 410
        case ErrorCondition.resourceLimitExceeded, ErrorCondition.entityDisabled: 403
        case ErrorCondition.argumentError, ErrorCondition.argumentOutOfRange, ErrorCondition.notAllowed: 400
        case ErrorCondition.notImplemented: 501
        default: 500
        }
    }
}
