import Detection
import DiagnosticLogs
import FindingFormats
import GoldenFiles
import Testing

/// The text is readable, keeps to its width and cannot drive the terminal that shows it.
@Suite struct TextFormatTests {
    @Test func goldenText() throws {
        let format = TextFormat(color: false, width: 100)
        var text = ""
        for entry in OCSFFormatTests.entries { text += format.text(entry) + "\n" + format.line(entry) + "\n" }
        #expect(try GoldenFile.difference(of: Array(text.utf8), to: "findings.txt") == nil)
    }

    @Test func goldenColours() throws {
        let format = TextFormat(color: true, width: 72)
        let text = format.text(SampleFindings.match) + format.line(SampleFindings.window(.close))
        #expect(try GoldenFile.difference(of: Array(text.utf8), to: "findings-color.txt") == nil)
    }

    @Test(arguments: [0, 40, 57, 100, 200, 1_000])
    func keepsToItsWidthAndWritesNoControls(width: Int) {
        let format = TextFormat(color: false, width: width)
        for entry in OCSFFormatTests.entries {
            let text = format.text(entry) + format.line(entry)
            for line in text.split(separator: "\n") {
                #expect(TerminalText.width(String(line)) <= min(max(width, 40), 200), "\(line)")
            }
            let controls = text.unicodeScalars.filter { scalar in
                scalar != "\n" && (scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value) || scalar == "\u{202e}")
            }
            #expect(controls.isEmpty)
        }
    }

    @Test func withColourOnlyOurOwnEscapes() {
        let text = TextFormat(color: true, width: 80).text(SampleFindings.hostileEntry)
        // Each escape is one of ours: ESC [ digits and semicolons m.
        for part in text.split(separator: "\u{1b}", omittingEmptySubsequences: false).dropFirst() {
            let body = part.dropFirst().prefix { $0 == ";" || ("0"..."9").contains($0) }
            #expect(part.first == "[" && part.dropFirst(1 + body.count).first == "m")
        }
    }

    @Test func escapes() {
        #expect(TerminalText.escaped("plain ü 名 👩‍💻") == "plain ü 名 👩‍💻")
        #expect(TerminalText.escaped("a\u{1b}[2Jb\r\n\tc\u{9b}\u{202e}") == "a\\u{1b}[2Jb\\r\\n\\tc\\u{9b}\\u{202e}")
        #expect(TerminalText.escaped("abcdef", columns: 6) == "abcdef")
        #expect(TerminalText.escaped("abcdefg", columns: 6) == "abcde…")
        #expect(TerminalText.escaped("名名名", columns: 5) == "名名…")
        #expect(TerminalText.escaped(String(repeating: "\u{1b}", count: 1_000_000), columns: 9).count <= 9)
    }

    @Test func spansForPeople() {
        let cases: [(Int64, String)] = [
            (0, "0 ms"), (850_000, "850 µs"), (41_000_000, "41 ms"), (2_350_000_000, "2.35 s"), (3_000_000_000, "3 s"),
            (200_000_000_000, "3 min 20 s"), (7_500_000_000_000, "2 h 5 min"), (3_600_000_000_000, "1 h"),
            (273_600_000_000_000, "3 d 4 h"), (-5_000_000, "-5 ms"), (.min, "-106751 d 23 h"),
        ]
        for (nanoseconds, text) in cases { #expect(TimeText.span(nanoseconds: nanoseconds) == text) }
    }

    @Test func timesAreCivil() {
        let cases: [(Int64, String)] = [
            (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59.999999999Z"),
            (1_709_164_800_000_000_000, "2024-02-29T00:00:00Z"), (951_782_400_500_000_000, "2000-02-29T00:00:00.500Z"),
            (.min, "1677-09-21T00:12:43.145224192Z"), (.max, "2262-04-11T23:47:16.854775807Z"),
            (1_772_366_400_123_456_700, "2026-03-01T12:00:00.123456700Z"),
        ]
        for (nanoseconds, text) in cases { #expect(TimeText.iso(Timestamp(nanoseconds: nanoseconds)) == text) }
    }
}
