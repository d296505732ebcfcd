import Detection
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

/// Every finding is in the file once, whatever happens to process, file or disk.
///
/// Crashes are made by cutting the file and
/// setting the cursor back to where a dead process would have left them.
@Suite struct FileSinkTests {
    let file = FileUnderTest()

    /// Starts a sink on what is there and delivers everything, as a new process does.
    private func run(_ sink: FileSink, _ store: MemoryJournal, batch: Int = 100) async throws {
        var delivered = try await sink.start(store)
        while true {
            let rows = try await store.journal(after: delivered, limit: batch)
            guard let last = rows.last else { break }
            try await sink.deliver(rows, store)
            delivered = last.id
        }
        await sink.stop()
    }

    @Test func writesEveryActiveFindingOnce() async throws {
        let entries = [entry(1), entry(2, status: .shadow), entry(1, .close), entry(3)]
        let store = MemoryJournal(try rows(entries))
        try await run(file.sink(), store)
        let active = entries.filter { $0.finding.rule.status == .active }
        #expect(file.bytes() == expected(active))
        #expect(file.mode == 0o600)
        #expect(file.reports.take() == [.created(path: file.path)])
        try await run(file.sink(), store)
        #expect(file.bytes() == expected(active))
        #expect(file.reports.all.isEmpty)
        let cursor = try await store.cursor(of: "file")
        #expect(cursor?.journalID == 4)
        #expect(cursor?.length == Int64(file.bytes().count) && cursor?.inode == file.inode)
    }

    @Test func aCrashAtEveryByteOfAWrite() async throws {
        let entries = (1...2).map { entry($0) }
        let whole = expected(entries)
        let ends = (0...2).map { expected(Array(entries.prefix($0))).count }
        let all = try rows(entries)
        for done in 0..<2 {
            for length in ends[done]...whole.count {
                let store = MemoryJournal(all)
                file.overwrite(Array(whole[..<length]))
                let cursor = SinkCursor(
                    sink: "file", journalID: Int64(done), inode: file.inode, length: Int64(ends[done]))
                await store.set(cursor, of: "file")
                // Nothing is lost by not flushing: this process does not lose its power.
                try await run(file.sink(operations: .unflushed), store, batch: 2)
                if file.bytes() != whole {
                    Issue.record("cursor behind \(done) findings, file cut to \(length) bytes")
                    return
                }
                let reports = file.reports.take()
                let torn = length - (ends.last { $0 <= length } ?? 0)
                let cuts = reports.contains(.tornLineCut(path: file.path, bytes: Int64(torn)))
                #expect(cuts == (torn > 0))
            }
        }
    }

    @Test func aCrashBeforeTheFirstCursor() async throws {
        // The file was made, the cursor was not stored: nothing can be in it.
        file.overwrite([])
        let store = MemoryJournal(try rows([entry(1)]))
        try await run(file.sink(), store)
        #expect(file.bytes() == expected([entry(1)]))
    }

    @Test func aFileOfSomebodyElseIsKept() async throws {
        file.overwrite(Array("older line\nwithout an end".utf8))
        chmod(file.path, 0o644)
        let store = MemoryJournal(try rows([entry(1)]))
        try await run(file.sink(), store)
        #expect(file.bytes() == Array("older line\nwithout an end\n".utf8) + expected([entry(1)]))
        #expect(file.mode == 0o600)
        let reports: [SinkReport] = [
            .modeChanged(path: file.path, from: 0o644, to: 0o600), .adopted(path: file.path, bytes: 25),
        ]
        #expect(file.reports.all == reports)
    }

    @Test func foreignLinesBehindTheCursorAreKept() async throws {
        let store = MemoryJournal(try rows([entry(1), entry(2), entry(3)]))
        let first = expected([entry(1)])
        let foreign = Array("{\"metadata\":{\"uid\":\"else\"}}\n".utf8)
        file.overwrite(first + foreign + expected([entry(2)]))
        await store.set(
            SinkCursor(sink: "file", journalID: 1, inode: file.inode, length: Int64(first.count)), of: "file")
        try await run(file.sink(), store)
        #expect(file.bytes() == first + foreign + expected([entry(2), entry(3)]))
        #expect(file.reports.all.contains(.foreignBytes(path: file.path, bytes: Int64(foreign.count))))
        #expect(file.reports.all.contains(.recovered(path: file.path, lines: 1)))
    }

    @Test func rotationWhileRunning() async throws {
        let store = MemoryJournal(try rows([entry(1)]))
        let sink = file.sink()
        _ = try await sink.start(store)
        try await sink.deliver(store.rows, store)
        file.move(to: "findings.ndjson.1")
        await store.append(try drafts([entry(2)]))
        try await sink.deliver(Array(store.rows.suffix(1)), store)
        #expect(file.bytes("findings.ndjson.1") == expected([entry(1)]))
        #expect(file.bytes() == expected([entry(2)]))
        #expect(file.reports.all.last == .rotated(path: file.path, to: file.folder + "/findings.ndjson.1"))
        // Moved away and another put in its place, without a last line end.
        file.move(to: "findings.ndjson.2")
        file.overwrite(Array("header".utf8))
        await store.append(try drafts([entry(3)]))
        try await sink.deliver(Array(store.rows.suffix(1)), store)
        #expect(file.bytes() == Array("header\n".utf8) + expected([entry(3)]))
        // Removed.
        file.remove()
        await store.append(try drafts([entry(4)]))
        try await sink.deliver(Array(store.rows.suffix(1)), store)
        #expect(file.bytes() == expected([entry(4)]))
        #expect(file.reports.all.contains(.missing(path: file.path)))
    }

    @Test func rotationBetweenACrashAndTheStart() async throws {
        // Two findings were written, the cursor knows of one, and the file was moved before the start.
        let entries = [entry(1), entry(2), entry(3)]
        let store = MemoryJournal(try rows(entries))
        let torn = Array(expected([entry(3)]).prefix(100))
        file.overwrite(expected([entry(1), entry(2)]) + torn)
        let length = Int64(expected([entry(1)]).count)
        await store.set(SinkCursor(sink: "file", journalID: 1, inode: file.inode, length: length), of: "file")
        file.move(to: "findings.ndjson.1")
        try await run(file.sink(), store)
        #expect(file.bytes("findings.ndjson.1") == expected([entry(1), entry(2)]))
        #expect(file.bytes() == expected([entry(3)]))
    }

    @Test func aShortenedFileIsSaidAndGoneOnWith() async throws {
        let store = MemoryJournal(try rows([entry(1), entry(2)]))
        let sink = file.sink()
        _ = try await sink.start(store)
        try await sink.deliver(store.rows, store)
        let whole = file.bytes()
        file.cut(to: whole.count - 10)
        await store.append(try drafts([entry(3)]))
        try await sink.deliver(Array(store.rows.suffix(1)), store)
        #expect(file.bytes() == expected([entry(1), entry(3)]))
        let shortened = SinkReport.shortened(
            path: file.path, from: Int64(whole.count), to: Int64(whole.count - 10))
        #expect(file.reports.all.contains(shortened))
        // Copied and truncated, written on, and then the process died before the cursor followed.
        let cursor = try await store.cursor(of: "file")
        file.overwrite(expected([entry(4)]))
        await store.append(try drafts([entry(4), entry(5)]))
        await sink.stop()
        #expect(cursor?.journalID == 3)
        try await run(file.sink(), store)
        #expect(file.bytes() == expected([entry(4), entry(5)]))
    }

    @Test func foreignAppendsWhileRunning() async throws {
        let store = MemoryJournal(try rows([entry(1)]))
        let sink = file.sink()
        _ = try await sink.start(store)
        try await sink.deliver(store.rows, store)
        file.overwrite(expected([entry(1)]) + Array("a note".utf8))
        await store.append(try drafts([entry(2)]))
        try await sink.deliver(Array(store.rows.suffix(1)), store)
        #expect(file.bytes() == expected([entry(1)]) + Array("a note\n".utf8) + expected([entry(2)]))
    }

    @Test func aStoreThatFailsBehindTheWriteDoesNotRepeatIt() async throws {
        let store = MemoryJournal(try rows([entry(1), entry(2)]))
        let sink = file.sink()
        _ = try await sink.start(store)
        await store.failNext([.diskFull, .busy])
        for _ in 0..<2 {
            await #expect(throws: SinkError.self) { try await sink.deliver(store.rows, store) }
        }
        try await sink.deliver(store.rows, store)
        #expect(file.bytes() == expected([entry(1), entry(2)]))
        #expect(try await store.cursor(of: "file")?.journalID == 2)
    }

    @Test func anUnreadableRowIsPassedOver() async throws {
        var bad = try rows([entry(1), entry(2), entry(3)])
        bad[1].draft.payload = Array("no finding".utf8)
        let store = MemoryJournal(bad)
        try await run(file.sink(), store)
        #expect(file.bytes() == expected([entry(1), entry(3)]))
        // After a crash behind the first line the unreadable row must not stop the matching.
        let first = Int64(expected([entry(1)]).count)
        await store.set(SinkCursor(sink: "file", journalID: 1, inode: file.inode, length: first), of: "file")
        try await run(file.sink(), store)
        #expect(file.bytes() == expected([entry(1), entry(3)]))
    }

    @Test func refusesWhatIsNoFile() async throws {
        let store = MemoryJournal()
        let folder = FileSink(path: file.folder, format: format, now: { logged })
        let notAFile = await #expect(throws: SinkError.self) { _ = try await folder.start(store) }
        #expect(notAFile?.code == .notAFile && notAFile?.isRetriable == false)
        let nowhere = FileSink(path: file.folder + "/none/f", format: format, now: { logged })
        let missing = await #expect(throws: SinkError.self) { _ = try await nowhere.start(store) }
        #expect(missing?.code == .notFound)
        let (one, two) = (file.sink(), file.sink())
        _ = try await one.start(store)
        let inUse = await #expect(throws: SinkError.self) { _ = try await two.start(store) }
        #expect(inUse?.code == .inUse)
    }
}
