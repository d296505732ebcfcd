import Crypto
import EventHubsClient
import NIOSSL
import SwiftASN1
import X509

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A certificate authority made for one test.
struct TestAuthority {
    private let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
    private let name: DistinguishedName
    private let certificate: Certificate

    init(name common: String = "Test authority") throws {
        name = try DistinguishedName { CommonName(common) }
        let now = Date()
        certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey, notValidBefore: now - 3600,
            notValidAfter: now + 86_400, issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true))
            }, issuerPrivateKey: key)
    }

    /// TLS for a server with a certificate for a host name, ending so many seconds from now, and its newest version.
    func server(
        name host: String, lasting seconds: Double = 3600, newest: TLSVersion? = nil
    ) throws -> NIOSSLContext {
        let serverKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let now = Date()
        let leaf = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: serverKey.publicKey, notValidBefore: now - 200_000,
            notValidAfter: now + seconds, issuer: name, subject: try DistinguishedName { CommonName(host) },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions { SubjectAlternativeNames([.dnsName(host)]) }, issuerPrivateKey: key)
        return try Self.context(leaf, serverKey, newest: newest)
    }

    /// TLS for a server whose certificate is signed by itself.
    static func selfSigned(name host: String) throws -> NIOSSLContext {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let subject = try DistinguishedName { CommonName(host) }
        let leaf = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey, notValidBefore: Date() - 3600,
            notValidAfter: Date() + 3600, issuer: subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions { SubjectAlternativeNames([.dnsName(host)]) }, issuerPrivateKey: key)
        return try context(leaf, key, newest: nil)
    }

    private static func context(
        _ leaf: Certificate, _ key: Certificate.PrivateKey, newest: TLSVersion?
    ) throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMBytes(Array(leaf.serializeAsPEM().pemString.utf8))
        let privateKey = try NIOSSLPrivateKey(bytes: Array(key.serializeAsPEM().pemString.utf8), format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
        configuration.maximumTLSVersion = newest
        return try NIOSSLContext(configuration: configuration)
    }

    /// Runs with a client's certificate and key in PEM files, ending so many seconds from now.
    func withClient(
        lasting seconds: Double = 3600, _ body: (EventHubsConfiguration.ClientIdentity) async throws -> Void
    ) async throws {
        let clientKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let leaf = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: clientKey.publicKey, notValidBefore: Date() - 200_000,
            notValidAfter: Date() + seconds, issuer: name, subject: try DistinguishedName { CommonName("hubwatch") },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions { try ExtendedKeyUsage([.clientAuth]) }, issuerPrivateKey: key)
        try await Self.withFile(leaf.serializeAsPEM().pemString) { certificate in
            try await Self.withFile(clientKey.serializeAsPEM().pemString) { key in
                try await body(.init(certificateFile: certificate, keyFile: key))
            }
        }
    }

    /// Runs with the authority's certificate in a PEM file.
    func withFile(_ body: (String) async throws -> Void) async throws {
        try await Self.withFile(certificate.serializeAsPEM().pemString, body)
    }

    private static func withFile(_ pem: String, _ body: (String) async throws -> Void) async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "hubwatch-test-\(UUID().uuidString).pem")
        try Data(pem.utf8).write(to: file)
        do {
            try await body(file.path)
        } catch {
            try? FileManager.default.removeItem(at: file)
            throw error
        }
        try? FileManager.default.removeItem(at: file)
    }
}
