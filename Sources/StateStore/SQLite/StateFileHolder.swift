#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The process that has a state file for writing, as far as a look from outside can tell.
///
/// Nothing is written, and whoever starts meanwhile is not held up: the lock is only tried where the lock file names a
/// process, which an orderly end takes out again.
public struct StateFileHolder: Hashable, Sendable {
    /// The process's id; another container's ids mean nothing here.
    public let processID: Int

    /// Looks at the lock beside a state file; nil when nobody has it.
    public init?(statePath: String) {
        let path = realpath(statePath, nil).map { whole in
            defer { free(whole) }
            return String(cString: whole)
        }
        let descriptor = open((path ?? statePath) + ".lock", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        let digits = buffer.prefix(max(0, count)).prefix { (48...57).contains($0) }
        guard let named = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
        if flock(descriptor, LOCK_SH | LOCK_NB) == 0 {
            // A process that was killed has left its id behind.
            _ = flock(descriptor, LOCK_UN)
            return nil
        }
        guard errno == EWOULDBLOCK else { return nil }
        processID = named
    }
}
