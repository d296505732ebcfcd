import EventHubs
import EventHubsClient
import Testing

/// Goal: TLS verifies the authority and the host name, and a refusal names the certificate's problem.
///
/// Method: the scripted hub behind TLS with certificates made for each test.
@Suite(.timeLimit(.minutes(1))) struct TLSTests {
    private func configuration(_ hub: HubServer, authorities: String?) -> EventHubsConfiguration {
        var made = hub.configuration()
        made.host = "localhost"
        made.security = .tls(authorities: authorities)
        return made
    }

    private func refusal(_ hub: HubServer, authorities: String?) async throws -> EventHubsError? {
        let client = try hub.client(configuration(hub, authorities: authorities))
        do throws(EventHubsError) {
            try await client.run(into: Recorder())
            return nil
        } catch {
            return error
        }
    }

    @Test func aTrustedAuthorityAndTheRightNameAreAccepted() async throws {
        let authority = try TestAuthority()
        try await withHub(partitions: 1, tls: try authority.server(name: "localhost")) { hub in
            try await hub.append(["a"], to: 0)
            try await authority.withFile { file in
                let recorder = Recorder()
                try await running(try hub.client(configuration(hub, authorities: file)), into: recorder) {
                    #expect(await recorder.numbers(1) == [0])
                }
            }
        }
    }

    @Test func anUnknownAuthorityIsNamed() async throws {
        try await withHub(tls: try TestAuthority().server(name: "localhost")) { hub in
            let error = try await refusal(hub, authorities: nil)
            #expect(error?.code == .tlsRefused)
            #expect(error?.isRetriable == false)
            #expect(error?.summary.contains("not signed by an authority") == true, "\(String(describing: error))")
            #expect(error?.remedy.isEmpty == false)
        }
    }

    @Test func anExpiredCertificateIsNamed() async throws {
        let authority = try TestAuthority()
        try await withHub(tls: try authority.server(name: "localhost", lasting: -90_000)) { hub in
            try await authority.withFile { file in
                let error = try await refusal(hub, authorities: file)
                #expect(error?.code == .tlsRefused)
                #expect(error?.summary.contains("expired 1 day ago") == true, "\(String(describing: error))")
            }
        }
    }

    @Test func aCertificateForAnotherNameIsNamed() async throws {
        let authority = try TestAuthority()
        try await withHub(tls: try authority.server(name: "other.example")) { hub in
            try await authority.withFile { file in
                let error = try await refusal(hub, authorities: file)
                #expect(error?.code == .tlsRefused)
                #expect(error?.summary.contains("other host names") == true, "\(String(describing: error))")
            }
        }
    }
}
