import NIOCore

/// Has work in pieces: batches waiting to be folded.
protocol TurnWork: AnyObject {
    /// Does one piece and says how many bytes it had; nil when there is none to do now.
    func doNext() -> Int?
}

/// Shares the loop between folding and everything else.
///
/// A turn ends after `bytesMax` bytes or `timeMax`; what is left goes on after the loop has served sockets and timers:
/// heartbeats, tokens and commits keep their share. Partitions take turns by batch.
/// **Isolation**: its event loop.
final class TurnScheduler {
    private let loop: any EventLoop
    private let bytesMax: Int
    private let timeMax: TimeAmount
    private var waiting = CircularBuffer<any TurnWork>()
    private var members: Set<ObjectIdentifier> = []
    private var isScheduled = false
    /// Called at the end of each turn outside of a read: writes what the turn ordered.
    var afterTurn: (() -> Void)?

    init(loop: any EventLoop, bytesMax: Int, timeMax: Duration) {
        self.loop = loop
        self.bytesMax = max(1, bytesMax)
        self.timeMax = TimeAmount(timeMax)
    }

    /// Something waits to be done in the next turn.
    func enqueue(_ work: any TurnWork) {
        guard members.insert(ObjectIdentifier(work)).inserted else { return }
        waiting.append(work)
    }

    /// Does a turn's worth of work.
    func run() {
        let start = loop.now
        var bytes = 0
        while let work = waiting.popFirst() {
            guard let done = work.doNext() else {
                members.remove(ObjectIdentifier(work))
                continue
            }
            waiting.append(work)
            bytes += done
            if bytes >= bytesMax || loop.now - start >= timeMax { break }
        }
        guard !waiting.isEmpty, !isScheduled else { return }
        scheduleNext()
    }

    /// Goes on in a later turn of the loop.
    func scheduleNext() {
        guard !isScheduled else { return }
        isScheduled = true
        loop.assumeIsolated().execute {
            self.isScheduled = false
            self.run()
            self.afterTurn?()
        }
    }
}
