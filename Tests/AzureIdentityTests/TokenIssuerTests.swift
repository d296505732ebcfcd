import AzureTokens
import EventHubs
import FakeIssuers
import Foundation
import Logging
import NIOPosix
import Synchronization
import Testing

@testable import AzureIdentity

/// Goal: every way to sign in brings a token, over real sockets, from issuers that check what they are sent; every way that an issuer
/// can fail becomes an error with a remedy, in bounded time.
///
/// Method: the issuer of tokens as the client uses it, against the fake issuers.
@Suite(.timeLimit(.minutes(2))) struct TokenIssuerTests {
    // MARK: Ways

    @Test(arguments: [
        CredentialKind.clientSecret, .clientCertificate, .workloadIdentity, .managedIdentity, .azureCLI,
    ])
    func everyWayBringsATokenThatIsNeverShown(kind: CredentialKind) async throws {
        try await Desk.with { desk in
            try desk.setUp(kind)
            let token = try await desk.issuer.token(for: "sb://ns/logs")
            #expect(desk.issuers.issued.contains(token.text.revealed))
            #expect(desk.issuers.complaints.isEmpty)
            #expect(token.type == .jwt && token.lifetime > .seconds(3500))
            #expect(desk.issuer.credential?.isEmpty == false)
            #expect(desk.log.contains("Signed in with \(kind.rawValue)"))
            #expect(!desk.everythingSaid.contains(token.text.revealed) && !desk.everythingSaid.contains("CANARY"))
        }
    }

    @Test(arguments: [
        (["IDENTITY_ENDPOINT": "/app-service/token", "IDENTITY_HEADER": "CANARY-identity-header"], "App Service"),
        (["IDENTITY_ENDPOINT": "/arc/token", "IMDS_ENDPOINT": "http://localhost:40342"], "Azure Arc"),
        (["MSI_ENDPOINT": "/ml/token", "MSI_SECRET": "CANARY-msi-secret"], "Azure Machine Learning"),
        (["MSI_ENDPOINT": "/shell/token"], "Cloud Shell"),
        (["AZURE_POD_IDENTITY_AUTHORITY_HOST": ""], "the virtual machine"),
    ])
    func everyPlaceOfAManagedIdentityIsAsked(variables: [String: String], label: String) async throws {
        try await Desk.with { desk in
            for id in [nil, "app-1"] {
                desk.issuers.expect { $0.client = id }
                desk.environment = AzureEnvironment(
                    variables.mapValues { $0.hasPrefix("/") || $0.isEmpty ? desk.issuers.url + $0 : $0 })
                desk.environment.client = id
                desk.choice = .named(.managedIdentity)
                desk.renew()
                let token = try await desk.issuer.token(for: "a")
                #expect(desk.issuers.issued.last == token.text.revealed)
                #expect(desk.issuer.credential?.contains(label) == true)
            }
            #expect(desk.issuers.complaints.isEmpty)
            #expect(!desk.everythingSaid.contains("CANARY"))
        }
    }

    @Test func anArcAgentThatNamesAnotherFileIsNotObeyed() async throws {
        try await Desk.with { desk in
            let secret = desk.path("outside.key")
            try Data("CANARY-outside".utf8).write(to: URL(filePath: secret))
            desk.issuers.expect { $0.arcFolder = NSString(string: secret).deletingLastPathComponent }
            desk.environment = AzureEnvironment([
                "IDENTITY_ENDPOINT": desk.issuers.url + "/arc/token", "IMDS_ENDPOINT": "x",
            ])
            desk.choice = .named(.managedIdentity)
            desk.renew()
            let error = await desk.refusal()
            #expect(error?.code == .protocolViolation && error?.remedy.contains("himds") == true)
            #expect(desk.issuers.requests.count == 1, "nothing was sent back")
        }
    }

    @Test func aKeyOfArcThatIsTooLargeIsNotSent() async throws {
        try await Desk.with { desk in
            let folder = desk.arcFolder
            let file = "\(folder)/big.key"
            try Data(repeating: 65, count: 5000).write(to: URL(filePath: file))
            #expect {
                try SmallFile.text(file, "Azure Arc's key", bytesMax: ArcChallenge.bytesMax)
            } throws: {
                "\($0)".contains("4096") && !"\($0)".contains("AAAA")
            }
            try Data(repeating: 65, count: 4096).write(to: URL(filePath: file))
            #expect(try SmallFile.text(file, "Azure Arc's key", bytesMax: ArcChallenge.bytesMax).revealed.count == 4096)
        }
    }

    @Test func theFirstWayThatIsThereIsFoundAndSaid() async throws {
        try await Desk.with { desk in
            // Nobody listens at the metadata service's address; the CLI is signed in.
            try desk.setUp(.azureCLI)
            desk.environment.podIdentityHost = "http://127.0.0.1:1"
            desk.choice = .automatic
            desk.renew()
            _ = try await desk.issuer.token(for: "a")
            #expect(desk.log.contains("Signed in with azure-cli"))
            #expect(desk.log.contains("managed-identity gives no token"))
            // With a machine that has an identity the CLI is not asked.
            desk.environment.podIdentityHost = desk.issuers.url
            desk.issuers.expect { $0.client = nil }
            desk.renew()
            _ = try await desk.issuer.token(for: "a")
            #expect(desk.issuer.credential?.contains("managed identity") == true)
            // A wrong secret is not passed over: it is a mistake.
            desk.environment = AzureEnvironment([
                "AZURE_TENANT_ID": "tenant-1", "AZURE_CLIENT_ID": "app-1", "AZURE_CLIENT_SECRET": "CANARY-wrong",
                "AZURE_POD_IDENTITY_AUTHORITY_HOST": desk.issuers.url,
            ])
            desk.renew()
            #expect(await desk.refusal()?.code == .unauthorized)
            #expect(!desk.everythingSaid.contains("CANARY"))
        }
    }

    @Test func whereNothingWorksEveryWayIsNamed() async throws {
        try await Desk.with { desk in
            desk.environment.podIdentityHost = "http://127.0.0.1:1"
            desk.choice = .automatic
            desk.renew()
            let error = try #require(await desk.refusal())
            #expect(error.code == .unauthorized && !error.isRetriable)
            for kind in CredentialPlan.order { #expect("\(error)".contains("\(kind.rawValue): ")) }
            #expect("\(error)".contains("not installed"))
        }
    }

    // MARK: One token for everybody

    @Test func oneFetchServesEveryConnectionAndAudience() async throws {
        try await Desk.with { desk in
            try desk.setUp(.clientSecret)
            let issuer = desk.issuer
            let texts = try await withThrowingTaskGroup(of: Secret.self) { group in
                for number in 0..<64 {
                    group.addTask { try await issuer.token(for: "audience \(number)").text }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(texts.count == 1)
            #expect(desk.issuers.requests.count == 1)
        }
    }

    @Test func secretsFilesAreReadAgainAtEachRenewal() async throws {
        try await Desk.with { desk in
            try desk.setUp(.workloadIdentity)
            let first = try await desk.issuer.token(for: "a")
            desk.issuers.expect { $0.federatedToken = "CANARY.second.token" }
            try Data("CANARY.second.token\n".utf8).write(to: URL(filePath: desk.path("federated")))
            desk.time.advance(by: .seconds(3000))
            let second = try await desk.issuer.token(for: "a")
            #expect(first.text != second.text && desk.issuers.complaints.isEmpty)
            #expect(desk.issuers.requests.count == 2)
        }
    }

    @Test func anIssuerThatFailsIsRetriedWhileTheOldTokenLives() async throws {
        try await Desk.with { desk in
            try desk.setUp(.clientSecret)
            let first = try await desk.issuer.token(for: "a")
            desk.issuers.always(.answer(status: 500, body: "CANARY", retryAfter: nil))
            desk.time.advance(by: .seconds(3000))
            let still = try await desk.issuer.token(for: "a")
            #expect(still.text == first.text && still.lifetime == .seconds(600))
            let wait = try #require(still.refreshAfter)
            #expect(wait <= .seconds(1))
            // Whoever asks before the back-off has passed does not reach the issuer.
            _ = try await desk.issuer.token(for: "b")
            #expect(desk.issuers.requests.count == 2)
            #expect(desk.log.contains("the old one is used while it lives, for 600 s more"))
            desk.time.advance(by: .seconds(601))
            #expect(await desk.refusal()?.isRetriable == true)
            desk.issuers.always(.issue)
            desk.time.advance(by: .seconds(60))
            #expect(try await desk.issuer.token(for: "a").text != first.text)
            #expect(desk.log.contains("answers again"))
            #expect(!desk.everythingSaid.contains("CANARY"))
        }
    }

    // MARK: Issuers that fail

    @Test(arguments: [
        (
            FakeIssuers.Behaviour.answer(status: 500, body: "<html>CANARY</html>", retryAfter: nil),
            EventHubsError.Code.serviceFault
        ),
        (.answer(status: 429, body: "CANARY", retryAfter: 7), .throttled),
        (.answer(status: 503, body: "", retryAfter: nil), .serviceFault),
        (.answer(status: 200, body: "{CANARY", retryAfter: nil), .protocolViolation),
        (.answer(status: 200, body: "{}", retryAfter: nil), .protocolViolation),
        (.huge(10 << 20), .protocolViolation), (.echo, .unauthorized),
        (.redirect("http://127.0.0.1:1/CANARY"), .unauthorized),
        (.hang, .timedOut), (.stopAfterHead, .timedOut),
    ])
    func everyFailureIsAnErrorWithARemedy(behaviour: FakeIssuers.Behaviour, code: EventHubsError.Code) async throws {
        try await Desk.with { desk in
            try desk.setUp(.clientSecret)
            if code == .timedOut { desk.surroundings.exchangeLimit = .milliseconds(300) }
            desk.renew()
            desk.issuers.always(behaviour)
            let error = try #require(await desk.refusal())
            #expect(error.code == code, "\(error)")
            #expect(error.isRetriable == (code != .unauthorized))
            #expect(!error.remedy.isEmpty && error.summary.contains(desk.issuers.url))
            if code == .throttled { #expect(error.retryAfter == .seconds(7)) }
            // One request for one token: retries are the ledger's, with its back-off.
            #expect(desk.issuers.requests.count == 1)
            #expect(!"\(error)\(desk.everythingSaid)".contains("CANARY"))
        }
    }

    @Test func anIssuerThatIsNotThereIsAnErrorWithARemedy() async throws {
        try await Desk.with { desk in
            try desk.setUp(.clientSecret)
            desk.authority = "http://127.0.0.1:1"
            desk.renew()
            let error = try #require(await desk.refusal())
            #expect(error.code == .unreachable && error.isRetriable && error.remedy.contains("firewall"))
            #expect("\(error)".contains("refused"), "\(error)")
        }
    }

    @Test(arguments: [
        (CredentialKind.clientSecret, "7000215"), (.clientCertificate, "700027"), (.workloadIdentity, "700213"),
    ])
    func aWrongProofIsNamed(kind: CredentialKind, code: String) async throws {
        try await Desk.with { desk in
            try desk.setUp(kind)
            let other = try TestSigner()
            desk.issuers.expect {
                $0.secret = "another"
                if kind == .clientCertificate { $0.certificate = ("another", other) }
                $0.federatedToken = "another"
            }
            let error = try #require(await desk.refusal())
            #expect(error.code == .unauthorized && error.summary.contains("AADSTS\(code)"), "\(error)")
            #expect(!"\(error)\(desk.everythingSaid)".contains("CANARY"))
        }
    }

    @Test func certificatesThatCannotSignAreNamed() async throws {
        try await Desk.with { desk in
            try desk.setUp(.clientCertificate)
            let signer = try TestSigner()
            let ended = try signer.applicationPEM(endingIn: -60).pem
            let foreign = try signer.certificatePEM() + "\n" + TestSigner().privatePEM
            for (text, words) in [
                (ended, "ended on"), (foreign, "belongs to its private key"), ("CANARY", "no private key"),
                ("", "is empty"),
            ] {
                try Data(text.utf8).write(to: URL(filePath: desk.path("app.pem")))
                desk.renew()
                let error = try #require(await desk.refusal())
                #expect(error.code == .invalidConfiguration && "\(error)".contains(words), "\(error)")
                #expect(!"\(error)\(desk.everythingSaid)".contains("PRIVATE KEY") && !"\(error)".contains("CANARY"))
            }
        }
    }

    // MARK: Azure CLI

    @Test(arguments: [
        ("echo 'Please run az login CANARY' >&2; exit 1", EventHubsError.Code.unauthorized, "az login"),
        ("echo 'AADSTS700082: CANARY expired' >&2; exit 1", .unauthorized, "AADSTS700082"),
        ("echo CANARY", .protocolViolation, "JSON"), ("exit 127", .unauthorized, "by hand"),
        ("head -c 200000 /dev/zero", .protocolViolation, "wrote more"),
        ("yes CANARY", .protocolViolation, "wrote more"),
        ("yes CANARY >&2", .protocolViolation, "wrote more"), ("kill -9 $$", .unauthorized, "by hand"),
        // A log of it is no failure by itself.
        ("head -c 500000 /dev/zero >&2; exit 1", .unauthorized, "by hand"),
        ("sleep 600 & echo $! > $PIDFILE; wait", .timedOut, "did not answer"),
    ])
    func aCommandThatFailsIsAnErrorWithARemedy(script: String, code: EventHubsError.Code, words: String) async throws {
        try await Desk.with { desk in
            try desk.setUp(.azureCLI)
            let child = desk.path("child")
            try desk.writeCommand(script.replacing("$PIDFILE", with: child))
            if code == .timedOut { desk.surroundings.commandLimit = .milliseconds(500) }
            desk.renew()
            let error = try #require(await desk.refusal())
            #expect(error.code == code && "\(error)".contains(words), "\(error)")
            #expect(!"\(error)\(desk.everythingSaid)".contains("CANARY"))
        }
    }

    @Test func theEndOfTheCommandCountsAndNotThatOfItsPipes() async throws {
        try await Desk.with { desk in
            try desk.setUp(.azureCLI)
            let script = try String(contentsOfFile: desk.path("az"), encoding: .utf8)
            let fifo = desk.path("fifo")
            #expect(mkfifo(fifo, 0o600) == 0)
            // Holds all that it is given until somebody opens the other end.
            try desk.writeCommand("(read line < '\(fifo)') &\n\(script)")
            desk.renew()
            _ = try await desk.issuer.token(for: "a")
            #expect(desk.issuers.issued.count == 1)
            // Waits for the reader, which ends then.
            close(open(fifo, O_WRONLY))
        }
    }
}
