#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What shows that a file may have changed, without reading it.
///
/// Symbolic links are followed: a configuration map changes by pointing a link elsewhere.
struct FileStamp: Hashable, Sendable {
    private var device: UInt64
    private var inode: UInt64
    private var size: Int64
    private var seconds: Int64
    private var nanoseconds: Int64

    /// Looks at a file; nil when there is none.
    init?(path: String) {
        var found = stat()
        guard stat(path, &found) == 0 else { return nil }
        device = UInt64(found.st_dev)
        inode = UInt64(found.st_ino)
        size = Int64(found.st_size)
        #if canImport(Glibc)
            seconds = Int64(found.st_mtim.tv_sec)
            nanoseconds = Int64(found.st_mtim.tv_nsec)
        #else
            seconds = Int64(found.st_mtimespec.tv_sec)
            nanoseconds = Int64(found.st_mtimespec.tv_nsec)
        #endif
    }
}
