#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The system calls that can fail when a disk is full or broken; replaced by tests.
package struct FileOperations: Sendable {
    /// `write`: number of bytes written, or minus the error number.
    package var write: @Sendable (_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int
    /// `fdatasync`: 0, or minus the error number.
    package var synchronize: @Sendable (_ descriptor: Int32) -> Int
    /// `flock`, exclusively and without waiting: 0, or minus the error number.
    package var lock: @Sendable (_ descriptor: Int32) -> Int = { descriptor in
        flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? 0 : -Int(errno)
    }

    /// `rename`: 0, or minus the error number.
    package var rename: @Sendable (_ path: String, _ target: String) -> Int = systemRename
    /// `unlink`: 0, or minus the error number.
    package var remove: @Sendable (_ path: String) -> Int = systemRemove

    /// The system's own.
    package static let system = FileOperations(
        write: { descriptor, bytes in
            while true {
                let count = systemWrite(descriptor, bytes)
                if count >= 0 { return count }
                if errno != EINTR { return -Int(errno) }
            }
        },
        synchronize: { descriptor in
            #if canImport(Darwin)
                return fcntl(descriptor, F_FULLFSYNC) == -1 ? -Int(errno) : 0
            #else
                return fdatasync(descriptor) == 0 ? 0 : -Int(errno)
            #endif
        })

    package init(
        write: @escaping @Sendable (_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int,
        synchronize: @escaping @Sendable (_ descriptor: Int32) -> Int
    ) {
        self.write = write
        self.synchronize = synchronize
    }
}

private func systemRename(_ path: String, _ target: String) -> Int { rename(path, target) == 0 ? 0 : -Int(errno) }

private func systemRemove(_ path: String) -> Int { unlink(path) == 0 ? 0 : -Int(errno) }

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
}

/// An open file that lines are appended to.
///
/// Owns the descriptor and a lock against other writers.
final class AppendFile {
    let path: String
    let inode: UInt64
    /// True when opening made it.
    let isNew: Bool
    private let descriptor: Int32
    private let operations: FileOperations

    /// Opens or creates; `creating` false opens only what is there.
    init(path: String, creating: Bool, permissions: UInt16, operations: FileOperations) throws(SinkError) {
        var status = stat()
        let existed = stat(path, &status) == 0
        if existed, status.st_mode & S_IFMT != S_IFREG { throw SinkError(.notAFile, path: path) }
        let flags = O_RDWR | O_APPEND | O_CLOEXEC | (creating ? O_CREAT : 0)
        let opened = open(path, flags, mode_t(permissions))
        guard opened >= 0 else { throw SinkError(errno: errno, path: path) }
        guard fstat(opened, &status) == 0 else {
            let code = errno
            close(opened)
            throw SinkError(errno: code, path: path)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(opened)
            throw SinkError(.notAFile, path: path)
        }
        let locked = operations.lock(opened)
        guard locked == 0 else {
            let code = Int32(truncatingIfNeeded: -locked)
            close(opened)
            throw code == EWOULDBLOCK ? SinkError(.inUse, path: path) : SinkError(errno: code, path: path)
        }
        self.path = path
        self.descriptor = opened
        self.operations = operations
        self.inode = UInt64(status.st_ino)
        self.isNew = !existed
        if isNew { Self.synchronizeFolder(of: path) }
    }

    deinit { close(descriptor) }

    /// Length in bytes.
    func length() throws(SinkError) -> Int64 { Int64(try status().st_size) }

    /// When something was last written, nanoseconds since the Unix epoch.
    func modifiedNanoseconds() throws(SinkError) -> Int64 {
        let status = try status()
        #if canImport(Darwin)
            let time = status.st_mtimespec
        #else
            let time = status.st_mtim
        #endif
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }

    /// Permission bits.
    func permissions() throws(SinkError) -> UInt16 { UInt16(try status().st_mode & 0o777) }

    /// Sets the permission bits.
    func setPermissions(_ permissions: UInt16) throws(SinkError) {
        guard fchmod(descriptor, mode_t(permissions)) == 0 else { throw SinkError(errno: errno, path: path) }
    }

    /// Appends all bytes and flushes them to the disk, or throws; then any part of them may be in the file.
    func append(_ bytes: [UInt8]) throws(SinkError) {
        var code = 0
        bytes.withUnsafeBytes { whole in
            var rest = whole[...]
            while !rest.isEmpty {
                let count = operations.write(descriptor, UnsafeRawBufferPointer(rebasing: rest))
                guard count > 0 else {
                    code = count == 0 ? Int(EIO) : -count
                    return
                }
                rest = rest.dropFirst(count)
            }
        }
        guard code == 0 else { throw SinkError(errno: Int32(truncatingIfNeeded: code), path: path) }
        let flushed = operations.synchronize(descriptor)
        guard flushed == 0 else { throw SinkError(errno: Int32(truncatingIfNeeded: -flushed), path: path) }
    }

    /// Cuts the file to a length and flushes that.
    func truncate(to length: Int64) throws(SinkError) {
        guard ftruncate(descriptor, off_t(length)) == 0 else { throw SinkError(errno: errno, path: path) }
        let flushed = operations.synchronize(descriptor)
        guard flushed == 0 else { throw SinkError(errno: Int32(truncatingIfNeeded: -flushed), path: path) }
    }

    /// Up to `count` bytes from `offset`; fewer only at the end.
    func read(from offset: Int64, count: Int) throws(SinkError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = buffer.withUnsafeMutableBytes { bytes in
                pread(
                    descriptor, bytes.baseAddress?.advanced(by: filled), count - filled, off_t(offset + Int64(filled)))
            }
            if got == 0 { break }
            if got < 0 {
                if errno == EINTR { continue }
                throw SinkError(errno: errno, path: path)
            }
            filled += got
        }
        buffer.removeLast(count - filled)
        return buffer
    }

    /// The inode that the path leads to now; nil when there is nothing.
    static func inode(at path: String) throws(SinkError) -> UInt64? {
        var status = stat()
        if stat(path, &status) == 0 { return UInt64(status.st_ino) }
        if errno == ENOENT { return nil }
        throw SinkError(errno: errno, path: path)
    }

    /// The file with this inode in the folder of `path`: where a rotation moved it; nil when it is not there.
    static func file(withInode inode: UInt64, besides path: String) -> String? {
        var found: String?
        let folder = visitFolder(of: path) { name, number in
            guard number == inode else { return true }
            found = name
            return false
        }
        return found.map { folder + $0 }
    }

    /// The names of everything in the folder of `path`, and the folder's own, with a slash.
    static func names(besides path: String) -> (folder: String, names: [String]) {
        var names: [String] = []
        let folder = visitFolder(of: path) { name, _ in
            names.append(name)
            return true
        }
        return (folder, names)
    }

    /// Shows each entry, until the body returns false; returns the folder.
    private static func visitFolder(of path: String, _ body: (String, UInt64) -> Bool) -> String {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "./"
        guard let stream = opendir(folder) else { return folder }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: name.pointee)) {
                    String(cString: $0)
                }
            }
            guard body(name, UInt64(entry.pointee.d_ino)) else { break }
        }
        return folder
    }

    private func status() throws(SinkError) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SinkError(errno: errno, path: path) }
        return status
    }

    /// Makes the name of a new file as durable as its contents.
    private static func synchronizeFolder(of path: String) {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let opened = open(folder, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { return }
        fsync(opened)
        close(opened)
    }
}

extension SinkError {
    /// The error for a failed system call on the findings file.
    init(errno code: Int32, path: String) {
        let detail = String(cString: strerror(code))
        switch code {
        case ENOSPC, EDQUOT, EFBIG: self.init(.diskFull, path: path, detail: detail)
        case EACCES, EPERM, EROFS: self.init(.readOnly, path: path, detail: detail)
        case ENOENT, ENOTDIR: self.init(.notFound, path: path, detail: detail)
        case EISDIR: self.init(.notAFile, path: path, detail: detail)
        default: self.init(.ioFailure, path: path, detail: detail)
        }
    }
}
