import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Keeps a second process off a state file.
///
/// SQLite's own locks let several writers take turns, which would let two instances fold the same partitions into one
/// file. The lock is a neighbour file, `STATE.lock`, held with `flock` for the life of the process: the kernel releases
/// it at any kind of death. It holds the process id for the error message. It is never removed: removing a lock file
/// that somebody else is opening would let both have it.
final class StateFileLock: Sendable {
    private let descriptor: Mutex<Int32>

    /// Takes the lock or throws `.inUse`, `.readOnly`, `.notFound`, `.diskFull`.
    init(statePath: String) throws(StateStoreError) {
        let path = statePath + ".lock"
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw StateStoreError(errno: errno, path: statePath) }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let holder = Self.processID(in: opened)
            close(opened)
            guard code == EWOULDBLOCK else { throw StateStoreError(errno: code, path: statePath) }
            throw StateStoreError(.inUse(processID: holder), path: statePath)
        }
        _ = fchmod(opened, 0o600)
        // Best effort: the lock is held with or without a readable id.
        let text = Array("\(getpid())\n".utf8)
        if ftruncate(opened, 0) == 0 { _ = pwrite(opened, text, text.count, 0) }
        descriptor = Mutex(opened)
    }

    deinit { release() }

    /// Gives the lock up; the second call does nothing.
    func release() {
        descriptor.withLock { held in
            guard held >= 0 else { return }
            _ = ftruncate(held, 0)
            close(held)
            held = -1
        }
    }

    private static func processID(in descriptor: Int32) -> Int? {
        var buffer = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        let digits = buffer.prefix(count).prefix { (48...57).contains($0) }
        return Int(String(decoding: digits, as: UTF8.self))
    }
}

extension StateStoreError {
    /// The error for a failed system call on the state file or its folder.
    init(errno code: Int32, path: String) {
        let detail = String(cString: strerror(code))
        switch code {
        case EACCES, EPERM, EROFS: self.init(.readOnly, path: path, detail: detail)
        case ENOENT, ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG: self.init(.notFound, path: path, detail: detail)
        case ENOSPC, EDQUOT: self.init(.diskFull, path: path, detail: detail)
        default: self.init(.ioFailure, path: path, detail: detail)
        }
    }
}
