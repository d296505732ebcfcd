public import EventHubs

/// The host that issues tokens: one for each cloud.
///
/// **Source**: the endpoints of Entra ID in the public cloud, in Azure Government and in Azure China.
public struct AuthorityHost: Sendable, Hashable, CustomStringConvertible {
    /// `https://host[:port]`, without a slash at its end.
    public let url: String

    private init(url: String) { self.url = url }

    /// The public cloud.
    public static let publicCloud = AuthorityHost(url: "https://login.microsoftonline.com")
    /// Azure Government.
    public static let usGovernment = AuthorityHost(url: "https://login.microsoftonline.us")
    /// Azure China.
    public static let china = AuthorityHost(url: "https://login.chinacloudapi.cn")

    /// Reads `public`, `us-government`, `china`, a host name or an `https://` address.
    ///
    /// Plain HTTP is taken for this machine alone: what is sent there is a secret.
    public init(parsing text: String) throws(EventHubsError) {
        switch text.lowercased() {
        case "public": self = .publicCloud
        case "us-government": self = .usGovernment
        case "china": self = .china
        default:
            var rest = Substring(text)
            while rest.last == "/" { rest = rest.dropLast() }
            var scheme = "https"
            if let end = rest.firstIndex(of: ":"), rest[end...].hasPrefix("://") {
                scheme = rest[..<end].lowercased()
                rest = rest[rest.index(end, offsetBy: 3)...]
            }
            guard Self.isHost(rest), scheme == "https" || scheme == "http" && Self.isLoopback(rest) else {
                throw EventHubsError(
                    .invalidConfiguration, "The authority host for tokens cannot be used",
                    remedy: "Name public, us-government, china, or a host such as https://login.microsoftonline.us")
            }
            url = "\(scheme)://\(rest)"
        }
    }

    /// Host and port where they are reached by TLS; nil for plain HTTP on this machine.
    public var secured: HostAndPort? {
        url.hasPrefix("https://") ? HostAndPort(parsing: url.dropFirst("https://".count)) : nil
    }

    /// The address.
    public var description: String { url }

    private static func isHost(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.count <= 260
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"),
                    UInt8(ascii: "["), UInt8(ascii: "]"):
                    true
                default: false
                }
            }
    }

    private static func isLoopback(_ authority: Substring) -> Bool {
        ["localhost", "127.0.0.1", "[::1]"].contains { name in
            authority == name || authority.hasPrefix(name + ":")
        }
    }
}

/// What a token is asked for: the service as an application of Entra ID.
///
/// **Shape**: `https://eventhubs.azure.net/.default`, the same in every cloud; the metadata services and the Azure CLI want the
/// part in front of `/.default`.
public struct TokenScope: Sendable, Hashable, CustomStringConvertible {
    /// The scope.
    public let text: String

    private init(text: String) { self.text = text }

    /// Event Hubs.
    public static let eventHubs = TokenScope(text: "https://eventhubs.azure.net/.default")

    /// Reads a scope; what is missing of `/.default` is added.
    public init(parsing text: String) throws(EventHubsError) {
        var base = text.hasSuffix("/.default") ? Substring(text.dropLast("/.default".count)) : Substring(text)
        if base.last == "/" { base = base.dropLast() }
        let isUsable =
            (base.hasPrefix("https://") || base.hasPrefix("api://")) && base.utf8.count <= 512
            && base.utf8.allSatisfy { $0 > 32 && $0 < 127 }
        guard isUsable else {
            throw EventHubsError(
                .invalidConfiguration, "The scope of tokens cannot be used",
                remedy: "It reads https://eventhubs.azure.net/.default, or https://<namespace>/.default")
        }
        self.text = "\(base)/.default"
    }

    /// The scope without `/.default`.
    public var resource: String { String(text.dropLast("/.default".count)) }
    /// The scope.
    public var description: String { text }
}
