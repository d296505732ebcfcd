import Detection
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

/// A disk that fills up, fails to flush, or a process that dies: nothing is dropped and nothing is written twice.
@Suite struct FileSinkFaultTests {
    let file = FileUnderTest()

    /// A disk on which the file can grow to some length; more room is made when somebody waits for it.
    private final class SmallDisk: Sendable {
        private let room: Mutex<Int>
        private let brokenFlushes = Mutex(0)
        init(room: Int, brokenFlushes: Int = 0) {
            self.room = Mutex(room)
            self.brokenFlushes.withLock { $0 = brokenFlushes }
        }

        func makeRoom(_ bytes: Int) { room.withLock { $0 += bytes } }

        var operations: FileOperations {
            FileOperations(
                write: { [self] descriptor, bytes in
                    var status = stat()
                    guard fstat(descriptor, &status) == 0 else { return -Int(EIO) }
                    let free = room.withLock { $0 } - Int(status.st_size)
                    let count = min(max(0, free), bytes.count)
                    guard count > 0 else { return -Int(ENOSPC) }
                    return write(descriptor, bytes.baseAddress, count)
                },
                synchronize: { [self] _ in
                    brokenFlushes.withLock { left in
                        guard left > 0 else { return 0 }
                        left -= 1
                        return -Int(EIO)
                    }
                })
        }
    }

    @Test func aDiskThatFillsAtAnyByte() async throws {
        let entries = (1...3).map { entry($0) }
        let whole = expected(entries)
        let all = try rows(entries)
        for room in stride(from: 0, through: whole.count, by: 97) {
            file.remove()
            let disk = SmallDisk(room: room)
            let store = MemoryJournal(all)
            let signal = JournalSignal()
            let follower = JournalFollower(
                store: store, sink: file.sink(operations: disk.operations), signal: signal, batchMaximum: 2,
                pause: { _ in
                    // Nothing half-written stays while it waits.
                    #expect(file.bytes().last ?? UInt8(ascii: "\n") == UInt8(ascii: "\n"))
                    disk.makeRoom(700)
                }, report: { [reports = file.reports] in reports.add($0) })
            let task = Task { try await follower.run() }
            // Wait on the fact itself: all rows noted as delivered.
            while try await store.cursor(of: "file")?.journalID != 3 { await Task.yield() }
            signal.finish()
            try await task.value
            #expect(file.bytes() == whole, "room for \(room) bytes")
            let waited = file.reports.take().contains {
                if case .waiting(_, let error, _) = $0 { return error.code == .diskFull }
                return false
            }
            #expect(waited == (room < whole.count))
        }
    }

    @Test func aFlushThatFails() async throws {
        let disk = SmallDisk(room: .max, brokenFlushes: 2)
        let store = MemoryJournal(try rows([entry(1), entry(2)]))
        let sink = file.sink(operations: disk.operations)
        _ = try await sink.start(store)
        let error = await #expect(throws: SinkError.self) { try await sink.deliver(store.rows, store) }
        #expect(error?.code == .ioFailure && error?.isRetriable == true)
        // The cut after the failure failed to flush as well: it is done again before the next write.
        try await sink.deliver(store.rows, store)
        #expect(file.bytes() == expected([entry(1), entry(2)]))
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func anyHistoryOfCrashesAndRotations(seed: UInt64) async throws {
        var generator = Seeded(state: seed)
        let store = MemoryJournal()
        var entries: [JournalEntry] = []
        var rotations = 0
        var sink = file.sink()
        var delivered = try await sink.start(store)
        for step in 0..<120 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0...4:
                for _ in 0...Int.random(in: 0...3, using: &generator) {
                    entries.append(entry(entries.count))
                    await store.append(try drafts([entries[entries.count - 1]]))
                }
            case 5, 6:
                let rows = try await store.journal(after: delivered, limit: Int.random(in: 1...5, using: &generator))
                try await sink.deliver(rows, store)
                delivered = rows.last?.id ?? delivered
            case 7:
                rotations += 1
                file.move(to: "old.\(rotations)")
            default:
                // A crash: rows were written, or torn, and the cursor was not stored.
                await sink.stop()
                if let cursor = try await store.cursor(of: "file"), file.inode == cursor.inode {
                    let owed = entries.dropFirst(Int(cursor.journalID))
                    let lost = expected(Array(owed.prefix(3)))
                    let reached = Int.random(in: 0...lost.count, using: &generator)
                    file.overwrite(file.bytes() + lost.prefix(reached))
                }
                sink = file.sink()
                delivered = try await sink.start(store)
            }
            #expect(delivered <= Int64(entries.count), "seed \(seed), step \(step)")
        }
        try await sink.deliver(store.journal(after: delivered, limit: .max), store)
        await sink.stop()
        var found: [UInt8] = []
        for number in stride(from: 1, through: rotations, by: 1) { found += file.bytes("old.\(number)") }
        found += file.bytes()
        #expect(found == expected(entries), "seed \(seed)")
    }
}
