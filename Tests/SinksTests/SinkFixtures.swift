import Detection
import DiagnosticLogs
import FindingFormats
import StateStore
import Synchronization

@testable import Sinks

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A small finding; number and activity make it unique.
func entry(
    _ number: Int, _ activity: JournalEntry.Activity = .create, status: RuleMetadata.Status = .active
) -> JournalEntry {
    let at = Timestamp(nanoseconds: 1_772_366_400_000_000_000 + Int64(number))
    let position = RecordPosition(partition: 0, sequence: Int64(number), index: 0)
    let finding = Finding(
        id: "finding\(number)", rule: RuleMetadata(id: "rule", title: "A rule", status: status), ruleVersion: "v",
        group: [.init(name: "who", value: .string("ü\n\(number)"))], window: nil, values: [], count: 1, firstSeen: at,
        lastSeen: at, firstPosition: position, lastPosition: position, evidence: [], evidenceTruncated: false,
        reason: "because", times: .init(occurred: at, enqueued: at, received: at, decided: at))
    return JournalEntry(
        finding: finding, activity: activity, revision: 0, isAlert: activity == .create, alertID: "alert")
}

func drafts(_ entries: [JournalEntry]) throws -> [JournalDraft] {
    var drafts: [JournalDraft] = []
    for entry in entries { drafts.append(try JournalDraft(entry)) }
    return drafts
}

func rows(_ entries: [JournalEntry]) throws -> [JournalRow] {
    try drafts(entries).enumerated().map { JournalRow(id: Int64($0.offset + 1), draft: $0.element) }
}

let format = OCSFFormat(source: FindingSource(namespace: "n", hub: "h"), productVersion: "1")
let logged = Timestamp(nanoseconds: 1_772_366_500_000_000_000)

/// What a file of these findings holds.
func expected(_ entries: [JournalEntry]) -> [UInt8] { entries.flatMap { format.line($0, logged: logged) } }

/// Collects what sinks report.
final class Reports: Sendable {
    private let list = Mutex<[SinkReport]>([])
    var all: [SinkReport] { list.withLock { $0 } }
    func add(_ report: SinkReport) { list.withLock { $0.append(report) } }
    func take() -> [SinkReport] {
        list.withLock { list in
            defer { list = [] }
            return list
        }
    }
}

/// A file in a folder of its own, and what a test does to it from outside.
final class FileUnderTest: Sendable {
    let folder: String
    let path: String
    let reports = Reports()

    init() {
        var template = Array("/tmp/hubwatch-sinks-XXXXXX".utf8CString)
        folder = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
        path = folder + "/findings.ndjson"
    }

    func sink(operations: FileOperations = .system) -> FileSink {
        FileSink(
            path: path, name: "file", format: format, permissions: 0o600, operations: operations, now: { logged },
            report: { [reports] in reports.add($0) })
    }

    func bytes(_ name: String = "findings.ndjson") -> [UInt8] {
        let descriptor = open("\(folder)/\(name)", O_RDONLY)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = read(descriptor, &buffer, buffer.count), count > 0 { result += buffer[..<count] }
        return result
    }

    /// Writes the file in place: the inode stays.
    func overwrite(_ bytes: [UInt8]) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    func cut(to length: Int) { truncate(path, off_t(length)) }
    func move(to name: String) { rename(path, "\(folder)/\(name)") }
    func remove() { unlink(path) }

    var inode: UInt64 {
        var status = stat()
        return stat(path, &status) == 0 ? UInt64(status.st_ino) : 0
    }

    var mode: UInt32 {
        var status = stat()
        return stat(path, &status) == 0 ? UInt32(status.st_mode) & 0o777 : 0
    }

    var names: [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var found: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { found.append(name) }
        }
        return found.sorted()
    }

    deinit {
        guard folder.hasPrefix("/tmp/hubwatch-sinks-") else { return }
        for name in names { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }
}

extension FileOperations {
    /// Writes for real and never waits for the disk.
    static let unflushed = FileOperations(write: system.write, synchronize: { _ in 0 })
}

/// A small repeatable generator (SplitMix64).
struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
