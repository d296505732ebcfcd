import Spelling
import Testing

/// Goal: a typo finds the name that was meant.
///
/// Method: words at known distances.
@Suite struct NearestNameTests {
    @Test(arguments: [
        ("consumer_gruop", "consumer_group"), ("partitons", "partitions"), ("HUB", "hub"), ("sttae", "state"),
    ])
    func findsTheWordThatWasMeant(typed: String, meant: String) {
        #expect(NearestName.of(typed, in: ["hub", "consumer_group", "partitions", "state"]) == meant)
    }

    @Test func staysSilentWhenNothingIsClose() {
        #expect(NearestName.of("webhook", in: ["hub", "consumer_group", "state"]) == nil)
        #expect(NearestName.of("x", in: [String]()) == nil)
        #expect(NearestName.of("", in: ["hub"]) == nil)
    }

    @Test func tiesGoToTheFirst() {
        #expect(NearestName.of("bat", in: ["cat", "hat"]) == "cat")
    }
}
