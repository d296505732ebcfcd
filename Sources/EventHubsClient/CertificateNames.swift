import SwiftASN1
import Transports

/// What a message says of a certificate: who has signed it, and for which hosts it is.
///
/// Reads only as far as that; what it cannot read it does not name. Texts of the certificate are made fit for a log.
/// **Source**: RFC 5280, section 4.1, and 4.2.1.6 for the hosts.
struct CertificateNames: Hashable, Sendable {
    /// Whether issuer and subject are the same.
    var isSelfSigned = false
    /// The issuer's common name, or else its organization.
    var issuer: String?
    /// The DNS names.
    var hosts: [String] = []

    /// Reads a certificate's DER.
    init(der: [UInt8]) {
        guard let certificate = try? DER.parse(der), let signed = Self.children(certificate).first else { return }
        // Serial number, algorithm, issuer, validity, subject; a version may stand before them.
        var fields = Self.children(signed)
        if fields.first?.identifier.tagClass == .contextSpecific { fields.removeFirst() }
        guard fields.count >= 5 else { return }
        isSelfSigned = fields[2].encodedBytes == fields[4].encodedBytes
        issuer = Self.name(fields[2], [2, 5, 4, 3]) ?? Self.name(fields[2], [2, 5, 4, 10])
        hosts = fields.dropFirst(5).filter { $0.identifier == .init(tagWithNumber: 3, tagClass: .contextSpecific) }
            .flatMap(Self.children).flatMap(Self.children).flatMap(Self.hosts)
    }

    /// The value of an attribute of a distinguished name.
    private static func name(_ name: ASN1Node, _ wanted: ASN1ObjectIdentifier) -> String? {
        for attribute in children(name).flatMap(children) {
            let parts = children(attribute)
            guard parts.count == 2, (try? ASN1ObjectIdentifier(derEncoded: parts[0])) == wanted,
                case .primitive(let text) = parts[1].content
            else { continue }
            return PeerText.shown(String(decoding: text, as: UTF8.self), max: 80)
        }
        return nil
    }

    /// The DNS names of an extension, when it is the one for alternative names.
    private static func hosts(_ field: ASN1Node) -> [String] {
        let parts = children(field)
        guard let kind = parts.first, let value = parts.last,
            (try? ASN1ObjectIdentifier(derEncoded: kind)) == [2, 5, 29, 17],
            case .primitive(let octets) = value.content, let names = try? DER.parse(octets)
        else { return [] }
        return children(names).compactMap { name in
            guard name.identifier == .init(tagWithNumber: 2, tagClass: .contextSpecific),
                case .primitive(let text) = name.content
            else { return nil }
            return PeerText.shown(String(decoding: text, as: UTF8.self))
        }
    }

    private static func children(_ node: ASN1Node) -> [ASN1Node] {
        if case .constructed(let nodes) = node.content { Array(nodes) } else { [] }
    }
}
