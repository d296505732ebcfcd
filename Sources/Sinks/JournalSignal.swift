import Synchronization

/// Tells followers that the journal has grown, and when there is no more to come.
///
/// A signal that nobody waits for is kept, once: a follower that was busy looks again.
public final class JournalSignal: Sendable {
    private struct State {
        var isFinished = false
        var next = 0
        var followers: [Int: AsyncStream<Void>.Continuation] = [:]
    }

    private let state = Mutex(State())

    /// Makes a signal without followers.
    public init() {}

    /// Wakes all followers; call it after a commit that wrote journal rows.
    public func notify() {
        let followers = state.withLock { Array($0.followers.values) }
        for follower in followers { follower.yield() }
    }

    /// No more rows are coming: followers deliver what is there and return.
    public func finish() {
        let followers = state.withLock { state in
            state.isFinished = true
            defer { state.followers = [:] }
            return Array(state.followers.values)
        }
        for follower in followers { follower.finish() }
    }

    /// True once ``finish()`` was called.
    public var isFinished: Bool { state.withLock { $0.isFinished } }

    /// Notifications from now on.
    func subscribe() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id: Int? = state.withLock { state in
            guard !state.isFinished else { return nil }
            state.next += 1
            state.followers[state.next] = continuation
            return state.next
        }
        guard let id else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.followers.removeValue(forKey: id) }
        }
        return stream
    }
}
