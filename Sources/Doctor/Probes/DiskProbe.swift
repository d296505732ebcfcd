import Diagnosis

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Writes a file into a folder, flushes and removes it: rights and figures alone do not tell whether a disk takes more.
enum DiskProbe {
    /// What is written beside a state file: about what a commit with a snapshot takes.
    static let stateBytes = 1 << 20
    /// What is written beside a findings file: some findings.
    static let findingsBytes = 64 << 10

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Room for this user and all there is, in bytes; nil where unknown.
    static func room(in folder: String) -> (free: Int64, total: Int64)? {
        var figures = statvfs()
        guard statvfs(folder, &figures) == 0 else { return nil }
        let block = Int64(clamping: figures.f_frsize)
        func bytes(_ blocks: some BinaryInteger) -> Int64 {
            let (product, overflow) = Int64(clamping: blocks).multipliedReportingOverflow(by: block)
            return overflow ? .max : product
        }
        return (bytes(figures.f_bavail), bytes(figures.f_blocks))
    }

    @concurrent
    static func write(besides path: String, bytes: Int) async -> DiskObservation {
        let folder = folder(of: path)
        let outcome = outcome(in: folder, bytes: bytes)
        let room = room(in: folder)
        return DiskObservation(
            folder: folder, outcome, wantedBytes: Int64(bytes), freeBytes: room?.free, totalBytes: room?.total)
    }

    private static func outcome(in folder: String, bytes: Int) -> DiskObservation.Outcome {
        let path = "\(folder)/.hubwatch-doctor-\(getpid())"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return outcome(errno, written: 0) }
        defer {
            close(descriptor)
            unlink(path)
        }
        let block = [UInt8](repeating: 0x68, count: 16 << 10)
        var written = 0
        while written < bytes {
            let count = block.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(written)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return outcome(count == 0 ? EIO : errno, written: written) }
            written += count
        }
        return fsync(descriptor) == 0 ? .written : outcome(errno, written: written)
    }

    /// The outcome for an error number.
    static func outcome(_ code: Int32, written: Int) -> DiskObservation.Outcome {
        let said = String(cString: strerror(code))
        return switch code {
        case ENOSPC, EDQUOT, EFBIG: .full(written: Int64(written), said)
        case EACCES, EPERM, EROFS: .readOnly(said)
        case ENOENT, ENOTDIR: .missing(said)
        default: .failed(said)
        }
    }
}

/// Looks at the findings file without changing it.
enum FindingsProbe {
    @concurrent
    static func look(
        at path: String?, isHeld: Bool
    ) async -> (observation: FindingsFileObservation, freeBytes: Int64?) {
        guard let path else { return (.none, nil) }
        let free = DiskProbe.room(in: DiskProbe.folder(of: path))?.free
        var status = stat()
        guard stat(path, &status) == 0 else {
            guard errno == ENOENT else { return (.refused(DiskProbe.outcome(errno, written: 0)), free) }
            return (.absent(await DiskProbe.write(besides: path, bytes: DiskProbe.findingsBytes)), free)
        }
        guard status.st_mode & S_IFMT == S_IFREG else { return (.notAFile, free) }
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { return (.refused(DiskProbe.outcome(errno, written: 0)), free) }
        close(descriptor)
        // The file can be appended to; whether there is room shows beside it.
        let beside = await DiskProbe.write(besides: path, bytes: DiskProbe.findingsBytes)
        if case .full = beside.outcome { return (.refused(beside.outcome), free) }
        return (.open(isHeld: isHeld), free)
    }
}
