import AMQPTypes
import NIOCore
import Synchronization

/// The open connections of a broker, so that a shutdown reaches them.
final class ConnectionRegistry: Sendable {
    /// Names a registered connection.
    struct Key: Hashable, Sendable {
        var rawValue: UInt64
    }

    private struct State: Sendable {
        var next: UInt64 = 0
        var closers: [Key: @Sendable (AMQPCondition?) -> Void] = [:]
        /// Completed when the last connection is gone.
        var waiters: [EventLoopPromise<Void>] = []

        mutating func takeWaiters() -> [EventLoopPromise<Void>] {
            defer { waiters = [] }
            return waiters
        }
    }

    private let state = Mutex(State())

    /// Adds a connection by the closure that schedules its close; without a condition its socket is cut.
    func add(_ close: @escaping @Sendable (AMQPCondition?) -> Void) -> Key {
        state.withLock { state in
            state.next += 1
            let key = Key(rawValue: state.next)
            state.closers[key] = close
            return key
        }
    }

    /// Forgets a connection that is gone.
    func remove(_ key: Key) {
        let waiters = state.withLock { state in
            state.closers[key] = nil
            return state.closers.isEmpty ? state.takeWaiters() : []
        }
        for waiter in waiters { waiter.succeed() }
    }

    /// How many connections are open.
    var count: Int { state.withLock(\.closers.count) }

    /// Schedules the close of all connections; without a condition their sockets are cut.
    func closeAll(_ condition: AMQPCondition?) {
        let closers = state.withLock { Array($0.closers.values) }
        for close in closers { close(condition) }
    }

    /// Waits until no connection is open, or a time has passed: a client that does not answer a close is left behind.
    func waitUntilEmpty(within time: TimeAmount, on loop: any EventLoop) async {
        let promise = loop.makePromise(of: Void.self)
        let isEmpty = state.withLock { state in
            if !state.closers.isEmpty { state.waiters.append(promise) }
            return state.closers.isEmpty
        }
        if isEmpty {
            promise.succeed()
        } else {
            loop.scheduleTask(in: time) {
                for waiter in self.state.withLock({ $0.takeWaiters() }) { waiter.succeed() }
            }
        }
        _ = try? await promise.futureResult.get()
    }
}
