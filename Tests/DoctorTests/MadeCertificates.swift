import Crypto
import Foundation
import SwiftASN1
import X509

/// Certificates made for one test, as PEM files.
struct MadeCertificates {
    /// The broker's certificate.
    let chain: String
    /// Its key.
    let key: String
    /// The authority's certificate, which the settings may name.
    let authority: String

    /// Signed by an authority of its own, or by itself; begins and ends so many seconds from now.
    init(
        in ward: Ward, for host: String, from begin: Double = -3600, until end: Double = 86_400 * 90,
        selfSigned: Bool = false
    ) throws {
        let now = Date()
        let authorityKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let authorityName = try DistinguishedName { CommonName("Clinic authority") }
        let root = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: authorityKey.publicKey, notValidBefore: now - 86_400 * 400,
            notValidAfter: now + 86_400 * 400, issuer: authorityName, subject: authorityName,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true))
            }, issuerPrivateKey: authorityKey)
        let leafKey = P256.Signing.PrivateKey()
        let leafName = try DistinguishedName { CommonName(host) }
        let leaf = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: Certificate.PrivateKey(leafKey).publicKey,
            notValidBefore: now + begin, notValidAfter: now + end, issuer: selfSigned ? leafName : authorityName,
            subject: leafName, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions { SubjectAlternativeNames([.dnsName(host)]) },
            issuerPrivateKey: selfSigned ? Certificate.PrivateKey(leafKey) : authorityKey)
        chain = try ward.write(leaf.serializeAsPEM().pemString, "chain.pem")
        key = try ward.write(leafKey.pemRepresentation, "key.pem")
        authority = try ward.write(root.serializeAsPEM().pemString, "authority.pem")
    }
}
