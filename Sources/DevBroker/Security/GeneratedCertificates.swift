import Crypto
import Foundation
import SwiftASN1
import X509

/// A certificate authority made for one run, and a server certificate signed by it.
///
/// For tests and laptops: the authority's key is dropped at once, the server's key is never written to a file.
struct GeneratedCertificates: Sendable {
    /// The authority's certificate, which clients must trust.
    let authorityPEM: String
    /// The server's certificate.
    let certificatePEM: String
    /// The server's private key.
    let privateKeyPEM: String

    /// Makes certificates that are good for ten days, beginning an hour ago.
    ///
    /// - Parameters:
    ///   - hostNames: DNS names and IP addresses that clients will check.
    ///   - now: the present time.
    init(hostNames: [String], now: Date) throws(DevBrokerError) {
        do {
            let begin = now.addingTimeInterval(-3600)
            let end = now.addingTimeInterval(10 * 86_400)
            let authorityKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
            let authorityName = try DistinguishedName { CommonName("hubwatch dev broker test authority") }
            let authority = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: authorityKey.publicKey,
                notValidBefore: begin, notValidAfter: end, issuer: authorityName, subject: authorityName,
                extensions: Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                    Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                    SubjectKeyIdentifier(hash: authorityKey.publicKey)
                }, issuerPrivateKey: authorityKey)
            let serverKey = P256.Signing.PrivateKey()
            let serverPublicKey = Certificate.PrivateKey(serverKey).publicKey
            let identifier = SubjectKeyIdentifier(hash: authorityKey.publicKey).keyIdentifier
            let server = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: serverPublicKey,
                notValidBefore: begin, notValidAfter: end, issuer: authorityName,
                subject: DistinguishedName { CommonName("hubwatch dev broker") },
                extensions: Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                    try ExtendedKeyUsage([.serverAuth])
                    SubjectAlternativeNames(hostNames.map(Self.generalName))
                    SubjectKeyIdentifier(hash: serverPublicKey)
                    AuthorityKeyIdentifier(keyIdentifier: identifier)
                }, issuerPrivateKey: authorityKey)
            authorityPEM = try authority.serializeAsPEM().pemString
            certificatePEM = try server.serializeAsPEM().pemString
            privateKeyPEM = serverKey.pemRepresentation
        } catch {
            throw DevBrokerError(.certificateUnusable, "The test certificates could not be made: \(error).")
        }
    }

    private static func generalName(_ name: String) -> GeneralName {
        if let address = IPAddressBytes(name) { return .ipAddress(ASN1OctetString(contentBytes: address.bytes[...])) }
        return .dnsName(name)
    }
}

/// The bytes of an IP address in text.
struct IPAddressBytes: Sendable, Equatable {
    /// Four bytes or sixteen.
    let bytes: [UInt8]

    /// Nil for anything but an address, such as a host name.
    init?(_ text: String) {
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            bytes = withUnsafeBytes(of: v4) { Array($0) }
        } else if inet_pton(AF_INET6, text, &v6) == 1 {
            bytes = withUnsafeBytes(of: v6) { Array($0) }
        } else {
            return nil
        }
    }
}
