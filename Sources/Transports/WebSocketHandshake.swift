import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The handshake by which an HTTP connection becomes a WebSocket that carries AMQP.
///
/// **Source**: RFC 6455, section 4; path and subprotocol as the Event Hubs service has them.
public struct WebSocketHandshake: Handshake {
    /// Where the service has its WebSocket.
    public static let path = "/$servicebus/websocket"
    /// What the service calls AMQP 1.0 on it.
    public static let subprotocol = "AMQPWSB10"

    private let peer: String
    private let authority: String
    private let key: String

    /// Makes the handshake.
    ///
    /// - Parameters:
    ///   - peer: the broker's name in messages.
    ///   - authority: the broker's host name, with the port where it is not the usual one.
    ///   - nonce: 16 bytes that nobody can foresee.
    public init(peer: String, authority: String, nonce: (UInt64, UInt64)) {
        self.peer = peer
        self.authority = authority
        var bytes: [UInt8] = []
        for word in [nonce.0, nonce.1] { bytes += (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
        key = Data(bytes).base64EncodedString()
    }

    /// The request to upgrade.
    public var question: HTTPQuestion {
        HTTPQuestion(
            method: "GET", target: Self.path,
            fields: [
                ("Host", authority), ("User-Agent", "hubwatch"), ("Connection", "Upgrade"), ("Upgrade", "websocket"),
                ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", key),
                ("Sec-WebSocket-Protocol", Self.subprotocol),
            ])
    }

    /// The proof that a peer has read a key and means WebSocket.
    public static func acceptance(of key: String) -> String {
        let text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        return Data(Insecure.SHA1.hash(data: Data(text.utf8))).base64EncodedString()
    }

    /// Every demand of RFC 6455, section 4.1, on the answer, and ours for the subprotocol.
    public func judge(_ answer: HTTPAnswer) throws(TransportRefusal) {
        guard answer.status == 101 else { throw refused(answer) }
        guard answer.list(of: "Upgrade") == ["websocket"], answer.list(of: "Connection").contains("upgrade") else {
            throw broken("the answer changes to another protocol")
        }
        guard answer.values(of: "Sec-WebSocket-Accept") == [Self.acceptance(of: key)] else {
            throw broken("the answer's key does not fit the request")
        }
        let chosen = answer.values(of: "Sec-WebSocket-Protocol")
        guard chosen == [Self.subprotocol] else {
            let said = chosen.first.map { "chose the protocol \(PeerText.shown($0, max: 30))" } ?? "chose no protocol"
            throw refusal(
                "\(peer) \(said) on the WebSocket instead of \(Self.subprotocol)",
                remedy: "Check that host and port are those of an Event Hubs namespace", isRetriable: false)
        }
        guard answer.list(of: "Sec-WebSocket-Extensions").isEmpty else {
            throw broken("the answer demands an extension that nobody asked for")
        }
    }

    private func refused(_ answer: HTTPAnswer) -> TransportRefusal {
        let what = "\(peer) refused the WebSocket (\(answer.statusText))"
        switch answer.status {
        case 404, 410:
            return refusal(
                "\(peer) has no AMQP WebSocket at \(Self.path) (\(answer.statusText))",
                remedy: "Check that host and port are those of an Event Hubs namespace", isRetriable: false)
        case 401, 403:
            return refusal(
                what, remedy: "Check the namespace's network rules, and any gateway on the way", isRetriable: false)
        case 408, 429, 500...599:
            return refusal(what, remedy: "It may pass; check the service's health if it stays", isRetriable: true)
        default:
            return refusal(
                what, remedy: "Check host and port, and that gateways on the way let WebSockets through",
                isRetriable: false)
        }
    }

    private func broken(_ why: String) -> TransportRefusal {
        refusal(
            "The WebSocket to \(peer) was not made: \(why)",
            remedy: "Something on the way answers in the broker's place: check proxies and gateways", isRetriable: false
        )
    }

    /// What it means that nobody has answered.
    public func refusal(_ failure: HandshakeFailure) -> TransportRefusal {
        switch failure {
        case .hungUp:
            refusal(
                "\(peer) closed the connection instead of answering the request for a WebSocket",
                remedy: "Check that the port speaks HTTP (443), and that TLS is set as the broker has it",
                isRetriable: true)
        case .silent(let seconds):
            refusal(
                "\(peer) did not answer the request for a WebSocket within \(seconds) s",
                remedy: "Check that the port speaks HTTP (443), and that TLS is set as the broker has it",
                isRetriable: true)
        case .notHTTP, .tooLong:
            refusal(
                "\(peer) answered the request for a WebSocket with something that is not HTTP",
                remedy: "Use the port for WebSockets (443), or source.transport: amqp for this one", isRetriable: false)
        }
    }

    private func refusal(_ summary: String, remedy: String, isRetriable: Bool) -> TransportRefusal {
        TransportRefusal(.webSocket, summary, remedy: remedy, isRetriable: isRetriable)
    }
}
