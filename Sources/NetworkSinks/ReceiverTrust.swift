public import NIOSSL
public import Sinks

/// Whom a sink trusts over TLS, and who it says it is.
public struct ReceiverTrust: Hashable, Sendable {
    /// PEM file of authorities to trust besides the system's; nil for none.
    public var authorityFile: String?
    /// PEM file of the certificate to show, and that of its key; nil for none.
    public var certificateFile: String?
    /// PEM file of the key.
    public var keyFile: String?

    /// Makes trust in the system's authorities.
    public init(authorityFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil) {
        self.authorityFile = authorityFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }

    /// TLS 1.2 or later, with the receiver's name verified.
    public func tlsConfiguration() throws(DeliveryFailure) -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let authorityFile { tls.additionalTrustRoots = [.file(authorityFile)] }
        do {
            if let certificateFile {
                tls.certificateChain = try NIOSSLCertificate.fromPEMFile(certificateFile).map { .certificate($0) }
                tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: keyFile ?? certificateFile, format: .pem))
            }
            // Reads the files now, so that a wrong path is said at the start and not with the first finding.
            _ = try NIOSSLContext(configuration: tls)
        } catch {
            let files = [authorityFile, certificateFile, keyFile].compactMap { $0 }.joined(separator: ", ")
            throw DeliveryFailure(
                .unavailable, "the TLS files cannot be used (\(files))", remedy: "they must exist and be PEM")
        }
        return tls
    }
}
