import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Says in words why a socket could not be connected, or broke.
package enum SocketFailure {
    /// The reason in the system's words, without the call that the library's text begins with; nil where no socket failed.
    ///
    /// Of several addresses each reason is there once.
    package static func reason(_ error: any Error) -> String? {
        switch error {
        case let error as NIOConnectionError:
            if isUnresolved(error) { return "the host name cannot be resolved" }
            var reasons: [String] = []
            for failure in error.connectionErrors {
                let text = reason(failure.error) ?? "\(failure.error)"
                if !reasons.contains(text) { reasons.append(text) }
            }
            return reasons.joined(separator: ", ")
        case let error as IOError: return String(cString: strerror(error.errnoCode))
        case ChannelError.connectTimeout(let limit):
            return "no answer within \((limit.nanoseconds - 1) / 1_000_000_000 + 1) s"
        default: return nil
        }
    }

    /// Whether the name has no address: nothing was even tried.
    static func isUnresolved(_ error: any Error) -> Bool {
        (error as? NIOConnectionError)?.connectionErrors.isEmpty == true
    }
}
