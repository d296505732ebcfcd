import AzureTokens
import FakeIssuers
import Foundation
import NIOPosix
import NIOSSL
import ProgramRuns
import Receivers
import Testing
import TransportPeers

/// Goal: where the environment names a proxy, the command signs in and sends findings through it, and shows no password.
///
/// Method: the built `hubwatch` as a process, with an issuer of tokens and a web server under names that only the proxy knows.
@Suite(.timeLimit(.minutes(3))) struct ProxyCommandTests {
    private static let login = "Basic " + Data("scout:CANARY-password".utf8).base64EncodedString()
    private static let group = MultiThreadedEventLoopGroup.singleton

    /// TLS for a server of a name; its certificate is added to a file of authorities.
    private static func tls(for host: String, trustedIn file: String) throws -> NIOSSLContext {
        let pem = try TestSigner().serverPEM(for: host)
        let known = FileManager.default.contents(atPath: file) ?? Data()
        try (known + Data("\n\(pem.certificate)\n".utf8)).write(to: URL(filePath: file))
        return try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: NIOSSLCertificate.fromPEMBytes(Array(pem.certificate.utf8)).map { .certificate($0) },
                privateKey: .privateKey(NIOSSLPrivateKey(bytes: Array(pem.key.utf8), format: .pem))))
    }

    @Test func aRunSignsInThroughTheProxy() async throws {
        try await SignedInReader.with { reader in
            let hub = reader.hub
            try hub.append([Records.keyListing(correlation: "one")], partition: 0)
            let tls = try Self.tls(for: "login.example", trustedIn: reader.authority)
            let port = try #require(URL(string: reader.issuers.url)?.port)
            try await TLSFront.with(tls, to: port, on: Self.group) { front in
                try await ConnectProxy.with([.tunnel(login: Self.login)], on: Self.group) { proxy in
                    var variables = try reader.setUp(.clientSecret).variables
                    variables["AZURE_AUTHORITY_HOST"] = "https://login.example:\(front.port)"
                    let arguments = [
                        "run", "--namespace", "localhost:\(hub.tlsPort)", "--hub", "logs", "--ca-file",
                        reader.authority, "--state", hub.path("own.db"), "--findings", hub.path("own.ndjson"),
                        "--until-caught-up", "--rules", HubFixture.root.appending(path: "Config/rules").path,
                        "--set", "http.listen=none",
                    ]
                    variables["HTTPS_PROXY"] = "http://scout:CANARY-password@127.0.0.1:\(proxy.port)"
                    let right = try await CommandProcess.run(arguments, environment: variables)
                    #expect(right.status == 0 && right.output.contains("Signed in with client-secret"), "\(right)")
                    // The broker is on this machine, which no proxy of the environment reaches.
                    #expect(!proxy.requests.isEmpty)
                    #expect(proxy.requests.allSatisfy { $0.hasPrefix("CONNECT login.example:\(front.port) ") })
                    variables["HTTPS_PROXY"] = "http://scout:CANARY-wrong@127.0.0.1:\(proxy.port)"
                    let wrong = try await CommandProcess.run(arguments, environment: variables)
                    #expect(wrong.status != 0 && wrong.output.contains("refused the login (407"), "\(wrong)")
                    #expect(wrong.output.contains("127.0.0.1:\(proxy.port)"))
                    #expect(!(right.output + wrong.output).contains("CANARY"))
                }
            }
        }
    }

    @Test func aTestFindingIsSentThroughTheProxy() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hubwatch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let authority = folder.appending(path: "ca.pem").path
        let receiver = try await HTTPReceiver(tls: Self.tls(for: "hooks.example", trustedIn: authority)) { _, _ in
            .reply(200)
        }
        try await ConnectProxy.with([.tunnel(login: Self.login)], on: Self.group) { proxy in
            let configuration = """
                sinks:
                  soc:
                    type: webhook
                    url: https://hooks.example:\(receiver.port)/hook
                    ca_file: \(authority)
                """
            let file = folder.appending(path: "hubwatch.yaml")
            try Data(configuration.utf8).write(to: file)
            let arguments = ["sinks", "test", "--config", file.path]
            let variables = ["https_proxy": "http://scout:CANARY-password@127.0.0.1:\(proxy.port)"]
            let sent = try await CommandProcess.run(arguments, environment: variables)
            #expect(sent.status == 0 && sent.output.contains("through 127.0.0.1:\(proxy.port)"), "\(sent)")
            #expect(receiver.requests.count == 1 && proxy.requests.count == 1)
            let other = variables.merging(["no_proxy": "example"]) { $1 }
            let direct = try await CommandProcess.run(arguments, environment: other)
            #expect(
                direct.status != 0 && direct.output.contains("not taken"), "no such name without the proxy: \(direct)")
            let refused = try await CommandProcess.run(
                arguments, environment: ["https_proxy": "http://127.0.0.1:\(proxy.port)"])
            #expect(refused.status != 0 && refused.output.contains("sinks.soc.proxy_password_file"), "\(refused)")
            #expect(receiver.requests.count == 1)
            #expect(!(sent.output + direct.output + refused.output).contains("CANARY"))
        }
        await receiver.close()
    }
}
