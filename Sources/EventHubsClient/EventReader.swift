import AMQPEngine
import AMQPTypes
import EventHubs

/// Turns received messages into events: finds sections, annotations and body in place.
///
/// **Cost**: for an event with one data section no allocation and no copy.
struct EventReader {
    /// A message whose facts are found.
    struct Reading {
        var annotations: EventAnnotations
        var body: ReceivedEvent.Body
        var messageID: String?
    }

    /// Whether message ids are wanted.
    let readsMessageIDs: Bool

    /// Reads one message; ranges are relative to the slab.
    func read(_ delivery: Delivery, of slab: DeliverySlab) -> Reading {
        let bytes = slab.bytes(delivery.range)
        let sections: MessageSections
        do throws(AMQPDecodingError) {
            sections = try MessageSections.scan(bytes)
        } catch {
            return Reading(annotations: EventAnnotations(), body: .unusable(.malformed("\(error)")))
        }
        let base = delivery.range.lowerBound
        var annotations = EventAnnotations(bytes, sections)
        annotations.offset = annotations.offset.map { Self.shift($0, base) }
        annotations.partitionKey = annotations.partitionKey.map { Self.shift($0, base) }
        var reading = Reading(annotations: annotations, body: Self.body(sections, bytes, base))
        if readsMessageIDs { reading.messageID = Self.messageID(sections, bytes) }
        return reading
    }

    private static func body(
        _ sections: MessageSections, _ bytes: UnsafeRawBufferPointer, _ base: Int
    ) -> ReceivedEvent.Body {
        switch sections.body {
        case .none: .unusable(.noBody)
        case .data(let first, count: 1): .contiguous(shift(first, base))
        case .data: joined(sections, bytes)
        case .sequence: .unusable(.notBytes)
        case .value(_, let kind, let content):
            switch kind {
            case .string, .binary: .contiguous(shift(content, base))
            case .other: .unusable(.notBytes)
            }
        }
    }

    private static func joined(_ sections: MessageSections, _ bytes: UnsafeRawBufferPointer) -> ReceivedEvent.Body {
        do throws(AMQPDecodingError) {
            let ranges = try sections.bodyRanges(in: bytes)
            return .joined(PaddedBytes(joining: ranges.map { UnsafeRawBufferPointer(rebasing: bytes[$0]) }))
        } catch {
            return .unusable(.malformed("\(error)"))
        }
    }

    private static func messageID(_ sections: MessageSections, _ bytes: UnsafeRawBufferPointer) -> String? {
        guard let range = sections.properties else { return nil }
        guard let value = try? AMQPDecoder.decode(UnsafeRawBufferPointer(rebasing: bytes[range])),
            let id = value.elements?.first
        else { return nil }
        switch id {
        case .string(let text): return text
        case .ulong(let number): return String(number)
        case .uuid(let bytes), .binary(let bytes): return Self.hex(bytes)
        default: return nil
        }
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var out: [UInt8] = []
        for byte in bytes {
            out.append(digits[Int(byte >> 4)])
            out.append(digits[Int(byte & 15)])
        }
        return String(decoding: out, as: UTF8.self)
    }

    @inline(__always)
    private static func shift(_ range: Range<Int>, _ base: Int) -> Range<Int> {
        (range.lowerBound &+ base)..<(range.upperBound &+ base)
    }
}
