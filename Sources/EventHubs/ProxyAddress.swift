/// An HTTP proxy that makes tunnels with CONNECT, and the login for it.
///
/// **Shape**: `http://[user[:password]@]host[:port]`. The scheme may be left out; the port is then 80, as in any such URL.
/// User and password are percent-encoded.
/// **Errors**: say what is wrong and repeat nothing: the text may hold a password.
public struct ProxyAddress: Hashable, Sendable {
    /// The proxy's host name or address.
    public var host: String
    /// The proxy's port.
    public var port: Int
    /// The user for basic authentication, where there is one.
    public var user: String?
    /// The user's password; empty without one.
    public var password: Secret

    /// Makes an address from its parts.
    public init(host: String, port: Int, user: String? = nil, password: Secret = Secret("")) {
        self.host = host
        self.port = port
        self.user = user
        self.password = password
    }

    /// Reads an address.
    public init(parsing text: String) throws(EventHubsError) {
        var rest = Substring(text)
        if let colon = rest.firstIndex(of: ":"), rest[colon...].hasPrefix("://") {
            try Self.check(scheme: rest[..<colon].lowercased())
            rest = rest[rest.index(colon, offsetBy: 3)...]
        }
        // The last one: a password may hold an @ that nobody has encoded.
        if let at = rest.lastIndex(of: "@") {
            let login = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            user = FormEncoding.decode(login[0], plusIsSpace: false)
            password = Secret(login.count > 1 ? FormEncoding.decode(login[1], plusIsSpace: false) : "")
            rest = rest[rest.index(after: at)...]
        } else {
            password = Secret("")
        }
        if rest.last == "/" { rest = rest.dropLast() }
        guard let place = HostAndPort(parsing: rest) else {
            throw Self.invalid("has no host and port that can be read")
        }
        host = place.host
        port = place.port ?? 80
        // RFC 7617, section 2: the first colon ends the user's name.
        guard user?.contains(":") != true else { throw Self.invalid("has a user name with a colon in it") }
        let isPrintable = ((user ?? "") + password.revealed).unicodeScalars.allSatisfy {
            $0.value >= 32 && $0 != "\u{7F}"
        }
        guard isPrintable else { throw Self.invalid("has a control character in the user name or password") }
    }

    private static func check(scheme: String) throws(EventHubsError) {
        switch scheme {
        case "http": return
        case "https": throw invalid("asks for TLS to the proxy itself, which is not supported")
        case let other where other.hasPrefix("socks"): throw invalid("is a SOCKS proxy, which is not supported")
        default: throw invalid("does not begin with http://")
        }
    }

    private static func invalid(_ why: String) -> EventHubsError {
        EventHubsError(
            .invalidConfiguration, "The proxy's address \(why)",
            remedy: "Proxies are written http://[user[:password]@]host:port, with % codes for special characters")
    }

    /// The value of a `Proxy-Authorization` header; nil without a user.
    ///
    /// **Source**: RFC 7617, section 2.
    public var authorization: Secret? {
        user.map { Secret("Basic \(Base64.encode("\($0):\(password.revealed)".utf8))") }
    }
}

extension ProxyAddress: CustomStringConvertible {
    /// Host and port; neither user nor password.
    public var description: String { HostAndPort(host: host, port: port).description }
}
