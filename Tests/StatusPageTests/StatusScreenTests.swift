import FindingFormats
import Testing

@testable import StatusPage

/// Goal: `hubwatch top` shows the same as the page, in any size of terminal, and no text from outside drives the terminal.
///
/// Method: frames of a fixed status; counts of lines and columns over many sizes.
@Suite struct StatusScreenTests {
    private static func screen(
        _ columns: Int, _ lines: Int?, colour: Bool = false, view: StatusView = SampleStatus.view,
        recent: RecentActivity = SampleStatus.recent, notice: String? = nil
    ) -> [String] {
        StatusScreen(
            view, recent, size: .init(columns: columns, lines: lines), colour: colour, notice: notice
        ).lines()
    }

    @Test func aFrameFillsItsTerminalAndNoMore() {
        for columns in [20, 21, 39, 40, 69, 70, 89, 90, 133, 200, 500] {
            for lines in [3, 4, 5, 8, 12, 13, 20, 24, 31, 60] {
                for colour in [false, true] {
                    let frame = Self.screen(columns, lines, colour: colour)
                    #expect(frame.count == lines)
                    for line in frame {
                        #expect(TerminalText.width(Self.plain(line)) <= columns, "\(columns)x\(lines): \(line)")
                    }
                }
            }
        }
    }

    @Test func withoutColourThereIsNoEscape() {
        #expect(!Self.screen(120, 40).joined().contains("\u{1b}"))
        let coloured = Self.screen(120, 40, colour: true)
        #expect(coloured.joined().contains("\u{1b}[1;31m"))
        #expect(coloured.map(Self.plain) == Self.screen(120, 40))
    }

    @Test func aHostileTextDrivesNothing() {
        var view = SampleStatus.view
        view.hub = "\u{1b}]0;owned\u{7}"
        view.reasons = ["\u{1b}[2J\u{202e}x\n\r"]
        view.deadLetters = [.init(name: "\u{9b}31m", count: 1, kept: 1)]
        let hostile = SampleStatus.entry("id", title: "\u{1b}[31mred", reason: "a\nb\u{202e}c")
        var recent = SampleStatus.recent
        recent.findings = SampleStatus.shelf([hostile]).newestFirst
        let text = Self.screen(120, 40, view: view, recent: recent).joined(separator: "\n")
        let unsafe = text.unicodeScalars.filter {
            $0 != "\n" && ($0.value < 0x20 || $0.value == 0x9b || $0.value == 0x202e)
        }
        #expect(unsafe.isEmpty)
    }

    @Test func aNoticeTakesThePlaceOfTheKeys() {
        #expect(Self.screen(80, 24).last?.hasPrefix("q quit") == true)
        #expect(Self.screen(80, 24, notice: "no answer").last?.hasPrefix("no answer") == true)
    }

    @Test func theLongestListIsCutFirstAndTheLastOnesAreLeftOut() {
        #expect(StatusScreen.share(100, among: [5, 3, 2]) == [5, 3, 2])
        #expect(StatusScreen.share(12, among: [5, 3, 2]) == [2, 2, 2])
        #expect(StatusScreen.share(13, among: [50, 3, 2]) == [3, 2, 2])
        #expect(StatusScreen.share(7, among: [50, 3, 2]) == [1, 1, nil])
        #expect(StatusScreen.share(0, among: [50, 3]) == [nil, nil])
    }

    @Test func sparklinesShowPeaksAndHoles() {
        let series = StatusSeries(slotSeconds: 1, values: [0, 1, nil, 50, 100])
        #expect(Sparkline.text(series, columns: 5) == "▁▂ ▅█")
        #expect(Sparkline.text(series, columns: 0) == "")
        #expect(Sparkline.text(StatusSeries(slotSeconds: 1), columns: 5) == "")
        #expect(Sparkline.text(series, columns: 2, top: 100).count == 2)
    }

    private static func plain(_ line: String) -> String {
        line.replacing(/\u{1b}\[[0-9;]*m/, with: "")
    }
}
