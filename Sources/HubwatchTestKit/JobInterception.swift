#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Takes the jobs of Swift's global executor while a simulation runs, so that its tasks run when and in the order that the
/// simulation says.
///
/// **How**: the concurrency runtime asks a hook before it hands a job to its thread pool
/// (`swift_task_enqueueGlobal_hook`). Jobs that are enqueued by the simulation's own thread are taken; all others, such as those of
/// the test runner, go their usual way.
enum JobInterception {
    private typealias Original = @convention(thin) (UnownedJob) -> Void
    private typealias Hook = @convention(thin) (UnownedJob, Original) -> Void

    /// The scheduler whose turn it is on a thread.
    private static let place = ThreadPlace<Scheduler>()

    private static let isInstalled: Bool = {
        guard let address = dlsym(dlopen(nil, 0), "swift_task_enqueueGlobal_hook") else { return false }
        let hook: Hook = { job, original in
            if let scheduler = JobInterception.place.object {
                scheduler.enqueue(job)
            } else {
                original(job)
            }
        }
        address.assumingMemoryBound(to: Hook.self).pointee = hook
        return true
    }()

    /// Runs a body on this thread; the jobs that it enqueues go to the scheduler.
    static func run<Result>(into scheduler: Scheduler, _ body: () throws -> Result) rethrows -> Result {
        precondition(isInstalled, "this Swift runtime has no hook for global jobs")
        return try place.hold(scheduler, body)
    }
}
