import EventHubs
import HubwatchConfiguration
import Testing

func layers(
    _ yaml: String, environment: [String: String] = [:], flags: [(String, String)] = []
) -> ConfigurationLayers {
    var layers = ConfigurationLayers()
    layers.add(yaml: yaml, name: "hubwatch.yaml")
    layers.add(environment: environment)
    for (path, text) in flags { layers.add(flag: "--set", path: path, text: text) }
    return layers
}

func sinks(_ layers: ConfigurationLayers, files: [String: String] = [:]) throws -> [SinkConfiguration] {
    try Configuration.sinks(layers) { (path) throws(ConfigurationProblem) in
        guard let text = files[path] else {
            throw ConfigurationProblem(place: path, message: "there is no file '\(path)'")
        }
        return text
    }
}

func problems(_ layers: ConfigurationLayers, files: [String: String] = [:]) -> [String] {
    do {
        _ = try sinks(layers, files: files)
        return []
    } catch let error as ConfigurationError {
        return error.problems.map(\.description)
    } catch {
        return ["\(error)"]
    }
}

/// Goal: sinks come out as types from all layers; every mistake is named at once with its place; no secret is shown.
///
/// Method: small layers in, sinks or problems out.
@Suite struct SinkConfigurationTests {
    @Test func sinksOfEveryTypeAreRead() throws {
        let yaml = """
            sinks:
              soc:
                type: webhook
                url: https://soc.example/hook
                secret_file: secret
                headers: {X-Team: blue}
                header_files: {Authorization: token}
                header_variables: {X-Key: SOC_KEY}
                template: '{"text": "{{title}}"}'
                only: alerts
                severity_min: medium
                give_up_after: 2h
                when_full: stop
              chat: {type: slack, url_file: slack}
              team: {type: teams, url: "https://prod.example/workflows/1"}
              hub: {type: eventhub, connection_string_file: hub}
              siem: {type: syslog, address: "[::1]:6514", facility: 16, body: text, ca_file: ca.pem}
              archive: {type: file, path: a.ndjson, rotate_size: 1MiB, rotate_every: 1d, keep: 7}
            """
        let connection =
            "Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=s;SharedAccessKey=c2VjcmV0;EntityPath=f"
        let found = try sinks(
            layers(yaml, environment: ["SOC_KEY": "k3y"]),
            files: [
                "secret": "whsec_c2VjcmV0\n", "token": "Bearer x\n", "slack": "https://hooks.slack.com/services/T/B/X",
                "hub": connection,
            ])
        #expect(found.map(\.name) == ["soc", "chat", "team", "hub", "siem", "archive"])
        #expect(found.map(\.type) == ["webhook", "slack", "teams", "eventhub", "syslog", "file"])
        guard case .webhook(let soc) = found[0].target, case .syslog(let siem) = found[4].target,
            case .file("a.ndjson", let rotation) = found[5].target
        else {
            Issue.record("wrong targets")
            return
        }
        #expect(soc.secret?.revealed == "whsec_c2VjcmV0" && soc.method == "POST")
        #expect(soc.headers.map(\.name) == ["X-Team", "Authorization", "X-Key"])
        #expect(soc.headers.map(\.value.revealed) == ["blue", "Bearer x", "k3y"])
        #expect(found[0].filter.alertsOnly && found[0].filter.severityMin == 3 && !found[0].filter.beginsAtOldest)
        #expect(found[0].delivery.giveUpAfter == .seconds(7_200) && found[0].delivery.stopsWhenFull)
        #expect(found[1].filter.alertsOnly && !found[3].filter.alertsOnly && !found[3].delivery.stopsWhenFull)
        #expect(siem.host == "::1" && siem.port == 6514 && siem.usesTLS && siem.facility == 16)
        #expect(rotation == SinkConfiguration.Rotation(bytesMax: 1 << 20, interval: .seconds(86_400), keep: 7))
    }

    @Test func everyMistakeIsNamedAtOnceWithItsPlace() {
        let yaml = """
            sinks:
              soc:
                type: webhok
              SOC: {type: webhook, url: "https://x/"}
              file: {type: file, path: x}
              a:
                type: webhook
                url: http://far.example/
                secert: x
                timeout: 1m
                headers: [x]
              b: {url: "https://x/"}
              c:
                type: syslog
                address: nowhere
                facility: 24
                key_file: k.pem
              d: {type: slack}
              e: 5
              f: {type: file, path: x, keep: 3}
              g: {type: webhook, url_file: /nowhere, headers: {Host: x, "a b": "1"}}
            """
        let found = problems(layers(yaml, environment: ["HUBWATCH_SINK_A_TIMEOUTS": "1s"]))
        let expected = [
            ("3:11", "did you mean 'webhook'"), ("4:3", "is no name for a sink"), ("5:3", "findings.file"),
            ("8:10", "do not go over the network unencrypted"), ("9:13", "did you mean 'secret'"),
            ("10:14", "duration 1s to 15s"), ("11:14", "map of texts"), ("12:3", "'sinks.b.type' is missing"),
            ("15:14", "host:port"), ("16:15", "0 to 23"), ("18:3", "'sinks.d.url': is missing"),
            ("19:3", "'sinks.e' is a sink"),
            ("20:34", "nothing is put aside"), ("21:32", "no file '/nowhere'"),
        ]
        for (place, text) in expected {
            #expect(
                found.contains { $0.hasPrefix("hubwatch.yaml:\(place): ") && $0.contains(text) },
                "\(place) \(text)\n\(found.joined(separator: "\n"))")
        }
        #expect(
            found.contains { $0.hasPrefix("HUBWATCH_SINK_A_TIMEOUTS: ") && $0.contains("HUBWATCH_SINK_A_TIMEOUT'") })
    }

    @Test func environmentAndFlagsWinOverTheFile() throws {
        let yaml = "sinks:\n  my-soc: {type: webhook, url: \"https://file.example/\", timeout: 2s}\n"
        let found = try sinks(
            layers(
                yaml,
                environment: ["HUBWATCH_SINK_MY_SOC_URL": "https://env.example/", "HUBWATCH_SINK_MY_SOC_SECRET": "s"],
                flags: [("sinks.my-soc.timeout", "3s"), ("sinks.more.type", "slack"), ("sinks.more.url", "https://x/")])
        )
        #expect(found.map(\.name) == ["my-soc", "more"])
        guard case .webhook(let soc) = found[0].target else {
            Issue.record("expected a webhook")
            return
        }
        #expect(soc.url.revealed == "https://env.example/" && soc.secret?.revealed == "s")
        #expect(found[0].delivery.timeout == .seconds(3))
    }

    @Test func secretsAreInNoMessageAndNoListing() {
        let secret = "s3cr3t-value"
        let yaml = """
            sinks:
              a: {type: webhook, url: "ftp://user:\(secret)@host/\(secret)", secret: "whsec_\(secret)", headers: {X: "\(secret)\\nY"}}
              b: {type: slack, url: "\(secret)"}
              c: {type: eventhub, connection_string: "Endpoint=sb://ns;SharedAccessKey=\(secret)"}
              d: {type: webhook, url: "https://x/\(secret)", secert: "\(secret)", timeout: x}
            """
        let layers = layers(yaml)
        let found = problems(layers)
        #expect(found.count >= 6 && !found.contains { $0.contains(secret) }, "\(found.joined(separator: "\n"))")
        let shown = layers.shownSinks()
        #expect(shown.lines.contains { $0.contains("sinks.a.secret") && $0.contains("(hidden)") })
        #expect(!shown.lines.contains { $0.contains(secret) }, "\(shown.lines.joined(separator: "\n"))")
    }

    @Test func aSinkThatWritesIntoTheHubThatIsReadIsRefused() {
        let connection =
            "Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=s;SharedAccessKey=c2VjcmV0;EntityPath=logs"
        let layers = layers(
            "sinks:\n  again: {type: eventhub, connection_string_file: c}\n",
            environment: ["HUBWATCH_CONNECTION_STRING": connection])
        do throws(ConfigurationError) {
            _ = try Configuration(layers) { (_) throws(ConfigurationProblem) in connection }
            Issue.record("accepted")
        } catch {
            #expect(error.problems.contains { $0.message.contains("writes into the hub that is read") })
        }
    }

    @Test func everyOptionOfTheSampleFileIsOne() throws {
        // Each sink of the sample, with its comment signs taken away, is read; only what has no default is missing.
        let lines = SampleFile.text.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex(of: "sinks:"))
        let yaml = lines[start...].map { $0.hasPrefix("  # ") ? "  " + $0.dropFirst(4) : String($0) }
        let found = problems(layers(yaml.joined(separator: "\n")))
        #expect(
            !found.contains { $0.contains("no option") || $0.contains("no type") }, "\(found.joined(separator: "\n"))")
        let missing = found.filter { $0.contains("is missing") || $0.contains("takes host:port") }
        #expect(missing.count >= 5)
    }
}
