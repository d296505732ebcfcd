import EventHubs
import Transports

extension EventHubsConfiguration {
    /// What carries AMQP.
    public enum Transport: String, Hashable, Sendable, CaseIterable {
        /// A connection of its own: port 5671 with TLS, 5672 without.
        case amqp
        /// A WebSocket: port 443 with TLS, 80 without.
        case webSockets

        /// The port where nobody names one.
        func port(isPlain: Bool) -> Int {
            switch self {
            case .amqp: isPlain ? 5672 : 5671
            case .webSockets: isPlain ? 80 : 443
            }
        }
    }

    /// A certificate with which the client proves to the broker who it is, in TLS.
    public struct ClientIdentity: Hashable, Sendable {
        /// PEM file: the client's certificate first, then the authorities between it and one that the broker trusts.
        public var certificateFile: String
        /// PEM file with the key, not encrypted.
        public var keyFile: String

        /// Makes an identity of two files, which are read when a client is made.
        public init(certificateFile: String, keyFile: String) {
            self.certificateFile = certificateFile
            self.keyFile = keyFile
        }
    }

    /// Where the channel leads: the broker, or the address that stands in for it.
    var target: (host: String, port: Int) {
        guard let endpointAddress else { return (host, port) }
        return (endpointAddress.host, endpointAddress.port ?? port)
    }

    /// Whether bytes are not encrypted.
    var isPlain: Bool { if case .plain = security { true } else { false } }

    /// The broker's name in errors and logs: where the channel leads, and by what name if that is another.
    var peer: String {
        let place = HostAndPort(host: target.host, port: target.port).description
        return target.host == host ? place : "\(host) at \(place)"
    }

    /// The broker's name in addresses: with the port where it is not a usual one.
    var authority: String { [5671, 5672, 443, 80].contains(port) ? host : "\(host):\(port)" }

    /// The way in words, for the log.
    var way: String {
        var way = transport == .webSockets ? "AMQP over WebSockets" : "AMQP"
        if !isPlain { way += " in TLS" }
        if let proxy { way += " through proxy \(proxy)" }
        return way
    }

    /// The handshake with the proxy.
    func tunnel(through proxy: ProxyAddress) -> ProxyTunnel {
        ProxyTunnel(
            through: proxy, to: target.host, port: target.port, setting: proxySetting,
            transportSetting: transportSetting)
    }

    /// The handshake for a WebSocket.
    func webSocketHandshake() -> WebSocketHandshake {
        var chance = platform.chance
        let name = HostAndPort(host: host, port: [443, 80].contains(port) ? nil : port)
        return WebSocketHandshake(peer: peer, authority: name.description, nonce: (chance.next(), chance.next()))
    }
}

extension ProxyTunnel {
    /// The handshake with a proxy for a tunnel to a host; the login is the proxy's own.
    init(through proxy: ProxyAddress, to host: String, port: Int, setting: String, transportSetting: String?) {
        self.init(
            proxy: proxy.description, host: HostAndPort(host: host).description, port: port,
            authorization: proxy.authorization?.revealed, setting: setting, transportSetting: transportSetting)
    }
}
