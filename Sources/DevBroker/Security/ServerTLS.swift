import Foundation
import NIOSSL

/// The TLS set-up of the broker's listeners.
struct ServerTLS: Sendable {
    let context: NIOSSLContext
    /// The certificate that clients must trust, when the broker made its own.
    let authorityPEM: String?

    /// Loads or makes the certificate.
    ///
    /// - Parameters:
    ///   - identity: where the certificate comes from.
    ///   - clientAuthorities: the authorities of the certificates that clients must have; nil asks for none.
    init(identity: DevBrokerConfiguration.TLSIdentity, clientAuthorities: String?) throws(DevBrokerError) {
        switch identity {
        case .generated(let hostNames):
            let certificates = try GeneratedCertificates(hostNames: hostNames, now: Date())
            authorityPEM = certificates.authorityPEM
            context = try Self.context("the generated certificate", clientAuthorities) {
                let chain = try NIOSSLCertificate.fromPEMBytes(Array(certificates.certificatePEM.utf8))
                let key = try NIOSSLPrivateKey(bytes: Array(certificates.privateKeyPEM.utf8), format: .pem)
                return (chain, key)
            }
        case .files(let chainFile, let keyFile):
            authorityPEM = nil
            context = try Self.context("\(chainFile) with \(keyFile)", clientAuthorities) {
                (try NIOSSLCertificate.fromPEMFile(chainFile), try NIOSSLPrivateKey(file: keyFile, format: .pem))
            }
        }
    }

    private static func context(
        _ what: String, _ clientAuthorities: String?, load: () throws -> ([NIOSSLCertificate], NIOSSLPrivateKey)
    ) throws(DevBrokerError) -> NIOSSLContext {
        do {
            let (chain, key) = try load()
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
            configuration.minimumTLSVersion = .tlsv12
            if let clientAuthorities {
                configuration.trustRoots = .file(clientAuthorities)
                configuration.certificateVerification = .noHostnameVerification
            }
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw DevBrokerError(
                .certificateUnusable,
                "TLS cannot use \(what): \(error). Both must be PEM and belong together"
                    + (clientAuthorities.map { ", and \($0) must hold certificates." } ?? "."))
        }
    }
}
