import DiagnosticLogs
import Testing

/// Goal: every shape in which records arrive is taken apart, and only what is no record is refused.
///
/// Method: one body per shape, with the records' `n` read back.
@Suite struct EnvelopeShapeTests {
    private static let padded = "  \r\n"

    @Test(arguments: [
        (#"{"records":[{"n":1},{"n":2}]}"#, ["1", "2"]),
        (#"{ "records" : [ { "n" : 1 } , { "n" : 2 } ] }"#, ["1", "2"]),
        (#"{"Records":[{"n":1}]}"#, ["1"]),
        (#"{"count":2,"records":[{"n":1},{"n":2}],"schema":"x"}"#, ["1", "2"]),
        (#"[{"n":1},{"n":2}]"#, ["1", "2"]),
        (#"{"n":1}"#, ["1"]),
        (#"[{"records":[{"n":1},{"n":2}]},{"records":[{"n":3}]}]"#, ["1", "2", "3"]),
        (#"["{\"records\":[{\"n\":1},{\"n\":2}]}","{\"n\":3}"]"#, ["1", "2", "3"]),
        (#""{\"records\":[{\"n\":1}]}""#, ["1"]),
        (#"{"records":"[{\"n\":1},{\"n\":2}]"}"#, ["1", "2"]),
        (#"{"records":{"n":1}}"#, ["1"]),
        (#"{"records":[]}"#, []),
        (#"{"records":null}"#, []),
        (#"[]"#, []),
        (#"{}"#, [nil]),
        ("{\"n\":1}\n{\"n\":2}\n\n{\"n\":3}\n", ["1", "2", "3"]),
        ("{\"records\":[{\"n\":1}]}\r\n{\"records\":[{\"n\":2},{\"n\":3}]}", ["1", "2", "3"]),
        (#"{"a":[1],"b":[2]}"#, [nil]),
        (#"[{"a":1,"records":[{"n":1}]},{"n":2}]"#, ["1", "2"]),
    ])
    func shapes(body: String, expected: [String?]) throws {
        for text in [body, Self.padded + body + Self.padded] {
            let found = try decode(text, "n")
            #expect(found.firstValues == expected)
            #expect(found.dead.isEmpty)
            #expect(found.summary.records == expected.count)
            #expect(found.records.map(\.index) == Array(expected.indices))
            #expect(found.records.allSatisfy { $0.repairs.isEmpty })
        }
    }

    @Test(arguments: ["", " \n\t", "\0\0"])
    func emptyBodiesAreCounted(body: String) throws {
        let found = try decode(body, "n")
        #expect(found.summary.emptyBodies == 1)
        #expect(found.dead.isEmpty && found.records.isEmpty)
    }

    @Test(arguments: ["hello world", "12", "null", "true", "\"text\"", "'x'", "<xml/>"])
    func otherBodiesAreDeadLetters(body: String) throws {
        let found = try decode(body, "n")
        #expect(found.reasons == [.notAnObject])
        #expect(found.dead.first?.text == body)
    }

    @Test func elementsThatAreNoObjectsDieAlone() throws {
        let found = try decode(#"{"records":[{"n":1},7,"x",null,[{"n":9}],{"n":2}]}"#, "n")
        #expect(found.firstValues == ["1", "2"])
        #expect(found.dead.map(\.text) == ["7", "\"x\"", "null", "[{\"n\":9}]"])
        #expect(found.reasons == [.notAnObject, .notAnObject, .notAnObject, .notAnObject])
        #expect(found.records.map(\.index) == [0, 5])
        #expect(found.dead.map(\.index) == [1, 2, 3, 4])
        #expect(found.dead.map(\.start) == [20, 22, 26, 31])
    }

    @Test func stringsAreOpenedOnce() throws {
        let found = try decode(#"["[\"{\\\"n\\\":1}\"]"]"#, "n")
        #expect(found.records.isEmpty)
        #expect(found.reasons == [.notAnObject])
    }

    @Test func metricsAreCountedAndPassedOver() throws {
        let found = try decode(
            #"{"records":[{"n":1,"category":"c","metricName":"m"},{"metricName":"m","total":1,"timeGrain":"PT1M"}]}"#,
            "n")
        #expect(found.firstValues == ["1"])
        #expect(found.summary.skippedMetrics == 1)
        #expect(found.summary.records == 1)
    }

    @Test func recordsInsideARecordStayThere() throws {
        let found = try decode(#"{"records":[{"n":1,"records":[{"n":2}]}]}"#, "n")
        #expect(found.firstValues == ["1"])
    }

    @Test func recordBytesAreTheObject() throws {
        let found = try decode(" [ {\"n\":1 } , {\"a\":[]} ] ", "n")
        #expect(found.records.map(\.text) == ["{\"n\":1 }", "{\"a\":[]}"])
    }
}
