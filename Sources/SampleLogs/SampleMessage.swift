/// What is known about one generated message besides its bytes.
public struct MessageFacts: Hashable, Sendable {
    /// Index of the message in the sample, from 0.
    public var index: Int
    /// Records in the body; 0 for the quirks `plain-text` and `empty-body`.
    public var records: Int
    /// A partition key that a producer could choose: subscription, account or tenant of the first record.
    ///
    /// Azure's own export is not documented to set one; leave it out to spread messages evenly as a real hub sees them.
    public var partitionKey: String
    /// The earliest event time in the message.
    public var firstEventTime: EventTime
    /// The latest event time in the message.
    public var lastEventTime: EventTime
    /// The quirk that shaped or damaged the message as a whole, if any.
    public var quirk: Quirk?

    /// Widens the range of event times to hold one more.
    mutating func include(_ time: EventTime) {
        firstEventTime = min(firstEventTime, time)
        lastEventTime = max(lastEventTime, time)
    }
}

/// One generated message: its body and the facts about it.
public struct SampleMessage: Hashable, Sendable {
    /// The facts.
    public var facts: MessageFacts
    /// The body: UTF-8 JSON, except where a quirk says otherwise.
    public var body: [UInt8]
}
