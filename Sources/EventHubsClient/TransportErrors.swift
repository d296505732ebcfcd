import EventHubs
import NIOCore
import NIOPosix
import NIOSSL
import Transports

/// Says in words what a socket's or TLS's error means.
enum TransportErrors {
    /// An error of connecting, or of a channel before the broker's open arrived.
    ///
    /// A refused certificate is a matter of settings; a socket that breaks is not.
    static func explain(_ error: any Error, peer: String) -> EventHubsError {
        if let error = error as? EventHubsError { return error }
        if let refusal = error as? TransportRefusal { return explain(refusal) }
        if let tls = explainTLS(error, peer: peer) { return tls }
        let reason = SocketFailure.reason(error) ?? "\(error)"
        let remedy =
            SocketFailure.isUnresolved(error)
            ? "Check the host name and DNS" : "Check host, port, network and firewall"
        return EventHubsError(
            .unreachable, "No connection to \(peer): \(reason)", remedy: remedy, isRetriable: true, scope: .connection)
    }

    private static func explain(_ refusal: TransportRefusal) -> EventHubsError {
        EventHubsError(
            refusal.origin == .proxy ? .proxyRefused : .webSocketRefused, refusal.summary, remedy: refusal.remedy,
            isRetriable: refusal.isRetriable, scope: refusal.isRetriable ? .connection : .settings)
    }

    private static func explainTLS(_ error: any Error, peer: String) -> EventHubsError? {
        let text = "\(error)"
        var what: String
        let remedy: String
        if text.contains("EOF during handshake") {
            // Also what a broker that is going down looks like: worth another attempt.
            return EventHubsError(
                .tlsRefused, "TLS to \(peer) was refused: the peer hung up instead of answering",
                remedy:
                    "It probably does not speak TLS on this port: use 5671 (443 for WebSockets), or switch TLS off for a development broker",
                isRetriable: true, scope: .connection)
        }
        if text.contains("failedToValidateHostname") || text.contains("unable to validate hostname")
            || (error as? NIOSSLExtraError) == .failedToValidateHostname
        {
            what = certificateForOthers
            remedy = "Connect by a name that the certificate has; source.endpoint_address keeps it with another address"
        } else if text.contains("CERTIFICATE_VERIFY_FAILED") {
            what = certificateRefused
            remedy = "Give the authority's file as source.ca_file, or mend the broker's certificate"
        } else if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
            what = "the peer does not speak TLS on this port"
            remedy = "Use the TLS port (5671, or 443 for WebSockets), or switch TLS off for a development broker"
        } else if let refused = clientCertificateRefusal(text) {
            what = refused
            remedy = "Give one that the broker takes: source.client_certificate_file and source.client_key_file"
        } else if text.contains("NO_PROTOCOLS") || text.contains("UNSUPPORTED_PROTOCOL")
            || text.contains("PROTOCOL_VERSION")
        {
            what = "no common TLS version"
            remedy = "The broker must offer TLS 1.2 or later: older versions are not secure"
        } else if error is NIOSSLError || error is BoringSSLError {
            what = "the TLS handshake failed (\(text))"
            remedy = "Check that the port speaks TLS and that nothing on the way interferes"
        } else {
            return nil
        }
        what = "TLS to \(peer) was refused: \(what)"
        return EventHubsError(.tlsRefused, what, remedy: remedy)
    }

    /// What a broker's alert says about our certificate; nil when it is about something else.
    ///
    /// **Source**: RFC 8446, section 6.2; the names are BoringSSL's.
    private static func clientCertificateRefusal(_ text: String) -> String? {
        let alerts = [
            ("CERTIFICATE_REQUIRED", "it wants a client certificate"),
            ("ALERT_UNKNOWN_CA", "it does not know the authority of the client certificate"),
            ("ALERT_CERTIFICATE_EXPIRED", "the client certificate has expired"),
            ("ALERT_CERTIFICATE_REVOKED", "the client certificate is revoked"),
            ("ALERT_CERTIFICATE_UNKNOWN", "it does not take the client certificate"),
            ("ALERT_BAD_CERTIFICATE", "it does not take the client certificate"),
            ("ALERT_UNSUPPORTED_CERTIFICATE", "it does not take this kind of client certificate"),
            ("ALERT_ACCESS_DENIED", "it does not let the client certificate in"),
            ("ALERT_HANDSHAKE_FAILURE", "no common settings, or it wants a client certificate"),
        ]
        return alerts.first { text.contains($0.0) }?.1
    }

    /// The general texts, which an inspection of the certificate makes precise.
    private static let certificateRefused = "the certificate could not be verified"
    private static let certificateForOthers = "the certificate is for other host names"

    /// Whether a look at the certificate would tell more.
    static func isAboutCertificate(_ error: EventHubsError) -> Bool {
        error.code == .tlsRefused
            && [certificateRefused, certificateForOthers].contains { error.summary.hasSuffix($0) }
    }

    /// The error with what the look has shown.
    static func precise(_ error: EventHubsError, _ finding: CertificateInspection.Finding) -> EventHubsError {
        var precise = error
        if error.summary.hasSuffix(certificateForOthers) {
            let more = finding.names.count > 3 ? " and \(finding.names.count - 3) more" : ""
            if !finding.names.isEmpty {
                precise.summary += " (\(finding.names.prefix(3).joined(separator: ", "))\(more))"
            }
        } else {
            precise.summary = String(error.summary.dropLast(certificateRefused.count)) + finding.reason
        }
        return precise
    }
}
