import RuleFormats

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

/// Looks at files again and again and tells of changes that have settled.
///
/// Looking costs one call of the system a file. It works where notifications do not: on network file systems, and where
/// a link in the path is replaced.
public struct FileWatch: Sendable {
    /// What is watched.
    public struct Paths: Sendable {
        /// Single files.
        public var files: [String]
        /// Rule files and folders of them; files that come and go are changes.
        public var rules: [String]

        /// Makes a list.
        public init(files: [String], rules: [String]) {
            self.files = files
            self.rules = rules
        }
    }

    private let paths: @Sendable () -> Paths
    private let pause: @Sendable () async -> Void

    /// Watches the paths that are asked for before each look.
    ///
    /// - Parameter pause: the time between two looks; injected so that tests step it.
    public init(_ paths: @escaping @Sendable () -> Paths, pause: @escaping @Sendable () async -> Void) {
        self.paths = paths
        self.pause = pause
    }

    /// Looks until the task is cancelled.
    public func run(_ changed: (_ files: [String]) -> Void) async {
        var settled = SettledChanges(Self.look(paths()))
        while !Task.isCancelled {
            await pause()
            let changes = settled.look(Self.look(paths()))
            if !changes.isEmpty, !Task.isCancelled { changed(changes) }
        }
    }

    /// The files that are there.
    static func look(_ paths: Paths) -> [String: FileStamp] {
        var stamps: [String: FileStamp] = [:]
        for path in paths.files + RuleLoader.files(of: paths.rules) { stamps[path] = FileStamp(path: path) }
        return stamps
    }
}
