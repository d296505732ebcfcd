import AMQPTypes
import EventHubs

/// The `$cbs` node: takes tokens, answers with a status.
///
/// Pure: a request and a time in, a reply and perhaps a grant out. **Source**: the service's replies as recorded.
struct TokenService: Sendable {
    let authority: TokenAuthority
    let namespace: HubNamespace

    /// The answer to a request.
    struct Answer: Sendable, Equatable {
        var reply: AMQPMessage
        var grant: TokenGrant?
    }

    /// Answers one request.
    func answer(to request: AMQPMessage, now milliseconds: Int64) -> Answer {
        do throws(TokenAuthority.Refusal) {
            let grant = try judge(request, now: milliseconds)
            return Answer(
                reply: Self.reply(to: request, status: 202, description: "Accepted", condition: nil), grant: grant)
        } catch {
            return Answer(
                reply: Self.reply(
                    to: request, status: error.status, description: error.description, condition: error.condition),
                grant: nil)
        }
    }

    private func judge(_ request: AMQPMessage, now milliseconds: Int64) throws(TokenAuthority.Refusal) -> TokenGrant {
        let properties = request.applicationProperties ?? AMQPMap()
        guard properties[text: "operation"]?.text == "put-token" else {
            throw .malformed("The operation must be `put-token`.")
        }
        guard let type = properties[text: "type"]?.text,
            ["servicebus.windows.net:sastoken", "jwt"].contains(type)
        else { throw .malformed("The type must be `servicebus.windows.net:sastoken` or `jwt`.") }
        guard let audience = properties[text: "name"]?.text, !audience.isEmpty else {
            throw .malformed("The name of the audience is missing.")
        }
        guard case .value(let value) = request.body, let token = value.text else {
            throw .malformed("The body must be one value, the token as a string.")
        }
        let grant = try authority.judge(token: token, type: type, audience: audience, now: milliseconds / 1000)
        try checkEntity(grant.audience, now: milliseconds)
        return grant
    }

    /// The service looks the hub up even for a good token.
    private func checkEntity(_ path: ResourcePath, now: Int64) throws(TokenAuthority.Refusal) {
        let words: Set<String> = ["consumergroups", "partitions", "publishers", "$management", "$cbs"]
        let hub = path.parts.prefix { !words.contains($0) }.joined(separator: "/")
        guard !hub.isEmpty, namespace.hub(hub) == nil else { return }
        let condition = BrokerCondition.hubNotFound(
            namespace: namespace.name, path: hub, trail: namespace.trail(path: hub, now: now))
        throw TokenAuthority.Refusal(
            status: 404, description: condition.description ?? "", condition: condition.name)
    }

    private static func reply(
        to request: AMQPMessage, status: Int32, description: String, condition: String?
    ) -> AMQPMessage {
        var properties = MessageProperties()
        // With the type it came with: clients match it as a value, not as text.
        properties.correlationID = request.properties?.messageID
        var fields: AMQPMap = [
            .string("status-code"): .int(status), .string("status-description"): .string(description),
        ]
        if let condition { fields[string: "error-condition"] = .symbol(condition) }
        return AMQPMessage(properties: properties, applicationProperties: fields)
    }
}
