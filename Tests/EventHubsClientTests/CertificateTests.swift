import EventHubs
import EventHubsClient
import Foundation
import NIOSSL
import Testing
import TransportPeers

/// Goal: certificates are checked the same on every way, a client's own is shown where it is wanted, and TLS before 1.2 is
/// not spoken; what fails is named.
///
/// Method: certificates made for each test; dev broker, scripted hub and proxy on real sockets.
@Suite(.timeLimit(.minutes(2))) struct CertificateTests {
    private static let overTLS = ListeningBroker.Way.all.filter(\.usesTLS)

    @Test(arguments: overTLS)
    func anUnknownAuthorityIsNamedOnEveryWay(way: ListeningBroker.Way) async throws {
        try await ListeningBroker.with { broker in
            try await ConnectProxy.with([.tunnel()], on: ListeningBroker.group) { proxy in
                var configuration = broker.configuration(way)
                configuration.security = .tls()
                for through in [nil, ProxyAddress(host: "127.0.0.1", port: proxy.port)] {
                    configuration.proxy = through
                    let error = try await ListeningBroker.refusal(configuration)
                    #expect(error.code == .tlsRefused && !error.isRetriable)
                    #expect(error.summary.contains("but by 'hubwatch dev broker test authority'"), "\(error)")
                }
            }
        }
    }

    @Test func aSelfSignedCertificateIsNamed() async throws {
        try await withHub(tls: try TestAuthority.selfSigned(name: "localhost")) { hub in
            var configuration = hub.configuration()
            configuration.host = "localhost"
            configuration.security = .tls()
            let error = try await ListeningBroker.refusal(configuration)
            #expect(error.code == .tlsRefused && error.summary.contains("self-signed"), "\(error)")
        }
    }

    @Test func anOldTLSIsNotSpoken() async throws {
        let authority = try TestAuthority()
        try await withHub(tls: try authority.server(name: "localhost", newest: .tlsv11)) { hub in
            try await authority.withFile { file in
                var configuration = hub.configuration()
                configuration.host = "localhost"
                var custom = TLSConfiguration.makeClientConfiguration()
                custom.minimumTLSVersion = .tlsv1
                for security in [.tls(authorities: file), .custom(custom)] as [EventHubsConfiguration.TransportSecurity]
                {
                    configuration.security = security
                    let error = try await ListeningBroker.refusal(configuration)
                    #expect(error.code == .tlsRefused && error.summary.contains("no common TLS version"), "\(error)")
                    #expect(error.remedy.contains("TLS 1.2"))
                }
            }
        }
    }

    @Test func tls12IsSpoken() async throws {
        let authority = try TestAuthority()
        try await withHub(partitions: 1, tls: try authority.server(name: "localhost", newest: .tlsv12)) { hub in
            try await hub.append(["a"], to: 0)
            try await authority.withFile { file in
                var configuration = hub.configuration()
                configuration.host = "localhost"
                configuration.security = .tls(authorities: file)
                let recorder = Recorder()
                try await running(try hub.client(configuration), into: recorder) {
                    #expect(await recorder.numbers(1) == [0])
                }
            }
        }
    }

    @Test(arguments: overTLS)
    func aClientCertificateIsShown(way: ListeningBroker.Way) async throws {
        let (authority, stranger) = (try TestAuthority(), try TestAuthority(name: "Stranger"))
        try await authority.withFile { file in
            try await ListeningBroker.with(clientAuthorities: file) { broker in
                var configuration = broker.configuration(way)
                try await authority.withClient { identity in
                    configuration.clientIdentity = identity
                    try await broker.expectReading(configuration)
                }
                configuration.clientIdentity = nil
                let missing = try await ListeningBroker.refusal(configuration)
                #expect(missing.code == .tlsRefused, "\(missing)")
                #expect(missing.summary.contains("wants a client certificate"), "\(missing)")
                #expect(missing.remedy.contains("source.client_certificate_file"))
                try await stranger.withClient { identity in
                    configuration.clientIdentity = identity
                    let unknown = try await ListeningBroker.refusal(configuration)
                    #expect(unknown.code == .tlsRefused && !unknown.isRetriable, "\(unknown)")
                    #expect(unknown.summary.contains("client certificate"), "\(unknown)")
                }
                try await authority.withClient(lasting: -60) { identity in
                    configuration.clientIdentity = identity
                    let expired = try await ListeningBroker.refusal(configuration)
                    #expect(expired.code == .tlsRefused && expired.summary.contains("expired"), "\(expired)")
                }
            }
        }
    }

    @Test func filesThatAreNoIdentityAreNamed() async throws {
        let authority = try TestAuthority()
        func refusal(_ identity: EventHubsConfiguration.ClientIdentity) -> EventHubsError? {
            var configuration = EventHubsConfiguration(
                host: "localhost", port: 5671, security: .tls(), hub: "logs", credential: .none)
            configuration.clientIdentity = identity
            do {
                _ = try ListeningBroker.client(configuration)
                return nil
            } catch {
                return error as? EventHubsError
            }
        }
        try await authority.withClient { one in
            try await authority.withClient { other in
                #expect(refusal(one) == nil)
                let missing = refusal(.init(certificateFile: "/nowhere.pem", keyFile: one.keyFile))
                #expect(missing?.summary.contains("/nowhere.pem") == true)
                let noKey = refusal(.init(certificateFile: one.certificateFile, keyFile: one.certificateFile))
                #expect(noKey?.summary.contains("key in '\(one.certificateFile)'") == true)
                let mixed = refusal(.init(certificateFile: one.certificateFile, keyFile: other.keyFile))
                #expect(
                    mixed?.summary.contains("is not that of the certificate") == true, "\(String(describing: mixed))")
                for error in [missing, noKey, mixed] {
                    #expect(error?.code == .invalidConfiguration && error?.remedy.isEmpty == false)
                }
            }
        }
    }
}
