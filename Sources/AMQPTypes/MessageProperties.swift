/// The properties section: facts about the message that nobody changes on the way.
///
/// **Source**: part 3.2.4 of the specification.
public struct MessageProperties: Hashable, Sendable {
    /// Identifies the message: ulong, uuid, binary or string.
    ///
    /// A reply echoes it with the same type.
    public var messageID: AMQPValue?
    /// Who produced the message.
    public var userID: [UInt8]?
    /// The address of the node the message is meant for.
    public var to: String?
    /// What the message is about.
    public var subject: String?
    /// Where replies go.
    public var replyTo: String?
    /// The message id of the request that this answers.
    public var correlationID: AMQPValue?
    /// The MIME type of the body.
    public var contentType: String?
    /// The MIME encoding of the body.
    public var contentEncoding: String?
    /// When the message expires, in milliseconds since 1970.
    public var absoluteExpiryTime: Int64?
    /// When the message was made, in milliseconds since 1970.
    public var creationTime: Int64?
    /// The group that the message belongs to.
    public var groupID: String?
    /// The position in that group.
    public var groupSequence: UInt32?
    /// The group that replies belong to.
    public var replyToGroupID: String?

    /// Makes properties without any field.
    public init() {}

    init(value: AMQPValue, at offset: Int) throws(AMQPDecodingError) {
        guard case .list(let fields) = value else { throw AMQPDecodingError(.wrongType, at: offset) }
        let reader = FieldReader(fields: fields, offset: offset)
        messageID = reader.any(0)
        userID = try reader.binary(1)
        to = try reader.text(2)
        subject = try reader.text(3)
        replyTo = try reader.text(4)
        correlationID = reader.any(5)
        contentType = try reader.text(6)
        contentEncoding = try reader.text(7)
        absoluteExpiryTime = try reader.timestamp(8)
        creationTime = try reader.timestamp(9)
        groupID = try reader.text(10)
        groupSequence = try reader.uint(11)
        replyToGroupID = try reader.text(12)
    }

    var value: AMQPValue {
        AMQPValue.fields([
            messageID ?? .null,
            userID.map { .binary($0) } ?? .null,
            to.map { .string($0) } ?? .null,
            subject.map { .string($0) } ?? .null,
            replyTo.map { .string($0) } ?? .null,
            correlationID ?? .null,
            contentType.map { .symbol($0) } ?? .null,
            contentEncoding.map { .symbol($0) } ?? .null,
            absoluteExpiryTime.map { .timestamp($0) } ?? .null,
            creationTime.map { .timestamp($0) } ?? .null,
            groupID.map { .string($0) } ?? .null,
            groupSequence.map { .uint($0) } ?? .null,
            replyToGroupID.map { .string($0) } ?? .null,
        ])
    }
}
