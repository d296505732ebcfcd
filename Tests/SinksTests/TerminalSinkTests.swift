import Detection
import FindingFormats
import StateStore
import Synchronization
import Testing

@testable import Sinks

/// A person sees each finding whole once and then what changes, and nothing that is not to be sent.
@Suite struct TerminalSinkTests {
    private final class Screen: Sendable {
        private let shown = Mutex("")
        var text: String { shown.withLock { $0 } }
        func write(_ bytes: [UInt8]) { shown.withLock { $0 += String(decoding: bytes, as: UTF8.self) } }
    }

    private struct Gone: Error {}

    private let format = TextFormat(color: false, width: 80)

    @Test func showsNewFindingsWholeAndChangesOnALine() async throws {
        let entries = [entry(1), entry(2, status: .shadow), entry(1, .update), entry(1, .close), entry(3)]
        let store = MemoryJournal(try rows(entries))
        let screen = Screen()
        let sink = TerminalSink(format: format, write: { screen.write($0) })
        #expect(try await sink.start(store) == 0)
        try await sink.deliver(store.rows, store)
        let expected =
            format.text(entries[0]) + "\n" + format.line(entries[2]) + format.line(entries[3])
            + format.text(entries[4]) + "\n"
        #expect(screen.text == expected)
        #expect(try await store.cursor(of: "terminal")?.journalID == 5)
        // Given again, shown once.
        try await sink.deliver(store.rows, store)
        #expect(screen.text == expected)
        // The next process begins behind.
        #expect(try await TerminalSink(format: format, write: { screen.write($0) }).start(store) == 5)
    }

    @Test func canBeginAtTheEnd() async throws {
        let store = MemoryJournal(try rows([entry(1), entry(2)]))
        let sink = TerminalSink(format: format, start: .end, write: { _ in Issue.record("showed an old finding") })
        #expect(try await sink.start(store) == 2)
        try await sink.deliver(store.rows, store)
    }

    @Test func aTerminalThatIsGoneKeepsTheCursor() async throws {
        let store = MemoryJournal(try rows([entry(1)]))
        let sink = TerminalSink(format: format, write: { _ in throw Gone() })
        _ = try await sink.start(store)
        let error = await #expect(throws: SinkError.self) { try await sink.deliver(store.rows, store) }
        #expect(error?.code == .outputClosed && error?.isRetriable == false)
        #expect(try await store.cursor(of: "terminal")?.journalID == 0)
    }

    @Test func remembersABoundedNumberOfNames() {
        var names = RecentNames(maximum: 2)
        #expect(names.insert("a") && names.insert("b") && !names.insert("a"))
        #expect(names.insert("c") && names.insert("a") && !names.insert("c"))
    }
}
