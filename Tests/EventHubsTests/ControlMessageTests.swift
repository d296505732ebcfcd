import AMQPTypes
import EventHubs
import Testing

/// Goal: token and management messages are the service's, for both sides, types included.
///
/// Method: each message is encoded to bytes, decoded and read again; foreign spellings are read from literals.
@Suite struct ControlMessageTests {
    private func wire(_ message: AMQPMessage) throws -> AMQPMessage { try AMQPMessage(decoding: message.encoded()) }

    @Test(arguments: [AMQPValue.uuid(Array(0..<16)), .string("x"), .ulong(7)])
    func putTokenRoundTrips(id: AMQPValue) throws {
        let request = CBSRequest(
            messageID: id, replyTo: "$cbs", type: .jwt, audience: "sb://h/e", token: Secret("abc"), expiration: 12)
        #expect(try CBSRequest(wire(request.message)) == request)
        let reply = CBSReply(correlationID: id, status: .accepted)
        let decoded = try wire(reply.message)
        #expect(try CBSReply(decoded) == reply)
        #expect(decoded.body == .none)
        #expect(decoded.applicationProperties?[string: "status-code"] == .int(202))
    }

    @Test func readsTheSpellingsOfManagementDrafts() throws {
        let properties: AMQPMap = [
            .string("statusCode"): .long(401), .string("statusDescription"): .string("no"),
            .string("errorCondition"): .symbol("com.microsoft:auth-failed"),
        ]
        let status = try #require(ResponseStatus(properties))
        #expect(status == ResponseStatus(code: 401, description: "no", condition: "com.microsoft:auth-failed"))
        #expect(ResponseStatus([:]) == nil)
        #expect(ResponseStatus([.string("status-code"): .long(.max)]) == nil)
        #expect(throws: EventHubsError.self) { try CBSReply(AMQPMessage()) }
    }

    @Test func aCodeWithoutConditionHasItsUsualOne() {
        let expected = [
            400: ErrorCondition.argumentError, 401: ErrorCondition.unauthorizedAccess, 404: ErrorCondition.notFound,
            403: ErrorCondition.resourceLimitExceeded, 408: ErrorCondition.timeout, 410: ErrorCondition.linkStolen,
            500: ErrorCondition.internalError, 501: ErrorCondition.notImplemented, 503: ErrorCondition.serverBusy,
        ]
        for (code, name) in expected {
            #expect(ResponseStatus(code: Int32(code)).errorCondition.name == name)
        }
    }

    @Test func refusesRequestsThatCannotBeRead() {
        let noName: AMQPMap = [.string("operation"): .string("put-token"), .string("type"): .string("jwt")]
        let noType: AMQPMap = [.string("operation"): .string("put-token"), .string("name"): .string("x")]
        for properties in [[:], noName, noType] as [AMQPMap] {
            let message = AMQPMessage(applicationProperties: properties, body: .value(.string("t")))
            #expect(throws: EventHubsError.self) { try CBSRequest(message) }
        }
    }

    @Test func managementRequestsRoundTrip() throws {
        let subjects: [ManagementRequest.Subject] = [.hub("e"), .partition(hub: "e", id: "3")]
        for subject in subjects {
            let request = ManagementRequest(
                messageID: .string("m"), replyTo: "r", subject: subject, securityToken: Secret("s"))
            #expect(try ManagementRequest(wire(request.message)) == request)
        }
    }

    @Test func anUnknownOperationIsNotAllowed() {
        let message = AMQPMessage(applicationProperties: [
            .string("operation"): .string("DELETE"), .string("type"): .string("com.microsoft:eventhub"),
            .string("name"): .string("e"),
        ])
        #expect { try ManagementRequest(message) } throws: { error in
            (error as? EventHubsError)?.condition?.name == ErrorCondition.notAllowed
        }
    }

    @Test func hubPropertiesHaveTheServicesTypes() throws {
        let hub = HubProperties(name: "e", createdAt: 1_700_000_000_000, partitionIDs: ["0", "1"])
        let reply = ManagementReply(correlationID: .ulong(1), status: .ok, content: .hub(hub))
        let decoded = try wire(reply.message)
        #expect(try ManagementReply(decoded) == reply)
        guard case .value(.map(let map)) = decoded.body else {
            Issue.record("no map")
            return
        }
        #expect(map[string: "partition_ids"] == .array([.string("0"), .string("1")]))
        #expect(map[string: "partition_count"] == .int(2))
        #expect(map[string: "created_at"] == .timestamp(1_700_000_000_000))
        #expect(decoded.applicationProperties?[string: "status-description"] == nil)
    }

    @Test func partitionPropertiesRoundTrip() throws {
        let all = [
            PartitionProperties(hub: "e", id: "0"),
            PartitionProperties(
                hub: "e", id: "1", beginSequenceNumber: 5, lastSequenceNumber: 9, lastOffset: "4096",
                lastEnqueuedTime: 12,
                isEmpty: false),
        ]
        for properties in all {
            let reply = ManagementReply(correlationID: .string("m"), status: .ok, content: .partition(properties))
            #expect(try ManagementReply(wire(reply.message)) == reply)
        }
    }

    @Test func aFailedReplyNamesTheReason() throws {
        let status = ResponseStatus(code: 404, description: "could not be found", condition: ErrorCondition.notFound)
        let reply = try ManagementReply(wire(ManagementReply(correlationID: nil, status: status).message))
        let error = try #require(reply.error(while: "reading the properties of hub `e`"))
        #expect(error.code == .notFound)
        #expect("\(error)".contains("could not be found"))
    }

    @Test func refusesRepliesWithoutTheirFacts() {
        let ok: AMQPMap = [.string("status-code"): .int(200)]
        let bodies: [MessageBody] = [
            .none, .value(.int(1)), .value(.map([:])),
            .value(.map([.string("type"): .string("com.microsoft:eventhub")])),
            .value(.map([.string("type"): .string("com.microsoft:partition"), .string("name"): .string("e")])),
        ]
        for body in bodies {
            #expect(throws: EventHubsError.self) {
                try ManagementReply(AMQPMessage(applicationProperties: ok, body: body))
            }
        }
    }
}
