import EventHubs
import NIOCore
import NIOSSL

/// The TLS of a client: whom it trusts, what it proves, and which versions it speaks.
struct ClientTLS: Sendable {
    private let context: NIOSSLContext
    /// The name for SNI and verification; nil for addresses, which are verified against the certificate's addresses.
    private let serverName: String?

    /// Reads the files once for all connections; nil when the configuration wants none.
    ///
    /// Versions before TLS 1.2 are never spoken, whatever is configured (RFC 8996).
    init?(_ configuration: EventHubsConfiguration) throws(EventHubsError) {
        var settings: TLSConfiguration
        switch configuration.security {
        case .plain: return nil
        case .tls(let authorities):
            settings = TLSConfiguration.makeClientConfiguration()
            if let authorities { settings.additionalTrustRoots = [.file(authorities)] }
        case .custom(let given):
            settings = given
        }
        if [.tlsv1, .tlsv11].contains(settings.minimumTLSVersion) { settings.minimumTLSVersion = .tlsv12 }
        if let identity = configuration.clientIdentity { try Self.add(identity, to: &settings) }
        let isAddress = (try? SocketAddress(ipAddress: configuration.host, port: 0)) != nil
        serverName = isAddress ? nil : configuration.host
        do {
            context = try NIOSSLContext(configuration: settings)
        } catch {
            throw Self.unusable(error, configuration)
        }
    }

    /// The handler that verifies the broker.
    func handler() throws -> NIOSSLClientHandler {
        try NIOSSLClientHandler(context: context, serverHostname: serverName)
    }

    /// A handler that looks at the broker's certificates and trusts none.
    func handler(inspecting inspect: @escaping @Sendable ([NIOSSLCertificate]) -> Void) throws -> NIOSSLClientHandler {
        try NIOSSLClientHandler(
            context: context, serverHostname: serverName,
            customVerificationCallback: { certificates, verdict in
                inspect(certificates)
                verdict.succeed(.failed)
            })
    }

    private static func add(
        _ identity: EventHubsConfiguration.ClientIdentity, to settings: inout TLSConfiguration
    ) throws(EventHubsError) {
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMFile(identity.certificateFile)
        } catch {
            throw refuse("The client certificate in '\(identity.certificateFile)' cannot be read")
        }
        guard !chain.isEmpty else { throw refuse("There is no certificate in '\(identity.certificateFile)'") }
        do {
            settings.privateKey = .privateKey(try NIOSSLPrivateKey(file: identity.keyFile, format: .pem))
        } catch {
            throw refuse("The client key in '\(identity.keyFile)' cannot be read")
        }
        settings.certificateChain = chain.map { .certificate($0) }
    }

    private static func refuse(_ what: String) -> EventHubsError {
        EventHubsError(
            .invalidConfiguration, what,
            remedy: "Both files must be there, readable and PEM; the key must not be encrypted, and fit the certificate"
        )
    }

    private static func unusable(_ error: any Error, _ configuration: EventHubsConfiguration) -> EventHubsError {
        // Both were read before: they do not belong together.
        if let identity = configuration.clientIdentity, case NIOSSLError.failedToLoadPrivateKey = error {
            return refuse(
                "The key in '\(identity.keyFile)' is not that of the certificate in '\(identity.certificateFile)'")
        }
        return EventHubsError(
            .invalidConfiguration, "The TLS settings cannot be used: \(error)",
            remedy: "Check that the file of certificate authorities exists and is PEM")
    }
}
