import AzureTokens
import Crypto
import EventHubs
import Foundation
import JWTKit
import NIOSSL
import SwiftASN1
import X509
import _CryptoExtras

/// The certificate and private key that an application signs in with, from one PEM file.
struct ClientCertificate: Sendable {
    private let key: _RSA.Signing.PrivateKey
    /// The certificate's SHA-256, as `x5t#S256` has it.
    let thumbprint: String
    /// When the certificate ends.
    let end: Date

    /// Reads a PEM file's text; the private key may be encrypted.
    ///
    /// **Errors**: no RSA key, no certificate, no certificate that belongs to the key, a wrong password.
    init(pem: Secret, password: Secret?, file: String) throws(EventHubsError) {
        func refuse(_ why: String, _ remedy: String) -> EventHubsError {
            EventHubsError(.invalidConfiguration, "The client certificate '\(file)' \(why)", remedy: remedy)
        }
        let bytes = Array(pem.revealed.utf8)
        let key: _RSA.Signing.PrivateKey
        do {
            let read = try NIOSSLPrivateKey(bytes: bytes, format: .pem) { give in
                give(Array((password?.revealed ?? "").utf8))
            }
            key = try _RSA.Signing.PrivateKey(derRepresentation: Data(try read.derBytes))
        } catch {
            throw refuse(
                "has no private key that can be used",
                "It must be PEM with an RSA key of 2048 bits or more; give AZURE_CLIENT_CERTIFICATE_PASSWORD when encrypted"
            )
        }
        let certificates = (try? NIOSSLCertificate.fromPEMBytes(bytes)) ?? []
        var found: (der: [UInt8], end: Date)?
        for certificate in certificates {
            guard let der = try? certificate.toDERBytes(), let read = try? Certificate(derEncoded: der),
                let own = _RSA.Signing.PublicKey(read.publicKey),
                own.derRepresentation == key.publicKey.derRepresentation
            else { continue }
            found = (der, read.notValidAfter)
            break
        }
        guard let found else {
            throw refuse(
                "has no certificate that belongs to its private key",
                "Put the certificate and its key into one PEM file"
            )
        }
        self.key = key
        end = found.end
        thumbprint = Self.base64URL(SHA256.hash(data: found.der))
    }

    /// Signs an assertion.
    @concurrent
    func sign(_ assertion: ClientAssertion) async throws(EventHubsError) -> Secret {
        do {
            let keys = JWTKeyCollection()
            await keys.add(pss: try Insecure.RSA.PrivateKey(backing: key), digestAlgorithm: .sha256)
            return Secret(
                try await keys.sign(
                    SignedAssertion(claims: assertion), header: ["x5t#S256": .string(thumbprint)]))
        } catch {
            // The cause is not repeated: it may show the key's parts.
            throw EventHubsError(.invalidConfiguration, "The client certificate's key cannot sign")
        }
    }

    private static func base64URL(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}

/// An assertion's claims as jwt-kit signs them.
private struct SignedAssertion: JWTPayload {
    var claims: ClientAssertion

    init(claims: ClientAssertion) { self.claims = claims }

    init(from decoder: any Decoder) throws { claims = try ClientAssertion(from: decoder) }

    func encode(to encoder: any Encoder) throws { try claims.encode(to: encoder) }

    func verify(using algorithm: some JWTAlgorithm) throws {}
}
