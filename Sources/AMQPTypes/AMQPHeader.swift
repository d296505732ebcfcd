/// The header section: delivery facts that intermediaries may change.
///
/// **Source**: part 3.2.1 of the specification.
public struct AMQPHeader: Hashable, Sendable {
    /// Whether the message must survive the loss of an intermediary.
    public var durable: Bool
    /// Relative importance; 4 is normal.
    public var priority: UInt8
    /// Milliseconds for which the message is live.
    public var timeToLive: UInt32?
    /// Whether no other link has acquired the message before.
    public var firstAcquirer: Bool
    /// How many deliveries failed before.
    public var deliveryCount: UInt32

    /// Makes a header; the defaults are those of the specification.
    public init(
        durable: Bool = false, priority: UInt8 = 4, timeToLive: UInt32? = nil, firstAcquirer: Bool = false,
        deliveryCount: UInt32 = 0
    ) {
        self.durable = durable
        self.priority = priority
        self.timeToLive = timeToLive
        self.firstAcquirer = firstAcquirer
        self.deliveryCount = deliveryCount
    }

    init(value: AMQPValue, at offset: Int) throws(AMQPDecodingError) {
        guard case .list(let fields) = value else { throw AMQPDecodingError(.wrongType, at: offset) }
        let reader = FieldReader(fields: fields, offset: offset)
        self.init(
            durable: try reader.boolean(0) ?? false, priority: try reader.ubyte(1) ?? 4,
            timeToLive: try reader.uint(2), firstAcquirer: try reader.boolean(3) ?? false,
            deliveryCount: try reader.uint(4) ?? 0)
    }

    var value: AMQPValue {
        AMQPValue.fields([
            durable ? .boolean(true) : .null,
            priority == 4 ? .null : .ubyte(priority),
            timeToLive.map { .uint($0) } ?? .null,
            firstAcquirer ? .boolean(true) : .null,
            deliveryCount == 0 ? .null : .uint(deliveryCount),
        ])
    }
}

/// Reads the fields of a section by position; missing ones are null.
struct FieldReader {
    let fields: [AMQPValue]
    let offset: Int

    private func field<Result>(
        _ index: Int, _ read: (AMQPValue) -> Result?
    ) throws(AMQPDecodingError) -> Result? {
        guard index < fields.count, fields[index] != .null else { return nil }
        guard let result = read(fields[index]) else { throw AMQPDecodingError(.wrongType, at: offset) }
        return result
    }

    func any(_ index: Int) -> AMQPValue? {
        guard index < fields.count, fields[index] != .null else { return nil }
        return fields[index]
    }

    func boolean(_ index: Int) throws(AMQPDecodingError) -> Bool? { try field(index) { $0.boolean } }
    func text(_ index: Int) throws(AMQPDecodingError) -> String? { try field(index) { $0.text } }
    func binary(_ index: Int) throws(AMQPDecodingError) -> [UInt8]? { try field(index) { $0.bytes } }

    func ubyte(_ index: Int) throws(AMQPDecodingError) -> UInt8? {
        try field(index) { if case .ubyte(let number) = $0 { number } else { nil } }
    }

    func uint(_ index: Int) throws(AMQPDecodingError) -> UInt32? {
        try field(index) { if case .uint(let number) = $0 { number } else { nil } }
    }

    func timestamp(_ index: Int) throws(AMQPDecodingError) -> Int64? {
        try field(index) { if case .timestamp(let number) = $0 { number } else { nil } }
    }
}

extension AMQPValue {
    /// A list without the nulls at its end, as sections are written.
    static func fields(_ fields: [AMQPValue]) -> AMQPValue {
        let last = fields.lastIndex { $0 != .null }
        return .list(Array(fields.prefix(last.map { $0 + 1 } ?? 0)))
    }
}
