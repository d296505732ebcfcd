import FindingFormats
import GoldenFiles
import StatusReport
import StatusSamples
import Testing

@testable import StatusPage

/// Goal: `hubwatch top` shows the same as the page, in any size of terminal, and no text from outside drives the terminal.
///
/// Method: frames of a fixed status against files that somebody has looked at; counts of lines and columns over many sizes.
@Suite struct StatusScreenTests {
    private static func screen(
        _ columns: Int, _ lines: Int?, colour: Bool = false, view: StatusView = SampleStatus.view,
        recent: RecentActivity = SampleStatus.recent, trouble: String? = nil
    ) -> [String] {
        StatusScreen(
            view, recent, size: .init(columns: columns, lines: lines), colour: colour, trouble: trouble
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

    /// Whatever answers at the address that `top` was given.
    @Test(arguments: [Int64.min, .max]) func numbersThatNoHubwatchHasDrawAFrame(_ number: Int64) {
        var report = SampleReport.report
        (report.process.startedMs, report.process.reportedMs) = (number, ~number)
        (report.records.records, report.records.messages, report.findings.alerts) = (number, number, number)
        for index in report.partitions.indices {
            report.partitions[index].number = Int(number)
            report.partitions[index].lagEvents = number
            report.partitions[index].lagSeconds = Double(number)
            report.partitions[index].position = number
        }
        for index in report.rules.indices {
            (report.rules[index].hits, report.rules[index].groups) = (number, number)
        }
        report.deadLetters.byReason = [.init("twice", number), .init("twice", number), .init("once", number)]
        report.deadLetters.storedByReason = report.deadLetters.byReason
        for index in report.sinks.indices { report.sinks[index].owedRows = number }
        let view = StatusView(report)
        #expect(view.lag == number && view.deadLetterCount == number && view.groups == number)
        #expect(Self.screen(120, 40, view: view).count == 40)
    }

    /// `cat` the files: colour is in them as the terminal gets it.
    @Test(arguments: [(80, 24), (120, 40), (40, 20)], [false, true])
    func framesAreAsSomebodySawThem(_ size: (columns: Int, lines: Int), colour: Bool) throws {
        let frame = Self.screen(size.columns, size.lines, colour: colour).joined(separator: "\n") + "\n"
        let name = "top-\(size.columns)x\(size.lines)\(colour ? "-color" : "").txt"
        #expect(try GoldenFile.difference(of: Array(frame.utf8), to: name) == nil)
    }

    @Test func aScreenWithoutAnswerSaysSo() throws {
        #expect(Self.screen(80, 24).last?.hasPrefix("q quit") == true)
        let frame = Self.screen(80, 24, trouble: "trying again: it hung up")
        #expect(frame.first?.hasPrefix("hubwatch  no answer") == true)
        #expect(frame.last == "q quit  trying again: it hung up")
        let text = Self.screen(120, nil, trouble: "trying again: it hung up").joined(separator: "\n") + "\n"
        #expect(try GoldenFile.difference(of: Array(text.utf8), to: "top-once-120-stale.txt") == nil)
    }

    @Test func whatFindsNoRoomIsNamed() {
        #expect(Self.screen(80, 60).last == "q quit")
        #expect(Self.screen(80, 12).last == "q quit  no room for: sinks, dead letters, gaps")
        // What needs somebody is cut off last.
        #expect(Self.screen(80, 20).contains { $0.hasPrefix("2          not attached") })
    }

    @Test func theEndOfALineIsNoBlank() {
        for columns in [20, 40, 80, 120] {
            for line in Self.screen(columns, 40) { #expect(!line.hasSuffix(" "), "\(columns): '\(line)'") }
        }
    }

    /// Half a number says something else than the number.
    @Test func numbersAreNotCut() {
        for columns in 40...130 {
            let texts = Self.screen(columns, 60).joined(separator: "\n")
            #expect(texts.contains(columns < 60 ? "12.3k" : "12\u{202f}345"), "\(columns)")
        }
    }

    @Test func theLongestListIsCutFirstAndTheLastOnesAreLeftOut() {
        func share(_ room: Int, _ wanted: [Int]) -> [Int?] { StatusScreen.share(room, among: wanted, overhead: 2) }
        #expect(share(100, [5, 3, 2]) == [5, 3, 2])
        #expect(share(12, [5, 3, 2]) == [2, 2, 2])
        #expect(share(13, [50, 3, 2]) == [3, 2, 2])
        #expect(share(7, [50, 3, 2]) == [1, 1, nil])
        #expect(share(0, [50, 3]) == [nil, nil])
        #expect(StatusScreen.share(7, among: [50, 3, 2], overhead: 1) == [2, 1, 1])
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
