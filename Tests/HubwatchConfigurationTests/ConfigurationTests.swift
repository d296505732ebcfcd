import EventHubs
import HubwatchConfiguration
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

private let connection =
    "Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=listen;SharedAccessKey=c2VjcmV0;EntityPath=logs"

private func resolve(
    yaml: String = "", environment: [String: String] = [:], flags: [(String, String)] = [],
    files: [String: String] = [:]
) throws(ConfigurationError) -> Configuration {
    var layers = ConfigurationLayers()
    if !yaml.isEmpty { layers.add(yaml: yaml, name: "hubwatch.yaml") }
    layers.add(environment: environment)
    for (path, text) in flags { layers.add(flag: "--\(path)", path: path, text: text) }
    return try Configuration(layers) { (path) throws(ConfigurationProblem) in
        guard let text = files[path] else {
            throw ConfigurationProblem(place: path, message: "there is no file '\(path)'")
        }
        return text
    }
}

private func problems(_ body: () throws(ConfigurationError) -> Configuration) -> [String] {
    do {
        _ = try body()
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

/// Goal: settings come out as types from all three layers, and every mistake is named at once with its place.
///
/// Method: small layers in, configuration or problems out.
@Suite struct ConfigurationTests {
    @Test func defaultsAreInForceWhenNobodySaysOtherwise() throws {
        let configuration = try resolve(environment: ["HUBWATCH_CONNECTION_STRING": connection])
        guard case .eventHub(let string, let hub) = configuration.source.endpoint else {
            Issue.record("expected an Event Hub")
            return
        }
        #expect(hub == "logs")
        #expect(string.host == "ns.servicebus.windows.net")
        #expect(configuration.source.consumerGroup == "$Default")
        #expect(configuration.source.ownerLevel == 0)
        #expect(configuration.source.from == .earliest)
        #expect(!configuration.source.fromIsExplicit)
        #expect(configuration.source.creditBytes == 64 << 20)
        #expect(configuration.state.commitInterval == .seconds(1))
        #expect(configuration.rules.paths == ["Config/rules"])
    }

    @Test func laterLayersWin() throws {
        let yaml = "source:\n  hub: from-file\n  prefetch: 10\nstate:\n  path: file.db\n"
        let bare = connection.replacing(";EntityPath=logs", with: "")
        let configuration = try resolve(
            yaml: yaml,
            environment: [
                "HUBWATCH_CONNECTION_STRING": bare, "HUBWATCH_HUB": "from-environment",
                "HUBWATCH_STATE_PATH": "environment.db",
            ],
            flags: [("state.path", "flag.db")])
        guard case .eventHub(_, "from-environment") = configuration.source.endpoint else {
            Issue.record("expected the environment's hub")
            return
        }
        #expect(configuration.source.prefetch == 10)
        #expect(configuration.state.path == "flag.db")
    }

    @Test func everyMistakeIsNamedAtOnceWithItsPlace() {
        let yaml = """
            source:
              consumer_gruop: x
              prefetch: many
              from: yesterday
            state:
              commit_interval: 5 parsecs
            sinks: 1
            """
        let found = problems { () throws(ConfigurationError) in
            try resolve(yaml: yaml, environment: ["HUBWATCH_LOG_LEVL": "info", "HUBWATCH_OWNER_LEVEL": "-1"])
        }
        #expect(
            found.contains {
                $0.hasPrefix("hubwatch.yaml:2:3: ") && $0.contains("did you mean 'source.consumer_group'")
            })
        #expect(
            found.contains {
                $0.hasPrefix("hubwatch.yaml:3:") && $0.contains("source.prefetch") && $0.contains("'many'")
            })
        #expect(found.contains { $0.hasPrefix("hubwatch.yaml:4:") && $0.contains("'yesterday'") })
        #expect(found.contains { $0.hasPrefix("hubwatch.yaml:6:") && $0.contains("5 parsecs") })
        #expect(found.contains { $0.hasPrefix("hubwatch.yaml:7:1: ") && $0.contains("'sinks' takes a map") })
        #expect(found.contains { $0.hasPrefix("HUBWATCH_LOG_LEVL: ") && $0.contains("HUBWATCH_LOG_LEVEL") })
        #expect(found.contains { $0.hasPrefix("HUBWATCH_OWNER_LEVEL: ") })
        #expect(found.contains { $0.contains("no source") })
        #expect(found.count == 8)
    }

    @Test func secretsNeverAppearInMessages() {
        let secret = "Zm9vYmFyYmF6cXV4"
        let broken = [
            "Endpoint=sb://ns;SharedAccessKey=\(secret)",
            "SharedAccessKeyName=a;SharedAccessKey=\(secret);Endpiont=sb://x",
            "\(secret)", "Endpoint=https://x;SharedAccessKeyName=a;SharedAccessKey=\(secret);EntityPath=a;EntityPath=b",
        ]
        for text in broken {
            let found = problems { () throws(ConfigurationError) in
                try resolve(environment: ["HUBWATCH_CONNECTION_STRING": text])
            }
            #expect(!found.isEmpty)
            #expect(!found.contains { $0.contains(secret) })
        }
        let url = problems { () throws(ConfigurationError) in
            try resolve(environment: ["HUBWATCH_AMQP_URL": "http://user:\(secret)@host"])
        }
        #expect(url.contains { $0.contains("source.amqp.url") } && !url.contains { $0.contains(secret) })
    }

    @Test func theConnectionStringMayComeFromAFile() throws {
        let configuration = try resolve(
            yaml: "source: {connection_string_file: /run/secrets/hub}", files: ["/run/secrets/hub": connection + "\n"])
        guard case .eventHub = configuration.source.endpoint else {
            Issue.record("expected an Event Hub")
            return
        }
        let missing = problems { () throws(ConfigurationError) in
            try resolve(yaml: "source: {connection_string_file: /nowhere}")
        }
        #expect(missing.contains { $0.contains("there is no file '/nowhere'") })
    }

    @Test func aPlainBrokerIsReadFromItsURL() throws {
        let configuration = try resolve(
            yaml:
                "source:\n  amqp:\n    url: amqp://guest@127.0.0.1:5673\n    password_file: pw\n    address: q-{partition}\n    partitions: 0-2\n",
            files: ["pw": "secret\n"])
        guard case .plain(let broker) = configuration.source.endpoint else {
            Issue.record("expected a plain broker")
            return
        }
        #expect(broker.host == "127.0.0.1" && broker.port == 5673 && !broker.usesTLS)
        #expect(broker.credentials?.user == "guest" && broker.credentials?.password == "secret")
        #expect(broker.partitions == [0, 1, 2])
    }

    @Test func partitionsAndInstanceExcludeEachOther() throws {
        let environment = ["HUBWATCH_CONNECTION_STRING": connection]
        let both = problems { () throws(ConfigurationError) in
            try resolve(environment: environment, flags: [("source.partitions", "0-3"), ("source.instance", "1/2")])
        }
        #expect(both.contains { $0.contains("choose one") })
        let instance = try resolve(environment: environment, flags: [("source.instance", "2/4")])
        #expect(instance.source.selection == .instance(2, of: 4))
    }

    @Test(arguments: [
        ("earliest", EventPosition.earliest), ("Latest", .latest), ("42", .sequenceNumber(42, inclusive: true)),
        ("2026-01-31T12:00:00Z", .enqueuedTime(milliseconds: 1_769_860_800_000, inclusive: true)),
    ])
    func startPositionsAreRead(text: String, position: EventPosition) {
        #expect(EventPosition(start: text) == position)
    }

    @Test(arguments: ["", "-1", "soon", "2026-13-01T00:00:00Z"])
    func otherStartPositionsAreRefused(text: String) {
        #expect(EventPosition(start: text) == nil)
    }

    @Test func duplicateNamesAndBrokenYAMLAreProblems() {
        for yaml in ["state: {path: a}\nstate: {path: b}", "source: [", "- 1", "state: 4"] {
            let found = problems { () throws(ConfigurationError) in
                try resolve(yaml: yaml, environment: ["HUBWATCH_CONNECTION_STRING": connection])
            }
            #expect(found.contains { $0.hasPrefix("hubwatch.yaml") }, "\(yaml)")
        }
    }
}

/// Goal: nobody serves health to the world by mistake.
///
/// Method: addresses and token files in, configuration or problems out.
@Suite struct HTTPSettingTests {
    private let environment = ["HUBWATCH_CONNECTION_STRING": connection]

    private func http(_ flags: [(String, String)], files: [String: String] = [:]) throws -> Configuration.HTTP? {
        try resolve(environment: environment, flags: flags, files: files).http
    }

    private func refusals(_ flags: [(String, String)], files: [String: String] = [:]) -> [String] {
        problems { () throws(ConfigurationError) in
            try resolve(environment: environment, flags: flags, files: files)
        }
    }

    @Test func loopbackIsTheDefault() throws {
        let http = try #require(try http([]))
        #expect(http.host == "127.0.0.1" && http.port == 9465)
        #expect(!http.isExplicit && http.token == nil)
        #expect(try self.http([("http.listen", "none")]) == nil)
    }

    @Test(arguments: [
        ("127.0.0.1:0", "127.0.0.1", 0), ("[::1]:9000", "::1", 9000), ("localhost:80", "localhost", 80),
        ("127.1.2.3:1", "127.1.2.3", 1),
    ])
    func loopbackNeedsNoToken(text: String, host: String, port: Int) throws {
        let http = try #require(try http([("http.listen", text)]))
        #expect(http.host == host && http.port == port && http.isExplicit)
    }

    @Test(arguments: ["0.0.0.0:9465", "[::]:9465", "10.0.0.1:9465", "hub.example.net:80", "127.example.net:80"])
    func whatOthersReachNeedsAToken(text: String) throws {
        #expect(refusals([("http.listen", text)]).contains { $0.contains("http.token_file") })
        let files = ["token": " 0123456789abcdef\n"]
        let http = try #require(try http([("http.listen", text), ("http.token_file", "token")], files: files))
        #expect(http.token?.revealed == "0123456789abcdef")
        #expect(!"\(http)".contains("0123456789abcdef"))
    }

    @Test(arguments: [
        "9465", "localhost", ":80", "host:", "host:99999", "host:-1", "::1:80", "[host]:80", "a b:80", "h:+1",
    ])
    func whatIsNoAddressIsRefused(text: String) {
        #expect(refusals([("http.listen", text)]).contains { $0.contains("address:port") }, "\(text)")
    }

    @Test(arguments: ["short", "", "0123456789 abcdef", "0123456789abcdé\u{E9}f"])
    func weakTokensAreRefusedAndNotShown(token: String) {
        let said = refusals([("http.token_file", "token")], files: ["token": token])
        #expect(said.contains { $0.contains("openssl rand") })
        if !token.isEmpty { #expect(!said.contains { $0.contains(token) }) }
        #expect(refusals([("http.token_file", "gone")]).contains { $0.contains("there is no file 'gone'") })
    }
}

/// Goal: units and the sample file say what they mean.
///
/// Method: round trips, and the committed file against the table.
@Suite struct SettingTests {
    @Test(arguments: [("500ms", 500), ("10s", 10_000), ("5m", 300_000), ("2h", 7_200_000), ("1d", 86_400_000)])
    func durations(text: String, milliseconds: Int) {
        #expect(DurationText.read(text) == milliseconds)
        #expect(DurationText.write(milliseconds) == text)
    }

    @Test(arguments: ["", "5", "s", "-5s", "1.5s", "99999999999999999d"])
    func badDurations(text: String) { #expect(DurationText.read(text) == nil) }

    @Test(arguments: [("1000", 1000), ("64KiB", 65536), ("8MiB", 8 << 20), ("1GiB", 1 << 30), ("2MB", 2 << 20)])
    func sizes(text: String, bytes: Int) { #expect(ByteText.read(text) == bytes) }

    @Test func defaultsOfAllSettingsAreAccepted() throws {
        for setting in Setting.all where !setting.defaultText.isEmpty && !setting.path.hasPrefix("source.amqp") {
            let found = problems { () throws(ConfigurationError) in
                try resolve(
                    environment: ["HUBWATCH_CONNECTION_STRING": connection],
                    flags: [(setting.path, setting.defaultText)])
            }
            #expect(found.isEmpty, "\(setting.path): \(found)")
        }
    }

    @Test func namesAreUniqueInTheEnvironmentToo() {
        #expect(Set(Setting.all.map(\.environmentName)).count == Setting.all.count)
    }

    @Test func theCommittedSampleFileIsTheTable() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = try String(contentsOf: root.appending(path: "Config/hubwatch.yaml"), encoding: .utf8)
        #expect(file == SampleFile.text, "write it anew: hubwatch config sample > Config/hubwatch.yaml")
    }

    @Test func theSampleFileChangesNothing() throws {
        let plain = try resolve(environment: ["HUBWATCH_CONNECTION_STRING": connection])
        let sample = try resolve(yaml: SampleFile.text, environment: ["HUBWATCH_CONNECTION_STRING": connection])
        #expect("\(plain.state)" == "\(sample.state)")
        #expect("\(plain.limits)" == "\(sample.limits)")
        #expect("\(plain.rules)" == "\(sample.rules)")
        #expect(plain.source.from == sample.source.from)
    }
}
