import Spelling
import Testing

/// Goal: a typo finds the name that was meant. Method: words at known distances.
@Suite struct NearestNameTests {
    @Test(arguments: [
        ("consumer_gruop", "consumer_group"), ("partitons", "partitions"), ("HUB", "hub"), ("sttae", "state"),
    ])
    func findsTheWordThatWasMeant(typed: String, meant: String) {
        #expect(nearestName(to: typed, among: ["hub", "consumer_group", "partitions", "state"]) == meant)
    }

    @Test func staysSilentWhenNothingIsClose() {
        #expect(nearestName(to: "webhook", among: ["hub", "consumer_group", "state"]) == nil)
        #expect(nearestName(to: "x", among: [String]()) == nil)
        #expect(nearestName(to: "", among: ["hub"]) == nil)
    }

    @Test func tiesGoToTheFirst() {
        #expect(nearestName(to: "bat", among: ["cat", "hat"]) == "cat")
    }
}
