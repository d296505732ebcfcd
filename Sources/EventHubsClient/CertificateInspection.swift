import NIOConcurrencyHelpers
import NIOSSL

/// Finds out what is wrong with a broker's certificate.
///
/// TLS itself only says that verification failed. A second handshake, which trusts nobody and sends nothing, shows the
/// certificate: expired, not yet valid, for other names, signed by itself or by an unknown authority.
struct CertificateInspection: Sendable {
    /// What was seen of a certificate.
    struct Finding: Hashable, Sendable {
        /// Why it is not trusted.
        var reason: String
        /// The host names that it is for.
        var names: [String]
    }

    private let now: Int64
    private let found = NIOLockedValueBox<Finding?>(nil)

    /// Makes an inspection; `now` in seconds since 1970.
    init(now: Int64) { self.now = now }

    /// What was found; nil before a certificate has been seen.
    var finding: Finding? { found.withLockedValue { $0 } }

    /// Looks at a broker's certificate and those that came with it.
    func look(at certificates: [NIOSSLCertificate]) {
        let finding = Self.finding(certificates, now: now)
        found.withLockedValue { $0 = finding }
    }

    private static func finding(_ certificates: [NIOSSLCertificate], now: Int64) -> Finding {
        guard let leaf = certificates.first else { return Finding(reason: "the broker sent no certificate", names: []) }
        let names = CertificateNames(der: (try? leaf.toDERBytes()) ?? [])
        if Int64(leaf.notValidAfter) < now {
            return Finding(
                reason: "the certificate expired \(days(now - Int64(leaf.notValidAfter))) ago", names: names.hosts)
        }
        if Int64(leaf.notValidBefore) > now {
            let wait = days(Int64(leaf.notValidBefore) - now)
            return Finding(
                reason: "the certificate is not valid for another \(wait); check the clock", names: names.hosts)
        }
        let unknown = "not signed by an authority that this machine trusts"
        if names.isSelfSigned {
            return Finding(reason: "the certificate is self-signed, \(unknown)", names: names.hosts)
        }
        let issuer = names.issuer.map { ", but by '\($0)'" } ?? ""
        return Finding(reason: "the certificate is \(unknown)\(issuer)", names: names.hosts)
    }

    private static func days(_ seconds: Int64) -> String {
        let days = seconds / 86_400
        if days > 0 { return days == 1 ? "1 day" : "\(days) days" }
        return "\(max(1, seconds / 3600)) h"
    }
}
