/// A host name or address, with a port where one is named.
///
/// **Shape**: `host`, `host:5671`, `10.1.2.3:5671`, `[fd00::1]:5671`, `fd00::1`. A host holds no character that could end a
/// line or a field of a request, because it is written into some.
public struct HostAndPort: Hashable, Sendable {
    /// The host name or address, without brackets.
    public var host: String
    /// The port, where one is named.
    public var port: Int?

    /// Makes one from its parts.
    public init(host: String, port: Int? = nil) {
        self.host = host
        self.port = port
    }

    /// Reads a text; nil when it is none.
    public init?(parsing text: some StringProtocol) {
        var host = Substring(text)
        var port: Substring?
        if host.first == "[" {
            guard let end = host.firstIndex(of: "]") else { return nil }
            let rest = host[host.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" else { return nil }
            if !rest.isEmpty { port = rest.dropFirst() }
            host = host[host.index(after: host.startIndex)..<end]
        } else if let colon = host.lastIndex(of: ":"), host.firstIndex(of: ":") == colon {
            // More than one colon and no brackets: an IPv6 address without a port.
            port = host[host.index(after: colon)...]
            host = host[..<colon]
        }
        guard Self.isHost(host) else { return nil }
        self.host = String(host)
        guard let port else { return }
        guard let number = Int(port), (1...65535).contains(number), port.allSatisfy(\.isNumber) else { return nil }
        self.port = number
    }

    /// Whether a text can be a host name or an address: letters, digits and `-._:%`.
    public static func isHost(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.count <= 255
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: ":"), UInt8(ascii: "%"):
                    true
                default: byte >= 0x80
                }
            }
    }
}

extension HostAndPort: CustomStringConvertible {
    /// As it is written in a URL.
    public var description: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port.map { "\(name):\($0)" } ?? name
    }
}
