import AsyncHTTPClient
import EventHubs
import EventHubsClient
import FindingFormats
import NIOCore
import NIOSSL
import Sinks

/// Says in words what kept a receiver from being reached.
///
/// All of it can heal: the finding is tried again.
enum ReceiverErrors {
    static func failure(_ error: any Error, receiver: String, limit: Duration) -> DeliveryFailure {
        let seconds = Double(limit.components.seconds) + Double(limit.components.attoseconds) / 1e18
        if error is CancellationError {
            return DeliveryFailure(.unavailable, "no answer from \(receiver) within \(seconds) s")
        }
        if let error = error as? HTTPClientError {
            switch error {
            case .deadlineExceeded, .readTimeout, .cancelled, .writeTimeout:
                return DeliveryFailure(.unavailable, "no answer from \(receiver) within \(seconds) s")
            case .connectTimeout, .getConnectionFromPoolTimeout:
                return DeliveryFailure(
                    .unavailable, "no connection to \(receiver) within \(seconds) s",
                    remedy: "check network and firewall")
            case .tlsHandshakeTimeout:
                return DeliveryFailure(
                    .unavailable, "no TLS from \(receiver) within \(seconds) s", remedy: "does the port speak TLS?")
            case .remoteConnectionClosed:
                return DeliveryFailure(.unavailable, "\(receiver) closed the connection without an answer")
            default:
                return DeliveryFailure(.unavailable, "\(receiver): \(TerminalText.escaped("\(error)", columns: 160))")
            }
        }
        if let tls = tls(error, receiver) { return tls }
        return DeliveryFailure(
            .unavailable, "no connection to \(receiver): \(reason(error))", remedy: "is the receiver running?")
    }

    /// A proxy that made no tunnel: the finding is tried again, since somebody may mend the proxy or the settings meanwhile.
    static func failure(of refusal: EventHubsError) -> DeliveryFailure {
        DeliveryFailure(
            .unavailable, TerminalText.escaped(refusal.summary, columns: 300),
            remedy: TerminalText.escaped(refusal.remedy, columns: 200))
    }

    private static func reason(_ error: any Error) -> String {
        if let reason = SocketFailure.reason(error) { return reason }
        switch error {
        case ChannelError.ioOnClosedChannel, ChannelError.eof, ChannelError.inputClosed, ChannelError.outputClosed:
            return "the connection was closed"
        default: return TerminalText.escaped("\(error)", columns: 160)
        }
    }

    private static func tls(_ error: any Error, _ receiver: String) -> DeliveryFailure? {
        let text = "\(error)"
        let (what, remedy): (String, String)
        if text.contains("EOF during handshake") {
            (what, remedy) = ("it hung up instead of answering", "does the port speak TLS?")
        } else if (error as? NIOSSLExtraError) == .failedToValidateHostname || text.contains("failedToValidateHostname")
            || text.contains("unable to validate hostname")
        {
            (what, remedy) = ("the certificate is for other host names", "connect by a name that the certificate has")
        } else if text.contains("CERTIFICATE_VERIFY_FAILED") {
            (what, remedy) = (
                "the certificate cannot be verified", "give the authority's file (ca_file), or mend the certificate"
            )
        } else if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
            (what, remedy) = ("the peer does not speak TLS on this port", "check the port")
        } else if ["CERTIFICATE_REQUIRED", "ALERT_UNKNOWN_CA", "ALERT_BAD_CERTIFICATE", "ALERT_CERTIFICATE_"]
            .contains(where: { text.contains($0) })
        {
            (what, remedy) = (
                "it does not take us without a certificate that it trusts", "check certificate_file and key_file"
            )
        } else if text.contains("PROTOCOL_VERSION") || text.contains("UNSUPPORTED_PROTOCOL") {
            (what, remedy) = ("no common TLS version", "the receiver must offer TLS 1.2 or later")
        } else if error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError {
            (what, remedy) = (TerminalText.escaped(text, columns: 160), "check what the port speaks")
        } else {
            return nil
        }
        return DeliveryFailure(.unavailable, "TLS to \(receiver) failed: \(what)", remedy: remedy)
    }
}
