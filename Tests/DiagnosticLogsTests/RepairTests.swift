import DiagnosticLogs
import Testing

/// Goal: known damage is repaired, counted by name, and costs nobody else's record.
///
/// Method: bodies modelled on the damage that Azure services do, with sound neighbours.
@Suite struct RepairTests {
    @Test func singleQuotes() throws {
        let body =
            #"{"records":[{"n":1},{"n":2,"properties": {'app':'it's {odd, here','say':'a "word"','levelId':2}},{"n":3}]}"#
        let found = try decode(body, "n", "properties.app", "properties.say", "properties.levelId")
        #expect(
            found.records.map(\.values) == [
                ["1", nil, nil, nil], ["2", "it's {odd, here", "a \"word\"", "2"], ["3", nil, nil, nil],
            ])
        #expect(found.records.map(\.repairs) == [[], ["singleQuotes"], []])
        #expect(found.dead.isEmpty)
        #expect(found.summary.count(of: .singleQuotes) == 1)
        #expect(found.records.map(\.index) == [0, 1, 2])
    }

    @Test func singleQuotesInsideAString() throws {
        let found = try decode(#"{"properties":"{'app':'x','text':'don\\'t'}"}"#, "properties.app", "properties.text")
        #expect(found.records.map(\.values) == [["x", "don't"]])
        #expect(found.records[0].repairs == ["singleQuotes"])
        #expect(found.records[0].flags.contains(.propertiesFromString))
    }

    @Test func apostrophesInStringsStay() throws {
        let found = try decode("{\"a\":\"it's 'fine'\",\"b\":\"line\nend\"}", "a", "b")
        #expect(found.records.map(\.values) == [["it's 'fine'", "line\nend"]])
        #expect(found.records[0].repairs == ["escapedControlCharacters"])
    }

    @Test func lineEndsInStringsDoNotSplit() throws {
        let body = "{\"records\":[{\"n\":\"a\n{\"},{\"n\":\"b\"}]}"
        let found = try decode(body, "n")
        #expect(found.firstValues == ["a\n{", "b"])
        #expect(found.records.map(\.repairs) == [["escapedControlCharacters"], []])
    }

    @Test func postgresBlobLists() throws {
        let found = try decode(
            "{\"category\":\"PostgreSQLLogs\",\"properties\": [\n\t\t218 B blob data\n\t],\"n\":1}", "n", "category")
        #expect(found.records.map(\.values) == [["1", "PostgreSQLLogs"]])
        #expect(found.records[0].repairs == ["postgresBlobList"])
    }

    @Test func marksAndNULBytes() throws {
        let body: [UInt8] = [0xEF, 0xBB, 0xBF] + Array("{\"records\":[{\"n\":1}]}".utf8) + [0, 0, 10]
        let found = try decode(body, fields: [try path("n")])
        #expect(found.firstValues == ["1"])
        #expect(found.dead.isEmpty)
        #expect(found.records[0].repairs == ["strippedMarks"])
        let trailing = try decode(Array("{\"n\":1}".utf8) + [0], fields: [try path("n")])
        #expect(trailing.firstValues == ["1"])
        #expect(trailing.dead.isEmpty)
    }

    @Test func invalidUTF8TouchesOneRecord() throws {
        let body = Array("{\"records\":[{\"n\":\"a\"},{\"n\":\"caf".utf8) + [0xE9] + Array("\"},{\"n\":\"é\"}]}".utf8)
        let found = try decode(body, fields: [try path("n")])
        #expect(found.firstValues == ["a", "caf\u{FFFD}", "é"])
        #expect(found.records.map(\.repairs) == [[], ["replacedInvalidUTF8"], []])
    }

    @Test func severalRepairsAtOnce() throws {
        let body: [UInt8] =
            [0xEF, 0xBB, 0xBF] + Array("{\"records\":[{'n':'a\nb".utf8) + [0xFF] + Array("'},{\"n\":2}]}".utf8)
        let found = try decode(body, fields: [try path("n")])
        #expect(found.firstValues == ["a\nb\u{FFFD}", "2"])
        #expect(
            found.records[0].repairs
                == ["strippedMarks", "replacedInvalidUTF8", "escapedControlCharacters", "singleQuotes"])
        #expect(found.records[1].repairs == ["strippedMarks"])
    }

    @Test func concatenatedObjects() throws {
        let found = try decode(#"{"n":1}{"n":2} {"n":3}"#, "n")
        #expect(found.firstValues == ["1", "2", "3"])
        #expect(found.records.map(\.repairs) == [[], ["concatenatedValues"], ["concatenatedValues"]])
    }

    @Test func fragmentBehindTheEnvelope() throws {
        let body = #"{"records":[{"n":1},{"n":2}]}{"correlationId":"x","isEnd":true}}]}"#
        let found = try decode(body, "n")
        #expect(found.firstValues == ["1", "2"])
        #expect(found.dead.map(\.reason) == [.trailingText])
        #expect(found.dead[0].text == #"{"correlationId":"x","isEnd":true}}]}"#)
        #expect(found.dead[0].start == 29)
    }

    @Test func oneBadRecordDiesAlone() throws {
        for (bad, reason) in [
            ("{\"n\":NaN}", DeadLetterReason.malformed), ("{\"n\":tru}", .malformed), ("{\"n\":01}", .malformed),
            ("{\"n\":1 2}", .malformed), ("{\"n\" 1}", .malformed), ("{\"n\":1,}", .malformed), ("{n:1}", .malformed),
            ("{\"n\":12\"x\"}", .malformed), ("{\"a\":{]},\"n\":1}", .malformed), ("{,}", .malformed),
            ("{\"n\":" + String(repeating: "[", count: 70) + String(repeating: "]", count: 70) + "}", .tooDeep),
        ] {
            let found = try decode("{\"records\":[{\"n\":1},\(bad),{\"n\":3}]}", "n")
            #expect(found.firstValues == ["1", "3"], "\(bad)")
            #expect(found.dead.map(\.reason) == [reason], "\(bad)")
            #expect(found.dead.map(\.text) == [bad])
            #expect(found.records.map(\.index) == [0, 2])
            #expect(found.dead.first?.start == 20)
        }
    }

    @Test func unescapedQuotesLoseOnlyTheTail() throws {
        let body = #"{"records":[{"n":1},{"n":2,"properties":{"requestbody":"{"Id":"x","a":1}"}},{"n":3}]}"#
        let found = try decode(body, "n")
        #expect(found.firstValues.first == "1")
        #expect(found.dead.count >= 1)
        #expect(found.records.allSatisfy { ["1", "3"].contains($0.values[0]) })
    }

    @Test func truncatedBodiesKeepWhatIsWhole() throws {
        let body = #"{"records":[{"n":1,"a":"x"},{"n":2,"b":{"c":[1]}},{"n":3}]}"#
        let ends = [27, 49, 57]  // offsets behind the three records
        for cut in 1..<body.utf8.count {
            let found = try decode(Array(body.utf8.prefix(cut)), fields: [try path("n")])
            let whole = ends.filter { $0 <= cut }.count
            #expect(found.firstValues == ["1", "2", "3"].prefix(whole).map { $0 }, "cut at \(cut)")
            #expect(found.reasons == [.truncated], "cut at \(cut)")
            #expect((found.dead.first?.start ?? 0) >= (whole > 0 ? ends[whole - 1] : 0), "cut at \(cut)")
        }
    }

    @Test func badLinesDieAlone() throws {
        let body = "{\"n\":1}\n{\"n\":2,\n{\"n\":3}\n{'n':4}\n{\"n\":\"5}\n{\"n\":6} junk\n{\"n\":7}\n"
        let found = try decode(body, "n")
        #expect(found.firstValues == ["1", "3", "4", "6", "7"])
        #expect(found.dead.count == 3)
        #expect(Set(found.reasons) == [.truncated, .trailingText])
        #expect(found.records[2].repairs == ["singleQuotes"])
    }

    @Test func brokenStringElementsDieAlone() throws {
        let found = try decode(#"["{\"n\":1}","{\"n\":","{'n':3}",{"n":4}]"#, "n")
        #expect(found.firstValues == ["1", "3", "4"])
        #expect(found.reasons == [.truncated])
        #expect(found.dead[0].start == 13)
    }
}
