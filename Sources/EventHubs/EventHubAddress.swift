/// What a link address names on an Event Hub.
///
/// Clients write addresses in many ways: bare, with a leading `/`, or as whole URLs with any scheme, host and port. Parsing
/// takes them all; the fixed words ignore case, names are kept as typed (compare them without case).
///
/// **Source**: Event Hubs AMQP protocol guide, "Publish" and "Receive".
public enum EventHubAddress: Hashable, Sendable {
    /// A sender's target: the service picks the partition.
    case hub(String)
    /// A sender's target: one partition.
    case partition(hub: String, id: String)
    /// A sender's target: a publisher endpoint.
    case publisher(hub: String, name: String)
    /// A receiver's source: one partition through a consumer group.
    case receiver(hub: String, group: String, partition: String)
    /// Requests about the hub and its partitions; some clients put the hub in front.
    case management(hub: String?)
    /// Claims-based security: tokens.
    case cbs

    /// The longest address that is read.
    public static let lengthMax = 2048

    /// Parses any spelling.
    public init(parsing text: String) throws(EventHubsError) {
        guard text.utf8.count <= Self.lengthMax else { throw Self.invalid("is too long") }
        let parts = Self.pathParts(text)
        guard let first = parts.first, let last = parts.last else { throw Self.invalid("is empty") }
        guard !parts.contains("") else { throw Self.invalid("has an empty part") }
        if parts.count == 1, first.lowercased() == "$cbs" {
            self = .cbs
        } else if last.lowercased() == "$management" {
            self = .management(hub: parts.count == 1 ? nil : Self.join(parts.dropLast()))
        } else if let group = Self.pair(parts.dropLast(2), "consumergroups"), let id = Self.pair(parts, "partitions") {
            guard parts.count > 4 else { throw Self.invalid("names no hub before ConsumerGroups") }
            self = .receiver(hub: Self.join(parts.dropLast(4)), group: group, partition: id)
        } else if let id = Self.pair(parts, "partitions"), parts.count > 2 {
            self = .partition(hub: Self.join(parts.dropLast(2)), id: id)
        } else if let name = Self.pair(parts, "publishers"), parts.count > 2 {
            self = .publisher(hub: Self.join(parts.dropLast(2)), name: name)
        } else if Self.pair(parts, "consumergroups") != nil {
            throw Self.invalid("names a consumer group but no partition")
        } else {
            self = .hub(Self.join(parts[...]))
        }
    }

    private static func invalid(_ why: String) -> EventHubsError {
        EventHubsError(
            .invalidAddress, "The link address \(why)",
            remedy: "Addresses read `hub`, `hub/Partitions/0` or `hub/ConsumerGroups/group/Partitions/0`")
    }

    /// The parts of the path; percent signs are decoded in whole URLs only, where they are the rule.
    private static func pathParts(_ text: String) -> [String] {
        var rest = Substring(text)
        var isURL = false
        if let colon = rest.firstIndex(of: ":"), rest[colon...].hasPrefix("://") {
            isURL = true
            rest = rest[rest.index(colon, offsetBy: 3)...]
            rest = rest.firstIndex(of: "/").map { rest[$0...] } ?? ""
        }
        if rest.first == "/" { rest = rest.dropFirst() }
        if rest.last == "/" { rest = rest.dropLast() }
        if rest.isEmpty { return [] }
        return rest.split(separator: "/", omittingEmptySubsequences: false).map {
            isURL ? FormEncoding.decode($0, plusIsSpace: false) : String($0)
        }
    }

    /// The last part when the one before it is the word.
    private static func pair(_ parts: some BidirectionalCollection<String>, _ word: String) -> String? {
        guard parts.dropLast().last?.lowercased() == word else { return nil }
        return parts.last
    }

    private static func join(_ parts: some Collection<String>) -> String { parts.joined(separator: "/") }

    /// The bare form, as the service's own documents write it.
    public var path: String {
        switch self {
        case .hub(let hub): hub
        case .partition(let hub, let id): "\(hub)/Partitions/\(id)"
        case .publisher(let hub, let name): "\(hub)/Publishers/\(name)"
        case .receiver(let hub, let group, let id): "\(hub)/ConsumerGroups/\(group)/Partitions/\(id)"
        case .management(let hub): hub.map { "\($0)/$management" } ?? "$management"
        case .cbs: "$cbs"
        }
    }

    /// The address as a whole URL.
    public func url(scheme: String = "amqps", authority: String) -> String { "\(scheme)://\(authority)/\(path)" }

    /// The hub that the address belongs to.
    public var hub: String? {
        switch self {
        case .hub(let hub), .partition(let hub, _), .publisher(let hub, _), .receiver(let hub, _, _): hub
        case .management(let hub): hub
        case .cbs: nil
        }
    }

    /// The audience of a put-token for everything on a hub (publishing, properties).
    public static func audience(authority: String, hub: String) -> String { "sb://\(authority)/\(hub)" }

    /// The audience of a put-token for reading through a consumer group.
    public static func audience(authority: String, hub: String, group: String) -> String {
        "sb://\(authority)/\(hub)/consumergroups/\(group)"
    }
}

extension EventHubAddress: CustomStringConvertible {
    /// The bare form.
    public var description: String { path }
}
