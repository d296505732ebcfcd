import Testing

@testable import StatusPage

/// Goal: what a browser reads from the stream is what was sent, and readers are bounded.
///
/// Method: events are read back by the rules of WHATWG HTML, "Parsing an event stream"; the board is stepped by hand.
@Suite struct LiveTests {
    /// Events as a browser would see them.
    private static func read(_ bytes: [UInt8]) -> [(name: String, data: String)] {
        var events: [(String, String)] = []
        var (name, data): (String, [String]) = ("message", [])
        let text = String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n").replacing("\r", with: "\n")
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            if line.isEmpty {
                if !data.isEmpty { events.append((name, data.joined(separator: "\n"))) }
                (name, data) = ("message", [])
            } else if line.hasPrefix("event: ") {
                name = String(line.dropFirst(7))
            } else if line.hasPrefix("data: ") {
                data.append(String(line.dropFirst(6)))
            }
        }
        return events
    }

    @Test(arguments: [
        ("a", "a"), ("", ""), ("a\nb", "a\nb"), ("a\r\nb", "a\nb"), ("a\rb", "a\nb"),
        ("a\n\nevent: x\ndata: y", "a\n\nevent: x\ndata: y"),
        ("\r\n\r\n", "\n\n"), ("\n", "\n"), ("ä\u{2028}☃", "ä\u{2028}☃"),
    ]) func oneEventStaysOneEvent(_ data: String, _ seen: String) {
        let events = Self.read(ServerSentEvent(name: "section", data: Array(data.utf8)).bytes)
        #expect(events.count == 1)
        #expect(events.first?.name == "section")
        #expect(events.first?.data == seen)
    }

    @Test func aHeartbeatIsNoEvent() {
        #expect(Self.read(ServerSentEvent.heartbeat).isEmpty)
        #expect(Self.read(ServerSentEvent.retry(milliseconds: -5)).isEmpty)
    }

    // The expectation macro cannot call what changes a value.
    private static func joined(_ board: inout LiveBoard) -> LiveBoard.Reader? { board.joined() }
    private static func left(_ board: inout LiveBoard, _ reader: LiveBoard.Reader) -> Bool { board.left(reader) }

    private static func section(_ id: PageSection.Name, _ text: String) -> PageSection {
        var html = Markup()
        html.text(text)
        return PageSection(id: id, html: html)
    }

    @Test func onlyWhatChangedIsSent() {
        var board = LiveBoard(readersMax: 2)
        let first = board.drawn([Self.section(.figures, "1"), Self.section(.rules, "r")])
        #expect(Self.read(first).map(\.data) == ["figures\n1", "rules\nr"])
        let second = board.drawn([Self.section(.figures, "1"), Self.section(.rules, "r")])
        #expect(second.isEmpty)
        let third = board.drawn([Self.section(.figures, "2"), Self.section(.rules, "r")])
        #expect(Self.read(third).map(\.data) == ["figures\n2"])
        #expect(Self.read(board.everything).map(\.data) == ["figures\n2", "rules\nr"])
    }

    @Test func readersAreBoundedAndPlacesComeBack() throws {
        var board = LiveBoard(readersMax: 2)
        let first = try #require(Self.joined(&board))
        let second = try #require(Self.joined(&board))
        #expect(first != second)
        #expect(Self.joined(&board) == nil)
        #expect(Self.left(&board, first))
        #expect(!Self.left(&board, first))
        let third = try #require(Self.joined(&board))
        #expect(third != second)
        #expect(board.count == 2)
    }
}
