import DiagnosticLogs
import Testing

/// Goal: a dead letter holds bytes of the message that nothing else was made of, at the place that it names.
///
/// Method: bodies whose broken part stands beside good records, found by the fuzzer and cut down.
@Suite struct DeadLetterRangeTests {
    @Test func aBrokenEnvelopeInAListGivesItsRecordsOnce() throws {
        let found = try decode(#"[{"records":[{"category":"x"},{"category":"y"}]se}}]"#, "category")
        #expect(found.firstValues == ["x", "y"])
        #expect(found.dead.map(\.text) == ["]se}}"])
    }

    @Test func aListGoesOnBehindWhatWasReadOfAnEnvelope() throws {
        let body =
            #"[{"records":[{"category":"x"},{"a":[{"b":0.]}}]},{"category":"y","b":fal!}]},{"category":"z","b":fal!"#
        let found = try decode(body, "category")
        var end = 0
        for letter in found.dead {
            #expect(letter.start >= end, "\(letter) overlaps the one before")
            end = letter.start + letter.text.utf8.count
            #expect(Array(body.utf8)[letter.start..<end].elementsEqual(letter.text.utf8))
        }
    }

    @Test func blanksInFrontOfARepairedTextMoveNothing() throws {
        let body = " \n[\"plain\",{\"category\":\"a\nb\"},5]"
        let found = try decode(body, "category")
        #expect(found.firstValues == ["a\nb"])
        #expect(found.dead.map(\.text) == ["\"plain\"", "5"])
        #expect(found.dead.map(\.start) == [3, body.utf8.count - 2])
    }

    @Test func theQuoteThatClosesACutTextIsInNoLetter() throws {
        let found = try decode("{\"category\":\"l1\"}rest\":{\"c\n{\"t{", "category")
        #expect(found.firstValues == ["l1"])
        #expect(found.dead.map(\.text) == ["rest\":{\"c", "{\"t{"])
    }
}
