import DiagnosticLogs
import Testing

/// Goal: what a sender makes up costs at most its own message.
///
/// Method: named attacks at and beyond each bound.
@Suite struct HostileInputTests {
    @Test func depthLimitHoldsAlsoInSkippedParts() throws {
        func nested(_ depth: Int) -> String {
            "{\"n\":1,\"skipped\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
        }
        // A bare record is one container itself.
        #expect(try decode(nested(63), "n").firstValues == ["1"])
        #expect(try decode(nested(64), "n").reasons == [.tooDeep])
        #expect(try decode(String(repeating: "[", count: 100_000), "n").dead.count == 1)
        #expect(try decode(String(repeating: "{\"a\":", count: 50_000), "a.a.a").dead.count == 1)
        let deep = "{\"properties\":\"" + String(repeating: "[", count: 5_000) + "\"}"
        #expect(try decode(deep, "properties.a").records.count == 1)
    }

    @Test func sizesAreBounded() throws {
        var options = EnvelopeDecoder.Options()
        options.recordBytesMax = 40
        options.bodyBytesMax = 200
        let long = "{\"n\":2,\"x\":\"\(String(repeating: "y", count: 60))\"}"
        let found = try decode("[{\"n\":1},\(long),{\"n\":3}]", "n", options: options)
        #expect(found.firstValues == ["1", "3"])
        #expect(found.reasons == [.recordTooLarge])
        let whole = try decode("[" + String(repeating: "{\"n\":1},", count: 40) + "{}]", "n", options: options)
        #expect(whole.reasons == [.bodyTooLarge])
        #expect(whole.summary.count(of: .bodyTooLarge) == 1)
    }

    @Test func otherEncodingsAreNamed() throws {
        let json = Array("{\"n\":1}".utf8)
        let wide: [UInt8] = json.flatMap { (byte: UInt8) -> [UInt8] in [byte, 0] }
        #expect(try decode(wide, fields: []).reasons == [.utf16])
        #expect(try decode([0xFF, 0xFE] + wide, fields: []).reasons == [.utf16])
        #expect(try decode([0] + wide.dropLast(), fields: []).reasons == [.utf16])
        #expect(try decode([0x1F, 0x8B, 8, 0, 1, 2, 3], fields: []).reasons == [.compressed])
    }

    @Test func numbersKeepTheirText() throws {
        let body = #"{"a":638515262815394150,"b":18446744073709551616,"c":1e400,"d":-0.0,"e":9223372036854775807}"#
        let found = try decode(body, "a", "b", "c", "d", "e")
        #expect(
            found.records[0].values
                == ["638515262815394150", "18446744073709551616", "1e400", "-0.0", "9223372036854775807"])
    }

    @Test func strangeEscapesAreReadLiterally() throws {
        let found = try decode(
            #"{"a":"\ud800","b":"\ud83d\ude00","c":"\x","d":"\u12","e":"\u0000"}"#, "a", "b", "c", "d", "e")
        #expect(found.records[0].values == ["\u{FFFD}", "😀", "\\x", "\\u12", "\0"])
    }

    @Test func strictModeRefusesWhatTheFullParserRefuses() throws {
        var options = EnvelopeDecoder.Options()
        options.strict = true
        let found = try decode(#"{"records":[{"n":1,"a":"\x"},{"n":2}]}"#, "n", options: options)
        #expect(found.firstValues == ["2"])
        #expect(found.reasons == [.malformed])
    }

    @Test func aMillionElementsAreFine() throws {
        let found = try decode("[" + String(repeating: "1,", count: 300_000) + "{\"n\":1}]", "n")
        #expect(found.firstValues == ["1"])
        #expect(found.dead.count == 300_000)
    }
}
