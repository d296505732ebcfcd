import Detection
import DiagnosticLogs
import FindingFormats
import StateStore
import Synchronization
import Testing

@testable import Sinks

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Goal: hubwatch's own rotation loses and repeats no finding, wherever a process dies in it.
///
/// Method: processes that die before each of their system calls and stores in turn; the files together must hold each
/// finding once, in order.
@Suite struct FileRotationTests {
    private let file = FileUnderTest()

    private struct Death: Error {}

    /// Lets so many calls happen; every further one fails and changes nothing, as if the process had died before it.
    private final class Lives: Sendable {
        private let left: Mutex<Int>
        init(_ count: Int) { left = Mutex(count) }

        var isDead: Bool { left.withLock { $0 < 0 } }

        func spend() -> Bool {
            left.withLock { left in
                if left >= 0 { left -= 1 }
                return left >= 0
            }
        }

        var operations: FileOperations {
            var operations = FileOperations(
                write: { [self] descriptor, bytes in
                    // Torn: half of the bytes reach the file.
                    guard spend() else {
                        _ = FileOperations.system.write(
                            descriptor, UnsafeRawBufferPointer(rebasing: bytes.prefix(bytes.count / 2)))
                        return -Int(EIO)
                    }
                    return FileOperations.system.write(descriptor, bytes)
                }, synchronize: { [self] _ in spend() ? 0 : -Int(EIO) })
            operations.rename = { [self] path, target in
                spend() ? FileOperations.system.rename(path, target) : -Int(EIO)
            }
            operations.remove = { [self] path in spend() ? FileOperations.system.remove(path) : -Int(EIO) }
            // Asked for as soon as a new file is there.
            operations.lock = { [self] _ in spend() ? 0 : -Int(EIO) }
            return operations
        }
    }

    private func sink(
        _ rotation: FileRotation, operations: FileOperations = .unflushed, now: Timestamp = logged
    ) -> FileSink {
        FileSink(
            path: file.path, name: "file", format: format, permissions: 0o600, rotation: rotation,
            operations: operations, now: { now }, report: { [reports = file.reports] in reports.add($0) })
    }

    /// Everything in the rotated files, oldest first, and in the present one.
    private var whole: [UInt8] {
        FileRotation.rotated(file.names, of: "findings.ndjson").flatMap { file.bytes($0) } + file.bytes()
    }

    private func deliver(_ sink: FileSink, _ store: MemoryJournal, batch: Int) async throws {
        do {
            var delivered = try await sink.start(store)
            while case let rows = try await store.journal(after: delivered, limit: batch), let last = rows.last {
                try await sink.deliver(rows, store)
                delivered = last.id
            }
        } catch {
            await sink.stop()
            throw error
        }
        await sink.stop()
    }

    @Test func filesArePutAsideBeforeTheyGrowTooLargeAndTheOldestAreRemoved() async throws {
        let entries = (1...9).map { entry($0) }
        let size = expected([entries[0]]).count
        let store = MemoryJournal(try rows(entries))
        let rotation = FileRotation(bytesMax: Int64(size * 2 + 10), keep: 2)
        try await deliver(sink(rotation), store, batch: 1)
        let names = FileRotation.rotated(file.names, of: "findings.ndjson")
        #expect(names == ["findings.ndjson.20260301T120140Z-3", "findings.ndjson.20260301T120140Z-4"])
        #expect(whole == expected(Array(entries.suffix(5))))
        #expect(file.reports.all.contains(.removed(path: file.folder + "/findings.ndjson.20260301T120140Z")))
    }

    @Test func filesArePutAsideWhenAnotherSpanBegins() async throws {
        let hour = FileRotation(interval: .seconds(3600))
        let store = MemoryJournal(try rows([entry(1)]))
        // What was written in this very hour stays where it is.
        let now = Timestamp(nanoseconds: Int64(time(nil)) * 1_000_000_000)
        try await deliver(sink(hour, now: now), store, batch: 1)
        await store.append(try drafts([entry(2)]))
        try await deliver(sink(hour, now: now), store, batch: 1)
        #expect(FileRotation.rotated(file.names, of: "findings.ndjson").isEmpty)
        await store.append(try drafts([entry(3)]))
        try await deliver(sink(hour, now: Timestamp(nanoseconds: now.nanoseconds + 7_200_000_000_000)), store, batch: 1)
        #expect(FileRotation.rotated(file.names, of: "findings.ndjson").count == 1)
        #expect(file.bytes().split(separator: UInt8(ascii: "\n")).count == 1)
    }

    @Test(arguments: [1, 2, 3])
    func aDeathBeforeAnyStepOfARotationLosesAndRepeatsNothing(batch: Int) async throws {
        let entries = (1...7).map { entry($0) }
        let size = expected([entries[0]]).count
        let rotation = FileRotation(bytesMax: Int64(size * 2 + 10), keep: 100)
        var steps = 0
        while true {
            for name in file.names { unlink(file.folder + "/" + name) }
            let store = MemoryJournal(try rows(entries))
            let lives = Lives(steps)
            do {
                try await deliver(sink(rotation, operations: lives.operations), store, batch: batch)
            } catch is SinkError {}
            let died = lives.isDead
            // The next process.
            try await deliver(sink(rotation), store, batch: batch)
            #expect(whole == expected(entries), "death before step \(steps)")
            guard died else { break }
            steps += 1
        }
        // Three rotations with a rename and an opening each, and a write and a flush for each batch, of which large ones need
        // few: all of them were points of death.
        #expect(steps > 8)
    }

    @Test(arguments: [1, 2])
    func aDeathBeforeAnyCursorIsStoredLosesAndRepeatsNothing(batch: Int) async throws {
        let entries = (1...7).map { entry($0) }
        let size = expected([entries[0]]).count
        let rotation = FileRotation(bytesMax: Int64(size * 2 + 10))
        for stores in 0...20 {
            for name in file.names { unlink(file.folder + "/" + name) }
            let store = MemoryJournal(try rows(entries))
            await store.failFrom(stores)
            do {
                try await deliver(sink(rotation), store, batch: batch)
            } catch is SinkError {}
            await store.failFrom(nil)
            try await deliver(sink(rotation), store, batch: batch)
            #expect(whole == expected(entries), "death before store \(stores)")
        }
    }

    @Test func aFolderThatCannotBeRenamedInDoesNotHoldUpFindings() async throws {
        let store = MemoryJournal(try rows((1...4).map { entry($0) }))
        var operations = FileOperations.unflushed
        operations.rename = { _, _ in -Int(EACCES) }
        try await deliver(sink(FileRotation(bytesMax: 10), operations: operations), store, batch: 1)
        #expect(file.bytes() == expected((1...4).map { entry($0) }))
        let failures = file.reports.all.filter { if case .rotationFailed = $0 { true } else { false } }
        #expect(failures.count == 1)
    }

    @Test func filesOfOthersAreNeverRemoved() {
        let names = [
            "f.ndjson", "f.ndjson.1", "f.ndjson.20260301", "f.ndjson.20260301T120000Z", "f.ndjson.20260301T120000Z-2",
            "f.ndjson.20260301T120000Z.gz", "f.ndjson.20250301T120000Z-10", "f.ndjson.20250301T120000Z-9",
            "g.ndjson.20260301T120000Z",
            "f.ndjson.20260301T120000Z-0", "f.ndjson.2026x301T120000Z",
        ]
        #expect(
            FileRotation.rotated(names, of: "f.ndjson") == [
                "f.ndjson.20250301T120000Z-9", "f.ndjson.20250301T120000Z-10", "f.ndjson.20260301T120000Z",
                "f.ndjson.20260301T120000Z-2",
            ])
    }
}
