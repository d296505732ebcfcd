import AMQPTypes
import EventHubs

/// One event of a transfer that passed every check and waits to be appended.
///
/// **Shape**: a range of the transfer's bytes that the log takes over unchanged (properties, body, footer), and the
/// sender's own annotations already encoded. The header is not kept: the service drops it too.
struct EventDraft: Sendable, Equatable {
    /// The bytes after header and annotations, in the transfer.
    var content: Range<Int>
    /// The sender's annotations without those that the broker sets: keys and values, encoded.
    var keptAnnotations: [UInt8] = []
    /// How many pairs `keptAnnotations` holds.
    var keptPairs = 0
    /// The event's partition key.
    var partitionKey: String?
    /// The event's size as sent.
    var originalSize: Int

    /// Bytes that `append(to:)` writes at most.
    var capacity: Int { content.count + keptAnnotations.count + (partitionKey?.utf8.count ?? 0) + 256 }

    /// Annotations that belong to the broker; a sender's values for them are replaced.
    static let ownedAnnotations: Set<String> = [
        DialectName.partitionKey, DialectName.sequenceNumber, DialectName.sequenceNumberEpoch, DialectName.offset,
        DialectName.enqueuedTime,
    ]
}

/// A transfer, split into its events.
struct TransferDraft: Sendable, Equatable {
    /// The events in order.
    var events: [EventDraft]
    /// The key that routes the whole transfer: the outer message's, or the first event's that has one.
    var routingKey: String?

    /// Why a transfer is refused.
    enum Fault: Error, Sendable, Equatable {
        /// The bytes are no message, or no batch; the text says why.
        case undecodable(String)
        /// A partition key of the wrong type or too long.
        case badPartitionKey(String)
    }

    /// The service's limit on a partition key, in characters.
    static let partitionKeyMax = 128

    /// Reads a message, or a batch when `messageFormat` says so.
    ///
    /// In a batch each data section is one encoded message; what the inner message says wins over the outer one, which
    /// only supplies a partition key where the inner one has none.
    static func read(_ bytes: UnsafeRawBufferPointer, messageFormat: UInt32) throws(Fault) -> TransferDraft {
        let outer = try Envelope.read(bytes)
        guard messageFormat == DialectName.batchMessageFormat else {
            return TransferDraft(events: [outer.draft(at: 0, size: bytes.count)], routingKey: outer.partitionKey)
        }
        switch outer.sections.body {
        case .none, .data: break
        case .sequence, .value: throw .undecodable("a batch must consist of data sections")
        }
        var transfer = TransferDraft(events: [], routingKey: outer.partitionKey)
        for range in try ranges(of: outer.sections, in: bytes) {
            let inner = try Envelope.read(UnsafeRawBufferPointer(rebasing: bytes[range]))
            var draft = inner.draft(at: range.lowerBound, size: range.count)
            draft.partitionKey = inner.partitionKey ?? outer.partitionKey
            transfer.routingKey = transfer.routingKey ?? draft.partitionKey
            transfer.events.append(draft)
        }
        return transfer
    }

    private static func ranges(
        of sections: MessageSections, in bytes: UnsafeRawBufferPointer
    ) throws(Fault) -> [Range<Int>] {
        do throws(AMQPDecodingError) {
            return try sections.bodyRanges(in: bytes)
        } catch {
            throw .undecodable(error.description)
        }
    }
}

/// What the broker must know of one encoded message.
private struct Envelope {
    var sections: MessageSections
    /// Where the bytes begin that are kept as they are.
    var contentStart: Int
    var keptAnnotations: [UInt8] = []
    var keptPairs = 0
    var partitionKey: String?

    static func read(_ bytes: UnsafeRawBufferPointer) throws(TransferDraft.Fault) -> Envelope {
        let sections: MessageSections
        var annotations = AMQPMap()
        do throws(AMQPDecodingError) {
            sections = try MessageSections.scan(bytes)
            if let range = sections.messageAnnotations {
                annotations = try AMQPDecoder.decode(UnsafeRawBufferPointer(rebasing: bytes[range])).map ?? AMQPMap()
            }
        } catch {
            throw .undecodable(error.description)
        }
        let leading = [sections.header, sections.deliveryAnnotations, sections.messageAnnotations]
        let start = leading.compactMap { $0?.upperBound }.max() ?? 0
        guard sections.follow(start) else {
            throw .undecodable("its sections are not in the order of the specification")
        }
        var envelope = Envelope(sections: sections, contentStart: start)
        if !annotations.isEmpty { try envelope.take(annotations: annotations) }
        return envelope
    }

    private mutating func take(annotations: AMQPMap) throws(TransferDraft.Fault) {
        var encoder = AMQPEncoder()
        for pair in annotations.pairs {
            if pair.key.text == DialectName.partitionKey {
                partitionKey = try Self.partitionKey(pair.value)
            } else if let name = pair.key.text, EventDraft.ownedAnnotations.contains(name) {
                continue
            } else {
                encoder.encode(pair.key)
                encoder.encode(pair.value)
                keptPairs += 1
            }
        }
        keptAnnotations = encoder.bytes
    }

    private static func partitionKey(_ value: AMQPValue) throws(TransferDraft.Fault) -> String? {
        switch value {
        case .null: return nil
        case .string(let key), .symbol(let key):
            guard key.count <= TransferDraft.partitionKeyMax else {
                throw .badPartitionKey("The partition key is longer than \(TransferDraft.partitionKeyMax) characters.")
            }
            return key.isEmpty ? nil : key
        default:
            throw .badPartitionKey("The partition key must be a string.")
        }
    }

    func draft(at offset: Int, size: Int) -> EventDraft {
        EventDraft(
            content: (offset + contentStart)..<(offset + size), keptAnnotations: keptAnnotations, keptPairs: keptPairs,
            partitionKey: partitionKey, originalSize: size)
    }
}

extension MessageSections {
    /// Whether properties, body and footer all begin at or after `start`.
    fileprivate func follow(_ start: Int) -> Bool {
        let bodyStart: Int? =
            switch body {
            case .none: nil
            case .data(let first, _), .sequence(let first, _): first.lowerBound
            case .value(let whole, _, _): whole.lowerBound
            }
        let starts = [properties?.lowerBound, applicationProperties?.lowerBound, bodyStart, footer?.lowerBound]
        return starts.allSatisfy { ($0 ?? start) >= start }
    }
}
