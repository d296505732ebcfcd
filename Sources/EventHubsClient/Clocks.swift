import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The wall clock, read once for each batch or token.
enum WallClock {
    /// Nanoseconds since 1970.
    static func nanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }

    /// Seconds since 1970.
    static func seconds() -> Int64 { nanoseconds() / 1_000_000_000 }
}

extension EventLoop {
    /// The loop's monotonic clock, as the machines take it.
    var monotonicNow: Duration { .nanoseconds(Int64(clamping: now.uptimeNanoseconds)) }
}

/// One pending timer of a machine: the earliest wake-up counts.
///
/// **Isolation**: its event loop. A wake-up that comes too early is harmless to the machines, one that never comes is not:
/// therefore a later order never replaces an earlier one.
final class WakeTimer {
    private let loop: any EventLoop
    private var task: Scheduled<Void>?
    private var due: Duration?
    /// What to do; set once by the owner.
    var action: (() -> Void)?

    init(loop: any EventLoop) { self.loop = loop }

    /// Wakes at a time of the loop's monotonic clock, unless it wakes earlier already.
    func schedule(at time: Duration) {
        if let due, due <= time, task != nil {
            later.append(time)
            return
        }
        if let due, task != nil { later.append(due) }
        task?.cancel()
        due = time
        // Rounded up: a machine ignores what comes a fraction too early, and would never be woken again.
        task = loop.assumeIsolated().scheduleTask(
            in: TimeAmount(max(.zero, time - loop.monotonicNow)) + .nanoseconds(1)
        ) {
            self.fire()
        }
    }

    /// Times that are due after the pending one; bounded because a machine has few deadlines at once.
    private var later: [Duration] = []

    private func fire() {
        task = nil
        due = nil
        let now = loop.monotonicNow
        later.removeAll { $0 <= now }
        if let next = later.min() {
            later.removeAll { $0 == next }
            schedule(at: next)
        }
        action?()
    }

    func cancel() {
        task?.cancel()
        task = nil
        due = nil
        later = []
        action = nil
    }
}
