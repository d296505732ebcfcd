import Testing

@testable import Diagnosis

/// Goal: every row of the table of symptoms can be told apart, says what to do where something is wrong, and is filled in.
///
/// Method: the rows themselves.
@Suite struct SymptomTests {
    @Test func namesAreUnique() {
        #expect(Set(Symptom.all.map(\.name)).count == Symptom.all.count)
    }

    @Test(arguments: Symptom.all.filter { [.failed, .warning].contains($0.verdict) })
    func whatIsWrongHasARemedy(_ symptom: Symptom) {
        #expect(!symptom.remedy.isEmpty)
        #expect((symptom.exit != nil) == (symptom.verdict == .failed))
    }

    @Test func figuresFillTheirPlacesAndOnlyTheNamedOnesStay() {
        let sighting = Sighting(.portRefused, [Figure("address", .text("10.0.0.7")), Figure("other", .number(1))])
            .completed(with: [Figure("hopPort", .text("5671")), Figure("host", .text("h"))])
        #expect(sighting.seen == "10.0.0.7 refused the connection: nothing listens on port 5671")
        #expect(sighting.figures.map(\.name) == ["address", "hopPort"])
        #expect([Figure("a", .text("{b}")), Figure("b", .text("x"))].filling("{a} {c} {") == "{b} {c} {")
    }

    @Test(arguments: [
        (Figure.Value.bytes(999), "999 B"), (.bytes(1_500_000), "1.5 MB"), (.bytes(250_000_000_000), "250 GB"),
        (.span(12), "12 ms"), (.span(1500), "1.5 s"), (.span(90_000), "90 s"), (.span(600_000), "10 min"),
        (.span(90_000_000), "25 h"), (.span(3 * 86_400_000), "3 days"), (.span(.min), "106751991167 days"),
        (.list(["a", "b", "c", "d", "e", "f"]), "a, b, c, d and 2 more"), (.time(0), "1970-01-01T00:00:00Z"),
    ])
    func figuresAreReadable(value: Figure.Value, text: String) {
        #expect(Figure("x", value).text == text)
    }
}
