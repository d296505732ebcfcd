package import EventHubs
package import NIOCore
import Transports

/// Asks a proxy for a tunnel and hangs up, to hear in our own words why it makes none.
///
/// For those whose tunnels something else makes, such as an HTTP client that says little about a proxy's answer.
/// **Bounds**: half of the time that is given for the connection, half for the answer.
package struct TunnelProbe: Sendable {
    private let proxy: ProxyAddress
    private let host: String
    private let port: Int
    private let setting: String

    /// Makes a probe.
    ///
    /// - Parameters:
    ///   - host: where the tunnel is to lead.
    ///   - setting: what names the proxy, for remedies.
    package init(_ proxy: ProxyAddress, to host: String, port: Int, setting: String) {
        self.proxy = proxy
        self.host = host
        self.port = port
        self.setting = setting
    }

    /// Why the proxy makes no tunnel; nil when it makes one.
    @concurrent
    package func refusal(on loop: any EventLoop, within limit: Duration) async -> EventHubsError? {
        let half = TimeAmount(limit / 2)
        let tunnel = ProxyTunnel(through: proxy, to: host, port: port, setting: setting, transportSetting: nil)
        let answered = loop.makePromise(of: Void.self)
        ClientPlatform.system.dial(loop, proxy.host, proxy.port, half) { channel in
            channel.eventLoop.makeCompletedFuture {
                let handler = HandshakeHandler(tunnel, timeout: half) { result in
                    answered.completeWith(result)
                    channel.close(promise: nil)
                }
                try channel.pipeline.syncOperations.addHandler(handler)
            }
        }.cascadeFailure(to: answered)
        do {
            try await answered.futureResult.get()
            return nil
        } catch {
            return TransportErrors.explain(error, peer: "the proxy \(proxy)")
        }
    }
}
