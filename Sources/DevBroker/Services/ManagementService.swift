import AMQPTypes
import EventHubs

/// The `$management` node: properties of a hub and of its partitions.
///
/// Pure but for reading the hubs. **Source**: the service's replies as recorded; the types matter, several clients are strict.
struct ManagementService: Sendable {
    let authority: TokenAuthority
    let namespace: HubNamespace

    /// What to do with a request.
    enum Answer: Sendable, Equatable {
        /// Accept it and send this.
        case reply(AMQPMessage)
        /// Reject the transfer.
        case rejected(AMQPCondition)
    }

    /// Why a request has no result.
    private struct Failure: Error {
        var status: Int32
        var condition: AMQPCondition
    }

    /// Answers one request.
    func answer(
        to request: AMQPMessage, authorization: ConnectionAuthorization, now: Int64
    ) -> Answer {
        let properties = request.applicationProperties ?? AMQPMap()
        let operation = properties[text: "operation"]?.text ?? ""
        guard operation == "READ" else {
            return .rejected(
                BrokerCondition.notAllowed(
                    "The operation '\(operation.prefix(64))' is not supported.",
                    trail: namespace.trail(path: "$management", now: now)))
        }
        do throws(Failure) {
            let result = try read(properties, authorization: authorization, now: now)
            return .reply(
                Self.reply(
                    to: request, fields: [.string("operation"): .string("READ"), .string("status-code"): .int(200)],
                    body: .value(.map(result))))
        } catch {
            return .reply(Self.failure(of: request, status: error.status, error.condition, operation: true))
        }
    }

    /// A reply that says what went wrong; `operation` repeats the operation, which tokens' replies do not.
    static func failure(
        of request: AMQPMessage, status: Int32, _ condition: AMQPCondition, operation: Bool
    ) -> AMQPMessage {
        let description = condition.description ?? ""
        var fields: AMQPMap = [
            .string("status-code"): .int(status), .string("status-description"): .string(description),
            .string("error-condition"): .symbol(condition.name),
        ]
        if operation {
            fields[string: "operation"] = .string("READ")
            // The generic spelling as well: the Azure Python client looks for the text there.
            fields[string: "statusDescription"] = .string(description)
        }
        return reply(to: request, fields: fields, body: .none)
    }

    private func read(
        _ properties: AMQPMap, authorization: ConnectionAuthorization, now: Int64
    ) throws(Failure) -> AMQPMap {
        let name = properties[text: "name"]?.text ?? ""
        guard let hub = namespace.hub(name) else {
            throw Failure(
                status: 404,
                condition: BrokerCondition.hubNotFound(
                    namespace: namespace.name, path: name, trail: namespace.trail(path: name, now: now)))
        }
        try authorize(hub, token: properties[text: "security_token"]?.text, authorization: authorization, now: now)
        switch properties[text: "type"]?.text {
        case "com.microsoft:eventhub":
            return Self.properties(of: hub)
        case "com.microsoft:partition":
            return try partition(of: hub, id: properties[text: "partition"], now: now)
        default:
            throw Failure(
                status: 400,
                condition: AMQPCondition(
                    name: "com.microsoft:argument-error",
                    description: "The type must be `com.microsoft:eventhub` or `com.microsoft:partition`."))
        }
    }

    /// A token in the request counts as much as one put before.
    private func authorize(
        _ hub: Hub, token: String?, authorization: ConnectionAuthorization, now: Int64
    ) throws(Failure) {
        var verdict = authorization.mayReadProperties(of: hub.name, now: now / 1000)
        if verdict != .allowed, let token,
            let type = Optional(token.hasPrefix("SharedAccessSignature ") ? "servicebus.windows.net:sastoken" : "jwt"),
            (try? authority.judge(token: token, type: type, audience: hub.name, now: now / 1000)) != nil
        {
            verdict = .allowed
        }
        guard verdict != .allowed else { return }
        let trail = namespace.trail(path: hub.name, now: now)
        let resource = "sb://\(namespace.name)/\(hub.name)"
        let condition =
            verdict == .expired
            ? BrokerCondition.tokenExpired(resource: resource, trail: trail)
            : BrokerCondition.unauthorized(claim: "Listen,Send,Manage", resource: resource, trail: trail)
        throw Failure(status: 401, condition: condition)
    }

    private static func properties(of hub: Hub) -> AMQPMap {
        let ids = hub.partitions.map { AMQPValue.string($0.id) }
        return [
            .string("name"): .string(hub.name), .string("type"): .string("com.microsoft:eventhub"),
            .string("created_at"): .timestamp(hub.createdAt),
            .string("partition_count"): .int(Int32(truncatingIfNeeded: ids.count)),
            .string("partition_ids"): .array(ids), .string("georeplication_factor"): .int(1),
        ]
    }

    private func partition(of hub: Hub, id: AMQPValue?, now: Int64) throws(Failure) -> AMQPMap {
        guard let partition = id?.text.flatMap({ hub.partition(id: $0) }) else {
            throw Failure(
                status: 400,
                condition: BrokerCondition.badPartition(
                    count: hub.partitionCount, trail: namespace.trail(path: hub.name, now: now)))
        }
        let facts = partition.properties(now: now)
        return [
            .string("name"): .string(hub.name), .string("type"): .string("com.microsoft:partition"),
            .string("partition"): .string(partition.id),
            .string("begin_sequence_number"): .long(facts.beginSequenceNumber),
            .string("last_enqueued_sequence_number"): .long(facts.lastSequenceNumber),
            .string("last_enqueued_offset"): .string(facts.lastOffset),
            .string("last_enqueued_time_utc"): .timestamp(facts.lastEnqueuedTime),
            .string("is_partition_empty"): .boolean(facts.isEmpty),
        ]
    }

    private static func reply(to request: AMQPMessage, fields: AMQPMap, body: MessageBody) -> AMQPMessage {
        var properties = MessageProperties()
        properties.correlationID = request.properties?.messageID
        return AMQPMessage(properties: properties, applicationProperties: fields, body: body)
    }
}
