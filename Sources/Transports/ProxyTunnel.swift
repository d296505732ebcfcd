/// The handshake by which an HTTP proxy becomes a tunnel to the broker, an issuer of tokens, or a receiver of findings.
///
/// **Source**: RFC 9110, sections 9.3.6 (CONNECT) and 11.7 (proxy authentication).
public struct ProxyTunnel: Handshake {
    private let proxy: String
    private let target: String
    private let targetPort: Int
    private let authorization: String?
    private let setting: String
    private let transportSetting: String?

    /// Makes the handshake.
    ///
    /// - Parameters:
    ///   - proxy: the proxy's name in messages.
    ///   - host: where the tunnel is to lead; brackets around an IPv6 address.
    ///   - port: the port there.
    ///   - authorization: the value of the `Proxy-Authorization` field.
    ///   - setting: what names the proxy; the setting for its password ends in `_password_file`.
    ///   - transportSetting: what chooses AMQP over WebSockets, where the tunnel is for AMQP; nil for anything else.
    public init(
        proxy: String, host: String, port: Int, authorization: String?, setting: String, transportSetting: String?
    ) {
        self.proxy = proxy
        self.setting = setting
        self.transportSetting = transportSetting
        target = "\(host):\(port)"
        targetPort = port
        self.authorization = authorization
    }

    /// CONNECT.
    public var question: HTTPQuestion {
        var fields = [(name: "Host", value: target), (name: "User-Agent", value: "hubwatch")]
        if let authorization { fields.append((name: "Proxy-Authorization", value: authorization)) }
        return HTTPQuestion(method: "CONNECT", target: target, fields: fields)
    }

    /// Any 2xx makes the tunnel.
    public func judge(_ answer: HTTPAnswer) throws(TransportRefusal) {
        switch answer.status {
        case 200...299: return
        case 407: throw loginRefused(answer)
        case 401, 403, 405: throw forbidden(answer)
        case 500...599, 429, 408:
            throw refusal(
                "The proxy \(proxy) could not reach \(target) (\(answer.statusText))",
                remedy: "Check the host name, and whether the proxy itself reaches it", isRetriable: true)
        default:
            throw refusal(
                "The proxy \(proxy) made no tunnel to \(target) (\(answer.statusText))",
                remedy: "Check that this is a proxy that knows CONNECT (\(setting))", isRetriable: false)
        }
    }

    private func loginRefused(_ answer: HTTPAnswer) -> TransportRefusal {
        // Schemes stand first in each challenge; a challenge's parameters may hold commas, so a list is no list of schemes.
        let schemes = answer.values(of: "Proxy-Authenticate").compactMap {
            $0.split(separator: " ").first.map(String.init)
        }
        let offered = schemes.prefix(4).map { PeerText.shown($0, max: 20) }.joined(separator: ", ")
        if !schemes.isEmpty, !schemes.contains(where: { $0.lowercased() == "basic" }) {
            return refusal(
                "The proxy \(proxy) wants a login by \(offered), and only Basic is supported",
                remedy: "Have the proxy let this machine in without a login or with Basic", isRetriable: false)
        }
        guard authorization == nil else {
            return refusal(
                "The proxy \(proxy) refused the login (\(answer.statusText))",
                remedy: "Check the user and password of \(setting)", isRetriable: false)
        }
        return refusal(
            "The proxy \(proxy) wants a login (\(answer.statusText))",
            remedy: "Give a user in \(setting) and the password in \(setting)_password_file", isRetriable: false)
    }

    private func forbidden(_ answer: HTTPAnswer) -> TransportRefusal {
        let alone = "; many proxies allow port 443 alone"
        let amqp = transportSetting.map { ", which AMQP over WebSockets uses (\($0): websockets)" } ?? ""
        let way = targetPort == 443 ? "" : alone + amqp
        return refusal(
            "The proxy \(proxy) does not allow a tunnel to \(target) (\(answer.statusText))",
            remedy: "Have the proxy allow it\(way)", isRetriable: false)
    }

    /// What it means that the proxy has not answered.
    public func refusal(_ failure: HandshakeFailure) -> TransportRefusal {
        switch failure {
        case .hungUp:
            refusal(
                "The proxy \(proxy) closed the connection instead of making a tunnel to \(target)",
                remedy: "Check that this is an HTTP proxy and that it lets this machine in", isRetriable: true)
        case .silent(let seconds):
            refusal(
                "The proxy \(proxy) did not answer within \(seconds) s",
                remedy: "Check that this is an HTTP proxy and that it reaches \(target)", isRetriable: true)
        case .notHTTP, .tooLong:
            refusal(
                "The proxy \(proxy) answered with something that is not HTTP",
                remedy: "Check that host and port of \(setting) are those of an HTTP proxy", isRetriable: false)
        }
    }

    private func refusal(_ summary: String, remedy: String, isRetriable: Bool) -> TransportRefusal {
        TransportRefusal(.proxy, summary, remedy: remedy, isRetriable: isRetriable)
    }
}

extension ProxyTunnel: CustomReflectable {
    /// Nothing to look into: the login is inside.
    public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
