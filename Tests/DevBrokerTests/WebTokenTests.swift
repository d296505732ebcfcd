import EventHubs
import FakeIssuers
import Foundation
import Testing
import _CryptoExtras

@testable import DevBroker

/// Goal: a strict broker takes exactly the JSON web tokens that its key signed, for its audience, from its issuer, in their time.
///
/// Method: tokens signed by a test key, right but for one thing; mutated and odd texts.
@Suite struct WebTokenTests {
    private static let signer = Result { try TestSigner() }
    private let now: Int64 = 2_000_000_000

    private func checks(_ signer: TestSigner) throws -> WebTokenChecks {
        try WebTokenChecks(keys: [signer.publicPEM], issuers: ["https://sts.windows.net/tenant-1/"])
    }

    private func verdict(_ token: String, _ checks: WebTokenChecks) -> String {
        do throws(TokenAuthority.Refusal) {
            return "\(try checks.judge(token, now: now).rights.rawValue)"
        } catch {
            return String(error.description.prefix { $0 != ":" })
        }
    }

    @Test func rightsComeFromRolesAndTheEndFromTheToken() async throws {
        let signer = try Self.signer.get()
        var claims = TestSigner.Claims(now: now)
        let judged = try checks(signer).judge(try await signer.token(claims), now: now)
        #expect(judged == .init(rights: .listen, expiry: now + 3600))
        for (roles, rights) in [
            (["Azure Event Hubs Data Sender"], AccessPolicy.Rights.send),
            (["azure event hubs data receiver", "Azure Event Hubs Data Sender"], [.listen, .send]),
            (["Azure Event Hubs Data Owner"], .manage), (["Reader"], []), ([], []),
        ] {
            claims.roles = roles
            #expect(try checks(signer).judge(try await signer.token(claims), now: now).rights == rights)
        }
    }

    @Test func oneWrongThingIsEnough() async throws {
        let signer = try Self.signer.get()
        let checks = try checks(signer)
        func verdict(_ change: (inout TestSigner.Claims) -> Void) async throws -> String {
            var claims = TestSigner.Claims(now: now)
            change(&claims)
            return self.verdict(try await signer.token(claims), checks)
        }
        #expect(try await verdict { $0.aud = "https://eventhubs.azure.net/" } == "1", "with a slash it is the same")
        #expect(try await verdict { $0.aud = "https://management.azure.com" } == "InvalidAudience")
        #expect(try await verdict { $0.iss = "https://sts.windows.net/tenant-2/" } == "InvalidIssuer")
        #expect(try await verdict { $0.exp = now } == "ExpiredToken")
        #expect(try await verdict { $0.nbf = now + 1 } == "ImmatureToken")
        let foreign = try TestSigner()
        #expect(self.verdict(try await foreign.token(TestSigner.Claims(now: now)), checks) == "InvalidSignature")
    }

    @Test func oddTextsAreRefusedAndNoneEndsTheProcess() async throws {
        let signer = try Self.signer.get()
        let checks = try checks(signer)
        let token = try await signer.token(TestSigner.Claims(now: now))
        let parts = token.split(separator: ".").map(String.init)
        func encoded(_ text: String) -> String {
            Data(text.utf8).base64EncodedString().replacing("=", with: "").replacing("+", with: "-").replacing(
                "/", with: "_")
        }
        for text in [
            "", ".", "..", "a.b", "a.b.c", "....", parts[0] + "." + parts[1], parts[0] + "." + parts[1] + ".",
            encoded(#"{"alg":1e300}"#) + "." + parts[1] + "." + parts[2], String(repeating: "a.", count: 100_000),
            parts[0] + "." + encoded(#"{"aud":"x","exp":1e999}"#) + "." + parts[2],
        ] { #expect(["MalformedToken", "InvalidSignature"].contains(verdict(text, checks)), "\(text.prefix(60))") }
        // The same signature in plain base64 is another text.
        for (plain, url) in [("+", "-"), ("/", "_")] where parts[2].contains(url) {
            let text = "\(parts[0]).\(parts[1]).\(parts[2].replacing(url, with: plain))"
            #expect(["MalformedToken", "InvalidSignature"].contains(verdict(text, checks)))
        }
        // No signature, and one with the public key as a shared secret, are no signatures.
        for header in [#"{"alg":"none"}"#, #"{"alg":"HS256"}"#] {
            #expect(verdict("\(encoded(header)).\(parts[1]).\(parts[2])", checks) == "InvalidSignature")
        }
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<300 {
            var bytes = Array(token.utf8)
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            let old = bytes[place]
            bytes[place] = UInt8.random(in: 33..<127, using: &generator)
            // The last character of a part has bits that mean nothing.
            if bytes[place] == old || place + 1 == bytes.count || bytes[place + 1] == UInt8(ascii: ".") { continue }
            #expect(verdict(String(decoding: bytes, as: UTF8.self), checks) != "1")
        }
    }

    @Test func keysAreReadInEveryForm() async throws {
        let signer = try Self.signer.get()
        let primitives = try signer.key.publicKey.getKeyPrimitives()
        func encoded(_ data: Data) -> String {
            data.base64EncodedString().replacing("=", with: "").replacing("+", with: "-").replacing("/", with: "_")
        }
        let set =
            #"{"keys":[{"kty":"EC","crv":"P-256"},{"kty":"RSA","n":"\#(encoded(primitives.modulus))","e":"\#(encoded(primitives.publicExponent))","kid":"1"}]}"#
        let token = try await signer.token(TestSigner.Claims(now: now))
        for text in [signer.publicPEM, try signer.certificatePEM(), set] {
            #expect(verdict(token, try WebTokenChecks(keys: [text])) == "1")
        }
        for text in ["", "{}", #"{"keys":[]}"#, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"] {
            #expect(throws: DevBrokerError.self) { try WebTokenChecks(keys: [text]) }
        }
    }
}
