import EventHubs
import HubwatchConfiguration
import Testing

/// Goal: the way to the source comes out of settings and environment as people expect, and passwords are never repeated.
///
/// Method: settings and variables in, the way or problems out.
@Suite struct TransportSettingTests {
    private static let cloud =
        "Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=listen;SharedAccessKey=c2VjcmV0;EntityPath=logs"
    private static let local = "Endpoint=sb://localhost:8080;UseDevelopmentEmulator=true;EntityPath=logs"

    private func transport(
        _ settings: [String: String] = [:], _ environment: [String: String] = [:], source: String = cloud,
        files: [String: String] = [:]
    ) throws(ConfigurationError) -> Configuration.Transport {
        var layers = ConfigurationLayers()
        layers.add(environment: environment)
        var given = settings
        if settings["source.amqp.url"] == nil, settings["source.namespace"] == nil {
            given["source.connection_string"] = source
        }
        for (path, text) in given { layers.add(flag: path, path: path, text: text) }
        return try Configuration(layers) { (path) throws(ConfigurationProblem) in
            guard let text = files[path] else { throw ConfigurationProblem(place: path, message: "no file '\(path)'") }
            return text
        }.source.transport
    }

    private func problems(_ settings: [String: String], _ environment: [String: String] = [:]) -> [String] {
        do {
            _ = try transport(settings, environment)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test func theDefaultIsDirectAMQP() throws {
        let transport = try transport()
        #expect(!transport.usesWebSockets && transport.proxy == nil && transport.endpointAddress == nil)
        #expect(transport.clientCertificateFile == nil)
    }

    @Test func everythingCanBeSet() throws {
        let transport = try transport(
            [
                "source.transport": "websockets", "source.proxy": "http://user@proxy:3128",
                "source.proxy_password_file": "pw", "source.endpoint_address": "10.0.0.5:8443",
                "source.client_certificate_file": "c.pem", "source.client_key_file": "k.pem",
            ], files: ["pw": "secret\n"])
        #expect(transport.usesWebSockets)
        #expect(transport.proxy == ProxyAddress(host: "proxy", port: 3128, user: "user", password: Secret("secret")))
        #expect(transport.endpointAddress == HostAndPort(host: "10.0.0.5", port: 8443))
        #expect(transport.clientCertificateFile == "c.pem" && transport.clientKeyFile == "k.pem")
    }

    @Test(
        arguments: [
            ("amqp", ["HTTPS_PROXY": "http://a:1"], nil), ("websockets", ["HTTPS_PROXY": "http://a:1"], "a:1"),
            ("amqp", ["ALL_PROXY": "http://b:2"], "b:2"), ("websockets", ["all_proxy": "b:2"], "b:2"),
            ("websockets", ["https_proxy": "a:1", "ALL_PROXY": "b:2"], "a:1"),
            ("websockets", ["https_proxy": "a:1", "NO_PROXY": "windows.net"], nil),
            ("websockets", ["https_proxy": "a:1", "NO_PROXY": "windows.net:5671"], "a:1"),
            ("amqp", ["ALL_PROXY": "a:1", "no_proxy": "windows.net:5671"], nil),
        ] as [(String, [String: String], String?)])
    func theEnvironmentIsObeyed(way: String, environment: [String: String], proxy: String?) throws {
        #expect(try transport(["source.transport": way], environment).proxy?.description == proxy)
    }

    @Test func theSettingWinsOverTheEnvironment() throws {
        let environment = ["HTTPS_PROXY": "http://a:1", "NO_PROXY": "windows.net"]
        let websockets = ["source.transport": "websockets"]
        let none = websockets.merging(["source.proxy": "none"]) { $1 }
        #expect(try transport(none, ["HTTPS_PROXY": "a:1"]).proxy == nil)
        let own = websockets.merging(["source.proxy": "http://c:3", "source.no_proxy": "other"]) { $1 }
        #expect(try transport(own, environment).proxy?.description == "c:3")
        #expect(try transport(own, environment).proxyPlace == "source.proxy")
        let excluded = websockets.merging(["source.proxy": "http://c:3"]) { $1 }
        #expect(try transport(excluded, environment).proxy == nil, "NO_PROXY counts for the setting, too")
    }

    @Test func thisMachineIsReachedDirectlyUnlessSaidOtherwise() throws {
        let environment = ["http_proxy": "a:1", "ALL_PROXY": "a:1"]
        #expect(try transport(["source.transport": "websockets"], environment, source: Self.local).proxy == nil)
        #expect(try transport(["source.proxy": "c:3"], environment, source: Self.local).proxy?.description == "c:3")
        let elsewhere = Self.local.replacing("localhost", with: "broker")
        #expect(try transport(["source.transport": "websockets"], environment, source: elsewhere).proxy != nil)
    }

    @Test(arguments: [
        (["source.transport": "carrier-pigeon"], "carrier-pigeon"),
        (["source.transport": "websockets", "source.amqp.url": "amqp://h"], "source.amqp.url"),
        (["source.proxy": "socks5://x:1"], "SOCKS"), (["source.proxy": "https://u:hunter2@x:1"], "TLS to the proxy"),
        (["source.proxy": "http://x:1", "source.proxy_password_file": "pw"], "no user"),
        (["source.proxy": "http://u@x:1", "source.proxy_password_file": "pw"], "no file 'pw'"),
        (["source.endpoint_address": "a b"], "host:port"), (["source.client_key_file": "k"], "client_certificate_file"),
        (["source.client_certificate_file": "c"], "client_key_file"),
    ])
    func mistakesAreNamed(settings: [String: String], text: String) {
        let found = problems(settings)
        #expect(found.count == 1 && found[0].contains(text), "\(found)")
        #expect(!found.joined().contains("hunter2"))
    }

    @Test func aVariableThatCannotBeUsedIsNamedWithTheWayOut() {
        let found = problems(["source.transport": "websockets"], ["all_proxy": "socks5h://u:hunter2@x:1"])
        #expect(found.count == 1 && found[0].contains("all_proxy") && found[0].contains("source.proxy"), "\(found)")
        #expect(!found.joined().contains("hunter2"))
    }

    // MARK: Tokens

    private static let identity = ["source.namespace": "ns.servicebus.windows.net", "source.hub": "logs"]
    private static let application = [
        "AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "hunter2",
    ]

    @Test(
        arguments: [
            ([:], ["HTTPS_PROXY": "a:1"], nil, "a:1"), ([:], ["ALL_PROXY": "b:2"], "b:2", "b:2"),
            ([:], ["HTTPS_PROXY": "a:1", "ALL_PROXY": "b:2"], "b:2", "a:1"),
            ([:], ["HTTPS_PROXY": "a:1", "NO_PROXY": "login.microsoftonline.com"], nil, nil),
            ([:], ["ALL_PROXY": "a:1", "NO_PROXY": "windows.net"], nil, "a:1"),
            (["source.proxy": "none"], ["HTTPS_PROXY": "a:1", "ALL_PROXY": "a:1"], nil, nil),
            (["source.proxy": "c:3"], ["HTTPS_PROXY": "a:1"], "c:3", "c:3"),
            (["source.proxy": "c:3", "source.no_proxy": "windows.net"], ["NO_PROXY": "*"], nil, "c:3"),
            (["source.proxy": "c:3", "source.no_proxy": "microsoftonline.com"], [:], "c:3", nil),
            (["source.entra.authority": "us-government"], ["https_proxy": "a:1", "NO_PROXY": ".com"], nil, "a:1"),
            (["source.proxy": "c:3", "source.entra.authority": "https://login.internal:8443"], [:], "c:3", "c:3"),
            // This machine, whatever is set; and those who do not ask Entra ID.
            (["source.proxy": "c:3", "source.entra.authority": "http://127.0.0.1:9"], [:], "c:3", nil),
            (["source.proxy": "c:3", "source.entra.authority": "https://localhost:9"], [:], "c:3", nil),
            (["source.proxy": "c:3", "source.credential": "managed-identity"], [:], "c:3", nil),
        ] as [([String: String], [String: String], String?, String?)])
    func tokensFollowTheSameSettingAsHTTPS(
        settings: [String: String], environment: [String: String], broker: String?, issuer: String?
    ) throws {
        let found = try transport(
            settings.merging(Self.identity) { $1 }, environment.merging(Self.application) { $1 })
        #expect(found.proxy?.description == broker)
        #expect(found.issuerProxy?.description == issuer)
    }

    @Test func withAConnectionStringNobodyIsAskedForTokens() throws {
        #expect(try transport([:], ["HTTPS_PROXY": "a:1"].merging(Self.application) { $1 }).issuerProxy == nil)
    }

    @Test func onePasswordFileServesBothWays() throws {
        let found = try transport(
            Self.identity.merging(["source.proxy_password_file": "pw"]) { $1 },
            Self.application.merging(["HTTPS_PROXY": "u@a:1", "ALL_PROXY": "v@b:2"]) { $1 }, files: ["pw": "secret"])
        #expect(found.proxy == ProxyAddress(host: "b", port: 2, user: "v", password: Secret("secret")))
        #expect(found.issuerProxy == ProxyAddress(host: "a", port: 1, user: "u", password: Secret("secret")))
    }

    @Test func aVariableThatCannotBeUsedForTokensIsNamedWithTheWayOut() {
        let environment = Self.application.merging(["HTTPS_PROXY": "https://u:hunter2@x:1"]) { $1 }
        let found = problems(Self.identity, environment)
        #expect(found.count == 1 && found[0].contains("HTTPS_PROXY") && found[0].contains("source.proxy"), "\(found)")
        #expect(!found.joined().contains("hunter2"))
        let machine = Self.identity.merging(["source.credential": "managed-identity"]) { $1 }
        #expect(problems(machine, environment).isEmpty, "nobody goes that way")
    }

    @Test func anAddressInsteadIsWhatTheProxyIsChosenBy() throws {
        let settings = ["source.transport": "websockets", "source.endpoint_address": "gateway.internal"]
        let environment = ["HTTPS_PROXY": "a:1", "NO_PROXY": "internal"]
        #expect(try transport(settings, environment).proxy == nil)
    }
}
