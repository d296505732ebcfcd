import AMQPTypes
import AzureTokens
import EventHubs
import Testing

@testable import Diagnosis

/// Goal: what ways to sign in gave is told so that a person knows which way it was, why it failed, and that no key is at fault.
///
/// Method: observations as values, times as numbers.
@Suite struct SignInDiagnosisTests {
    private func names(_ sightings: [Sighting]) -> [String] { sightings.map(\.symptom.name) }

    private func way(_ kind: CredentialKind, _ outcome: SignInWay.Outcome, file: CredentialFile? = nil) -> SignInWay {
        SignInWay(kind, label: "label", outcome, file: file)
    }

    private func refusal(
        _ kind: CredentialKind, _ code: EventHubsError.Code, _ summary: String = "said", file: CredentialFile? = nil
    ) -> String? {
        let error = EventHubsError(code, summary, remedy: "advice")
        let observation = SignInObservation(
            [way(kind, .failed(.failed(error)), file: file)], isNamed: true)
        return names(Diagnosis.signIn(observation, nowMs: 1000)).first
    }

    @Test func withoutAnIdentityNobodySignsIn() {
        #expect(names(Diagnosis.signIn(nil, nowMs: 0)) == ["sign-in-not-needed"])
    }

    @Test func theWayThatSignedInIsToldWithThoseBeforeIt() {
        let gone = EventHubsError(.unreachable, "nobody there")
        let sightings = Diagnosis.signIn(
            SignInObservation(
                [
                    way(.clientSecret, .notSetUp("no secret")),
                    way(.managedIdentity, .failed(.unavailable(gone))), way(.azureCLI, .signedIn),
                ], isNamed: false, endMs: 3_601_000), nowMs: 1000)
        #expect(names(sightings) == ["signed-in-as-person", "ways-passed"])
        #expect(
            sightings[1].seen
                == "before it in the order: client-secret (not set up), managed-identity (nobody there)")
        let named = Diagnosis.signIn(
            SignInObservation([way(.azureCLI, .signedIn)], isNamed: true, endMs: 3_601_000), nowMs: 1000)
        #expect(names(named) == ["signed-in"], "whoever names it means it")
        #expect(
            named[0].seen
                == "signed in by azure-cli: label; the token ends in 60 min, 1970-01-01T01:00:01Z, and is renewed before"
        )
    }

    @Test func waysThatAreNotThereAreListedWithTheirReasons() {
        let gone = EventHubsError(.unreachable, "nobody there")
        let sightings = Diagnosis.signIn(
            SignInObservation(
                [way(.clientSecret, .notSetUp("no secret")), way(.azureCLI, .failed(.unavailable(gone)))],
                isNamed: false), nowMs: 0)
        #expect(names(sightings) == ["ways-exhausted", "way-absent", "way-absent"])
        #expect(
            sightings.map(\.seen) == [
                "none of 2 ways to sign in is there", "client-secret: no secret", "azure-cli: nobody there",
            ])
        #expect(CheckResult(.signIn, tried: "", sightings).verdict == .failed)
        #expect(names(Diagnosis.signIn(SignInObservation([], isNamed: false), nowMs: 0)) == ["ways-exhausted"])
    }

    @Test(arguments: [
        (7_000_215, "client-secret-wrong"), (7_000_222, "client-secret-ended"), (700_016, "application-unknown"),
        (90_002, "tenant-unknown"), (900_023, "tenant-unknown"), (700_027, "client-certificate-unknown"),
        (70_021, "federation-refused"), (700_213, "federation-refused"), (700_024, "assertion-out-of-time"),
        (500_011, "scope-unknown"), (53_003, "sign-in-refused"),
    ])
    func codesOfEntraAreToldApart(code: Int, name: String) {
        #expect(refusal(.clientSecret, .unauthorized, "x gave no token: status 401, AADSTS\(code)") == name)
    }

    @Test(arguments: [
        (CredentialKind.clientSecret, EventHubsError.Code.unreachable, "issuer-unreachable"),
        (.managedIdentity, .unreachable, "metadata-silent"), (.managedIdentity, .timedOut, "metadata-silent"),
        (.workloadIdentity, .timedOut, "issuer-silent"), (.clientSecret, .tlsRefused, "issuer-untrusted"),
        (.clientSecret, .proxyRefused, "issuer-proxy-refused"), (.clientSecret, .throttled, "issuer-busy"),
        (.clientSecret, .serviceFault, "issuer-busy"), (.clientSecret, .protocolViolation, "issuer-strange"),
        (.clientSecret, .tokenExpired, "token-ended-on-arrival"),
        (.sharedAccessSignature, .tokenExpired, "credential-unusable"),
        (.clientCertificate, .invalidConfiguration, "credential-unusable"),
        (.managedIdentity, .unauthorized, "managed-identity-refused"),
        (.clientSecret, .unauthorized, "sign-in-refused"), (.azureCLI, .timedOut, "azure-cli-unusable"),
    ])
    func whatKeepsATokenAwayIsToldApart(kind: CredentialKind, code: EventHubsError.Code, name: String) {
        #expect(refusal(kind, code) == name)
    }

    @Test func filesAreLookedAtOnlyWhenTheIssuerIsNotInTheWay() {
        let gone = CredentialFile(path: "/f", exists: false)
        let ended = CredentialFile(path: "/f", exists: true, endMs: 999)
        let valid = CredentialFile(path: "/f", exists: true, endMs: 1001)
        #expect(refusal(.workloadIdentity, .invalidConfiguration, file: gone) == "federated-token-missing")
        #expect(refusal(.clientCertificate, .invalidConfiguration, file: gone) == "credential-file-missing")
        #expect(refusal(.workloadIdentity, .unauthorized, file: ended) == "federated-token-ended")
        #expect(refusal(.workloadIdentity, .unauthorized, file: valid) == "sign-in-refused")
        #expect(refusal(.workloadIdentity, .unreachable, file: ended) == "issuer-unreachable")
    }

    // MARK: what the broker makes of the token

    private func cbs(_ text: String, _ code: EventHubsError.Code = .unauthorized, isSaid: Bool = true) -> [String] {
        let credential = ConnectionObservation.Credential(policy: "p", audience: "a", lifeMs: 1, isIdentity: true)
        let condition = AMQPCondition(name: "c", description: text, info: [:])
        let error = EventHubsError(code, "summary", condition: isSaid ? condition : nil)
        return names(
            Diagnosis.cbs(
                ConnectionObservation(stage: .opened, error: error, mechanism: "ANONYMOUS", credential: credential)))
    }

    @Test func noRefusalOfAnIdentityBlamesAKey() {
        #expect(cbs("InvalidSignature: …") == ["identity-token-untrusted"])
        #expect(cbs("InvalidIssuer: …") == ["identity-token-untrusted"])
        #expect(cbs("InvalidAudience: …") == ["identity-token-for-other"])
        #expect(cbs("ExpiredToken: …", .tokenExpired) == ["identity-token-stale"])
        #expect(cbs("'Listen' claim(s) are required to perform this operation") == ["identity-roleless"])
        #expect(cbs("something new") == ["identity-token-refused"])
        #expect(cbs("", isSaid: false) == ["identity-token-missing"])
        #expect(cbs("", .timedOut, isSaid: false) == ["token-silent"])
        #expect(cbs("not found", .notFound) == ["token-unjudged"])
    }

    @Test func aMissingRoleIsAMissingRole() {
        let error = EventHubsError(
            .unauthorized, "s", condition: AMQPCondition(name: "c", description: "d", info: [:]))
        let refused = AttachObservation(outcomes: [("0", error)])
        #expect(names(Diagnosis.claims(refused, identity: "who")) == ["role-missing"])
        #expect(names(Diagnosis.claims(refused)) == ["listen-missing"])
        #expect(names(Diagnosis.hub(.failure(error), identity: "who")) == ["hub-role-missing"])
        #expect(names(Diagnosis.hub(.failure(error))) == ["hub-forbidden"])
    }
}
