import Synchronization

/// What ends a session before its time: the stop of the run, or a session that takes over.
///
/// **Isolation**: a leaf lock, touched once a reload.
final class SessionEnds: Sendable {
    fileprivate struct State {
        var isStopped = false
        var successor: SessionPlan?
        var waiting: [AsyncStream<Void>.Continuation] = []
    }

    private let state = Mutex(State())

    /// The run stops; whoever waited to take over does not any more.
    func stop() {
        state.withLock { state in
            state.isStopped = true
            return state.takeWaiting()
        }.finish()
    }

    /// Another session is ready to take over.
    func replace(by plan: SessionPlan) {
        state.withLock { state in
            state.successor = plan
            return state.takeWaiting()
        }.finish()
    }

    /// Returns once the present session has to end.
    func wait() async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        let isOver = state.withLock { state in
            if state.isStopped || state.successor != nil { return true }
            state.waiting.append(continuation)
            return false
        }
        if isOver { return }
        for await _ in stream {}
    }

    /// Whether another session takes over once the present one has ended.
    var isReplaced: Bool { state.withLock { $0.successor != nil && !$0.isStopped } }

    /// The session that takes over, once; nil when the run ends.
    func takeSuccessor() -> SessionPlan? {
        state.withLock { state in
            defer { state.successor = nil }
            return state.isStopped ? nil : state.successor
        }
    }
}

extension SessionEnds.State {
    fileprivate mutating func takeWaiting() -> [AsyncStream<Void>.Continuation] {
        defer { waiting = [] }
        return waiting
    }
}

extension [AsyncStream<Void>.Continuation] {
    fileprivate func finish() { for continuation in self { continuation.finish() } }
}
