import StatusPage

/// Sends what has changed on the page to all who look.
///
/// Somebody is slow: its stream ends, nothing is kept for it, and the others notice nothing.
///
/// **Bounds**: `readersMax` readers; four drawings wait for each, which share their bytes. **Isolation**: its actor.
actor LiveFeed {
    private static let queueMax = 4

    private var board: LiveBoard
    private var queues: [LiveBoard.Reader: AsyncStream<[UInt8]>.Continuation] = [:]
    private var isStopped = false

    init(readersMax: Int) { board = LiveBoard(readersMax: readersMax) }

    /// Readers that are there.
    var readers: Int { board.count }

    /// A stream of events for one more reader: the whole page first, since what it has may be old, then what changes.
    ///
    /// It ends when the reader is too slow, or when there is no more to come. Nil when there are too many readers.
    func subscribe() -> AsyncStream<[UInt8]>? {
        guard !isStopped, let reader = board.joined() else { return nil }
        let (stream, queue) = AsyncStream.makeStream(
            of: [UInt8].self, bufferingPolicy: .bufferingOldest(Self.queueMax))
        queue.onTermination = { [weak self] _ in
            Task { await self?.left(reader) }
        }
        queue.yield(ServerSentEvent.retry(milliseconds: 3000) + board.everything)
        queues[reader] = queue
        return stream
    }

    /// The page was drawn: sends what has changed, or a sign of life.
    func send(_ drawing: PageDrawing) {
        let changed = board.drawn(drawing.sections)
        let bytes = changed.isEmpty ? ServerSentEvent.heartbeat : changed
        for (reader, queue) in queues {
            if case .enqueued = queue.yield(bytes) { continue }
            left(reader)
        }
    }

    /// Ends every stream; no more readers are taken.
    func stop() {
        isStopped = true
        for reader in Array(queues.keys) { left(reader) }
    }

    private func left(_ reader: LiveBoard.Reader) {
        board.left(reader)
        queues.removeValue(forKey: reader)?.finish()
    }
}
