/// Why a receiver did not take a finding.
public struct DeliveryFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the failure says about the next attempt.
    public enum Kind: Hashable, Sendable {
        /// The receiver cannot take findings now, or not as the settings say: the same finding can be taken later.
        case unavailable
        /// The receiver will never take this finding: what it says is wrong with it does not change by waiting.
        case refused
    }

    /// What the failure says about the next attempt.
    public var kind: Kind
    /// What happened, in one line, for a person; never a key, a token or a whole address of a webhook.
    public var summary: String
    /// What a person can do about it; empty when waiting is all there is to do.
    public var remedy: String
    /// How long the receiver asks to be left alone.
    public var retryAfter: Duration?

    /// Makes a failure.
    public init(_ kind: Kind, _ summary: String, remedy: String = "", retryAfter: Duration? = nil) {
        self.kind = kind
        self.summary = summary
        self.remedy = remedy
        self.retryAfter = retryAfter
    }

    /// The summary and the remedy, on one line.
    public var description: String { remedy.isEmpty ? summary : "\(summary): \(remedy)" }
}
