import Crypto
import Foundation
public import JWTKit
import SwiftASN1
import X509
public import _CryptoExtras

/// A key that signs tokens in tests, and the certificate of it.
public struct TestSigner: Sendable {
    /// What a token says.
    public struct Claims: JWTPayload {
        /// Issuer.
        public var iss: String
        /// Audience.
        public var aud: String
        /// Subject.
        public var sub: String
        /// Not before, seconds since 1970.
        public var nbf: Int64
        /// Issued at, seconds since 1970.
        public var iat: Int64
        /// Ends, seconds since 1970.
        public var exp: Int64
        /// Roles.
        public var roles: [String]
        /// Unlike that of any other token: two of the same second must differ.
        public var jti = UUID().uuidString

        /// A token of a reader that lives for an hour from a time on.
        public init(now: Int64, lifetime: Int64 = 3600) {
            iss = "https://sts.windows.net/tenant-1/"
            aud = "https://eventhubs.azure.net"
            sub = "app-1"
            nbf = now - 300
            iat = now
            exp = now + lifetime
            roles = ["Azure Event Hubs Data Receiver"]
        }

        /// Nothing: whoever takes the token judges.
        public func verify(using algorithm: some JWTAlgorithm) throws {}
    }

    /// The key.
    public let key: _RSA.Signing.PrivateKey

    /// Makes a signer with a new key.
    public init() throws { key = try _RSA.Signing.PrivateKey(keySize: .bits2048) }

    /// The public key in PEM.
    public var publicPEM: String { key.publicKey.pemRepresentation }

    /// A signed token.
    public func token(_ claims: Claims) async throws -> String {
        let keys = JWTKeyCollection()
        await keys.add(rsa: try Insecure.RSA.PrivateKey(backing: key), digestAlgorithm: .sha256)
        return try await keys.sign(claims)
    }

    /// The private key in PEM.
    public var privatePEM: String { key.pemRepresentation }

    /// A certificate of the key in PEM.
    public func certificatePEM() throws -> String { try certificate().serializeAsPEM().pemString }

    /// A certificate of the key, signed with it.
    private func certificate(endingIn seconds: Double = 86_400, for host: String? = nil) throws -> Certificate {
        let name = try DistinguishedName { CommonName("hubwatch test") }
        let now = Date()
        let key = Certificate.PrivateKey(self.key)
        return try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey, notValidBefore: now - 200_000,
            notValidAfter: now + seconds, issuer: name, subject: name, signatureAlgorithm: .sha256WithRSAEncryption,
            extensions: Certificate.Extensions {
                if let host { SubjectAlternativeNames([.dnsName(host)]) }
            }, issuerPrivateKey: key)
    }

    /// A server's certificate for a host name, which clients must trust as it is, and its private key, in PEM.
    public func serverPEM(for host: String) throws -> (certificate: String, key: String) {
        (try certificate(for: host).serializeAsPEM().pemString, privatePEM)
    }

    /// Certificate and private key in one PEM text, as an application signs in with, and the certificate's SHA-256.
    public func applicationPEM(endingIn seconds: Double = 86_400) throws -> (pem: String, thumbprint: String) {
        let document = try certificate(endingIn: seconds).serializeAsPEM()
        return ("\(document.pemString)\n\(privatePEM)\n", Base64URL.encode(SHA256.hash(data: document.derBytes)))
    }
}

/// Base64 as JSON web tokens use it.
enum Base64URL {
    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var base = String(text).replacing("-", with: "+").replacing("_", with: "/")
        base += String(repeating: "=", count: (4 - base.utf8.count % 4) % 4)
        return Data(base64Encoded: base).map { Array($0) }
    }
}
