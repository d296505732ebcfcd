import Synchronization

/// An answer that is used again for a short while: however many ask, it is made a few times a second.
///
/// **Isolation**: any thread; making is done under the lock, so that it is done once.
final class RecentAnswer<Answer: Sendable>: Sendable {
    private let kept = Mutex<(answer: Answer, madeAt: Duration)?>(nil)
    private let reuse: Duration

    init(reuse: Duration) { self.reuse = reuse }

    /// The answer; `now` is the time since any fixed moment on a monotonic clock.
    func callAsFunction(now: Duration, _ make: () -> Answer) -> Answer {
        kept.withLock { kept in
            if let kept, now >= kept.madeAt, now - kept.madeAt < reuse { return kept.answer }
            let answer = make()
            kept = (answer, now)
            return answer
        }
    }
}
