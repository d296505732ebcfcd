/// How long to wait before the next attempt: exponential, with jitter so that a fleet does not return in step.
///
/// **Shape**: attempt n waits min(`longest`, `first` × 2ⁿ), of which a random share up to `jitter` is taken off.
/// **Bounds**: never longer than `longest`, never shorter than `first` × (1 − `jitter`).
public struct Backoff: Hashable, Sendable {
    /// The first wait, before jitter.
    public let first: Duration
    /// The longest wait.
    public let longest: Duration
    /// The share of the wait that chance may take off, from 0 to 1.
    public let jitter: Double
    /// How many attempts have failed since the last success.
    public private(set) var attempts = 0

    /// Makes a backoff; the defaults suit connections and links.
    public init(first: Duration = .milliseconds(200), longest: Duration = .seconds(30), jitter: Double = 0.3) {
        self.first = first
        self.longest = longest
        self.jitter = min(max(jitter, 0), 1)
    }

    /// The wait before the next attempt, at least `minimum` (what the service asked for).
    public mutating func next(atLeast minimum: Duration? = nil, using generator: inout some RandomNumberGenerator)
        -> Duration
    {
        var wait = first
        // Doubling stops at the longest wait, so that no number of attempts can overflow.
        for _ in 0..<attempts where wait < longest { wait = wait * 2 }
        wait = min(wait, longest)
        attempts = min(attempts + 1, 1_000)
        wait = wait * (1 - jitter * Double.random(in: 0...1, using: &generator))
        return max(wait, minimum ?? .zero)
    }

    /// Starts over after a success.
    public mutating func reset() { attempts = 0 }
}
