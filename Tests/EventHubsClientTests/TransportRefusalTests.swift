import EventHubs
import EventHubsClient
import Foundation
import Testing
import TransportPeers
import Transports

/// Goal: proxies and WebSockets that refuse, fall silent or break the protocol end with a sentence that says what, where and
/// what to do, and whether it may pass.
///
/// Method: peers that answer what a test wants, on real sockets; the error that ends a client's start.
@Suite(.timeLimit(.minutes(2))) struct TransportRefusalTests {
    private let group = ListeningBroker.group

    private func configuration(port: Int, proxy: Int? = nil) -> EventHubsConfiguration {
        var made = EventHubsConfiguration(
            host: "127.0.0.1", port: port, security: .plain, hub: "logs", credential: .none)
        made.transport = .webSockets
        made.connectionCount = 1
        made.proxy = proxy.map { ProxyAddress(host: "127.0.0.1", port: $0) }
        return made
    }

    @Test(arguments: [
        (
            ConnectProxy.Behaviour.answer("HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nNo!\n"), false,
            "(403 Forbidden)"
        ),
        (.answer("HTTP/1.1 407 Login\r\nProxy-Authenticate: NTLM\r\n\r\n"), false, "a login by NTLM"),
        (.answer("HTTP/1.0 502 Bad Gateway\r\n\r\n"), true, "could not reach ns.example:443 (502 Bad Gateway)"),
        (.answer("SSH-2.0-OpenSSH_9.6\r\n"), false, "not HTTP"),
        (.answer("HTTP/1.1 200 OK\r\n" + String(repeating: "X: y\r\n", count: 5000)), false, "not HTTP"),
        (.answer("HTTP/1.1 2"), true, "closed the connection"), (.hangUp, true, "closed the connection"),
        (.hang, true, "did not answer within 1 s"),
    ])
    func proxiesThatRefuse(behaviour: ConnectProxy.Behaviour, isRetriable: Bool, text: String) async throws {
        try await ConnectProxy.with([behaviour], on: group) { proxy in
            var configuration = configuration(port: 443, proxy: proxy.port)
            configuration.host = "ns.example"
            configuration.security = .tls()
            configuration.connectTimeout = .seconds(1)
            let error = try await ListeningBroker.refusal(configuration)
            #expect(error.code == .proxyRefused)
            #expect(error.isRetriable == isRetriable)
            #expect(error.summary.contains(text), "\(error)")
            #expect(error.summary.contains("127.0.0.1:\(proxy.port)"))
            #expect(!error.remedy.isEmpty)
            #expect(proxy.requests.first?.hasPrefix("CONNECT ns.example:443 ") == true)
        }
    }

    @Test func aProxyThatIsNotThereIsNamed() async throws {
        let proxy = try await ConnectProxy.start([.hang], on: group)
        await proxy.stop()
        let error = try await ListeningBroker.refusal(configuration(port: 443, proxy: proxy.port))
        #expect(error.code == .unreachable && error.isRetriable)
        #expect(error.summary.contains("the proxy 127.0.0.1:\(proxy.port)"), "\(error)")
        #expect(error.summary.lowercased().contains("refused"))
    }

    @Test func aWebSocketThatIsNotThereIsNamed() async throws {
        let proxy = try await ConnectProxy.start([.hang], on: group)
        await proxy.stop()
        let error = try await ListeningBroker.refusal(configuration(port: proxy.port))
        #expect(error.code == .unreachable && error.summary.contains("refused"), "\(error)")
    }

    @Test(arguments: [
        ("HTTP/1.1 404 Not Found\r\n\r\n", false, "no AMQP WebSocket at /$servicebus/websocket (404 Not Found)"),
        ("HTTP/1.1 503 Busy\r\n\r\n", true, "refused the WebSocket (503 Busy)"),
        ("HTTP/1.1 200 OK\r\n\r\n", false, "(200 OK)"), ("AMQP\u{3}\u{1}\u{0}\u{0}", false, "not HTTP"),
        ("", true, "closed the connection"),
    ])
    func webSocketsThatAreRefused(answer: String, isRetriable: Bool, text: String) async throws {
        try await AnsweringServer.with(on: group, answer: { _ in (Array(answer.utf8), true) }) { server in
            let error = try await ListeningBroker.refusal(configuration(port: server.port))
            #expect(error.code == .webSocketRefused)
            #expect(error.isRetriable == isRetriable)
            #expect(error.summary.contains(text), "\(error)")
            #expect(!error.remedy.isEmpty)
        }
    }

    /// A right answer to a request, with fields changed.
    private static func agreement(_ head: String, protocol name: String = "AMQPWSB10", accept: String? = nil) -> [UInt8]
    {
        let field = head.components(separatedBy: "\r\n").first { $0.hasPrefix("Sec-WebSocket-Key: ") } ?? ""
        let key = accept ?? WebSocketHandshake.acceptance(of: String(field.dropFirst("Sec-WebSocket-Key: ".count)))
        return Array(
            """
            HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r
            Sec-WebSocket-Accept: \(key)\r\nSec-WebSocket-Protocol: \(name)\r\n\r\n
            """.utf8)
    }

    @Test func aWrongKeyAndAWrongProtocolAreRefused() async throws {
        try await AnsweringServer.with(on: group, answer: { (Self.agreement($0, accept: "bm9uZQ=="), false) }) {
            server in
            let error = try await ListeningBroker.refusal(configuration(port: server.port))
            #expect(error.code == .webSocketRefused && !error.isRetriable)
            #expect(error.summary.contains("key does not fit"), "\(error)")
        }
        try await AnsweringServer.with(on: group, answer: { (Self.agreement($0, protocol: "chat"), false) }) { server in
            let error = try await ListeningBroker.refusal(configuration(port: server.port))
            #expect(error.code == .webSocketRefused && !error.isRetriable)
            #expect(error.summary.contains("chose the protocol chat"), "\(error)")
        }
    }

    @Test(
        arguments: [
            ([0x88, 14, 0x03, 0xE9] + Array("going away".utf8) + [33, 33], "code 1001 (going away!!)"),
            ([0x88, 2, 0x03, 0xF3], "code 1011"), ([0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0], "more than 4194304 bytes"),
            ([0x81, 2, 104, 105], "text"), ([0x82, 0x81, 1, 2, 3, 4, 5], "masked"), ([0x80, 0], "continued"),
        ] as [([UInt8], String)])
    func webSocketsThatBreakLater(frame: [UInt8], text: String) async throws {
        // In one piece with the handshake's answer: what follows it must not be lost.
        try await AnsweringServer.with(on: group, answer: { (Self.agreement($0) + frame, false) }) { server in
            let error = try await ListeningBroker.refusal(configuration(port: server.port))
            #expect(error.code == .webSocketRefused && error.isRetriable)
            #expect(error.summary.contains(text), "\(error)")
        }
    }

    @Test func whatCannotHealIsNotAskedAgainSoon() async throws {
        try await AnsweringServer.with(on: group, answer: { _ in (Array("HTTP/1.1 404 No\r\n\r\n".utf8), true) }) {
            server in
            var configuration = configuration(port: server.port)
            configuration.connectionTiming.backoff = Backoff(first: .milliseconds(1), longest: .milliseconds(1))
            let client = try ListeningBroker.client(configuration)
            await #expect(throws: EventHubsError.self) { try await client.run(into: Recorder()) }
            #expect(server.connections == 1)
        }
    }
}
