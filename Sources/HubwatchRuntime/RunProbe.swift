package import StateStore

/// What a drill may watch or cut short in a run.
///
/// Production has none: a run without a probe tests one optional per stage. It is no part of the public interface, and no
/// setting or variable leads to it.
package struct RunProbe: Sendable {
    /// Instants in the course of a run at which a process may be made to die.
    package enum Stage: Hashable, Sendable {
        /// The state was read and not yet put to use.
        case stateLoaded
        /// The state was put to use and every open window decided again; nothing of it is committed.
        case stateRestored
        /// A partition asks where to begin.
        case attaching
        /// A worker has posted a delta that is not merged.
        case deltaPosted
        /// A delta is merged and not committed.
        case deltaMerged
        /// A commit was taken out of the merger and the store has not seen it.
        case commitTaken
        /// The store has answered for a commit and the sinks have not heard of it.
        case committed
        /// The same, of a commit that replaced all deltas by a snapshot.
        case snapshotCommitted
        /// Reading has ended and what was folded is not committed.
        case draining
    }

    /// Called at each stage, on the thread that is there.
    package var reached: @Sendable (Stage) -> Void
    /// Called around each statement on the state file.
    package var statement: (@Sendable (StatementEvent) -> Void)?

    /// Makes a probe.
    package init(
        reached: @escaping @Sendable (Stage) -> Void = { _ in },
        statement: (@Sendable (StatementEvent) -> Void)? = nil
    ) {
        self.reached = reached
        self.statement = statement
    }
}
