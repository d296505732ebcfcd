/// What is said on a new channel before the next layer begins: one question, one answer.
///
/// A handshake holds no channel and no clock: a shell sends the question, reads the head of the answer within a time, and
/// asks here what it means.
public protocol Handshake: Sendable {
    /// What to send.
    var question: HTTPQuestion { get }
    /// Returns when the peer has agreed.
    func judge(_ answer: HTTPAnswer) throws(TransportRefusal)
    /// What it means that there is no answer.
    func refusal(_ failure: HandshakeFailure) -> TransportRefusal
}

/// Why there is no answer.
public enum HandshakeFailure: Hashable, Sendable {
    /// The peer has closed the connection.
    case hungUp
    /// Nothing complete within so many seconds.
    case silent(seconds: Int)
    /// What came is not HTTP.
    case notHTTP
    /// The head of the answer does not end.
    case tooLong
}

/// Why there is no way to the broker, or no longer: what a proxy or a WebSocket's peer has done.
public struct TransportRefusal: Error, Hashable, Sendable {
    /// Who has refused.
    public enum Origin: Hashable, Sendable {
        /// The proxy.
        case proxy
        /// Whoever answers for the broker on the WebSocket.
        case webSocket
    }

    /// Who has refused.
    public var origin: Origin
    /// What happened; one sentence without its full stop, never a password.
    public var summary: String
    /// What a person can do about it.
    public var remedy: String
    /// Whether the same thing can work later without a change of settings.
    public var isRetriable: Bool

    /// Makes a refusal.
    public init(_ origin: Origin, _ summary: String, remedy: String, isRetriable: Bool) {
        self.origin = origin
        self.summary = summary
        self.remedy = remedy
        self.isRetriable = isRetriable
    }
}

extension TransportRefusal: CustomStringConvertible {
    /// The summary and the remedy.
    public var description: String { "\(summary). \(remedy)" }
}
