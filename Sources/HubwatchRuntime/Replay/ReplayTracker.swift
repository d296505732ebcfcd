import Synchronization

/// How far a replay is, for whoever shows it.
///
/// **Isolation**: a leaf lock, taken once per batch.
public final class ReplayTracker: Sendable {
    private struct State {
        var unit = Unit.messages
        var parts: [Int: ReplayProgress] = [:]
        var isTotalKnown = true
    }

    /// What is counted.
    public enum Unit: Hashable, Sendable {
        /// Messages of a hub, or dead letters.
        case messages
        /// Bytes of files as they lie on the disk.
        case bytes
    }

    private let state = Mutex(State())

    /// Makes an empty tracker.
    public init() {}

    /// What is counted.
    public var unit: Unit { state.withLock { $0.unit } }

    /// All parts together.
    public var progress: ReplayProgress {
        state.withLock { state in
            let done = state.parts.values.reduce(0) { $0 &+ $1.done }
            guard state.isTotalKnown, !state.parts.isEmpty else { return ReplayProgress(done: done, total: nil) }
            return ReplayProgress(done: done, total: state.parts.values.reduce(0) { $0 &+ ($1.total ?? 0) })
        }
    }

    /// Begins to count.
    func begin(_ unit: Unit, isTotalKnown: Bool = true) {
        state.withLock {
            $0.unit = unit
            $0.isTotalKnown = isTotalKnown
        }
    }

    /// Notes a part's progress: a partition's, or a file's.
    func note(_ part: Int, _ progress: ReplayProgress) { state.withLock { $0.parts[part] = progress } }
}
