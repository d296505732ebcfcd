public import AMQPTypes

/// The status of a reply from `$cbs` or `$management`: HTTP-like code, text, condition.
///
/// **Shape**: application properties `status-code` (int), `status-description` (string), `error-condition` (symbol).
/// Generic AMQP management drafts spell them `statusCode`, `statusDescription`; both spellings are read, the first is
/// written.
public struct ResponseStatus: Hashable, Sendable {
    /// The code; 200 and 202 mean success.
    public var code: Int32
    /// The text.
    public var description: String?
    /// The error condition.
    public var condition: String?

    /// Makes a status.
    public init(code: Int32, description: String? = nil, condition: String? = nil) {
        self.code = code
        self.description = description
        self.condition = condition
    }

    /// The answer to an accepted token.
    public static let accepted = ResponseStatus(code: 202, description: "Accepted")
    /// The answer to a successful read; it has no text.
    public static let ok = ResponseStatus(code: 200)

    /// Whether the request succeeded.
    public var isSuccess: Bool { code >= 200 && code < 300 }

    /// Reads a status; nil when there is no usable code.
    public init?(_ properties: AMQPMap) {
        guard let number = (properties[text: "status-code"] ?? properties[text: "statusCode"])?.integer,
            let code = Int32(exactly: number)
        else { return nil }
        self.code = code
        description = (properties[text: "status-description"] ?? properties[text: "statusDescription"])?.text
        condition = (properties[text: "error-condition"] ?? properties[text: "errorCondition"])?.text
    }

    /// Writes the status into application properties, in the service's order.
    public func write(to properties: inout AMQPMap) {
        properties[string: "status-code"] = .int(code)
        if let description { properties[string: "status-description"] = .string(description) }
        if let condition { properties[string: "error-condition"] = .symbol(condition) }
    }

    /// The condition that the status stands for: the named one, or the usual one for its code.
    public var errorCondition: AMQPCondition {
        let name: String
        if let condition {
            name = condition
        } else {
            name =
                switch code {
                case 400: ErrorCondition.argumentError
                case 401: ErrorCondition.unauthorizedAccess
                case 403: ErrorCondition.resourceLimitExceeded
                case 404: ErrorCondition.notFound
                case 408: ErrorCondition.timeout
                case 410: ErrorCondition.linkStolen
                case 501: ErrorCondition.notImplemented
                case 503: ErrorCondition.serverBusy
                default: ErrorCondition.internalError
                }
        }
        return AMQPCondition(name: name, description: description ?? "status \(code)", info: [:])
    }
}
