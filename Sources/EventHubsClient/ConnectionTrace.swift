package import EventHubs

/// A step on the way to an open connection, in the order in which they happen.
package enum ConnectionStep: Hashable, Sendable {
    /// The socket is connected; TLS may still be shaking hands.
    case connected
    /// SASL succeeded.
    case authenticated
    /// The peer's open arrived: its container and the largest frame that it takes, in bytes.
    case opened(container: String, maxFrameSize: UInt32)
    /// Every token was accepted, or none is used.
    case ready
    /// The connection is gone, or could not be made.
    case lost(EventHubsError)
}

extension EventHubsClient {
    /// Connects without asking for anything; ``EventHubsConfiguration/trace`` tells how far it comes.
    @concurrent
    package func connect() async throws(EventHubsError) {
        try await connections.with(0) { $0.connection.start() }
    }
}

extension EventHubsConfiguration {
    /// Where the first connection leads: to the proxy, or to the broker or what stands in for it.
    package var firstHop: (host: String, port: Int) { proxy.map { ($0.host, $0.port) } ?? target }
}
