import CSQLiteFaults
import Sinks
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The disk of the simulation: real files, and failures where the plan wants them.
///
/// SQLite reaches it through a layer over its file system (``CSQLiteFaults``), the findings file through
/// ``FileOperations``. Every operation that could fail is counted; the plan names operations by their number. What was
/// written and not yet flushed is remembered, so that a loss of power can take some of it back.
///
/// **Isolation**: the simulation's thread.
final class SimulatedDisk: @unchecked Sendable {
    /// What an operation answers.
    enum Answer {
        case works
        /// The device fails: nothing, or a part, is written.
        case fails
        /// No room.
        case full
        /// The process ends inside this operation; a part of a write may have happened.
        case crash
    }

    /// What files are part of the simulation, by a part of their path.
    static let mark = "/hubwatch-simulation-"

    private struct Write {
        var path: String
        var offset: Int64
        var before: [UInt8]
        var sizeBefore: Int64
        var after: [UInt8]
    }

    /// Decides about the operation of a number, counted from 1 over the whole simulation.
    var judge: (Int) -> Answer = { _ in .works }
    /// How much of a torn write reaches the disk, 0 to 1.
    var tornPart: () -> Double = { 0 }
    /// Set by a crash inside an operation: nothing more is done for this process.
    private(set) var hasCrashed = false
    /// Operations so far.
    private(set) var operations = 0
    private var unflushed: [Write] = []
    private var paths: [Int32: String] = [:]

    /// The disk that SQLite's layer asks on a thread; the layer belongs to the process.
    private static let place = ThreadPlace<SimulatedDisk>()

    private static let isInstalled: Bool =
        sqlite_faults_install(mark) { operation in
            guard let operation = operation?.pointee, let disk = SimulatedDisk.place.object else {
                return sqlite_faults_answer(code: 0, torn: 0)
            }
            return disk.answer(operation)
        } == 0

    /// Puts this disk under SQLite while a body runs on this thread.
    func serve<Result>(_ body: () throws -> Result) rethrows -> Result {
        precondition(Self.isInstalled, "SQLite's file system has a layer already")
        return try Self.place.hold(self, body)
    }

    /// A new process uses the disk.
    func restart() {
        hasCrashed = false
        unflushed = []
    }

    private func next() -> Answer {
        if hasCrashed { return .crash }
        operations += 1
        let answer = judge(operations)
        if case .crash = answer { hasCrashed = true }
        return answer
    }

    // MARK: SQLite

    private static let ioError: Int32 = 10
    private static let ioErrorOfWrite: Int32 = 10 | 3 << 8
    private static let diskFull: Int32 = 13

    private func answer(_ operation: sqlite_faults_operation) -> sqlite_faults_answer {
        let path = String(cString: operation.path)
        // The index of the log is memory, not disk; reads are not counted, so that a cache changes no number.
        if path.hasSuffix("-shm") { return sqlite_faults_answer(code: hasCrashed ? Self.ioError : 0, torn: 0) }
        switch operation.kind {
        case SQLITE_FAULTS_WRITE:
            let decision = next()
            switch decision {
            case .works:
                remember(
                    path, operation.offset, UnsafeRawBufferPointer(start: operation.bytes, count: Int(operation.count)))
                return sqlite_faults_answer(code: 0, torn: 0)
            case .full: return sqlite_faults_answer(code: Self.diskFull, torn: 0)
            case .fails, .crash:
                let torn = Int64(tornPart() * Double(operation.count))
                if torn > 0 {
                    remember(path, operation.offset, UnsafeRawBufferPointer(start: operation.bytes, count: Int(torn)))
                }
                return sqlite_faults_answer(code: Self.ioErrorOfWrite, torn: torn)
            }
        case SQLITE_FAULTS_SYNC:
            guard case .works = next() else { return sqlite_faults_answer(code: Self.ioError, torn: 0) }
            unflushed.removeAll { $0.path == path }
            return sqlite_faults_answer(code: 0, torn: 0)
        case SQLITE_FAULTS_TRUNCATE, SQLITE_FAULTS_DELETE:
            guard case .works = next() else { return sqlite_faults_answer(code: Self.ioError, torn: 0) }
            return sqlite_faults_answer(code: 0, torn: 0)
        default:
            return sqlite_faults_answer(code: hasCrashed ? Self.ioError : 0, torn: 0)
        }
    }

    // MARK: The findings file

    /// The system calls of the findings file.
    var files: FileOperations {
        var operations = FileOperations(
            write: { descriptor, bytes in self.write(descriptor, bytes) },
            synchronize: { descriptor in self.synchronize(descriptor) })
        // A process that has crashed in the simulation still holds its descriptors.
        operations.lock = { _ in 0 }
        return operations
    }

    private func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        let count: Int
        switch next() {
        case .works: count = bytes.count
        case .full: return -Int(ENOSPC)
        case .fails: return -Int(EIO)
        case .crash: count = Int(tornPart() * Double(bytes.count))
        }
        let path = Self.path(of: descriptor)
        var status = stat()
        let size = fstat(descriptor, &status) == 0 ? Int64(status.st_size) : 0
        let part = UnsafeRawBufferPointer(rebasing: bytes.prefix(count))
        if count > 0 {
            unflushed.append(Write(path: path, offset: size, before: [], sizeBefore: size, after: Array(part)))
            guard Glibc.write(descriptor, part.baseAddress, part.count) == part.count else { return -Int(errno) }
        }
        return hasCrashed ? -Int(EIO) : count
    }

    private func synchronize(_ descriptor: Int32) -> Int {
        guard case .works = next() else { return -Int(EIO) }
        let path = Self.path(of: descriptor)
        unflushed.removeAll { $0.path == path }
        return 0
    }

    private static func path(of descriptor: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/fd/\(descriptor)", &buffer, buffer.count - 1)
        return String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    // MARK: Loss of power

    private func remember(_ path: String, _ offset: Int64, _ bytes: UnsafeRawBufferPointer) {
        let (before, size) = Self.contents(path, offset, bytes.count)
        unflushed.append(Write(path: path, offset: offset, before: before, sizeBefore: size, after: Array(bytes)))
    }

    /// Takes back writes that were not flushed: each stays, is torn, or is lost, as `keeps` says.
    func losePower(_ keeps: () -> Double) {
        for write in unflushed.reversed() {
            let descriptor = open(write.path, O_RDWR)
            guard descriptor >= 0 else { continue }
            _ = write.before.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(write.offset)) }
            _ = ftruncate(descriptor, off_t(write.sizeBefore))
            close(descriptor)
        }
        for write in unflushed {
            let kept = Int(keeps() * Double(write.after.count))
            let descriptor = open(write.path, O_RDWR)
            guard descriptor >= 0, kept > 0 else { continue }
            _ = write.after.prefix(kept).withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress, $0.count, off_t(write.offset))
            }
            close(descriptor)
        }
        unflushed = []
    }

    private static func contents(_ path: String, _ offset: Int64, _ count: Int) -> (bytes: [UInt8], size: Int64) {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return ([], 0) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return ([], 0) }
        var bytes = [UInt8](repeating: 0, count: count)
        let got = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, count, off_t(offset)) }
        bytes.removeLast(count - max(0, got))
        return (bytes, Int64(status.st_size))
    }
}
