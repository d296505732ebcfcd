import EventHubs
import Testing

/// Goal: tokens are made and verified as the service does.
///
/// Method: published vectors, and tokens spelled as other clients spell them.
@Suite struct SASTokenTests {
    @Test(arguments: [
        (
            "sb://localhost:5672/eh1", "SAS_KEY_VALUE", "H0Mv/Fw0t2ku0jGIjrCawgblJER+llV5JlcGf5Aosw0="
        ),
        (
            "amqps://ns.servicebus.windows.net/hub", "c2VjcmV0LWtleQ==", "HQR3dj2ktTn0EHz/GuaiMQZ41AbnsEksLvFcXyfJtRQ="
        ),
    ])
    func signsTheVectors(uri: String, key: String, signature: String) throws {
        let token = SASToken(
            resource: uri, keyName: "RootManageSharedAccessKey", key: Secret(key), expiry: 1_893_456_000)
        let text = token.text.revealed
        #expect(text.hasPrefix("SharedAccessSignature sr=\(FormEncoding.encode(uri))&sig="))
        #expect(text.contains("&sig=\(FormEncoding.encode(signature))&"))
        #expect(text.hasSuffix("&se=1893456000&skn=RootManageSharedAccessKey"))
        let parsed = try SASToken(parsing: text)
        #expect(parsed.isSigned(with: Secret(key)))
        #expect(!parsed.isSigned(with: Secret(key + "x")))
        #expect(parsed.resource == uri)
    }

    @Test func verifiesTheSpellingThatWasSent() throws {
        // Lower-case hex, other order, signature not encoded: signed over the text as sent.
        let resource = "amqps%3a%2f%2fns.servicebus.windows.net%2fhub"
        let signature = SASToken.sign(resource: resource, expiry: "99", key: Secret("k"))
        let token = try SASToken(
            parsing: "SharedAccessSignature skn=reader&se=99&sig=\(signature)&sr=\(resource)&extra=1")
        #expect(token.isSigned(with: Secret("k")))
        #expect(token.expiry == 99)
        #expect(token.isExpired(at: 99))
        #expect(!token.isExpired(at: 98))
    }

    @Test func decodesAPolicyNameTwiceWhereItWasEncodedTwice() throws {
        let token = try SASToken(parsing: "SharedAccessSignature sr=x&sig=y&se=1&skn=a%252Fb")
        #expect(token.keyNames == ["a%2Fb", "a/b"])
        let plain = try SASToken(parsing: "SharedAccessSignature sr=x&sig=y&se=1&skn=reader")
        #expect(plain.keyNames == ["reader"])
    }

    @Test(arguments: [
        ("sb://ns/hub", "amqps://other:5671/hub/ConsumerGroups/g/Partitions/0", true),
        ("sb://ns/HUB/", "sb://ns/hub", true),
        ("sb://ns", "sb://ns/hub/consumergroups/$default", true),
        ("sb://ns/hub", "sb://ns/hub2", false),
        ("sb://ns/hub/consumergroups/a", "sb://ns/hub", false),
    ])
    func coversWhatIsBelow(resource: String, audience: String, covers: Bool) {
        let token = SASToken(resource: resource, keyName: "p", key: Secret("k"), expiry: 1)
        #expect(token.covers(audience: audience) == covers)
    }

    @Test(arguments: [
        "", "sr=a&sig=b&se=1&skn=c", "SharedAccessSignature ", "SharedAccessSignature sr=a&sig=b&se=1",
        "SharedAccessSignature sr=a&sig=b&se=soon&skn=c", "SharedAccessSignature sr=a&sr=b&sig=b&se=1&skn=c",
        "SharedAccessSignature sr=a&sig&se=1&skn=c",
    ])
    func refusesWhatIsNoToken(text: String) {
        #expect(throws: EventHubsError.self) { try SASToken(parsing: text) }
    }

    @Test func neverPrintsTheSignature() {
        let token = SASToken(resource: "sb://h/e", keyName: "p", key: Secret("k"), expiry: 1)
        let signature = SASToken.sign(resource: token.rawResource, expiry: "1", key: Secret("k"))
        var dumped = ""
        dump(token, to: &dumped)
        for text in ["\(token)", dumped] {
            #expect(!text.contains(signature))
            #expect(!text.contains(FormEncoding.encode(signature)))
        }
    }

    @Test(arguments: ["", "a b", "ü/ß?&=%", "sb://h:1/e-._~"])
    func encodingIsReversible(text: String) {
        #expect(FormEncoding.decode(FormEncoding.encode(text)) == text)
    }

    @Test func aLonePercentSignStays() {
        #expect(FormEncoding.decode("100%") == "100%")
        #expect(FormEncoding.decode("%zz%4") == "%zz%4")
    }
}
