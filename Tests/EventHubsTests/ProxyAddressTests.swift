import EventHubs
import Testing

/// Goal: proxies are read from what people and machines write, and a password is never shown.
///
/// Method: texts in, addresses, choices and errors out.
@Suite struct ProxyAddressTests {
    @Test(arguments: [
        ("http://proxy:3128", "proxy", 3128), ("HTTP://proxy:3128/", "proxy", 3128), ("proxy:3128", "proxy", 3128),
        ("http://proxy", "proxy", 80), ("http://[fd00::1]:8080", "fd00::1", 8080), ("http://10.0.0.1:1", "10.0.0.1", 1),
    ])
    func addresses(text: String, host: String, port: Int) throws {
        let proxy = try ProxyAddress(parsing: text)
        #expect(proxy.host == host && proxy.port == port)
        #expect(proxy.user == nil && proxy.authorization == nil)
    }

    @Test func logins() throws {
        let proxy = try ProxyAddress(parsing: "http://Aladdin:open%20sesame@proxy:3128")
        #expect(proxy.user == "Aladdin" && proxy.password.revealed == "open sesame")
        // RFC 7617, section 2.
        #expect(proxy.authorization?.revealed == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        #expect(proxy.description == "proxy:3128")
        var dumped = ""
        dump(proxy, to: &dumped)
        #expect(!"\(proxy)\(String(reflecting: proxy))\(dumped)".contains("sesame"))
        #expect(try ProxyAddress(parsing: "u:p@ss:w@proxy:1").password.revealed == "p@ss:w")
        #expect(try ProxyAddress(parsing: "u@proxy:1").authorization?.revealed == "Basic dTo=")
    }

    @Test(arguments: [
        ("https://proxy:3128", "TLS to the proxy"), ("socks5://proxy:1080", "SOCKS"), ("ftp://proxy:1", "http://"),
        ("", "no host"), ("http://", "no host"), ("http://:3128", "no host"), ("http://proxy:0", "no host"),
        ("http://proxy:99999", "no host"), ("http://proxy:port", "no host"), ("http://pro xy:1", "no host"),
        ("http://proxy\r\nX:1", "no host"), ("http://proxy:1/path", "no host"), ("http://a%3Ab:c@proxy:1", "colon"),
        ("http://a:b%0D%0Ac@proxy:1", "control"), ("http://user:hunter2@:1", "no host"),
    ])
    func whatIsNoneIsExplainedAndNotRepeated(text: String, why: String) {
        do throws(EventHubsError) {
            _ = try ProxyAddress(parsing: text)
            Issue.record("'\(text)' was read")
        } catch {
            #expect(error.summary.contains(why), "\(error)")
            #expect(error.code == .invalidConfiguration && !error.remedy.isEmpty)
            #expect(!"\(error)".contains("hunter2"))
        }
    }

    @Test(
        arguments: [
            ("h", "h", nil), ("h:5671", "h", 5671), ("[::1]:443", "::1", 443), ("[::1]", "::1", nil),
            ("fd00::1", "fd00::1", nil),
        ] as [(String, String, Int?)])
    func hostsAndPorts(text: String, host: String, port: Int?) throws {
        let place = try #require(HostAndPort(parsing: text))
        #expect(place == HostAndPort(host: host, port: port))
        #expect(HostAndPort(parsing: place.description) == place)
    }

    @Test(arguments: [
        "", ":1", "h:", "h:0", "h:65536", "h:+1", "h:1 ", "a b", "a/b", "a@b", "[::1", "[::1]x", "[]", "a\u{0}",
    ])
    func otherTextsAreNone(text: String) { #expect(HostAndPort(parsing: text) == nil) }
}

/// Goal: `NO_PROXY` means what it means to curl.
///
/// Method: lists and hosts in, yes or no out.
@Suite struct ProxyExclusionsTests {
    @Test(arguments: [
        ("example.com", "example.com", true), ("example.com", "ns.EXAMPLE.com.", true),
        ("example.com", "badexample.com", false), (".example.com", "example.com", true),
        (".example.com", "a.b.example.com", true), ("*.example.com", "a.example.com", true),
        ("Example.COM.", "example.com", true), ("a, b,c", "b", true), ("a b\tc", "c", true), ("*", "anything", true),
        ("", "anything", false), (" , ,", "anything", false), ("example.com:443", "example.com", true),
        ("example.com:80", "example.com", false), ("10.1.2.3", "10.1.2.3", true), ("10.1.2.3", "10.1.2.30", false),
        ("10.1.0.0/16", "10.1.255.9", true), ("10.1.0.0/16", "10.2.0.1", false), ("10.1.0.0/16", "10.1.example", false),
        ("0.0.0.0/0", "9.9.9.9", true), ("0.0.0.0/0", "::1", false), ("fd00::/8", "fd12:3::4", true),
        ("fd00::/8", "fe80::1", false), ("::1", "0:0:0:0:0:0:0:1", true), ("[::1]:443", "::1", true),
        ("[::1]:1", "::1", false), ("10.0.0.1", "::ffff:10.0.0.1", true), ("10.0.0.0/33", "10.0.0.1", false),
        ("10.0.0/8", "10.0.0.1", false), ("10.0.0.0/x", "10.0.0.1", false), ("10.128.0.0/9", "10.127.0.1", false),
        ("10.128.0.0/9", "10.200.0.1", true), ("://bad, good", "good", true),
    ])
    func entries(list: String, host: String, isExcluded: Bool) {
        #expect(ProxyExclusions(parsing: list).contains(host: host, port: 443) == isExcluded)
    }

    @Test(arguments: [
        ("localhost", true), ("LOCALHOST.", true), ("a.localhost", true), ("127.0.0.1", true), ("127.9.9.9", true),
        ("::1", true), ("::ffff:127.0.0.1", true), ("128.0.0.1", false), ("localhost.example", false), ("::2", false),
        ("127.0.0.1.example", false), (":1", false), ("1::", false), ("::", false), ("1:2:3:4:5:6:7:8:9", false),
        (":::1", false), ("1::2::3", false), ("::1:", false), ("::12345", false), ("::+1", false),
    ])
    func loopback(host: String, isLoopback: Bool) { #expect(ProxyExclusions.isLoopback(host) == isLoopback) }

    @Test func variablesSpeakOfTheirSchemes() {
        let all = ProxyEnvironment(["ALL_PROXY": "a", "HTTPS_PROXY": "S", "https_proxy": "s", "http_proxy": "h"])
        #expect(all.proxy(for: .https) == .init(name: "https_proxy", text: Secret("s")))
        #expect(all.proxy(for: .http)?.name == "http_proxy")
        #expect(all.proxy(for: .amqp) == .init(name: "ALL_PROXY", text: Secret("a")))
        let https = ProxyEnvironment(["HTTPS_PROXY": "S", "https_proxy": "", "HOME": "/"])
        #expect(https.proxy(for: .https)?.name == "HTTPS_PROXY")
        #expect(https.proxy(for: .http) == nil && https.proxy(for: .amqp) == nil)
        #expect(ProxyEnvironment(["no_proxy": "x"]).exclusions.contains(host: "x", port: 1))
        #expect(ProxyEnvironment.none.proxy(for: .https) == nil)
    }
}
