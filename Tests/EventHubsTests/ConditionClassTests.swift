import AMQPTypes
import EventHubs
import Testing

/// Goal: what the service says becomes the right decision.
///
/// Method: the rows of the service's table, and the texts that change a row's meaning.
@Suite struct ConditionClassTests {
    @Test(arguments: [
        ("amqp:link:stolen", EventHubsError.Code.stolen, false),
        ("amqp:resource-limit-exceeded", .quotaExceeded, false),
        ("amqp:link:detach-forced", .forcedClose, true), ("amqp:connection:forced", .forcedClose, true),
        ("amqp:connection:framing-error", .connectionLost, true), ("amqp:internal-error", .serviceFault, true),
        ("amqp:not-found", .notFound, false), ("amqp:unauthorized-access", .unauthorized, false),
        ("com.microsoft:auth-failed", .unauthorized, false), ("amqp:not-allowed", .notAllowed, false),
        ("amqp:not-implemented", .notAllowed, false), ("amqp:illegal-state", .protocolViolation, true),
        ("amqp:link:message-size-exceeded", .messageTooLarge, false),
        ("amqp:link:transfer-limit-exceeded", .protocolViolation, true),
        ("amqp:decode-error", .protocolViolation, false),
        ("com.microsoft:server-busy", .throttled, true), ("com.microsoft:timeout", .timedOut, true),
        ("com.microsoft:operation-cancelled", .cancelled, true), ("com.microsoft:container-close", .forcedClose, true),
        ("com.microsoft:argument-error", .invalidArgument, false),
        ("com.microsoft:argument-out-of-range", .invalidArgument, false),
        ("com.microsoft:entity-disabled", .disabled, false),
        ("com.microsoft:georeplication:invalid-offset", .positionRefused, false),
        ("com.microsoft:something-new", .unknown, true),
    ])
    func classifies(name: String, code: EventHubsError.Code, isRetriable: Bool) {
        let row = ConditionClass(AMQPCondition(name: name))
        #expect(row.code == code)
        #expect(row.isRetriable == isRetriable)
    }

    @Test func theServicesWaitsAreKept() {
        #expect(ConditionClass(AMQPCondition(name: "com.microsoft:server-busy")).retryAfter == .seconds(4))
        #expect(ConditionClass(AMQPCondition(name: "com.microsoft:timeout")).retryAfter == .seconds(2))
        #expect(ConditionClass(AMQPCondition(name: "com.microsoft:operation-cancelled")).retryAfter == .zero)
    }

    @Test(arguments: [
        "The supplied offset '13953' is invalid. The last offset in the system is '13952' TrackingId:x",
        "The supplied sequence number '488' is invalid. The last sequence number in the system is '482'",
    ])
    func aRefusedPositionIsKnownByItsText(text: String) {
        #expect(
            ConditionClass(AMQPCondition(name: ErrorCondition.argumentError, description: text)).code
                == .positionRefused)
    }

    @Test func anExpiredTokenIsKnownByItsText() {
        let condition = AMQPCondition(
            name: ErrorCondition.authFailed, description: "ExpiredToken: The token is expired.")
        #expect(ConditionClass(condition).code == .tokenExpired)
        #expect(ConditionClass(condition).isRetriable)
    }

    @Test func errorsSayWhatWhereAndWhatToDo() {
        let error = EventHubsError(
            condition: AMQPCondition(name: "amqp:not-found", description: "The messaging entity could not be found."),
            while: "reading hub `logs`", partition: "3")
        let text = "\(error)"
        #expect(text.contains("reading hub `logs`"))
        #expect(text.contains("(partition 3)"))
        #expect(text.contains("amqp:not-found: The messaging entity could not be found."))
        #expect(text.contains("Check the names"))
    }
}
