import AMQPTypes

/// The error conditions that the broker sends, with the texts of the service: clients log them and some match them.
///
/// **Source**: texts as recorded from the service or quoted in public reports.
enum BrokerCondition {
    /// The end of every text: what the service's support would search for.
    struct Trail: Sendable {
        /// A unique id for this error.
        var trackingID: String
        /// The entity, in the service's spelling.
        var system: String
        /// Milliseconds since the Unix epoch.
        var time: Int64

        var text: String {
            "TrackingId:\(trackingID), SystemTracker:\(system), Timestamp:\(CivilTime(milliseconds: time).text)"
        }
    }

    // MARK: Receivers

    static func stolen(by new: ReceiverIdentity, from old: ReceiverIdentity, trail: Trail) -> AMQPCondition {
        let oldEpoch = old.epoch.map(String.init) ?? ""
        return condition(
            "amqp:link:stolen",
            "New receiver '\(new.shownName)' with higher epoch of '\(new.epoch ?? 0)' is created hence current receiver "
                + "'\(old.shownName)' with epoch '\(oldEpoch)' is getting disconnected. If you are recreating the receiver, "
                + "make sure a higher epoch is used. \(trail.text)")
    }

    static func nonEpochRefused(byEpoch epoch: Int64, trail: Trail) -> AMQPCondition {
        condition(
            "amqp:link:stolen",
            "At least one receiver for the endpoint is created with epoch of '\(epoch)', and so non-epoch receiver is not "
                + "allowed. Either reconnect with a higher epoch, or make sure all epoch receivers are closed or "
                + "disconnected. \(trail.text)")
    }

    static func lowEpochRefused(
        existing: ReceiverIdentity, refused: ReceiverIdentity, trail: Trail
    ) -> AMQPCondition {
        condition(
            "amqp:link:stolen",
            "Receiver '\(existing.shownName)' with a higher epoch '\(existing.epoch ?? 0)' already exists. Receiver "
                + "'\(refused.shownName)' with epoch \(refused.epoch ?? 0) cannot be created. Make sure you are creating "
                + "receiver with increasing epoch value to ensure connectivity, or ensure all old epoch receivers are "
                + "closed or disconnected. \(trail.text)")
    }

    static func tooManyReceivers(connected: [ReceiverIdentity], limit: Int, trail: Trail) -> AMQPCondition {
        let names = connected.map(\.shownName).joined(separator: ", ")
        return condition(
            "amqp:resource-limit-exceeded",
            "Exceeded the maximum number of allowed receivers per partition in a consumer group which is \(limit). "
                + "List of connected receivers - \(names). \(trail.text)")
    }

    static func invalidPosition(what: String, supplied: String, last: String, trail: Trail) -> AMQPCondition {
        condition(
            "com.microsoft:argument-error",
            "The supplied \(what) '\(supplied)' is invalid. The last \(what) in the system is '\(last)' \(trail.text)")
    }

    static func badFilter(_ detail: String, trail: Trail) -> AMQPCondition {
        condition("com.microsoft:argument-error", "The selector filter is invalid: \(detail) \(trail.text)")
    }

    // MARK: Entities

    static func hubNotFound(namespace: String, path: String, trail: Trail) -> AMQPCondition {
        condition(
            "amqp:not-found",
            "The messaging entity 'sb://\(namespace)/\(path)' could not be found. To know more visit "
                + "https://aka.ms/sbResourceMgrExceptions.  \(trail.text)")
    }

    static func hubDeleted(namespace: String, hub: String, trail: Trail) -> AMQPCondition {
        condition(
            "amqp:not-found",
            "The messaging entity 'sb://\(namespace)/\(hub)' could not be found: it was deleted. \(trail.text)")
    }

    static func badPartition(count: Int, trail: Trail) -> AMQPCondition {
        condition(
            "com.microsoft:argument-out-of-range",
            "The specified partition is invalid for an EventHub partition sender or receiver. It should be between 0 and "
                + "\(count - 1). \(trail.text)")
    }

    static func unauthorized(claim: String, resource: String, trail: Trail) -> AMQPCondition {
        condition(
            "amqp:unauthorized-access",
            "Unauthorized access. '\(claim)' claim(s) are required to perform this operation. Resource: '\(resource)'. "
                + trail.text)
    }

    static func tokenExpired(resource: String, trail: Trail) -> AMQPCondition {
        condition(
            "amqp:unauthorized-access", "ExpiredToken: The token is expired. Resource: '\(resource)'. \(trail.text)")
    }

    static func notAllowed(_ detail: String, trail: Trail) -> AMQPCondition {
        condition("amqp:not-allowed", "\(detail) \(trail.text)")
    }

    static func notImplemented(_ detail: String, trail: Trail) -> AMQPCondition {
        condition("amqp:not-implemented", "\(detail) \(trail.text)")
    }

    // MARK: Transfers

    static func tooLarge(size: Int, limit: Int, delivery: UInt32, trail: Trail) -> AMQPCondition {
        condition(
            "amqp:link:message-size-exceeded",
            "The received message (delivery-id:\(delivery), size:\(size) bytes) exceeds the limit (\(limit) bytes) "
                + "currently allowed on the link. \(trail.text)")
    }

    static func undecodable(_ detail: String, trail: Trail) -> AMQPCondition {
        condition("amqp:decode-error", "The message could not be decoded: \(detail) \(trail.text)")
    }

    // MARK: Connections

    static func noLink(within milliseconds: Int, trail: Trail) -> AMQPCondition {
        condition(
            "amqp:connection:forced",
            "The connection was inactive for more than the allowed \(milliseconds) milliseconds and is closed by container "
                + "'LinkTracker'. \(trail.text)")
    }

    static func shuttingDown(trail: Trail) -> AMQPCondition {
        condition("amqp:connection:forced", "The broker is shutting down. \(trail.text)")
    }

    private static func condition(_ name: String, _ description: String) -> AMQPCondition {
        AMQPCondition(name: name, description: description, info: [:])
    }
}
