/// Decides when a sink tries, how long it waits, and when it gives up on a finding.
///
/// Facts in, actions out.
///
/// **States**: *open*, every attempt so far was taken (or none was made); *failing*, since an instant, with a number of
/// attempts and an instant before which none is made. The first accepted finding leads back to open.
///
/// **Giving up**: a finding that the receiver refuses for good, at once. Any other when the receiver has failed without
/// a break for ``DeliveryPolicy/giveUpAfter`` and the finding is at least as old: so each finding gets that long, and a
/// hubwatch that was down itself does not give up before it has tried that long.
///
/// **Bounds**: pauses grow by doubling up to ``DeliveryPolicy/pauseMax``; a pause that the receiver asks for counts up to
/// ``DeliveryPolicy/retryAfterMax``.
///
/// Times are of a clock that never goes back.
public struct DeliveryMachine: Hashable, Sendable {
    /// What to do with the finding at the head.
    public enum Action: Hashable, Sendable {
        /// Try to deliver it.
        case attempt
        /// Leave it for so long, then ask again.
        case wait(Duration)
        /// Make a dead letter of it and go on with the next.
        case giveUp(GiveUp)
    }

    /// Why a finding is given up.
    public enum GiveUp: Hashable, Sendable {
        /// The receiver will never take it.
        case refused
        /// The receiver was gone for too long.
        case tooOld
        /// The journal cannot hold what the sink owes.
        case owesTooMuch
    }

    private enum State: Hashable {
        case open
        case failing(since: Duration, attempts: Int, nextAt: Duration, last: DeliveryFailure)
    }

    private let policy: DeliveryPolicy
    private var state = State.open

    /// Makes a machine that has not tried yet.
    public init(_ policy: DeliveryPolicy) { self.policy = policy }

    /// Attempts since the last success; 0 while the receiver takes everything.
    public var attempts: Int { if case .failing(_, let attempts, _, _) = state { attempts } else { 0 } }

    /// What the receiver failed with last; nil while it takes everything.
    public var lastFailure: DeliveryFailure? { if case .failing(_, _, _, let last) = state { last } else { nil } }

    /// What to do with a finding of this age.
    ///
    /// - Parameter age: since the finding was decided, by the time of day.
    public func next(age: Duration, now: Duration) -> Action {
        guard case .failing(let since, _, let nextAt, _) = state else { return .attempt }
        if age >= policy.giveUpAfter, now - since >= policy.giveUpAfter { return .giveUp(.tooOld) }
        return now >= nextAt ? .attempt : .wait(nextAt - now)
    }

    /// The receiver took a finding.
    public mutating func accepted() { state = .open }

    /// The receiver did not take the finding at the head.
    public mutating func failed(
        _ failure: DeliveryFailure, age: Duration, now: Duration, using chance: inout some RandomNumberGenerator
    ) -> Action {
        // A receiver that refuses one finding is there: the next one is tried at once.
        if failure.kind == .refused {
            state = .open
            return .giveUp(.refused)
        }
        var (since, attempts) = (now, 0)
        if case .failing(let began, let count, _, _) = state { (since, attempts) = (began, count) }
        let pause = pause(after: attempts, failure.retryAfter, using: &chance)
        state = .failing(since: since, attempts: min(attempts + 1, 1_000_000), nextAt: now + pause, last: failure)
        return next(age: age, now: now)
    }

    /// How many bytes of findings, oldest first, to give up on; the sink owes so many.
    public func excess(owedBytes: Int64) -> Int64 {
        guard policy.overflow == .deadLetter, owedBytes >= policy.owedBytesMax else { return 0 }
        // Down to three quarters, so that not every further finding costs one.
        return owedBytes - policy.owedBytesMax / 4 * 3
    }

    private func pause(
        after attempts: Int, _ asked: Duration?, using chance: inout some RandomNumberGenerator
    ) -> Duration {
        var pause = policy.pauseFirst
        // Doubling stops at the longest pause, so that no number of attempts can overflow.
        for _ in 0..<attempts where pause < policy.pauseMax { pause = pause * 2 }
        pause = min(pause, policy.pauseMax)
        pause = pause * (1 - policy.jitter * Double.random(in: 0..<1, using: &chance))
        // What the receiver asks for is a floor, not a substitute: a wish of no time at all must not make a busy loop.
        return max(pause, min(asked ?? .zero, policy.retryAfterMax))
    }
}
