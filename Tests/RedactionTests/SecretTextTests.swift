import Redaction
import Testing

/// Goal: a secret inside a text is hidden whatever is around it, and what only looks like one stays.
///
/// Method: a text for each form, with what must be left of it.
@Suite struct SecretTextTests {
    private static let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhYmMifQ.c2lnbmF0dXJl"
    private static let base64 =
        "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYg=="

    @Test(arguments: [
        (
            "https://x.blob.core.windows.net/c/b?sv=2022-11-02&sr=b&sp=r&sig=Ab%2BcD12ef%2Fgh%3D&x=1",
            "https://x.blob.core.windows.net/c/b?sv=2022-11-02&sr=b&sp=r&sig=(secret)&x=1"
        ),
        ("sig%3DAb%252BcD12ef%26se%3D1", "sig%3D(secret)%26se%3D1"),
        (#"x\u0026sig\u003dAbcD12efgh\u0026se"#, #"x\u0026sig\u003d(secret)\u0026se"#),
        (
            "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=\(base64);EndpointSuffix=x",
            "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=(secret);EndpointSuffix=x"
        ),
        (
            "Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey=s;EntityPath=h",
            "Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey=(secret);EntityPath=h"
        ),
        (
            "SharedAccessSignature sr=sb%3a%2f%2fns&sig=abcd1234%3d&se=1",
            "SharedAccessSignature sr=sb%3a%2f%2fns&sig=(secret)&se=1"
        ),
        ("api-key: 0123456789abcdef0123456789abcdef", "api-key: (secret)"),
        (#""Ocp-Apim-Subscription-Key":"0123456789abcdef""#, #""Ocp-Apim-Subscription-Key":"(secret)""#),
        (#"\"api-key\":\"0123abcd\",\"x\":1"#, #"\"api-key\":\"(secret)\",\"x\":1"#),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer (secret)"),
        ("authorization=Basic dXNlcjpwYXNz", "authorization=Basic (secret)"),
        ("header Bearer \(token) end", "header Bearer (secret) end"), (token, "(secret)"),
        ("sent bearer abc1.def2 and got 401", "sent bearer (secret) and got 401"),
        ("Basic dXNlcjpwYXNz1 is refused", "Basic (secret) is refused"),
        ("key sk-proj-abcDEF0123456789abcDEF0123456789", "key (secret)"),
        ("Password=my pass,word 1;Database=x", "Password=(secret);Database=x"),
        ("amqp://user:p4ss@host:5672/q", "amqp://user:(secret)@host:5672/q"),
        ("tok abc8Q~ABCDEFghij0123456789klmnopqrstuvwxy z", "tok (secret) z"),
        ("-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY----- after", "(secret) after"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc", "(secret)"),
        ("a AbCd0123456789AbCd0123456789AbCd0123456789xyz", "a (secret)"),
        (
            "https://f.azurewebsites.net/api/x?code=abcdEFGH0123456789==&b=c",
            "https://f.azurewebsites.net/api/x?code=(secret)&b=c"
        ),
        ("client_secret: abc", "client_secret: (secret)"), ("SIG=abcd", "SIG=(secret)"),
    ])
    func isHidden(text: String, shown: String) {
        #expect(SecretText.masked(text) == shown)
        #expect(SecretText.masked(shown) == shown, "hiding twice changes nothing")
    }

    @Test(arguments: [
        "/subscriptions/12345678-1234-1234-1234-123456789abc/resourceGroups/Prod01/providers/Microsoft.CognitiveServices/accounts/myaccount01/deployments/gpt4Prod",
        "/SUBSCRIPTIONS/AAAA/RESOURCEGROUPS/AI-PROD/PROVIDERS/MICROSOFT.COGNITIVESERVICES/ACCOUNTS/SK-WEU-01",
        "Microsoft.Authorization/roleAssignments/write", "count 120 >= 100 in 60 min for openai-weu-01 (ai-prod)",
        "Basic authentication", "token type: bearer", "0123456789abcdef0123456789abcdef",
        "a3f1b0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1", "sk-weu-prod-openai-deployment-01",
        "disk-abcDEF0123456789abcDEF0123456789", "Reset password (self-service)", "Bearer authentication scheme",
        "promptTokens 120", "key1(3A5BCD...)", "https://login.example.com/common/oauth2/token?api-version=1", "", "a=b",
        "=", "::::", "sig=", "\u{0}=\u{FFFD}",
    ])
    func stays(text: String) { #expect(SecretText.masked(text) == text) }

    @Test func everyCutOfALongTextEndsSoundly() {
        let text =
            "x?sig=Ab%2B&a;AccountKey=\(Self.base64);p=amqp://u:p@h \(Self.token) -----BEGIN PRIVATE KEY-----\\u003d é"
        for count in 0...text.unicodeScalars.count {
            let cut = String(String.UnicodeScalarView(text.unicodeScalars.prefix(count)))
            #expect(!SecretText.masked(cut).contains("Zm9vYmFyYmF6cXV4"))
        }
    }
}

/// Goal: a masking shows what it may and says what it hides.
///
/// Method: values of each class under each setting.
@Suite struct MaskingTests {
    private let everything = Masking([.addresses, .users])

    @Test func contentAndSecretsAreNeverShown() {
        for masking in [Masking.standard, everything] {
            #expect(masking.text("hello you", .content) == "(content, 9 bytes)")
            #expect(masking.text("hello", [.content, .secrets]) == "(secret)")
            #expect(masking.hides(.content) && masking.hides(.secrets) && !masking.hides([]))
        }
    }

    @Test func addressesAndUsersAreShownUnlessMasked() {
        #expect(Masking.standard.text("ann@contoso.com", .users) == "ann@contoso.com")
        #expect(Masking.standard.text("198.51.100.7", .addresses) == "198.51.100.7")
        #expect(everything.text("ann@contoso.com", .users) == "(user)")
        #expect(everything.text("198.51.100.7", .addresses) == "(address)")
        #expect(Masking(.users).text("198.51.100.7", .addresses) == "198.51.100.7")
    }

    @Test(arguments: [
        ("listKeys on x by ann@contoso.com at 198.51.100.23", "listKeys on x by (user) at (address)"),
        ("10.0.0.10:49539", "(address):49539"), ("81.2.69.***", "(address)"),
        ("[2001:db8::1]:443", "[(address)]:443"), ("from 2001:db8::1.", "from (address)."),
        ("12:34:56 at 2026-11-01T12:34:56Z", "12:34:56 at 2026-11-01T12:34:56Z"),
        ("ann_fabrikam.com#EXT#@contoso.onmicrosoft.com", "(user)"), ("1.2.3", "1.2.3"),
        ("::ffff:10.0.0.1", "(address)"),
    ])
    func textsAreSearchedForThem(text: String, shown: String) { #expect(everything.text(text, []) == shown) }

    @Test func jsonInsideATextIsContent() {
        #expect(
            Masking.standard.text(#"The request failed: {"error":{"message":"hello"}}"#, [])
                == "The request failed: (content, 29 bytes)")
        #expect(Masking.standard.text(#""{\"a\":1}""#, []) == "\"(content, 10 bytes)")
        #expect(Masking.standard.text(#"[ {"a":1}]"#, []) == "(content, 10 bytes)")
        for plain in ["{subscriptionId}", "[2001:db8::1]:443", "[tag] text", "{", "["] {
            #expect(Masking.standard.text(plain, []) == plain)
        }
    }

    @Test func marksTellEqualValuesByTheirKeyOnly() throws {
        let key = try #require(MaskKey(Array("0123456789abcdef".utf8)))
        let other = try #require(MaskKey(Array("0123456789abcdeg".utf8)))
        #expect(MaskKey(Array("short".utf8)) == nil)
        let marked = Masking([.users, .addresses], key: key)
        let first = marked.text("ann@contoso.com", .users)
        #expect(first.hasPrefix("(user ") && first.utf8.count == "(user 01234567)".utf8.count)
        #expect(marked.text("ann@contoso.com", .users) == first)
        #expect(marked.text("bob@contoso.com", .users) != first)
        #expect(Masking(.users, key: other).text("ann@contoso.com", .users) != first)
        #expect(marked.text("by ann@contoso.com", []) == "by \(first)", "the same mark inside a text")
        #expect(marked.text("p4ssw0rd", .secrets) == "(secret)", "secrets have no mark: somebody could try passwords")
        #expect("\(key)" == "(hidden)")
    }

    @Test func longTextsAreCut() {
        let long = String(repeating: "é", count: Masking.textBytesMax)
        let shown = Masking.standard.text(long, [])
        #expect(shown.utf8.count <= Masking.textBytesMax + 3 && shown.hasSuffix("…"))
    }
}

/// Goal: bytes that nobody could read keep their structure and lose their words.
///
/// Method: shapes of small texts; nothing of a wrapper prints what is inside.
@Suite struct TextShapeTests {
    @Test(arguments: [
        (#"{"records":[{"time":"2026-11-01","x":"P4ss wd"}"#, #"{"records":[{"time":"0000-00-00","x":"xxxx xx"}"#),
        ("{'appName':'é1'}", "{'xxxxxxx':'xx'}"), ("plain text 42", "xxxxx xxxx 00"), ("", ""),
    ])
    func keepsPunctuation(text: String, shape: String) { #expect(TextShape.of(text.utf8) == shape) }

    @Test func wrappersShowNothing() {
        let bytes = SensitiveBytes(Array("my secret words".utf8))
        var dumped = ""
        dump(bytes, to: &dumped)
        #expect("\(bytes)" == "(15 bytes)" && !dumped.contains("109") && bytes.shape() == "xx xxxxxx xxxxx")
        #expect(bytes.shape(maximum: 4) == "xx x…")
        let text = SensitiveText("tell me", .content)
        dumped = ""
        dump(text, to: &dumped)
        #expect("\(text)" == "(content, 7 bytes)" && !dumped.contains("tell"))
    }
}
