import RuleFormats

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
