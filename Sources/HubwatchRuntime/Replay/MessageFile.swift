import DiagnosticLogs

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One file of messages, read from its start to its end: packed or not, wrapped or bare.
///
/// **Bounds**: memory for one message and one read; nothing is loaded whole.
/// **Isolation**: confined to the replay's own queue, because reading blocks.
final class MessageFile {
    /// Where a message counts as taken by a broker; its bytes are those of ``MessageFile/withBody(_:)``.
    struct Place: Hashable {
        /// Nil for bare bodies, whose partition is their file's.
        var partition: Int?
        var sequence: Int64
        var offset: String
        var enqueued: Timestamp
        /// A line that should be a wrapped message and is none: for the dead letters.
        var isUnusable = false
    }

    let path: String
    /// Size on disk; nil for standard input.
    let size: Int64?
    /// Bytes of the file that were read so far.
    private(set) var bytesRead: Int64 = 0
    /// The message at hand; nil before the first and after the last.
    private(set) var head: Place?
    /// Whether its messages say where they stood in a hub; known with the first one.
    private(set) var isWrapped = false

    private let options: Options
    private var descriptor: Int32 = -1
    private var gzip: GzipStream?
    private var lines: MessageLines
    private var range = 0..<0
    private var unwrapped: [UInt8] = []
    private var newest: Timestamp
    private var isAtEnd = false
    /// Small, because a packed kilobyte may hold a thousand; plain files get more room.
    private var chunk: [UInt8] = []
    private let clockReader = EnvelopeDecoder(plan: .empty)

    /// How a file is read.
    struct Options: Sendable {
        /// When bare messages count as enqueued; nil for the time of their newest record.
        var enqueued: Timestamp?
        /// Largest message body.
        var messageBytesMax: Int
        /// The time now: records that claim to be later are not believed.
        var now: Timestamp
    }

    /// Looks at the file without opening it; `-` is standard input.
    init(path: String, options: Options) throws(ReplayError) {
        self.path = path
        self.options = options
        // A wrapped body may be base64, and has its members around it.
        lines = MessageLines(bytesMax: 2 * options.messageBytesMax + 65_536)
        guard path != "-" else {
            size = nil
            newest = options.now
            return
        }
        var status = stat()
        guard stat(path, &status) == 0 else { throw Self.failure(path, errno) }
        size = Int64(status.st_size)
        newest = Timestamp(nanoseconds: Int64(status.st_mtim.tv_sec) &* 1_000_000_000)
        isFirst = true
    }

    /// Records without any time count as written when the file was, until one has a time.
    private var isFirst = true

    deinit { close() }

    /// The name for messages.
    var name: String { path == "-" ? "standard input" : "'\(path)'" }

    /// Opens it and reads the first message.
    func open() throws(ReplayError) {
        chunk = [UInt8](repeating: 0, count: 32 << 10)
        if path == "-" {
            descriptor = 0
        } else {
            descriptor = Self.openForReading(path)
            guard descriptor >= 0 else { throw Self.failure(path, errno) }
        }
        try advance()
    }

    /// Gives the file up.
    func close() {
        if descriptor > 0 { Self.closeDescriptor(descriptor) }
        descriptor = -1
    }

    /// Gives it up for now: ``open()`` reads it from its start again, to the same message.
    func suspend() {
        close()
        gzip = nil
        lines = MessageLines(bytesMax: 2 * options.messageBytesMax + 65_536)
        bytesRead = 0
        chunk = []
        isAtEnd = false
        isFirst = true
    }

    /// The bytes of the message at hand; 64 more are readable behind them.
    func withBody<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        if head?.partition != nil {
            let count = unwrapped.count - MessageLines.padding
            return try unwrapped.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
        return try lines.withBytes(range, body)
    }

    /// Goes on to the next message; ``head`` is nil when there is none.
    func advance() throws(ReplayError) {
        while true {
            if let message = lines.next(atEnd: isAtEnd) {
                place(message)
                return
            }
            guard !isAtEnd else {
                head = nil
                close()
                return
            }
            try read()
        }
    }

    private func place(_ message: MessageLines.Message) {
        range = message.range
        if isFirst { isWrapped = lines.withBytes(range) { WrappedMessage.isWrapped($0) } }
        guard isWrapped else {
            placeBare(message)
            isFirst = false
            return
        }
        isFirst = false
        guard let wrapped = lines.withBytes(range, { WrappedMessage(line: $0) }) else {
            head = Place(sequence: message.line, offset: "line \(message.line)", enqueued: newest, isUnusable: true)
            return
        }
        newest = wrapped.enqueued
        unwrapped = wrapped.body + [UInt8](repeating: 0x20, count: MessageLines.padding)
        head = Place(
            partition: wrapped.partition, sequence: wrapped.sequence, offset: wrapped.offset, enqueued: wrapped.enqueued
        )
    }

    /// A broker's times never run back in a partition; those of records do: the newest so far counts.
    private func placeBare(_ message: MessageLines.Message) {
        if let fixed = options.enqueued {
            newest = fixed
        } else {
            var found: Timestamp?
            let before = newest
            _ = lines.withBytes(range) { body in
                clockReader.decode(body, enqueued: before) { record in
                    found = max(found ?? record.eventTime, record.eventTime)
                } onDeadLetter: { _ in
                }
            }
            if let found { newest = isFirst ? found : max(newest, found) }
        }
        // What a broker stamps has milliseconds; rounding up keeps every record at or before its message.
        let milliseconds = newest.milliseconds
        let rounded = Timestamp(milliseconds: milliseconds) < newest ? milliseconds &+ 1 : milliseconds
        newest = Timestamp(milliseconds: rounded)
        head = Place(sequence: message.line, offset: "line \(message.line)", enqueued: newest)
    }

    private func read() throws(ReplayError) {
        let count = try readChunk()
        if bytesRead == 0, count > 0 { try recognize(count) }
        bytesRead += Int64(count)
        isAtEnd = count == 0
        guard let gzip else {
            chunk.withUnsafeBytes { lines.append(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
            return
        }
        do throws(GzipStream.Damage) {
            if isAtEnd { return Task.isCancelled ? () : try gzip.finish() }
            try gzip.unpack(chunk.prefix(count)) { lines.append($0) }
        } catch {
            throw ReplayError(
                .badInput,
                "\(name), byte \(error.byte): \(error.reason). Messages before it were judged; test it with `gzip -t`")
        }
    }

    private func recognize(_ count: Int) throws(ReplayError) {
        let start = chunk.prefix(min(count, 8))
        if GzipStream.isGzip(start) {
            gzip = GzipStream()
            return
        }
        let others: [(String, [UInt8])] = [
            ("zstd", [0x28, 0xB5, 0x2F, 0xFD]), ("zip", [0x50, 0x4B, 0x03, 0x04]), ("xz", [0xFD, 0x37, 0x7A, 0x58]),
            ("bzip2", [0x42, 0x5A, 0x68]), ("Avro", [0x4F, 0x62, 0x6A, 0x01]), ("Parquet", [0x50, 0x41, 0x52, 0x31]),
        ]
        chunk += [UInt8](repeating: 0, count: 224 << 10)
        for (form, magic) in others where start.starts(with: magic) {
            throw ReplayError(
                .badInput, "\(name) is \(form): turn it into one message body a line, plain or packed with gzip")
        }
    }

    private func readChunk() throws(ReplayError) -> Int {
        while true {
            if path == "-", !isReadable() { return 0 }
            let count = chunk.withUnsafeMutableBytes { Self.readSome(descriptor, $0) }
            if count >= 0 { return count }
            if errno != EINTR { throw Self.failure(path, errno) }
        }
    }

    /// Waits for standard input, but not beyond the end of the task.
    private func isReadable() -> Bool {
        while !Task.isCancelled {
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if Self.wait(&poll, milliseconds: 200) != 0 { return true }
        }
        return false
    }

    private static func failure(_ path: String, _ code: Int32) -> ReplayError {
        let reason = String(cString: strerror(code))
        return code == ENOENT
            ? ReplayError(.notFound, "there is no file '\(path)'")
            : ReplayError(.ioFailure, "'\(path)' cannot be read: \(reason)")
    }
}

// The C library's names are hidden by those of the class: named by module here, once.
extension MessageFile {
    #if canImport(Glibc)
        private static func openForReading(_ path: String) -> Int32 { Glibc.open(path, O_RDONLY | O_CLOEXEC) }
        private static func closeDescriptor(_ descriptor: Int32) { _ = Glibc.close(descriptor) }
        private static func readSome(_ descriptor: Int32, _ room: UnsafeMutableRawBufferPointer) -> Int {
            Glibc.read(descriptor, room.baseAddress, room.count)
        }
        private static func wait(_ poll: inout pollfd, milliseconds: Int32) -> Int32 {
            Glibc.poll(&poll, 1, milliseconds)
        }
    #else
        private static func openForReading(_ path: String) -> Int32 { Darwin.open(path, O_RDONLY | O_CLOEXEC) }
        private static func closeDescriptor(_ descriptor: Int32) { _ = Darwin.close(descriptor) }
        private static func readSome(_ descriptor: Int32, _ room: UnsafeMutableRawBufferPointer) -> Int {
            Darwin.read(descriptor, room.baseAddress, room.count)
        }
        private static func wait(_ poll: inout pollfd, milliseconds: Int32) -> Int32 {
            Darwin.poll(&poll, 1, milliseconds)
        }
    #endif
}
