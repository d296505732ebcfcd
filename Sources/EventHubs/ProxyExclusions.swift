/// The hosts that are reached without the proxy, as `NO_PROXY` lists them.
///
/// **Shape**: entries joined by commas or blanks. `example.com`, `.example.com` and `*.example.com` each mean that name and
/// everything below it; an address means itself in any spelling; `10.0.0.0/8` and `fd00::/8` mean a network; `:port` behind a
/// name or address restricts it to that port; `*` means every host. Case does not count, nor does a dot at the end of a name.
/// What is none of these matches nothing.
/// **Source**: curl's manual, `NO_PROXY`; networks as curl 7.86 and Go have them.
public struct ProxyExclusions: Hashable, Sendable {
    private enum Entry: Hashable, Sendable {
        case everything
        case name(String, port: Int?)
        case network(IPAddressText, bits: Int, port: Int?)
    }

    private let entries: [Entry]

    /// Excludes nothing.
    public static let none = ProxyExclusions(parsing: "")

    /// Reads a list; it cannot fail.
    public init(parsing text: String) {
        entries = text.split { $0 == "," || $0.isWhitespace }.compactMap(Self.entry)
    }

    private static func entry(_ text: Substring) -> Entry? {
        if text == "*" { return .everything }
        if let slash = text.firstIndex(of: "/") {
            guard let network = IPAddressText(text[..<slash]), let bits = Int(text[text.index(after: slash)...]),
                (0...network.bytes.count * 8).contains(bits)
            else { return nil }
            return .network(network, bits: bits, port: nil)
        }
        var name = text
        if name.hasPrefix("*.") { name = name.dropFirst() }
        if name.hasPrefix(".") { name = name.dropFirst() }
        guard let place = HostAndPort(parsing: name) else { return nil }
        if let address = IPAddressText(place.host) {
            return .network(address, bits: address.bytes.count * 8, port: place.port)
        }
        return .name(plain(place.host), port: place.port)
    }

    /// Whether a host is reached without the proxy.
    public func contains(host: String, port: Int) -> Bool {
        let address = IPAddressText(host)
        let name = Self.plain(host)
        return entries.contains { entry in
            switch entry {
            case .everything: true
            case .name(let excluded, let onlyPort):
                (onlyPort == nil || onlyPort == port) && (name == excluded || name.hasSuffix("." + excluded))
            case .network(let network, let bits, let onlyPort):
                (onlyPort == nil || onlyPort == port) && address?.matches(network, bits: bits) == true
            }
        }
    }

    private static func plain(_ host: String) -> String {
        let name = host.lowercased()
        return name.hasSuffix(".") ? String(name.dropLast()) : name
    }

    /// Whether a host is this machine: a proxy elsewhere would reach another one under that name.
    public static func isLoopback(_ host: String) -> Bool {
        let name = plain(host)
        if name == "localhost" || name.hasSuffix(".localhost") { return true }
        guard let address = IPAddressText(host) else { return false }
        return address.bytes.count == 4
            ? address.bytes[0] == 127 : address.bytes == [UInt8](repeating: 0, count: 15) + [1]
    }
}
