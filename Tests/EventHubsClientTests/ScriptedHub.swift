import AMQPChannel
import AMQPEngine
import AMQPTypes
import EventHubs
import NIOCore

/// A small Event Hub made of the engine in server role, whose faults a test chooses.
///
/// It does what the client needs to be tested, and no more: tokens, management, positions, credit, equal epochs that steal,
/// batches. **Isolation**: one event loop for all its connections.
final class ScriptedHub {
    struct StoredEvent {
        var sequenceNumber: Int64
        var message: AMQPMessage

        var offset: String { String(sequenceNumber * 100 + 7) }
    }

    /// What the hub saw, for expectations.
    struct Log: Sendable {
        var tokensPut = 0
        var attachedSelectors: [String] = []
        var attachedProperties: [AMQPMap] = []
        var detachesReceived = 0
        var closesReceived = 0
        var connections = 0
        var delivered = 0
        var accepted = 0
        var batchesReceived: [UInt32] = []
    }

    var name = "logs"
    var createdAt: Int64 = 1000
    var partitions: [[StoredEvent]]
    /// Cut off from the front, by retention.
    var firstKept: [Int64]
    var log = Log()
    var peers: [HubPeer] = []

    // Faults
    var key: Secret?
    var knowsGroup = true
    var attachRefusals: [String: AMQPCondition] = [:]
    var stalledPartitions: Set<String> = []
    var producerRejections: [AMQPCondition] = []
    var messageSizeMax: UInt64 = 1_048_576
    var settles = true
    var isManagementSilent = false
    var login: ((String, [UInt8]) -> Bool) = { _, _ in true }
    var sendsGarbage = false

    init(partitions count: Int) {
        partitions = Array(repeating: [], count: count)
        firstKept = Array(repeating: 0, count: count)
    }

    func append(_ body: String, to partition: Int) { append(.data([Array(body.utf8)]), to: partition) }

    func append(
        _ body: MessageBody, to partition: Int, annotations: AMQPMap = [:], properties: MessageProperties? = nil
    ) {
        let number = Int64(partitions[partition].count)
        var message = AMQPMessage(properties: properties, body: body)
        message.messageAnnotations = annotations
        partitions[partition].append(StoredEvent(sequenceNumber: number, message: message))
        pushAll()
    }

    func pushAll() {
        for peer in peers { peer.pushAll() }
    }

    /// Every link of a partition.
    func detach(_ partition: String, _ condition: AMQPCondition) {
        for peer in peers { peer.detach(partition, condition) }
    }

    /// Cuts every connection without a word.
    func cutConnections() {
        for peer in peers { peer.cut() }
    }

    /// Another receiver with the same owner level has the partition now.
    func steal(_ partition: String) {
        detach(partition, AMQPCondition(name: ErrorCondition.linkStolen, description: "New receiver with higher epoch"))
    }

    func encoded(_ event: StoredEvent, in partition: Int) -> [UInt8] {
        var message = event.message
        var annotations = message.messageAnnotations ?? [:]
        annotations[symbol: DialectName.sequenceNumber] = .long(event.sequenceNumber)
        annotations[symbol: DialectName.offset] = .string(event.offset)
        annotations[symbol: DialectName.enqueuedTime] = .timestamp(1_700_000_000_000 + event.sequenceNumber)
        message.messageAnnotations = annotations
        message.deliveryAnnotations = [
            .symbol(DialectName.lastSequenceNumber): .long(Int64(partitions[partition].count - 1)),
            .symbol(DialectName.lastEnqueuedTime): .timestamp(1_700_000_000_000),
        ]
        return message.encoded()
    }

    /// The first event that a position lets through, or why it is refused.
    func firstNumber(_ position: EventPosition, in partition: Int) throws(AMQPCondition) -> Int64 {
        let end = Int64(partitions[partition].count)
        let wanted: Int64
        switch position {
        case .earliest: wanted = 0
        case .latest: wanted = end
        case .sequenceNumber(let number, let inclusive): wanted = inclusive ? number : number + 1
        case .offset(let offset, let inclusive):
            let number = ((Int64(offset) ?? 0) - 7) / 100
            wanted = inclusive ? number : number + 1
        case .enqueuedTime(let time, _): wanted = max(0, time - 1_700_000_000_000)
        }
        guard wanted <= end else {
            throw AMQPCondition(
                name: ErrorCondition.argumentError,
                description: "The supplied sequence number '\(wanted - 1)' is invalid. "
                    + "The last sequence number in the system is '\(end - 1)'")
        }
        return max(wanted, firstKept[partition])
    }

    func properties(of partition: Int) -> PartitionProperties {
        let last = partitions[partition].last
        return PartitionProperties(
            hub: name, id: String(partition), beginSequenceNumber: firstKept[partition],
            lastSequenceNumber: last?.sequenceNumber ?? -1, lastOffset: last?.offset ?? "-1",
            lastEnqueuedTime: last == nil ? PartitionProperties.neverEnqueued : 1_700_000_000_000, isEmpty: last == nil)
    }

    func answer(_ request: ManagementRequest) -> ManagementReply {
        func failure(_ code: Int32, _ condition: String, _ text: String) -> ManagementReply {
            ManagementReply(
                correlationID: request.messageID,
                status: ResponseStatus(code: code, description: text, condition: condition))
        }
        guard request.subject.hub == name else {
            return failure(404, ErrorCondition.notFound, "The messaging entity could not be found.")
        }
        let content: ManagementReply.Content
        switch request.subject {
        case .hub:
            content = .hub(
                HubProperties(name: name, createdAt: createdAt, partitionIDs: partitions.indices.map(String.init)))
        case .partition(_, let id):
            guard let index = Int(id), partitions.indices.contains(index) else {
                return failure(400, ErrorCondition.argumentOutOfRange, "The specified partition is invalid")
            }
            content = .partition(properties(of: index))
        }
        return ManagementReply(correlationID: request.messageID, status: .ok, content: content)
    }

    func answer(_ request: CBSRequest) -> CBSReply {
        log.tokensPut += 1
        var status = ResponseStatus.accepted
        if let key {
            let token = try? SASToken(parsing: request.token.revealed)
            if token?.isSigned(with: key) != true {
                status = ResponseStatus(
                    code: 401, description: "InvalidSignature: The token has an invalid signature.",
                    condition: ErrorCondition.authFailed)
            }
        }
        if ResourcePath(request.audience).parts.first != name {
            status = ResponseStatus(
                code: 404, description: "The messaging entity could not be found.", condition: ErrorCondition.notFound)
        }
        return CBSReply(correlationID: request.messageID, status: status)
    }

    /// Takes one message from a producer; a batch is taken apart.
    func publish(_ bytes: [UInt8], format: UInt32, to partition: Int) throws {
        log.batchesReceived.append(format)
        let message = try AMQPMessage(decoding: bytes)
        guard format == DialectName.batchMessageFormat, case .data(let parts) = message.body else {
            append(message.body, to: partition, annotations: message.messageAnnotations ?? [:])
            return
        }
        for part in parts {
            let inner = try AMQPMessage(decoding: part)
            append(inner.body, to: partition, annotations: inner.messageAnnotations ?? [:])
        }
    }
}
