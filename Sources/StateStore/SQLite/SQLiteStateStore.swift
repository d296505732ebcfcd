import GRDB
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The state in one local file: SQLite, write-ahead log, one transaction per commit.
///
/// **Durability**: `synchronous = FULL`. A commit that was answered is on the disk and survives a crash of the process,
/// of the kernel and a power loss, as far as the disk honours a flush. `NORMAL` would be one flush cheaper and could
/// lose the last commits at a power loss: sinks would then have delivered findings that the journal no longer knows.
///
/// **Files**: the state file, `-wal` and `-shm` beside it, and `.lock`; all readable by their owner only.
///
/// **Exclusion**: one process opens the file for writing; any number may open it for reading meanwhile.
///
/// **Isolation**: writes go through GRDB's writer queue one after the other; reads run beside them on their own
/// snapshot.
public final class SQLiteStateStore: StateStore {
    /// What the file is opened for.
    public enum Mode: Hashable, Sendable {
        /// To write; keeps other writers off. Creates the file when there is none.
        case exclusive
        /// To look while another process may write. Creates nothing.
        case readOnly
    }

    /// The state file, with symbolic links followed.
    public let path: String
    let bounds: DeadLetterBounds
    let sinkLetterBounds: SinkLetterBounds
    private let pool: DatabasePool
    private let lock: StateFileLock?
    private let isClosed = Atomic(false)
    private let fileAccess: StateAccess

    /// Opens or creates a state file.
    ///
    /// Blocks on the disk: call it at start-up.
    ///
    /// Throws `.notOurs`, `.newerVersion`, `.olderVersion`, `.inUse`, `.readOnly`, `.notFound`, `.diskFull`,
    /// `.corrupt`. A file that is refused is left untouched.
    public convenience init(
        path: String, mode: Mode = .exclusive, bounds: DeadLetterBounds = DeadLetterBounds()
    ) throws(StateStoreError) {
        try self.init(path: path, mode: mode, bounds: bounds, pagesMaximum: nil)
    }

    /// Opens a file that may not grow beyond a number of pages (a full disk for the tests), that is reached in another way,
    /// or whose statements are watched.
    package init(
        path: String, mode: Mode, bounds: DeadLetterBounds, pagesMaximum: Int? = nil,
        sinkLetterBounds: SinkLetterBounds = SinkLetterBounds(), access fileAccess: StateAccess = .queued,
        statement: (@Sendable (StatementEvent) -> Void)? = nil
    ) throws(StateStoreError) {
        self.sinkLetterBounds = sinkLetterBounds
        self.fileAccess = fileAccess
        let path = Self.resolved(path)
        self.path = path
        self.bounds = bounds
        switch mode {
        case .exclusive:
            lock = try StateFileLock(statePath: path)
            try Self.prepareFile(path)
        case .readOnly:
            lock = nil
            guard access(path, R_OK) == 0 else { throw StateStoreError(errno: errno, path: path) }
        }
        do {
            let identity = try Self.identity(path: path, mode)
            if mode == .readOnly && identity == .empty {
                throw StateStoreError(.notFound, path: path, detail: "nothing was ever committed")
            }
            if mode == .readOnly, case .older(let found) = identity {
                throw StateStoreError(.olderVersion(found: found, supported: StateSchema.version), path: path)
            }
            var configuration = Configuration()
            configuration.label = "hubwatch.state"
            configuration.readonly = mode == .readOnly
            configuration.maximumReaderCount = 3
            // Another process may read (sqlite3, `hubwatch checkpoints`); its locks are short.
            configuration.busyMode = .timeout(5)
            configuration.prepareDatabase { db in
                if let statement { db.trace(options: [.statement, .profile]) { statement(StatementEvent($0)) } }
                guard let pagesMaximum else { return }
                try db.execute(sql: "PRAGMA max_page_count = \(pagesMaximum)")
            }
            pool = try DatabasePool(path: path, configuration: configuration)
            guard mode == .exclusive else { return }
            // Only now: a file that is refused stays as it is.
            for suffix in ["", "-wal", "-shm"] { chmod(path + suffix, 0o600) }
            try pool.writeWithoutTransaction { db in
                try Self.requireLog(db, path)
                try db.execute(sql: "PRAGMA synchronous = FULL")
                // Ignored where the system's flush is already complete (Linux).
                try db.execute(sql: "PRAGMA fullfsync = ON")
                try db.execute(sql: "PRAGMA journal_size_limit = 67108864")
                guard identity != .current else { return }
                try db.inTransaction(.immediate) {
                    try identity == .empty ? StateSchema.create(db) : StateSchema.carryOver(db)
                    return .commit
                }
            }
        } catch {
            throw StateStoreError(error, path: path)
        }
    }

    /// The pool asks for the write-ahead log and takes the answer for the deed, but the change of the file's header is
    /// only written after the answer, and a disk that fails then leaves the file in its old mode without a word.
    private static func requireLog(_ db: Database, _ path: String) throws {
        let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode") ?? ""
        guard mode == "wal" else {
            throw StateStoreError(.ioFailure, path: path, detail: "the write-ahead log could not be set up (\(mode))")
        }
    }

    /// Checks the whole file for damage; takes time in proportion to its size.
    public func verify() async throws(StateStoreError) {
        let found = try await read { db in try String.fetchAll(db, sql: "PRAGMA integrity_check(3)") }
        guard found == ["ok"] else {
            throw StateStoreError(.corrupt, path: path, detail: found.joined(separator: "; "))
        }
    }

    /// `synchronous` and `journal_mode` as SQLite reports them on the writer; for the tests.
    package func durability() async throws(StateStoreError) -> (synchronous: Int, journalMode: String) {
        try await perform { db in
            (
                try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? -1,
                try String.fetchOne(db, sql: "PRAGMA journal_mode") ?? ""
            )
        }
    }

    /// Checkpoints the log and closes the file; the lock is free afterwards.
    public func close() async throws(StateStoreError) {
        // Behind all writes that were asked for before.
        _ = try? await perform { _ in }
        // GRDB traps on some uses of a closed connection: nothing may reach it any more.
        guard !isClosed.exchange(true, ordering: .sequentiallyConsistent) else { return }
        do {
            try pool.close()
        } catch {
            throw StateStoreError(error, path: path)
        }
        lock?.release()
    }

    // MARK: Access

    /// Reads on a snapshot of its own, beside writers.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StateStoreError) -> Value {
        guard !isClosed.load(ordering: .sequentiallyConsistent) else { throw StateStoreError(.closed, path: path) }
        if case .stepwise(let boundary) = fileAccess {
            await boundary()
            let result = Result { try pool.read(body) }
            await boundary()
            return try unwrap(result)
        }
        let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
            pool.asyncRead { database in
                continuation.resume(returning: Result { try body(database.get()) })
            }
        }
        return try unwrap(result)
    }

    /// Writes in one transaction, all or nothing.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StateStoreError) -> Value {
        try await perform { db in
            var value: Value?
            try db.inTransaction(.immediate) {
                value = try body(db)
                return .commit
            }
            guard let value else { throw DatabaseError(resultCode: .SQLITE_ABORT) }
            return value
        }
    }

    private func perform<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StateStoreError) -> Value {
        if case .stepwise(let boundary) = fileAccess {
            await boundary()
            let result = Result {
                guard !isClosed.load(ordering: .sequentiallyConsistent) else {
                    throw StateStoreError(.closed, path: path)
                }
                return try pool.writeWithoutTransaction(body)
            }
            await boundary()
            return try unwrap(result)
        }
        // A continuation rather than GRDB's async functions: those roll back when the calling task is cancelled, and a
        // process that drains commits from cancelled tasks.
        let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
            pool.asyncWriteWithoutTransaction { [self] db in
                continuation.resume(
                    returning: Result {
                        // Asked here, on the writer's queue, behind which the file is closed.
                        guard !isClosed.load(ordering: .sequentiallyConsistent) else {
                            throw StateStoreError(.closed, path: path)
                        }
                        return try body(db)
                    })
            }
        }
        return try unwrap(result)
    }

    private func unwrap<Value>(_ result: Result<Value, any Error>) throws(StateStoreError) -> Value {
        switch result {
        case .success(let value): return value
        case .failure(let error): throw StateStoreError(error, path: path)
        }
    }

    // MARK: The file

    /// Follows symbolic links, so that two names of one file share a lock.
    private static func resolved(_ path: String) -> String {
        if let whole = realpath(path, nil) {
            defer { free(whole) }
            return String(cString: whole)
        }
        let cut = path.lastIndex(of: "/")
        let folder = cut.map { String(path[...$0]) } ?? "."
        let name = cut.map { String(path[path.index(after: $0)...]) } ?? path
        guard let whole = realpath(folder, nil) else { return path }
        defer { free(whole) }
        return String(cString: whole) + "/" + name
    }

    /// Creates the file for its owner only before SQLite does (which would use the umask); -wal and -shm take its mode.
    private static func prepareFile(_ path: String) throws(StateStoreError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StateStoreError(errno: errno, path: path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            Self.closeDescriptor(descriptor)
            throw StateStoreError(errno: code, path: path)
        }
        Self.closeDescriptor(descriptor)
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw StateStoreError(.notFound, path: path, detail: "not a regular file")
        }
    }

    private static func closeDescriptor(_ descriptor: Int32) {
        #if canImport(Glibc)
            _ = Glibc.close(descriptor)
        #elseif canImport(Musl)
            _ = Musl.close(descriptor)
        #elseif canImport(Darwin)
            _ = Darwin.close(descriptor)
        #endif
    }

    /// Looks at the file through a connection that cannot write, so that somebody else's database stays as it is.
    ///
    /// A process that ended while it made the file has left a rollback journal, and nobody may read before somebody
    /// who may write has rolled back: that is whoever opens the file for itself.
    private static func identity(path: String, _ mode: Mode) throws -> StateSchema.Identity {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        do {
            return try identify(path, configuration)
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_READONLY_ROLLBACK {
            guard mode == .exclusive else { return .empty }
            configuration.readonly = false
            return try identify(path, configuration)
        }
    }

    private static func identify(_ path: String, _ configuration: Configuration) throws -> StateSchema.Identity {
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? queue.close() }
        return try queue.read { db in try StateSchema.identify(db, path: path) }
    }
}
