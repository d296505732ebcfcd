import AMQPChannel
import AMQPEngine
import AMQPTypes
import EventHubs
import NIOCore

/// Ends what has run out: tokens, and connections that nobody uses.
extension BrokerConnection {
    /// Arms the check for the next token that ends.
    func startTokenTimer() {
        tokenTimer?.cancel()
        tokenTimer = nil
        let now = context.now
        guard let connection, let expiry = authorization.nextExpiry(after: now / 1000) else { return }
        // A token may be good for years; the timer is not, so look again at least once an hour.
        let delay = min(max(0, expiry - now / 1000), 3600) + 1
        tokenTimer = connection.eventLoop.assumeIsolated().scheduleTask(in: .seconds(delay)) {
            self.detachExpired()
            self.startTokenTimer()
        }
    }

    private func detachExpired() {
        let seconds = context.now / 1000
        for (link, known) in links {
            let path: String
            let verdict: ConnectionAuthorization.Verdict
            switch known {
            case .requests, .replies: continue
            case .sender(let sender):
                verdict = authorization.verdict(path: sender.path, right: .send, now: seconds)
                path = sender.path.parts.joined(separator: "/")
            case .receiver(let receiver):
                verdict = authorization.verdict(path: receiver.path, right: .listen, now: seconds)
                path = receiver.path.parts.joined(separator: "/")
            }
            guard verdict == .expired else { continue }
            detach(
                link,
                BrokerCondition.tokenExpired(
                    resource: "sb://\(context.namespace.name)/\(path)", trail: context.trail("token")))
        }
    }

    /// Arms the close of a connection without links, when that is configured.
    func startIdleTimer(seconds: Int64) {
        idleTimer?.cancel()
        guard context.configuration.closesIdleConnections, let connection else { return }
        idleTimer = connection.eventLoop.assumeIsolated().scheduleTask(in: .seconds(seconds)) {
            guard self.links.isEmpty, let connection = self.connection else { return }
            connection.close(
                BrokerCondition.noLink(within: Int(seconds) * 1000, trail: self.context.trail("connection")))
            connection.flush()
        }
    }

    /// Disarms it: a link is attached.
    func stopIdleTimer() {
        idleTimer?.cancel()
        idleTimer = nil
    }
}
