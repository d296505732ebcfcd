import Diagnosis
import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What came of a look-up, with the addresses in text.
struct NameReading: Hashable, Sendable {
    var observation: NameObservation
    var addresses: [String]
}

/// Asks the system's resolver, as connections do.
enum NameProbe {
    @concurrent
    static func resolve(_ host: String, within limit: Duration) async -> NameReading {
        if (try? SocketAddress(ipAddress: host, port: 0)) != nil {
            return NameReading(observation: .isAddress, addresses: [host])
        }
        // The resolver blocks, and cannot be told to stop: what comes too late is dropped.
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let answer = loop.makePromise(of: NameReading.self)
        NIOThreadPool.singleton.submit { state in
            if case .active = state { answer.succeed(look(up: host)) }
        }
        let deadline = loop.scheduleTask(in: .nanoseconds(limit.milliseconds * 1_000_000)) {
            answer.succeed(NameReading(observation: .unanswered("no answer in time"), addresses: []))
        }
        let reading = try? await answer.futureResult.get()
        deadline.cancel()
        return reading ?? NameReading(observation: .unanswered("stopped"), addresses: [])
    }

    private static func look(up host: String) -> NameReading {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &list)
        guard status == 0 else {
            let reason = String(cString: gai_strerror(status))
            return NameReading(
                observation: status == EAI_AGAIN ? .unanswered(reason) : .unknown(reason), addresses: [])
        }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var next = list
        while let entry = next {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            if getnameinfo(
                entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
                == 0
            {
                let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
                let address = String(decoding: bytes, as: UTF8.self)
                if !addresses.contains(address) { addresses.append(address) }
            }
            next = entry.pointee.ai_next
        }
        return NameReading(observation: .resolved(addresses), addresses: addresses)
    }

    /// Whether an address leads back to this machine.
    static func isLoopback(_ address: String) -> Bool { address == "::1" || address.hasPrefix("127.") }
}

/// What the environment says about proxies.
enum ProxyProbe {
    private static let variables = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]

    static func look(_ environment: [String: String], _ isDirectWayOpen: Bool?) -> ProxyObservation? {
        guard
            let (variable, value) = variables.lazy.compactMap({ name in environment[name].map { (name, $0) } })
                .first(where: { !$0.1.isEmpty })
        else { return nil }
        return ProxyObservation(
            variable: variable, proxy: shown(value), .notUsed(isDirectWayOpen: isDirectWayOpen))
    }

    /// Host and port; user and password stand in front of the last `@`.
    private static func shown(_ value: String) -> String {
        var rest = Substring(value)
        if let scheme = rest.firstIndex(of: ":"), rest[scheme...].hasPrefix("://") {
            rest = rest[scheme...].dropFirst(3)
        }
        if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        return String(rest.prefix { $0 != "/" })
    }
}
