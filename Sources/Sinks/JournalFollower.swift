public import StateStore

/// Brings the journal to one sink: reads behind the cursor in batches, waits for the signal, and waits out failures.
///
/// Each sink has a follower of its own, so a slow or dead one holds up no other. A failure that time can heal is tried
/// again for ever, with growing pauses; the rows stay in the journal meanwhile.
public struct JournalFollower: Sendable {
    private let store: any StateStore
    private let sink: any JournalSink
    private let signal: JournalSignal
    private let batchMaximum: Int
    private let pause: @Sendable (Duration) async -> Void
    private let report: @Sendable (SinkReport) -> Void
    private let observe: @Sendable (SinkFact) -> Void

    /// Longest pause between two attempts of a sink that does not say how long it wants to wait.
    public static let pauseMaximum: Duration = .seconds(5)
    /// Longest time that a sink with a receiver is left alone: it looks then at what it owes, whatever its receiver does.
    static let lookMaximum: Duration = .seconds(15)

    /// Makes a follower.
    ///
    /// - Parameters:
    ///   - batchMaximum: most rows read and delivered at once.
    ///   - pause: how to wait; injected so that tests do not.
    ///   - report: takes what a person should know.
    ///   - observe: takes every step, for health and metrics.
    public init(
        store: any StateStore, sink: any JournalSink, signal: JournalSignal, batchMaximum: Int = 256,
        pause: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) },
        report: @escaping @Sendable (SinkReport) -> Void = { _ in },
        observe: @escaping @Sendable (SinkFact) -> Void = { _ in }
    ) {
        self.observe = observe
        self.store = store
        self.sink = sink
        self.signal = signal
        self.batchMaximum = max(1, batchMaximum)
        self.pause = pause
        self.report = report
    }

    /// Delivers until the signal is finished and the journal is read to its end, or the task is cancelled.
    ///
    /// Throws a failure that waiting does not heal, or one that is still there when the process wants to stop: what was
    /// not delivered is delivered by the next process.
    public func run() async throws(SinkError) {
        do {
            let wakeups = signal.subscribe()
            var delivered = try await persistently { () async throws(SinkError) in try await sink.start(store) }
            observe(.started(through: delivered))
            delivered = try await drain(after: delivered)
            for await _ in wakeups {
                delivered = try await drain(after: delivered)
            }
            // Finished (or cancelled): what was committed between the last look and the finish.
            if !Task.isCancelled { _ = try await drain(after: delivered) }
        } catch {
            await sink.stop()
            // A receiver that is gone is no reason for a stop to fail: the journal keeps what it is owed.
            if case .undelivered = error.code { return report(.leftBehind(sink: sink.name, error: error)) }
            throw error
        }
        await sink.stop()
    }

    /// Delivers to the end of the journal; returns the id of the last row.
    private func drain(after id: Int64) async throws(SinkError) -> Int64 {
        var delivered = id
        while !Task.isCancelled {
            let position = delivered
            let rows = try await persistently { () async throws(SinkError) in try await read(after: position) }
            guard let last = rows.last else { break }
            try await persistently { () async throws(SinkError) in try await sink.deliver(rows, store) }
            delivered = last.id
            observe(.delivered(through: last.id, rows: rows.count))
        }
        return delivered
    }

    /// Waits, but not for a process that wants to stop.
    private func leave(for time: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await pause(time) }
            group.addTask { for await _ in signal.subscribe() {} }
            await group.next()
            group.cancelAll()
        }
    }

    private func read(after id: Int64) async throws(SinkError) -> [JournalRow] {
        do {
            return try await store.journal(after: id, limit: batchMaximum)
        } catch {
            throw SinkError(.store(error), path: sink.name)
        }
    }

    /// Tries until it works, it cannot work, or the process wants to stop.
    private func persistently<Value>(_ body: () async throws(SinkError) -> Value) async throws(SinkError) -> Value {
        var attempt = 0
        var told = 0
        var wait: Duration = .milliseconds(100)
        while true {
            do {
                let value = try await body()
                if attempt > 0 {
                    report(.resumed(sink: sink.name, attempts: attempt))
                    observe(.resumed)
                }
                return value
            } catch {
                guard error.isRetriable, !signal.isFinished, !Task.isCancelled else {
                    observe(.failed(error))
                    throw error
                }
                if case .undelivered(_, let attempts, let pause) = error.code {
                    if attempts != told {
                        observe(.failed(error))
                        if attempts.nonzeroBitCount == 1 {
                            report(.waiting(sink: sink.name, error: error, attempt: attempts))
                        }
                    }
                    told = attempts
                    await leave(for: min(pause, Self.lookMaximum))
                    continue
                }
                observe(.failed(error))
                attempt += 1
                // The first, second, fourth, … attempt: a disk that is full all night must not fill the log as well.
                if attempt.nonzeroBitCount == 1 {
                    report(.waiting(sink: sink.name, error: error, attempt: attempt))
                }
                await pause(wait)
                wait = min(wait * 2, Self.pauseMaximum)
            }
        }
    }
}
