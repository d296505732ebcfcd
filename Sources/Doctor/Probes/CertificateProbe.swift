import Diagnosis
import EventHubs
import EventHubsClient
import NIOCore
import SwiftASN1
import X509

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Shakes hands and reads the broker's certificates.
enum CertificateProbe {
    /// **Errors**: `invalidConfiguration` when the authorities cannot be used.
    @concurrent
    static func look(
        _ client: EventHubsConfiguration, on loop: any EventLoop
    ) async throws(EventHubsError) -> HandshakeObservation {
        let probe = try HandshakeProbe(client)
        let verified = await probe.verify(on: loop)
        if case .failure(let error) = verified, error.code == .timedOut { return .silent }
        let chain = await probe.certificates(on: loop).compactMap(facts)
        switch verified {
        case .success(let version): return .verified(version: version, chain: chain)
        case .failure(let error):
            let reason = reason(of: error)
            return chain.isEmpty ? .noCertificate(reason: reason) : .refused(chain: chain, reason: reason)
        }
    }

    /// The error's own words behind the peer's name.
    private static func reason(of error: EventHubsError) -> String {
        guard let colon = error.summary.firstRange(of: ": ") else { return error.summary }
        return String(error.summary[colon.upperBound...])
    }

    private static func facts(_ der: [UInt8]) -> CertificateFacts? {
        guard let certificate = try? Certificate(derEncoded: der) else { return nil }
        let names = (try? certificate.extensions.subjectAlternativeNames)?.map { Array($0) } ?? []
        return CertificateFacts(
            subject: name(certificate.subject), issuer: name(certificate.issuer), names: names.compactMap(text),
            beginMs: milliseconds(certificate.notValidBefore), endMs: milliseconds(certificate.notValidAfter),
            isSelfSigned: certificate.subject == certificate.issuer)
    }

    private static func milliseconds(_ date: Date) -> Int64 { Int64((date.timeIntervalSince1970 * 1000).rounded()) }

    /// The common name; the whole name where there is none.
    private static func name(_ name: DistinguishedName) -> String {
        for part in name {
            for attribute in part where attribute.type == .RDNAttributeType.commonName {
                if let text = String(attribute.value) { return text }
            }
        }
        return "\(name)"
    }

    private static func text(_ name: GeneralName) -> String? {
        switch name {
        case .dnsName(let name): return name
        case .ipAddress(let bytes): return address(Array(bytes.bytes))
        default: return nil
        }
    }

    private static func address(_ bytes: [UInt8]) -> String? {
        let packed = ByteBuffer(bytes: bytes)
        return (try? SocketAddress(packedIPAddress: packed, port: 0))?.ipAddress
    }
}
