package import AsyncHTTPClient
package import EventHubs
import EventHubsClient
package import NIOCore
import NIOHTTP1
import NIOPosix

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The way of HTTPS requests to one host: straight, or through a proxy's tunnel.
///
/// The HTTP client makes the tunnel, and says little about one that it does not get. The proxy is then asked once more, by
/// ``EventHubsClient/TunnelProbe``, and its answer put into the words that connections to the broker have for it.
///
/// **Bounds**: a proxy gets half of the time of an exchange to make the tunnel; asking again ends with the exchange's
/// deadline, and after ``askingMax``.
package struct HTTPWay: Sendable {
    private let proxy: ProxyAddress?
    private let host: String
    private let port: Int
    private let setting: String
    /// Longest time for asking a proxy why it makes no tunnel.
    private static let askingMax = Duration.seconds(5)

    /// Makes the way to the host of an address.
    ///
    /// Requests without TLS take the straight way whatever is given: a proxy would read them.
    /// - Parameter setting: what names the proxy, for remedies.
    package init(to address: String, through proxy: ProxyAddress?, setting: String) {
        let url = URL(string: address)
        let isEncrypted = url?.scheme?.lowercased() == "https"
        var host = url?.host() ?? ""
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        self.proxy = isEncrypted && !host.isEmpty ? proxy : nil
        self.host = host
        self.setting = setting
        port = url?.port ?? 443
    }

    /// Has a client's requests take the way.
    ///
    /// - Parameter limit: how long one exchange may take.
    package func lead(_ configuration: inout HTTPClient.Configuration, within limit: Duration) {
        guard let proxy else { return }
        var server = HTTPClient.Configuration.Proxy.server(
            host: proxy.host, port: proxy.port,
            authorization: proxy.user.map { .basic(username: $0, password: proxy.password.revealed) })
        server.connectHeaders = ["User-Agent": "hubwatch"]
        configuration.proxy = server
        let half = TimeAmount(limit / 2)
        configuration.timeout.connect = min(configuration.timeout.connect ?? half, half)
    }

    /// Why the proxy made no tunnel; nil without a proxy, and when something else has failed.
    package func refusal(
        behind error: any Error, on loop: any EventLoop, until deadline: ContinuousClock.Instant
    ) async -> EventHubsError? {
        guard let proxy, Self.mayBeOfProxy(error) else { return nil }
        let left = ContinuousClock.now.duration(to: deadline)
        if left > .milliseconds(20) {
            let probe = TunnelProbe(proxy, to: host, port: port, setting: setting)
            if let refusal = await probe.refusal(on: loop, within: min(left, Self.askingMax)) { return refusal }
        }
        guard Self.isOfProxy(error) else { return nil }
        return EventHubsError(
            .proxyRefused, "The proxy \(proxy) made no tunnel to \(HostAndPort(host: host, port: port))",
            remedy: "Check that this is an HTTP proxy and that it lets this machine in (\(setting))", isRetriable: true,
            scope: .connection)
    }

    /// What only a proxy can have done.
    private static func isOfProxy(_ error: any Error) -> Bool {
        guard let error = error as? HTTPClientError else { return false }
        return [.proxyAuthenticationRequired, .invalidProxyResponse, .httpProxyHandshakeTimeout].contains(error)
    }

    /// What a proxy can have done, or the host behind it.
    private static func mayBeOfProxy(_ error: any Error) -> Bool {
        switch error {
        case is NIOConnectionError, is IOError, is ChannelError: true
        case let error as HTTPClientError:
            isOfProxy(error) || error == .connectTimeout || error == .remoteConnectionClosed
        default: false
        }
    }
}
