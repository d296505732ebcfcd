import StateStore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A folder of its own that is removed with everything in it when the last reference goes.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/hubwatch-state-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func names() -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var found: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { found.append(name) }
        }
        return found.sorted()
    }

    func remove(_ name: String) { unlink(file(name)) }

    func mode(_ name: String) -> UInt32? {
        var status = stat()
        guard stat(file(name), &status) == 0 else { return nil }
        return UInt32(status.st_mode) & 0o777
    }

    deinit {
        guard path.hasPrefix("/tmp/hubwatch-state-") else { return }
        for name in names() { unlink(file(name)) }
        rmdir(path)
    }
}

/// Reads a whole small file.
func contents(of path: String) -> [UInt8] {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let count = read(descriptor, &buffer, buffer.count), count > 0 { result += buffer[..<count] }
    return result
}

/// Writes a whole small file.
func write(_ bytes: [UInt8], to path: String) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
    }
}

func position(_ partition: Int, _ sequence: Int64, created: Int64? = nil) -> PartitionPosition {
    PartitionPosition(
        partition: partition, sequence: sequence, offset: "\(sequence &* 100)", enqueuedMs: 1_000 &+ sequence,
        watermarkNs: 2_000 &+ sequence, createdMs: created)
}

func draft(
    _ finding: String, _ activity: JournalActivity = .create, revision: Int = 0, payload: String = "{}",
    decidedNs: Int64 = 5, status: JournalStatus = .active
) -> JournalDraft {
    JournalDraft(
        key: JournalKey(findingID: finding, activity: activity, revision: revision), ruleID: "rule-1",
        isAlert: activity == .create, status: status, payload: Array(payload.utf8), decidedNs: decidedNs)
}

func letter(_ sequence: Int64, reason: String = "notAnObject", bytes: [UInt8] = [1, 2, 3]) -> DeadLetter {
    DeadLetter(
        partition: 1, sequence: sequence, offset: "o\(sequence)", enqueuedMs: 7, receivedNs: 8, reason: reason,
        bytePosition: sequence.isMultiple(of: 2) ? nil : 4, bytes: bytes)
}

func transaction(_ committedNs: Int64 = 9, _ fill: (inout StateTransaction) -> Void) -> StateTransaction {
    var transaction = StateTransaction(committedNs: committedNs)
    fill(&transaction)
    return transaction
}
