/// Runs the jobs and sleeps of one process of the simulation, one at a time, in an order that the seed decides.
///
/// **Isolation**: the simulation's thread. A process that has crashed is simply never run again; its scheduler is kept, because
/// what its tasks hold must not be taken apart.
final class Scheduler: @unchecked Sendable {
    private struct Sleeper {
        var id: Int
        var due: Int64
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct ReadyJob {
        var job: UnownedJob
        /// Nil for the global executor.
        var executor: SteppedExecutor?
    }

    private var ready: [ReadyJob] = []
    private var sleepers: [Sleeper] = []
    private var sleeps = 0
    private let main = SteppedExecutor()
    /// Nanoseconds of the simulation.
    var now: Int64 = 0

    init() { main.scheduler = self }

    /// Adds a job of the global executor.
    func enqueue(_ job: UnownedJob) { ready.append(ReadyJob(job: job)) }

    fileprivate func enqueue(_ job: UnownedJob, on executor: SteppedExecutor) {
        ready.append(ReadyJob(job: job, executor: executor))
    }

    /// A serial executor of this process.
    func makeExecutor() -> SteppedExecutor {
        let executor = SteppedExecutor()
        executor.scheduler = self
        return executor
    }

    var hasReadyJobs: Bool { !ready.isEmpty }

    /// When the next sleeper wakes; nil when nobody sleeps.
    var nextWake: Int64? { sleepers.map(\.due).min() }

    /// Takes one job out: mostly the oldest, sometimes another one; nil when there is none.
    ///
    /// Run it when the generator is not held any more: the job may draw from it.
    func take(_ generator: inout SeededGenerator) -> (() -> Void)? {
        guard !ready.isEmpty else { return nil }
        let at = generator.once(in: 4) ? Int.random(in: 0..<ready.count, using: &generator) : 0
        let next = ready.remove(at: at)
        let executor = next.executor ?? main
        return { next.job.runSynchronously(on: executor.asUnownedSerialExecutor()) }
    }

    /// Wakes who has slept long enough.
    func wake() {
        let due = sleepers.filter { $0.due <= now }.sorted { ($0.due, $0.id) < ($1.due, $1.id) }
        sleepers.removeAll { $0.due <= now }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// Suspends the caller for a span of simulated time, or until its task is cancelled.
    func sleep(_ duration: Duration) async {
        sleeps += 1
        let id = sleeps
        let (seconds, attoseconds) = duration.components
        let due = now &+ max(0, seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000)
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled {
                    continuation.resume()
                } else {
                    sleepers.append(Sleeper(id: id, due: due, continuation: continuation))
                }
            }
        } onCancel: {
            guard let at = sleepers.firstIndex(where: { $0.id == id }) else { return }
            sleepers.remove(at: at).continuation.resume()
        }
    }
}

/// A serial executor whose jobs wait in a ``Scheduler``.
final class SteppedExecutor: SerialExecutor, @unchecked Sendable {
    fileprivate weak var scheduler: Scheduler?

    func enqueue(_ job: consuming ExecutorJob) {
        scheduler?.enqueue(UnownedJob(job), on: self)
    }
}
