import Detection
public import DiagnosticLogs
public import FindingFormats
public import StateStore

/// Writes findings to a file, one OCSF line each, exactly once.
///
/// **How**: lines are appended and flushed, then the cursor (journal id, inode, length) is stored. A process that dies
/// in between leaves lines behind the cursor's length. At the start these are matched, by `metadata.uid`, with the rows
/// behind the cursor; a torn last line is cut; writing goes on with the first row that has no line.
///
/// **Rotation**: a file that was moved away or replaced is noticed before each batch, and a new one is begun. A file
/// that somebody cut is said and gone on with. Rotate by renaming: a tool that copies and truncates can lose lines. The
/// sink rotates by itself as ``FileRotation`` says: it renames, begins the new file and stores the cursor, in this order,
/// before the first line goes into the new file. A process that dies in between finds the old file by its inode.
///
/// **Failures**: on a full disk the part that was written is cut off again, and the caller is told to wait.
///
/// **Isolation**: an actor on a dispatch queue of its own; a slow disk blocks nobody else.
public actor FileSink: JournalSink {
    /// Key of the cursor.
    public nonisolated let name: String
    /// The findings file.
    public nonisolated let path: String
    private let format: OCSFFormat
    private let permissions: UInt16
    private let rotation: FileRotation
    private let now: @Sendable () -> Timestamp
    private let report: @Sendable (SinkReport) -> Void
    private let operations: FileOperations
    private let executor: any SerialExecutor

    private var file: AppendFile?
    /// What is in the file: may be ahead of what the store knows.
    private var written: SinkCursor
    /// What the store knows.
    private var stored: SinkCursor?
    /// True when a failed write may have left bytes behind `written.length`.
    private var isDirty = false
    /// When the file was last written to, by this process or one before.
    private var lastWritten: Timestamp?
    /// True when renaming failed: said once.
    private var rotationHasFailed = false

    /// Runs on the sink's own queue.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Makes a sink; touches nothing before ``start(_:)``.
    ///
    /// - Parameters:
    ///   - permissions: mode of the file; a file with another mode is changed, and that is reported.
    ///   - rotation: when the sink begins a new file by itself.
    ///   - now: the clock for `metadata.logged_time`.
    public init(
        path: String, name: String = "file", format: OCSFFormat, permissions: UInt16 = 0o600,
        rotation: FileRotation = FileRotation(), now: @escaping @Sendable () -> Timestamp,
        report: @escaping @Sendable (SinkReport) -> Void = { _ in }
    ) {
        self.init(
            path: path, name: name, format: format, permissions: permissions, rotation: rotation, operations: .system,
            executor: nil, now: now, report: report)
    }

    package init(
        path: String, name: String = "file", format: OCSFFormat, permissions: UInt16 = 0o600,
        rotation: FileRotation = FileRotation(), operations: FileOperations, executor: (any SerialExecutor)? = nil,
        now: @escaping @Sendable () -> Timestamp,
        report: @escaping @Sendable (SinkReport) -> Void
    ) {
        self.path = path
        self.name = name
        self.format = format
        self.permissions = permissions
        self.rotation = rotation
        self.operations = operations
        self.now = now
        self.report = report
        self.executor = executor ?? QueueExecutor(label: "hubwatch.sink.\(name)")
        self.written = SinkCursor(sink: name, journalID: 0)
    }

    /// Opens the file, matches what is in it with the journal, and returns the id of the last row that it holds.
    public func start(_ store: any StateStore) async throws(SinkError) -> Int64 {
        file = nil
        isDirty = false
        do {
            stored = try await store.cursor(of: name)
        } catch {
            throw SinkError(.store(error), path: path)
        }
        written = stored ?? SinkCursor(sink: name, journalID: 0)
        if stored == nil {
            try adopt()
        } else if try AppendFile.inode(at: path) == written.inode {
            try await resume(store)
        } else {
            try await beginAnew(store, recoveringOld: true)
        }
        try await persist(store)
        return written.journalID
    }

    /// Appends the active rows that the file does not hold yet, then stores the cursor.
    public func deliver(_ rows: [JournalRow], _ store: any StateStore) async throws(SinkError) {
        try await settle(store)
        let owed = rows.filter { $0.id > written.journalID }
        let bytes = lines(for: owed)
        try await rotate(adding: bytes.count, store)
        guard let file else { throw SinkError(.ioFailure, path: path, detail: "not open") }
        if let last = owed.last {
            if !bytes.isEmpty {
                isDirty = true
                do {
                    try file.append(bytes)
                } catch {
                    // Best effort now, for certain before the next write.
                    if (try? file.truncate(to: written.length)) != nil { isDirty = false }
                    throw error
                }
                isDirty = false
                lastWritten = now()
            }
            written.length += Int64(bytes.count)
            written.journalID = last.id
        }
        try await persist(store)
    }

    /// Closes the file.
    public func stop() async { file = nil }

    // MARK: Finding the place

    /// First start: whatever the file holds was not written by this sink and is kept.
    private func adopt() throws(SinkError) {
        let opened = try open(path, creating: true)
        let length = try opened.length()
        if opened.isNew {
            report(.created(path: path))
        } else if length > 0 {
            report(.adopted(path: path, bytes: length))
        }
        place(opened, at: length)
        try endLastLine(of: opened)
    }

    /// The file is the one that the cursor knows.
    private func resume(_ store: any StateStore) async throws(SinkError) {
        let opened = try open(path, creating: false)
        let length = try opened.length()
        var from = written.length
        if length < from {
            report(.shortened(path: path, from: from, to: length))
            // Its lines may have been written behind the cut, before a crash: look at all of them.
            from = 0
        }
        try await match(opened, from: from, ownsTail: true, store)
    }

    /// The file was moved away, replaced or removed.
    private func beginAnew(_ store: any StateStore, recoveringOld: Bool) async throws(SinkError) {
        let old = AppendFile.file(withInode: written.inode, besides: path)
        if let old {
            if recoveringOld, let moved = try? open(old, creating: false), try moved.length() >= written.length {
                try await match(moved, from: written.length, ownsTail: true, store)
            }
            report(.rotated(path: path, to: old))
        } else if try AppendFile.inode(at: path) == nil {
            report(.missing(path: path))
        } else {
            report(.rotated(path: path, to: nil))
        }
        file = nil
        let opened = try open(path, creating: true)
        if opened.isNew {
            place(opened, at: 0)
        } else {
            try await match(opened, from: 0, ownsTail: false, store)
        }
    }

    /// Brings file and memory together before a write: what others did to the file, and what a failed write left.
    private func settle(_ store: any StateStore) async throws(SinkError) {
        guard let file else {
            _ = try await start(store)
            return
        }
        if isDirty {
            try file.truncate(to: written.length)
            isDirty = false
        }
        guard try AppendFile.inode(at: path) == file.inode else {
            try await beginAnew(store, recoveringOld: false)
            try await persist(store)
            return
        }
        let length = try file.length()
        if length < written.length {
            report(.shortened(path: path, from: written.length, to: length))
            try await match(file, from: 0, ownsTail: true, store)
        } else if length > written.length {
            try await match(file, from: written.length, ownsTail: false, store)
        }
    }

    /// Reads the complete lines from an offset on: those of the next rows are delivered, others are foreign and kept.
    ///
    /// - Parameter ownsTail: an unfinished last line is ours, torn by a crash, and is cut. Otherwise it is ended.
    private func match(
        _ opened: AppendFile, from offset: Int64, ownsTail: Bool, _ store: any StateStore
    ) async throws(SinkError) {
        var owed = OwedRows(store: store, after: written.journalID, name: name)
        var reader = LineReader(file: opened, offset: offset)
        var matched = 0
        var foreign: Int64 = 0
        var lineStart = offset
        while let line = try reader.next() {
            let identity = LineReader.identity(in: line)
            if let identity, let row = try await owed.peek(), row.identity == identity {
                written.journalID = row.id
                owed.drop()
                matched += 1
            } else if offset > 0 || !ownsTail {
                foreign += reader.offset - lineStart
            }
            lineStart = reader.offset
        }
        if matched > 0 { report(.recovered(path: opened.path, lines: matched)) }
        if foreign > 0 { report(.foreignBytes(path: opened.path, bytes: foreign)) }
        place(opened, at: reader.offset)
        guard reader.tornBytes > 0 else { return }
        if ownsTail {
            try opened.truncate(to: reader.offset)
            report(.tornLineCut(path: opened.path, bytes: reader.tornBytes))
        } else {
            written.length += reader.tornBytes
            report(.foreignBytes(path: opened.path, bytes: reader.tornBytes))
            try endLastLine(of: opened)
        }
    }

    private func place(_ opened: AppendFile, at length: Int64) {
        file = opened
        lastWritten = length > 0 ? (try? opened.modifiedNanoseconds()).map(Timestamp.init(nanoseconds:)) : nil
        written.inode = opened.inode
        written.length = length
    }

    /// Puts a line end behind foreign bytes that have none, so that our line is a line of its own.
    private func endLastLine(of opened: AppendFile) throws(SinkError) {
        guard written.length > 0 else { return }
        guard try opened.read(from: written.length - 1, count: 1) != [UInt8(ascii: "\n")] else { return }
        isDirty = true
        try opened.append([UInt8(ascii: "\n")])
        isDirty = false
        written.length += 1
    }

    private func open(_ path: String, creating: Bool) throws(SinkError) -> AppendFile {
        let opened = try AppendFile(path: path, creating: creating, permissions: permissions, operations: operations)
        let found = try opened.permissions()
        if found != permissions {
            try opened.setPermissions(permissions)
            if !opened.isNew { report(.modeChanged(path: path, from: found, to: permissions)) }
        }
        return opened
    }

    // MARK: Rotation

    /// Puts the file aside when it is time, and begins a new one.
    ///
    /// Behind the cursor of the new file nothing can be lost or repeated: before it is stored the new file is empty, and the
    /// old one is known to the stored cursor.
    private func rotate(adding bytes: Int, _ store: any StateStore) async throws(SinkError) {
        guard rotation.isOn, bytes > 0, file != nil else { return }
        let time = now()
        guard rotation.isDue(length: written.length, adding: Int64(bytes), lastWritten: lastWritten, now: time) else {
            return
        }
        let (folder, names) = AppendFile.names(besides: path)
        let target = folder + FileRotation.name(of: fileName, at: time, among: names)
        // What the cursor says of the old file must be true before that is found under another name.
        try await persist(store)
        let renamed = operations.rename(path, target)
        guard renamed == 0 else {
            if !rotationHasFailed {
                let error = SinkError(errno: Int32(truncatingIfNeeded: -renamed), path: path)
                report(.rotationFailed(path: path, detail: error.detail))
            }
            rotationHasFailed = true
            return
        }
        rotationHasFailed = false
        try await beginAnew(store, recoveringOld: false)
        try await persist(store)
        removeOldest()
    }

    private var fileName: String { String(path.split(separator: "/").last ?? "") }

    /// Removes the oldest files that were put aside, beyond those that are kept.
    private func removeOldest() {
        guard let keep = rotation.keep else { return }
        let (folder, names) = AppendFile.names(besides: path)
        for name in FileRotation.rotated(names, of: fileName).dropLast(max(0, keep)) {
            // One that cannot be removed is tried again at the next rotation.
            if operations.remove(folder + name) == 0 { report(.removed(path: folder + name)) }
        }
    }

    // MARK: Writing

    private func lines(for rows: [JournalRow]) -> [UInt8] {
        let logged = now()
        var bytes: [UInt8] = []
        for row in rows where row.draft.status == .active {
            do {
                bytes += format.line(try JournalRecord(payload: row.draft.payload).entry, logged: logged)
            } catch {
                report(.unreadableRow(id: row.id, reason: "\(error)"))
            }
        }
        return bytes
    }

    /// Stores how far the file has come.
    ///
    /// Behind the flush: a cursor never claims what a power loss could take back.
    private func persist(_ store: any StateStore) async throws(SinkError) {
        guard stored != written else { return }
        let cursor = written
        do {
            try await store.advanceCursor(cursor)
        } catch {
            throw SinkError(.store(error), path: path)
        }
        stored = cursor
    }
}
