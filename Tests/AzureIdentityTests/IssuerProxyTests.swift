import AzureTokens
import EventHubs
import FakeIssuers
import Foundation
import NIOPosix
import NIOSSL
import Testing
import TransportPeers

@testable import AzureIdentity

/// Goal: tokens of Entra ID come through the proxy, and nothing else does; a proxy that makes no tunnel is named with a remedy, the fetch is
/// tried again, and the old token lives on.
///
/// Method: the issuer of tokens over real sockets, through a proxy, to the fake issuers behind TLS under a name that only the proxy knows.
@Suite(.timeLimit(.minutes(2))) struct IssuerProxyTests {
    private static let host = "login.example"
    private static let password = "CANARY-proxy-password"
    private static let login = "Basic " + Data("scout:\(password)".utf8).base64EncodedString()
    private static let group = MultiThreadedEventLoopGroup.singleton

    /// A desk whose issuer is behind the proxy; `user` makes it log in.
    private func with(
        _ behaviours: [ConnectProxy.Behaviour], user: String? = nil, password: String = password,
        kind: CredentialKind = .clientSecret, _ body: (Desk, ConnectProxy) async throws -> Void
    ) async throws {
        try await Desk.with { desk in
            let pem = try TestSigner().serverPEM(for: Self.host)
            try Data(pem.certificate.utf8).write(to: URL(filePath: desk.path("authority.pem")))
            let tls = try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: NIOSSLCertificate.fromPEMBytes(Array(pem.certificate.utf8)).map {
                        .certificate($0)
                    }, privateKey: .privateKey(NIOSSLPrivateKey(bytes: Array(pem.key.utf8), format: .pem))))
            let port = try #require(URL(string: desk.issuers.url)?.port)
            try await TLSFront.with(tls, to: port, on: Self.group) { front in
                try await ConnectProxy.with(behaviours, on: Self.group) { proxy in
                    desk.authority = "https://\(Self.host):\(front.port)"
                    desk.surroundings.authorities = desk.path("authority.pem")
                    desk.surroundings.proxy = ProxyAddress(
                        host: "127.0.0.1", port: proxy.port, user: user, password: Secret(password))
                    let authority = desk.authority
                    desk.issuers.expect { $0.authority = authority }
                    try desk.setUp(kind)
                    try await body(desk, proxy)
                }
            }
        }
    }

    @Test(arguments: [CredentialKind.clientSecret, .clientCertificate, .workloadIdentity])
    func tokensOfEntraComeThroughTheProxy(kind: CredentialKind) async throws {
        try await with([.tunnel()], kind: kind) { desk, proxy in
            let token = try await desk.issuer.token(for: "sb://ns/logs")
            #expect(desk.issuers.issued == [token.text.revealed] && desk.issuers.complaints.isEmpty)
            #expect(proxy.requests.count == 1)
            #expect(proxy.requests[0].hasPrefix("CONNECT \(desk.authority.dropFirst("https://".count)) HTTP/1.1\r\n"))
            #expect(proxy.bytesPassed > token.text.revealed.utf8.count)
            #expect(!proxy.requests[0].lowercased().contains("authorization"))
        }
    }

    @Test func theProxyIsLoggedInTo() async throws {
        try await with([.tunnel(login: Self.login)], user: "scout") { desk, proxy in
            _ = try await desk.issuer.token(for: "sb://ns/logs")
            #expect(desk.issuers.issued.count == 1 && proxy.requests.count == 1)
            #expect(!desk.everythingSaid.contains("CANARY"))
        }
    }

    @Test func metadataServicesAreAskedDirectly() async throws {
        try await with([.hangUp], kind: .managedIdentity) { desk, proxy in
            _ = try await desk.issuer.token(for: "sb://ns/logs")
            #expect(desk.issuers.issued.count == 1)
            #expect(proxy.requests.isEmpty)
        }
    }

    @Test(
        arguments: [
            (.tunnel(login: "Basic x"), nil, "wants a login (407", "source.proxy_password_file"),
            (.tunnel(login: "Basic x"), "scout", "refused the login (407", "user and password"),
            (.answer("HTTP/1.1 407 L\r\nProxy-Authenticate: NTLM\r\n\r\n"), "scout", "a login by NTLM", "Basic"),
            (
                .answer("HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nNo!"), nil, "(403 Forbidden)",
                "allow it"
            ),
            (.answer("HTTP/1.1 502 Bad Gateway\r\n\r\n"), nil, "could not reach login.example:", "host name"),
            (.answer("SSH-2.0-OpenSSH_9.6\r\n"), nil, "not HTTP", "source.proxy"),
            (.hangUp, nil, "closed", "HTTP proxy"),
            (.hang, nil, "did not answer within 1 s", "HTTP proxy"),
            // What must not be taken for a tunnel, nor end the process.
            (
                .answer("HTTP/1.1 407 A\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 B\r\n\r\n"), nil, "wants a login",
                "source.proxy"
            ),
            (.answer("HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 403 No\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), nil, "403", "allow"),
            (.answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 "), nil, "login.example", ""),
        ] as [(ConnectProxy.Behaviour, String?, String, String)])
    func aProxyThatMakesNoTunnelIsNamed(
        behaviour: ConnectProxy.Behaviour, user: String?, summary: String, remedy: String
    ) async throws {
        try await with([behaviour], user: user) { desk, proxy in
            // Half for the client's attempt, and half of the rest for the answer to the probe.
            if behaviour == .hang { desk.surroundings.exchangeLimit = .seconds(4) }
            desk.renew()
            let error = try #require(await desk.refusal())
            #expect(error.summary.contains(summary) && (remedy.isEmpty || error.remedy.contains(remedy)), "\(error)")
            // Whatever follows a tunnel that was promised comes from the issuer, as far as anybody can tell.
            let isTunnel = if case .answer(let text) = behaviour { text.hasPrefix("HTTP/1.1 200") } else { false }
            if !isTunnel {
                #expect(error.code == .proxyRefused)
                #expect(error.summary.contains("The proxy 127.0.0.1:\(proxy.port) "), "\(error)")
            }
            #expect(!error.remedy.isEmpty && proxy.requests.count <= 2)
            #expect(!error.remedy.contains("AMQP"), "the issuer does not speak it")
            #expect(desk.issuers.requests.isEmpty)
            #expect(!"\(error)\(desk.everythingSaid)".contains("CANARY"))
        }
    }

    @Test func aProxyThatIsNotThereIsNamed() async throws {
        try await with([.hangUp]) { desk, proxy in
            await proxy.stop()
            let error = try #require(await desk.refusal())
            #expect(error.code == .unreachable && error.isRetriable)
            #expect(error.summary.contains("the proxy 127.0.0.1:\(proxy.port)"), "\(error)")
            #expect(error.summary.lowercased().contains("refused") && !error.remedy.isEmpty)
        }
    }

    @Test func whileTheProxyRefusesTheOldTokenLivesOn() async throws {
        let refusal = ConnectProxy.Behaviour.answer("HTTP/1.1 403 Forbidden\r\n\r\n")
        // A fetch that fails asks the proxy twice: for a tunnel, and for the reason.
        try await with([.tunnel(), refusal, refusal, .tunnel()]) { desk, proxy in
            let first = try await desk.issuer.token(for: "a")
            desk.time.advance(by: .seconds(3000))
            let still = try await desk.issuer.token(for: "a")
            #expect(still.text == first.text && still.lifetime == .seconds(600))
            #expect(desk.log.contains("the old one is used while it lives, for 600 s more"))
            #expect(desk.log.contains("The proxy 127.0.0.1:\(proxy.port) does not allow a tunnel to \(Self.host)"))
            #expect(proxy.requests.count == 3 && desk.issuers.requests.count == 1)
            desk.time.advance(by: .seconds(60))
            #expect(try await desk.issuer.token(for: "a").text != first.text)
            #expect(desk.log.contains("answers again") && proxy.requests.count == 4)
        }
    }

    @Test func anIssuerThatIsNotTrustedGetsNothingThroughTheProxyEither() async throws {
        try await with([.tunnel()]) { desk, proxy in
            desk.surroundings.authorities = nil
            desk.renew()
            let error = try #require(await desk.refusal())
            #expect(error.code == .tlsRefused && error.summary.contains(Self.host), "\(error)")
            #expect(proxy.requests.count == 1 && desk.issuers.requests.isEmpty)
        }
    }
}
