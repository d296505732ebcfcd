import EventHubs
import HubwatchConfiguration
import Testing

/// Goal: the proxy of a sink comes out of its options and the environment as people expect, and passwords are never repeated.
///
/// Method: options and variables in, the proxy or problems out.
@Suite struct SinkProxyTests {
    private static let hub =
        "Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=s;SharedAccessKey=c2VjcmV0;EntityPath=f"

    private func given(_ sink: String, _ environment: [String: String]) -> ConfigurationLayers {
        layers("sinks:\n  one: {\(sink)}\n", environment: environment)
    }

    private func proxy(_ sink: String, _ environment: [String: String] = [:]) throws -> ProxyAddress? {
        let found = try sinks(given(sink, environment), files: ["hub": Self.hub, "pw": "secret\n"])
        return try #require(found.first).proxy
    }

    @Test(
        arguments: [
            ("type: webhook, url: 'https://soc.example/x'", ["HTTPS_PROXY": "http://a:1"], "a:1"),
            ("type: slack, url: 'https://hooks.slack.com/x'", ["https_proxy": "a:1"], "a:1"),
            ("type: teams, url: 'https://prod.example/x'", ["ALL_PROXY": "b:2"], "b:2"),
            ("type: webhook, url: 'https://soc.example/x'", ["HTTP_PROXY": "a:1"], nil),
            ("type: webhook, url: 'https://soc.example/x'", ["HTTPS_PROXY": "a:1", "NO_PROXY": ".example"], nil),
            (
                "type: webhook, url: 'https://soc.example:8443/x'",
                ["https_proxy": "a:1", "NO_PROXY": "soc.example:443"], "a:1"
            ),
            ("type: webhook, url: 'https://soc.example/x', proxy: none", ["HTTPS_PROXY": "a:1"], nil),
            (
                "type: webhook, url: 'https://soc.example/x', proxy: 'c:3'", ["HTTPS_PROXY": "a:1", "NO_PROXY": "*"],
                "c:3"
            ),
            // This machine.
            ("type: webhook, url: 'https://localhost/x'", ["HTTPS_PROXY": "a:1"], nil),
            ("type: webhook, url: 'http://127.0.0.1:9/x'", ["http_proxy": "a:1", "ALL_PROXY": "a:1"], nil),
            ("type: webhook, url: 'https://[::1]/x'", ["HTTPS_PROXY": "a:1"], nil),
            // AMQP is no HTTPS, but over a WebSocket.
            ("type: eventhub, connection_string_file: hub", ["HTTPS_PROXY": "a:1"], nil),
            ("type: eventhub, connection_string_file: hub", ["ALL_PROXY": "a:1"], "a:1"),
            ("type: eventhub, connection_string_file: hub, transport: websockets", ["HTTPS_PROXY": "a:1"], "a:1"),
            ("type: syslog, address: 'siem.example:6514'", ["HTTPS_PROXY": "a:1", "ALL_PROXY": "a:1"], nil),
        ] as [(String, [String: String], String?)])
    func theEnvironmentIsObeyed(sink: String, environment: [String: String], proxy: String?) throws {
        #expect(try self.proxy(sink, environment)?.description == proxy)
    }

    @Test func thePasswordMayBeInAFile() throws {
        let sink = "type: slack, url: 'https://hooks.slack.com/x', proxy: 'http://u@p:3128', proxy_password_file: pw"
        #expect(try proxy(sink) == ProxyAddress(host: "p", port: 3128, user: "u", password: Secret("secret")))
        let variable = "type: slack, url: 'https://hooks.slack.com/x', proxy_password_file: pw"
        #expect(try proxy(variable, ["HTTPS_PROXY": "http://u@p:1"])?.password == Secret("secret"))
    }

    @Test func webSocketsCarryFindingsIntoAHub() throws {
        for (transport, usesWebSockets) in [("amqp", false), ("websockets", true)] {
            let sink = "type: eventhub, connection_string_file: hub, transport: \(transport)"
            let found = try sinks(given(sink, [:]), files: ["hub": Self.hub])
            guard case .eventHub(_, "f", usesWebSockets, nil)? = found.first?.target else {
                Issue.record("\(found)")
                return
            }
        }
    }

    @Test(arguments: [
        ("url: 'https://x.example/', proxy: 'socks5://x:1'", "SOCKS"),
        ("url: 'https://x.example/', proxy: 'https://u:hunter2@x:1'", "TLS to the proxy"),
        ("url: 'https://x.example/', proxy: 'http://x:1', proxy_password_file: pw", "no user"),
        ("url: 'https://x.example/', proxy: 'http://u@x:1', proxy_password_file: gone", "no file 'gone'"),
        ("url: 'https://localhost/', proxy: 'http://u:hunter2@x:1'", "this machine"),
        ("url: 'http://127.0.0.1/', proxy: 'http://u:hunter2@x:1'", "this machine"),
        ("url: 'https://x.example/', proxi: 'http://u:hunter2@x:1'", "did you mean 'proxy'"),
    ])
    func mistakesAreNamed(options: String, text: String) {
        let found = problems(given("type: webhook, \(options)", [:]), files: ["pw": "hunter2"])
        #expect(found.count == 1 && found[0].contains(text) && found[0].contains("sinks.one"), "\(found)")
        #expect(!found.joined().contains("hunter2"))
    }

    @Test func aVariableThatCannotBeUsedIsNamedWithTheWayOut() {
        let found = problems(
            given("type: webhook, url: 'https://x.example/'", ["https_proxy": "socks5h://u:hunter2@x:1"]))
        #expect(found.count == 1 && found[0].contains("https_proxy"), "\(found)")
        #expect(found[0].contains("can be given as sinks.one.proxy") && !found[0].contains("hunter2"), "\(found)")
    }

    @Test func listingsShowNoPassword() {
        let shown = given("type: webhook, url: 'https://x.example/', proxy: 'http://u:hunter2@x:1'", [:]).shownSinks()
            .lines
        #expect(shown.contains { $0.contains("sinks.one.proxy ") && $0.contains("(hidden)") }, "\(shown)")
        #expect(!shown.joined().contains("hunter2"))
        let byDefault = given("type: webhook, url: 'https://x.example/'", [:]).shownSinks().lines
        #expect(byDefault.contains { $0.contains("sinks.one.proxy ") && $0.hasSuffix("environment") }, "\(byDefault)")
    }
}
