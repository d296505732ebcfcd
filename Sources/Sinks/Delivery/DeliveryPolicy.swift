/// How long a sink goes on trying, and how often.
public struct DeliveryPolicy: Hashable, Sendable {
    /// What happens when a sink owes as much as the journal may hold.
    public enum Overflow: String, Hashable, Sendable, CaseIterable {
        /// Its oldest findings become dead letters: nobody else waits for it.
        case deadLetter = "dead_letter"
        /// Reading stops until it has caught up or given up.
        case stop
    }

    /// The pause after the first failure.
    public var pauseFirst: Duration
    /// The longest pause between two attempts, unless the receiver asks for a longer one.
    public var pauseMax: Duration
    /// The share of a pause that chance may take off, from 0 to 1.
    public var jitter: Double
    /// The longest pause that a receiver may ask for.
    public var retryAfterMax: Duration
    /// How long a finding may wait for a receiver that fails all the while.
    public var giveUpAfter: Duration
    /// What happens when the sink owes too much.
    public var overflow: Overflow
    /// Payload bytes that the sink may owe before that.
    public var owedBytesMax: Int64

    /// Makes a policy; the defaults are those of the settings.
    public init(
        pauseFirst: Duration = .seconds(1), pauseMax: Duration = .seconds(60), jitter: Double = 0.3,
        retryAfterMax: Duration = .seconds(3600), giveUpAfter: Duration = .seconds(86_400),
        overflow: Overflow = .deadLetter, owedBytesMax: Int64 = 256 << 20
    ) {
        self.pauseFirst = pauseFirst
        self.pauseMax = pauseMax
        self.jitter = min(max(jitter, 0), 1)
        self.retryAfterMax = retryAfterMax
        self.giveUpAfter = giveUpAfter
        self.overflow = overflow
        self.owedBytesMax = max(1, owedBytesMax)
    }
}
