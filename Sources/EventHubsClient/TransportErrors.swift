import EventHubs
import NIOCore
import NIOPosix
import NIOSSL

/// Says in words what a socket's or TLS's error means.
enum TransportErrors {
    /// An error of connecting, or of a channel before the broker's open arrived.
    ///
    /// A refused certificate is a matter of settings; a socket that breaks is not.
    static func explain(_ error: any Error, peer: String) -> EventHubsError {
        if let error = error as? EventHubsError { return error }
        if let tls = explainTLS(error, peer: peer) { return tls }
        var reason = "\(error)"
        var remedy = "Check host, port, network and firewall"
        switch error {
        case let error as NIOConnectionError:
            if error.connectionErrors.isEmpty {
                reason = "the host name cannot be resolved"
                remedy = "Check the host name and DNS"
            } else {
                reason = error.connectionErrors.map { text($0.error) }.uniqued.joined(separator: ", ")
            }
        case let error as IOError:
            reason = text(error)
        case ChannelError.connectTimeout(let limit):
            reason = "no answer within \(limit.nanoseconds / 1_000_000_000) s"
        default:
            break
        }
        return EventHubsError(
            .unreachable, "No connection to \(peer): \(reason)", remedy: remedy, isRetriable: true, scope: .connection)
    }

    private static func text(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        // The library's text repeats the system call; the reason is behind the colon.
        let text = "\(error)"
        guard let colon = text.range(of: ": ") else { return text }
        let reason = text[colon.upperBound...].prefix { $0 != "(" && $0 != ")" }
        return String(reason.trimmingSpaces)
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
                    "It probably does not speak TLS on this port: use 5671, or switch TLS off for a development broker",
                isRetriable: true, scope: .connection)
        }
        if text.contains("failedToValidateHostname") || text.contains("unable to validate hostname")
            || (error as? NIOSSLExtraError) == .failedToValidateHostname
        {
            what = "the certificate is for other host names"
            remedy = "Connect by a name that the certificate has"
        } else if text.contains("CERTIFICATE_VERIFY_FAILED") {
            what = certificateRefused
            remedy = "Give the authority's file with the TLS settings, or mend the broker's certificate"
        } else if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
            what = "the peer does not speak TLS on this port"
            remedy = "Use the TLS port (5671), or switch TLS off for a development broker"
        } else if text.contains("NO_PROTOCOLS") || text.contains("UNSUPPORTED_PROTOCOL")
            || text.contains("PROTOCOL_VERSION")
        {
            what = "no common TLS version"
            remedy = "The broker must offer TLS 1.2 or later"
        } else if error is NIOSSLError || error is BoringSSLError {
            what = "the TLS handshake failed (\(text))"
            remedy = "Check that the port speaks TLS and that nothing on the way interferes"
        } else {
            return nil
        }
        what = "TLS to \(peer) was refused: \(what)"
        return EventHubsError(.tlsRefused, what, remedy: remedy)
    }

    /// The general text, which an inspection of the certificate makes precise.
    static let certificateRefused = "the certificate could not be verified"
}

extension StringProtocol {
    fileprivate var trimmingSpaces: SubSequence {
        var text = self[...]
        while text.last == " " { text = text.dropLast() }
        return text
    }

    fileprivate func range(of text: String) -> Range<Index>? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(text) {
                return index..<(self.index(index, offsetBy: text.count))
            }
            index = self.index(after: index)
        }
        return nil
    }
}

extension [String] {
    fileprivate var uniqued: [String] {
        reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}
