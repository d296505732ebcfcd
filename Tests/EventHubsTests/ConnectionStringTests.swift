import EventHubs
import Testing

/// Goal: every legal connection string is read, every mistake is located, and no secret is ever repeated.
///
/// Method: tables of strings with the fields or the explanation that they must give.
@Suite struct ConnectionStringTests {
    private let secret = "c2VjcmV0LWtleQ=="

    @Test func readsTheFormOfThePortal() throws {
        let parsed = try ConnectionString(
            parsing: "Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=reader;"
                + "SharedAccessKey=\(secret);EntityPath=logs")
        #expect(parsed.host == "ns.servicebus.windows.net")
        #expect(parsed.port == nil)
        #expect(parsed.entityPath == "logs")
        #expect(parsed.credential == .key(name: "reader", key: Secret(secret)))
        #expect(!parsed.usesDevelopmentEmulator)
    }

    @Test func readsTheFormOfTheEmulatorWithAPort() throws {
        let parsed = try ConnectionString(
            parsing: " endpoint=sb://127.0.0.1:15999 ; sharedaccesskeyname=Root;SHAREDACCESSKEY=x;"
                + "UseDevelopmentEmulator=True;;")
        #expect(parsed.host == "127.0.0.1")
        #expect(parsed.port == 15999)
        #expect(parsed.usesDevelopmentEmulator)
    }

    @Test func readsASignatureAndAnIPv6Host() throws {
        let token = SASToken(resource: "sb://h/e", keyName: "p", key: Secret("k"), expiry: 1).text.revealed
        let parsed = try ConnectionString(parsing: "Endpoint=sb://[::1]:5672/;SharedAccessSignature=\(token)")
        #expect(parsed.host == "::1")
        #expect(parsed.port == 5672)
        #expect(parsed.credential == .signature(Secret(token)))
    }

    @Test func aDevelopmentBrokerNeedsNoCredential() throws {
        let parsed = try ConnectionString(parsing: "Endpoint=sb://localhost;UseDevelopmentEmulator=true")
        #expect(parsed.credential == .none)
    }

    @Test(arguments: [
        ("", "it is empty"),
        ("\"Endpoint=sb://h\"", "at character 1, it starts with a quotation mark"),
        ("Endpoint=sb://h;SharedAccessKeyName", "at character 17, part 2 has no `=`"),
        ("Endpont=sb://h;SharedAccessKeyName=a;SharedAccessKey=b", "did you mean `Endpoint`?"),
        (
            "Endpoint=sb://h;Colour=b;SharedAccessKeyName=a;SharedAccessKey=b",
            "at character 17, there is an unknown key"
        ),
        ("Endpoint=https://h;SharedAccessKeyName=a;SharedAccessKey=b", "must start with `sb://`"),
        ("Endpoint=sb://;SharedAccessKeyName=a;SharedAccessKey=b", "has no host name"),
        ("Endpoint=sb://h:99999;SharedAccessKeyName=a;SharedAccessKey=b", "must be a number from 1 to 65535"),
        ("Endpoint=sb://h/hub;SharedAccessKeyName=a;SharedAccessKey=b", "the hub belongs in `EntityPath`"),
        ("Endpoint=sb://u:p@h;SharedAccessKeyName=a;SharedAccessKey=b", "has a user part"),
        ("Endpoint=sb://h;Endpoint=sb://h;SharedAccessKeyName=a;SharedAccessKey=b", "is given a second time"),
        ("Endpoint=sb://h;SharedAccessKeyName=a", "without `SharedAccessKey`"),
        ("Endpoint=sb://h;SharedAccessKey=b", "without `SharedAccessKeyName`"),
        ("Endpoint=sb://h", "there is no credential"),
        ("SharedAccessKeyName=a;SharedAccessKey=b", "is missing"),
        ("Endpoint=sb://h;SharedAccessKeyName=a;SharedAccessKey=", "`SharedAccessKey` has no value"),
        ("Endpoint=sb://h;SharedAccessKeyName=a;SharedAccessKey=b c", "contains a space"),
        ("Endpoint=sb://h;SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=yes", "must be true or false"),
        ("Endpoint=sb://h;SharedAccessKeyName=a;SharedAccessKey=b;EntityPath=/x", "the hub's bare name"),
        ("Endpoint=sb://h;SharedAccessSignature=nonsense", "is not a token"),
    ])
    func explainsAMistake(text: String, expected: String) {
        let problems = ConnectionString.problems(in: text)
        #expect(problems.contains { $0.description.contains(expected) }, "\(problems)")
        #expect(throws: EventHubsError.self) { try ConnectionString(parsing: text) }
    }

    @Test func namesEveryMistakeAtOnce() {
        let problems = ConnectionString.problems(in: "Endpoint=http://h;SharedAcessKey=b;UseDevelopmentEmulator=1")
        #expect(problems.count == 4)
    }

    @Test func neverRepeatsTheKey() {
        let broken = [
            "Endpoint=sb://h;SharedAccessKeyName=a;SharedAccessKey=TOPSECRET extra",
            "Endpoint=sb://h;SharedAccessKeyName=a;SharedAccesKey=TOPSECRET",
            "Endpoint=sb://h;TOPSECRET=;x",
            "TOPSECRET",
            "Endpoint=sb://h;SharedAccessSignature=SharedAccessSignature sr=a&sig=TOPSECRET",
        ]
        for text in broken {
            #expect(throws: EventHubsError.self) { try ConnectionString(parsing: text) }
            do { _ = try ConnectionString(parsing: text) } catch { #expect(!"\(error)".contains("TOPSECRET")) }
        }
    }

    @Test func describesItselfWithoutTheKey() throws {
        let parsed = try ConnectionString(parsing: "Endpoint=sb://h:1/;SharedAccessKeyName=a;SharedAccessKey=TOPSECRET")
        #expect("\(parsed)" == "Endpoint=sb://h:1;SharedAccessKeyName=a;SharedAccessKey=(hidden)")
        var dumped = ""
        dump(parsed, to: &dumped)
        #expect(!dumped.contains("TOPSECRET"))
        #expect(!String(reflecting: parsed).contains("TOPSECRET"))
    }
}
