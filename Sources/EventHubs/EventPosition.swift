public import AMQPTypes

/// Where in a partition reading starts.
///
/// Offsets are opaque text: they are compared by the service only, never computed with.
public enum EventPosition: Hashable, Sendable {
    /// The oldest event that is still kept.
    case earliest
    /// After the last event at the moment of the attach.
    case latest
    /// At (inclusive) or after an offset.
    case offset(String, inclusive: Bool)
    /// At (inclusive) or after a sequence number.
    case sequenceNumber(Int64, inclusive: Bool)
    /// At (inclusive) or after an enqueued time in milliseconds since 1970.
    case enqueuedTime(milliseconds: Int64, inclusive: Bool)

    /// The selector expression, spelled as the service's own clients spell it: the value always in single quotes.
    public var selector: String {
        switch self {
        case .earliest: Self.expression(DialectName.offset, "-1", false)
        case .latest: Self.expression(DialectName.offset, "@latest", false)
        case .offset(let offset, let inclusive): Self.expression(DialectName.offset, offset, inclusive)
        case .sequenceNumber(let number, let inclusive):
            Self.expression(DialectName.sequenceNumber, String(number), inclusive)
        case .enqueuedTime(let milliseconds, let inclusive):
            Self.expression(DialectName.enqueuedTime, String(milliseconds), inclusive)
        }
    }

    private static func expression(_ name: String, _ value: String, _ inclusive: Bool) -> String {
        "\(SelectorFilter.annotationPrefix)\(name) \(inclusive ? ">=" : ">") '\(value)'"
    }

    /// Reads a selector expression in any of the quoting forms: `'v'`, `"v"` or bare, with or without spaces.
    public init(selector: String) throws(EventHubsError) {
        guard selector.utf8.count <= SelectorFilter.lengthMax else { throw Self.invalid("is too long") }
        let text = Substring(selector).trimmed
        guard text.lowercased().hasPrefix(SelectorFilter.annotationPrefix) else {
            throw Self.invalid("does not start with `\(SelectorFilter.annotationPrefix)`")
        }
        let afterPrefix = text.dropFirst(SelectorFilter.annotationPrefix.count)
        guard let comparison = afterPrefix.firstIndex(of: ">") else { throw Self.invalid("has no `>` or `>=`") }
        let name = afterPrefix[..<comparison].trimmed.lowercased()
        var value = afterPrefix[afterPrefix.index(after: comparison)...]
        let inclusive = value.first == "="
        if inclusive { value = value.dropFirst() }
        self = try Self.make(name, try Self.unquoted(value.trimmed), inclusive)
    }

    private static func unquoted(_ value: Substring) throws(EventHubsError) -> String {
        guard let first = value.first else { throw invalid("has no value") }
        guard first == "'" || first == "\"" else {
            guard !value.contains(where: { $0.isWhitespace || $0 == "'" || $0 == "\"" }) else {
                throw invalid("has something behind its value")
            }
            return String(value)
        }
        guard value.count >= 2, value.last == first else { throw invalid("has an unclosed quotation mark") }
        let inner = value.dropFirst().dropLast()
        guard !inner.contains(first) else { throw invalid("has something behind its value") }
        guard !inner.isEmpty else { throw invalid("has no value") }
        return String(inner)
    }

    private static func make(_ name: String, _ value: String, _ inclusive: Bool) throws(EventHubsError) -> Self {
        switch name {
        case DialectName.offset:
            if value == "-1" { return .earliest }
            if value.lowercased() == "@latest" { return .latest }
            return .offset(value, inclusive: inclusive)
        case DialectName.sequenceNumber:
            guard let number = Int64(value) else { throw invalid("has a sequence number that is not a whole number") }
            return .sequenceNumber(number, inclusive: inclusive)
        case DialectName.enqueuedTime, "x-opt-enqueuedtimeutc":
            guard let time = Int64(value) else { throw invalid("has a time that is not in milliseconds since 1970") }
            return .enqueuedTime(milliseconds: time, inclusive: inclusive)
        default:
            throw invalid("compares an annotation that is not an offset, sequence number or enqueued time")
        }
    }

    private static func invalid(_ why: String) -> EventHubsError {
        EventHubsError(
            .invalidPosition, "The selector filter \(why)",
            remedy: "Filters read `amqp.annotation.x-opt-offset > '<offset>'`",
            condition: AMQPCondition(name: ErrorCondition.argumentError, description: nil, info: [:]), scope: .link)
    }
}

extension EventPosition: CustomStringConvertible {
    /// The position in words.
    public var description: String {
        switch self {
        case .earliest: "earliest"
        case .latest: "latest"
        case .offset(let offset, let inclusive): "\(inclusive ? "at" : "after") offset \(offset)"
        case .sequenceNumber(let number, let inclusive): "\(inclusive ? "at" : "after") sequence number \(number)"
        case .enqueuedTime(let time, let inclusive): "\(inclusive ? "at" : "after") time \(time) ms"
        }
    }
}

/// The source filter that carries a position.
///
/// **Shape**: a map with the symbol key `apache.org:selector-filter:string` and a described string. Clients use three
/// different descriptors; the service answers with its own, ``serviceDescriptor``.
public enum SelectorFilter {
    /// The map key, and the descriptor that most clients use.
    public static let name = "apache.org:selector-filter:string"
    /// The registered numeric descriptor.
    public static let registeredDescriptor: UInt64 = 0x0000_468C_0000_0004
    /// The service's own numeric descriptor.
    public static let serviceDescriptor: UInt64 = 0x0000_0013_7000_000A
    /// What stands before the annotation's name.
    public static let annotationPrefix = "amqp.annotation."
    /// The longest expression that is read.
    public static let lengthMax = 1024

    /// The filter map for a position, as a client sends it.
    public static func encode(_ position: EventPosition) -> AMQPMap {
        [.symbol(name): .described(descriptor: .symbol(name), value: .string(position.selector))]
    }

    /// The filter map that the service echoes for an expression.
    public static func echo(_ selector: String) -> AMQPMap {
        [.symbol(name): .described(descriptor: .ulong(serviceDescriptor), value: .string(selector))]
    }

    /// The selector expression in a source's filter map; nil when there is none.
    public static func selector(in filter: AMQPMap) throws(EventHubsError) -> String? {
        for pair in filter.pairs where isName(pair.key) {
            guard case .described(let descriptor, let value) = pair.value else {
                if case .string(let text) = pair.value { return text }
                throw malformed("its value is not a described string")
            }
            guard isKnown(descriptor) else { throw malformed("its descriptor is unknown") }
            guard case .string(let text) = value else { throw malformed("its value is not a string") }
            return text
        }
        return nil
    }

    /// The position in a source's filter map; reading starts at the oldest event when there is none.
    public static func position(in filter: AMQPMap) throws(EventHubsError) -> EventPosition {
        guard let selector = try selector(in: filter) else { return .earliest }
        return try EventPosition(selector: selector)
    }

    private static func isName(_ key: AMQPValue) -> Bool { key == .symbol(name) || key == .string(name) }

    private static func isKnown(_ descriptor: AMQPValue) -> Bool {
        switch descriptor {
        case .symbol(let symbol), .string(let symbol): symbol == name
        case .ulong(let code): code == registeredDescriptor || code == serviceDescriptor
        default: false
        }
    }

    private static func malformed(_ why: String) -> EventHubsError {
        EventHubsError(
            .invalidPosition, "The selector filter cannot be read: \(why)",
            condition: AMQPCondition(name: ErrorCondition.argumentError, description: nil, info: [:]), scope: .link)
    }
}
