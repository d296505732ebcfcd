/// Tells names and addresses of this machine itself.
public enum LoopbackName {
    /// Whether a host, without a port, is `localhost`, in 127.0.0.0/8, or `::1` (with or without brackets).
    ///
    /// Only whole dotted addresses count: `127.example.com` is a name that anybody may own.
    public static func matches(_ host: String) -> Bool {
        let name = host.lowercased()
        if ["localhost", "::1", "[::1]"].contains(name) { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127"
            && parts.allSatisfy { part in
                part.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt8(part) != nil
            }
    }

    /// Whether the authority of a request (`host`, or `host:port`) names this machine.
    public static func matches(authority: String) -> Bool {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return false }
            let rest = authority[authority.index(after: end)...]
            return matches(String(authority[...end])) && (rest.isEmpty || rest.hasPrefix(":"))
        }
        return matches(String(authority.prefix { $0 != ":" }))
    }
}
