public import DiagnosticLogs

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The time of day, as the shells hand it to the cores.
public struct WallClock: Sendable {
    /// The time now.
    public let now: @Sendable () -> Timestamp

    /// Makes a clock; tests give one that they step.
    public init(now: @escaping @Sendable () -> Timestamp) { self.now = now }

    /// The system's real-time clock.
    public static let system = WallClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(nanoseconds: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
    }
}
