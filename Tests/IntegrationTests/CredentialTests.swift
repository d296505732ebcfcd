import AzureIdentity
import AzureTokens
import DevBroker
import EventHubs
import FakeIssuers
import Foundation
import HubwatchRuntime
import StatusReport
import Testing

/// Goal: hubwatch reads a hub with every way to sign in, keeps its links while tokens are renewed and while their issuer fails, says what is
/// wrong with a token, and shows none.
///
/// Method: whole runs over TLS against a strict dev broker, with tokens from the fake issuers.
@Suite(.timeLimit(.minutes(3))) struct CredentialTests {
    @Test(arguments: CredentialKind.allCases)
    func everyWayReadsEventsAndShowsNoSecret(kind: CredentialKind) async throws {
        try await SignedInReader.with { reader in
            try reader.hub.append([Records.keyListing(correlation: "one")], partition: 0)
            let error = try await reader.runToEnd(kind)
            #expect(error == nil, "\(String(describing: error))")
            #expect(try reader.hub.findings().count == 1)
            #expect(reader.issuers.complaints.isEmpty)
            #expect(reader.hub.log.contains("Signed in with \(kind.rawValue)"))
            // One token for both connections and both audiences of each.
            let asked = reader.issuers.requests.count
            let expected = kind == .sharedAccessSignature ? 0 : kind == .managedIdentity ? 2 : 1
            #expect(asked == expected)
            let written = reader.everythingWritten()
            #expect(!written.contains("CANARY") && !written.contains("PRIVATE KEY"))
            for token in reader.issuers.issued { #expect(!written.contains(token)) }
            #expect(!written.contains("SharedAccessSignature sr"))
        }
    }

    // MARK: Tokens that the service refuses

    @Test(arguments: [
        ("audience", "InvalidAudience"), ("issuer", "InvalidIssuer"), ("signature", "InvalidSignature"),
        ("malformed", "MalformedToken"), ("early", "ImmatureToken"), ("roles", "'Listen' claim"),
    ])
    func aTokenThatIsRefusedEndsTheStartWithTheReason(fault: String, reason: String) async throws {
        try await SignedInReader.with { reader in
            let foreign = try TestSigner()
            switch fault {
            case "signature":
                let claims = TestSigner.Claims(now: Int64(Date().timeIntervalSince1970))
                let token = try await foreign.token(claims)
                reader.issuers.always(
                    .answer(
                        status: 200, body: #"{"access_token":"\#(token)","expires_in":3600}"#, retryAfter: nil))
            case "malformed":
                reader.issuers.always(
                    .answer(status: 200, body: #"{"access_token":"CANARY","expires_in":3600}"#, retryAfter: nil))
            default:
                reader.issuers.tokens { now in
                    var claims = TestSigner.Claims(now: now)
                    switch fault {
                    case "audience": claims.aud = "https://management.azure.com"
                    case "issuer": claims.iss = "https://sts.windows.net/another/"
                    case "early": claims.nbf = now + 3000
                    default: claims.roles = []
                    }
                    return claims
                }
            }
            let error = try #require(try await reader.runToEnd(.clientSecret))
            guard case .eventHubs(let inner) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(inner.code == .unauthorized, "\(error)")
            #expect("\(error)".contains(reason), "\(error)")
            #expect("\(error)".contains("Azure Event Hubs Data Receiver"), "\(error)")
            let written = reader.everythingWritten() + "\(error)"
            #expect(!written.contains("CANARY"))
            for token in reader.issuers.issued { #expect(!written.contains(token)) }
        }
    }

    @Test func anExpiredTokenIsSaidAndAnotherOneFetched() async throws {
        try await SignedInReader.with { reader in
            reader.issuers.tokens { now in
                var claims = TestSigner.Claims(now: now)
                claims.exp = now - 10
                return claims
            }
            try reader.hub.append([Records.keyListing(correlation: "one")], partition: 0)
            try await reader.whileRunning(.clientSecret) { hubwatch in
                try await reader.hub.eventually("the refusal is said") { reader.hub.log.contains("ExpiredToken") }
                #expect(reader.hub.log.contains("check this machine's clock"))
                reader.issuers.tokens()
                try await reader.hub.eventually("the event is read") { hubwatch.status.snapshot.messages == 1 }
            }
            for token in reader.issuers.issued { #expect(!reader.everythingWritten().contains(token)) }
        }
    }

    // MARK: Renewal

    @Test func tokensAreRenewedWhileLinksStay() async throws {
        try await SignedInReader.with { reader in
            let hub = reader.hub
            // The issuer wants to be asked each second.
            reader.issuers.tokens(refreshIn: 1)
            try await reader.whileRunning(.clientSecret) { hubwatch in
                try await hub.eventually("both are attached") {
                    hubwatch.status.snapshot.partitions.values.count { $0.isAttached } == 2
                }
                let attaches = hub.seen.attaches.count
                let opened = hub.seen.count(.open)
                // Each connection puts the new token for each of its audiences.
                try await hub.eventually("the token was renewed everywhere") {
                    reader.issuers.requests.count >= 4 && hub.seen.count(.token) >= 4 * opened
                }
                let seen = hub.seen.count(.request)
                try hub.append([Records.keyListing(correlation: "late")], partition: 1)
                try await hub.eventually("it is read, and questions are answered") {
                    hubwatch.status.snapshot.messages == 1 && hub.seen.count(.request) > seen + 2
                }
                #expect(hub.seen.attaches.count == attaches && hub.seen.count(.open) == opened)
            }
            #expect(!hub.log.contains("connection lost") && !hub.log.contains("ExpiredToken"))
            #expect(reader.issuers.complaints.isEmpty)
        }
    }

    @Test(arguments: [CredentialKind.clientSecret, .workloadIdentity, .sharedAccessSignature])
    func theReportSaysWhenTheTokenEnds(kind: CredentialKind) async throws {
        try await SignedInReader.with { reader in
            // A clock that stands, so that the end is known to the second.
            let now = Int64(Date().timeIntervalSince1970)
            reader.issuers.tokens(lifetime: 1800)
            try await reader.whileRunning(kind, adjust: { $0.wallSeconds = { now } }) { hubwatch in
                try await reader.hub.eventually("both are attached") {
                    hubwatch.status.snapshot.partitions.values.count { $0.isAttached } == 2
                }
                var end = now + 1800
                if kind == .sharedAccessSignature {
                    let text = try String(contentsOfFile: reader.hub.path("token"), encoding: .utf8)
                    end = try SASToken(parsing: String(text.dropLast())).expiry
                }
                #expect(hubwatch.report().connections.tokenExpiresMs == end * 1000)
            }
        }
    }

    @Test func whileTheIssuerFailsReadingGoesOn() async throws {
        try await SignedInReader.with { reader in
            let hub = reader.hub
            reader.issuers.tokens(refreshIn: 1)
            try await reader.whileRunning(.clientSecret) { hubwatch in
                try await hub.eventually("both are attached") {
                    hubwatch.status.snapshot.partitions.values.count { $0.isAttached } == 2
                }
                let attaches = hub.seen.attaches.count
                reader.issuers.always(.answer(status: 500, body: "CANARY", retryAfter: nil))
                try await hub.eventually("it was tried again and again") {
                    hub.log.lines.count { $0.contains("the old one is used while it lives") } >= 4
                }
                try hub.append([Records.keyListing(correlation: "meanwhile")], partition: 0)
                try await hub.eventually("it is read") { hubwatch.status.snapshot.messages == 1 }
                reader.issuers.always(.issue)
                try await hub.eventually("the issuer is back") { hub.log.contains("answers again") }
                #expect(hub.seen.attaches.count == attaches)
            }
            #expect(!hub.log.contains("connection lost"))
            #expect(!reader.everythingWritten().contains("CANARY"))
        }
    }

    @Test(arguments: [
        FakeIssuers.Behaviour.hang, .answer(status: 429, body: "{}", retryAfter: 1), .huge(1 << 20),
        .answer(status: 200, body: "<html>", retryAfter: nil),
    ])
    func anIssuerThatFailsAtTheStartIsWaitedFor(behaviour: FakeIssuers.Behaviour) async throws {
        try await SignedInReader.with { reader in
            reader.issuers.always(behaviour)
            try reader.hub.append([Records.keyListing(correlation: "one")], partition: 0)
            try await reader.whileRunning(.clientSecret, adjust: { $0.exchangeLimit = .milliseconds(500) }) {
                hubwatch in
                try await reader.hub.eventually("it is said twice") {
                    reader.hub.log.lines.count { $0.contains(reader.issuers.url) && $0.hasPrefix("warning") } >= 2
                }
                reader.issuers.always(.issue)
                try await reader.hub.eventually("the event is read") { hubwatch.status.snapshot.messages == 1 }
            }
        }
    }

    @Test func aWrongSecretEndsTheStart() async throws {
        try await SignedInReader.with { reader in
            reader.issuers.expect { $0.secret = "another" }
            let error = try #require(try await reader.runToEnd(.clientSecret))
            #expect("\(error)".contains("AADSTS7000215") && "\(error)".contains("not its id"))
            #expect(!(reader.everythingWritten() + "\(error)").contains("CANARY"))
            #expect(reader.issuers.requests.count <= 2)
        }
    }
}
