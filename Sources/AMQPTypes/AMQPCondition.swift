/// An AMQP error: what a peer says when it closes, ends, detaches or rejects.
///
/// **Source**: part 2.8.14 of the specification.
public struct AMQPCondition: Hashable, Sendable, Error {
    /// The symbolic name, for example `amqp:link:stolen`.
    public var name: String
    /// Text for people; Event Hubs ends it with a tracking id.
    public var description: String?
    /// Further facts by symbol.
    public var info: AMQPMap

    /// Makes a condition.
    public init(name: String, description: String? = nil, info: AMQPMap = AMQPMap()) {
        self.name = name
        self.description = description
        self.info = info
    }
}

extension AMQPCondition {
    /// The name and the text on one line, for a log.
    public var summary: String {
        if let description, !description.isEmpty { "\(name): \(description)" } else { name }
    }
}
