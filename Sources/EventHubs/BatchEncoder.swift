public import AMQPTypes

/// Packs events into as few messages as their size allows.
///
/// **Shape**: a batch is a message of format `0x80013700` whose data sections are encoded messages. A single event goes as a
/// plain message. With a partition key, the key is on the outer message and on every inner one, as the service's own
/// producers write it.
/// **Bounds**: no message is larger than `sizeMax`; the events keep their order.
public struct BatchEncoder: Sendable {
    /// One message, ready to be sent.
    public struct Encoded: Hashable, Sendable {
        /// The bytes.
        public var bytes: [UInt8]
        /// The message format of the transfer.
        public var messageFormat: UInt32
        /// How many events are in it.
        public var eventCount: Int

        /// Makes a message of bytes that are encoded already.
        public init(bytes: [UInt8], messageFormat: UInt32, eventCount: Int) {
            self.bytes = bytes
            self.messageFormat = messageFormat
            self.eventCount = eventCount
        }
    }

    private let sizeMax: Int
    private let key: String?
    private let outerSections: [UInt8]
    private var finished: [Encoded] = []
    private var open: [UInt8] = []
    private var openCount = 0
    private var firstEvent: [UInt8] = []
    private var total = 0

    /// Makes an encoder for a link that takes messages of this size.
    public init(sizeMax: Int, partitionKey: String? = nil) {
        self.sizeMax = max(512, sizeMax)
        key = partitionKey
        outerSections =
            partitionKey.map {
                AMQPMessage(messageAnnotations: [.symbol(DialectName.partitionKey): .string($0)]).encoded()
            } ?? []
    }

    /// Adds an event.
    ///
    /// **Errors**: `message-too-large` when it does not fit a message of its own.
    public mutating func add(_ message: AMQPMessage) throws(EventHubsError) {
        guard let key else { return try add(encoded: message.encoded()) }
        var message = message
        var annotations = message.messageAnnotations ?? [:]
        annotations[symbol: DialectName.partitionKey] = .string(key)
        message.messageAnnotations = annotations
        try add(encoded: message.encoded())
    }

    /// Adds an event that is nothing but a body.
    public mutating func add(body: some Collection<UInt8>) throws(EventHubsError) {
        var encoded = outerSections
        encoded.reserveCapacity(encoded.count + body.count + 8)
        Self.appendData(body, to: &encoded)
        try add(encoded: encoded)
    }

    /// Adds an encoded message, which must carry the partition key already.
    private mutating func add(encoded event: [UInt8]) throws(EventHubsError) {
        total += 1
        guard event.count <= sizeMax else {
            throw EventHubsError(
                .messageTooLarge, "Event \(total) has \(event.count) bytes; the link takes \(sizeMax)",
                remedy: "Split the event", scope: .request)
        }
        let weight = event.count + (event.count < 256 ? 5 : 8)
        if openCount > 0, open.count + weight > sizeMax { closeBatch() }
        if openCount == 0 {
            open = outerSections
            firstEvent = event
        }
        // An event that fits alone but not inside a batch is sent plain: `closeBatch` does so while the count is 1.
        Self.appendData(event, to: &open)
        openCount += 1
        if open.count > sizeMax { closeBatch() }
    }

    private mutating func closeBatch() {
        guard openCount > 0 else { return }
        if openCount == 1 {
            finished.append(Encoded(bytes: firstEvent, messageFormat: 0, eventCount: 1))
        } else {
            finished.append(
                Encoded(bytes: open, messageFormat: DialectName.batchMessageFormat, eventCount: openCount))
        }
        open = []
        firstEvent = []
        openCount = 0
    }

    /// Everything that was added, packed; the encoder starts over.
    public mutating func finish() -> [Encoded] {
        closeBatch()
        defer {
            finished = []
            total = 0
        }
        return finished
    }

    private static func appendData(_ content: some Collection<UInt8>, to bytes: inout [UInt8]) {
        bytes += [0x00, 0x53, 0x75]
        let count = content.count
        if count < 256 {
            bytes += [0xa0, UInt8(truncatingIfNeeded: count)]
        } else {
            let size = UInt32(truncatingIfNeeded: count)
            bytes += [
                0xb0, UInt8(truncatingIfNeeded: size >> 24), UInt8(truncatingIfNeeded: size >> 16),
                UInt8(truncatingIfNeeded: size >> 8), UInt8(truncatingIfNeeded: size),
            ]
        }
        bytes += content
    }
}
