import Foundation
import HubwatchRuntime
import Sinks
import StateStore
import Synchronization

/// A named instant at which the process under test kills itself.
enum CrashPoint: String, CaseIterable, Sendable {
    /// The state is read and not yet put to use.
    case startAfterLoad = "start-after-load"
    /// The state is put to use and all windows are decided again.
    case startAfterRestore = "start-after-restore"
    /// A partition asks where to begin.
    case duringAttach = "during-attach"
    /// A delta is posted and not merged.
    case foldPosted = "fold-posted"
    /// A delta is merged and not committed.
    case deltaMerged = "delta-merged"
    /// A commit is made and the store has not seen it.
    case beforeCommit = "before-commit"
    /// Between two statements of a transaction.
    case midCommit = "mid-commit"
    /// All statements of a transaction have run, `COMMIT` has not.
    case beforeSQLCommit = "before-sql-commit"
    /// The store has answered and the sinks have not heard.
    case afterCommitBeforeSignal = "after-commit-before-signal"
    /// A snapshot took the place of the deltas.
    case snapshotWritten = "snapshot-written"
    /// Findings are about to be written to the file.
    case sinkBeforeWrite = "sink-before-write"
    /// A part of them is written: the last line is torn.
    case sinkMidWrite = "sink-mid-write"
    /// They are written and not flushed.
    case sinkBeforeFlush = "sink-before-flush"
    /// They are flushed and the cursor is not stored.
    case sinkAfterWriteBeforeCursor = "sink-after-write-before-cursor"
    /// The cursor is stored.
    case cursorStored = "cursor-stored"
    /// An orderly stop has ended reading, and the last commit is to come.
    case draining = "draining"

    /// How often the point is passed at most before the process dies there.
    var countMaximum: Int {
        switch self {
        case .startAfterLoad, .startAfterRestore, .snapshotWritten, .draining: 1
        case .sinkBeforeWrite, .sinkMidWrite, .sinkBeforeFlush, .sinkAfterWriteBeforeCursor, .cursorStored,
            .afterCommitBeforeSignal, .beforeCommit, .beforeSQLCommit:
            2
        case .duringAttach: 4
        case .foldPosted, .deltaMerged: 12
        case .midCommit: 30
        }
    }
}

/// Kills this process at a point, the n-th time that it is passed.
final class CrashTrigger: Sendable {
    private let point: CrashPoint
    private let passes: Atomic<Int>
    /// Commits to live through before the point counts.
    private let commitsLeft: Atomic<Int>
    /// A cursor was written in the transaction under way; the store's writer is the only thread here.
    private let isStoringCursor = Atomic(false)

    init(_ point: CrashPoint, count: Int, afterCommits commits: Int) {
        self.point = point
        passes = Atomic(count)
        commitsLeft = Atomic(commits)
    }

    /// The probe that makes a run pass the points.
    func probe() -> RunProbe {
        RunProbe(
            reached: { self.reached($0) }, statement: { self.statement($0) })
    }

    /// The system calls of the findings file, with the points that lie in them.
    func files() -> FileOperations {
        FileOperations(
            write: { descriptor, bytes in
                self.pass(.sinkBeforeWrite)
                if self.isNext(.sinkMidWrite) {
                    // Any length but the whole: the seed's count makes it differ from cycle to cycle.
                    _ = FileOperations.system.write(
                        descriptor, UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count * 2 / 3)]))
                    Self.die()
                }
                let written = FileOperations.system.write(descriptor, bytes)
                self.pass(.sinkBeforeFlush)
                return written
            },
            synchronize: { descriptor in
                let flushed = FileOperations.system.synchronize(descriptor)
                self.pass(.sinkAfterWriteBeforeCursor)
                return flushed
            })
    }

    private func reached(_ stage: RunProbe.Stage) {
        switch stage {
        case .stateLoaded: pass(.startAfterLoad)
        case .stateRestored: pass(.startAfterRestore)
        case .attaching: pass(.duringAttach)
        case .deltaPosted: pass(.foldPosted)
        case .deltaMerged: pass(.deltaMerged)
        case .commitTaken: pass(.beforeCommit)
        case .committed, .snapshotCommitted:
            if commitsLeft.load(ordering: .relaxed) > 0 { commitsLeft.subtract(1, ordering: .relaxed) }
            pass(.afterCommitBeforeSignal)
            if stage == .snapshotCommitted { pass(.snapshotWritten) }
        case .draining: pass(.draining)
        }
    }

    private func statement(_ event: StatementEvent) {
        switch event {
        case .begins(let sql):
            if sql.hasPrefix("INSERT") || sql.hasPrefix("DELETE") || sql.hasPrefix("CREATE") { pass(.midCommit) }
            if sql.hasPrefix("INSERT OR REPLACE INTO cursors") { isStoringCursor.store(true, ordering: .relaxed) }
            if sql.hasPrefix("COMMIT") { pass(.beforeSQLCommit) }
        case .ended(let sql):
            guard sql.hasPrefix("COMMIT"), isStoringCursor.exchange(false, ordering: .relaxed) else { return }
            pass(.cursorStored)
        }
    }

    private func pass(_ passed: CrashPoint) {
        if isNext(passed) { Self.die() }
    }

    private func isNext(_ passed: CrashPoint) -> Bool {
        guard passed == point, commitsLeft.load(ordering: .relaxed) == 0 else { return false }
        return passes.subtract(1, ordering: .relaxed).newValue == 0
    }

    /// As the operating system kills: no handler runs, nothing is flushed.
    private static func die() -> Never {
        kill(getpid(), SIGKILL)
        while true { pause() }
    }
}
