import Detection
import DevBroker
import Foundation
import HubwatchRuntime
import SampleLogs
import StateStore
import Testing

/// Goal: settings, rules and certificates change while hubwatch runs; the position is kept, nothing is lost or repeated, and
/// what cannot be taken changes nothing.
///
/// Method: dev broker and hubwatch in one process; events are appended before, while and after it reloads.
@Suite(.timeLimit(.minutes(3))) struct ReloadTests {
    private static func audit(_ count: Int = 1) -> [[UInt8]] {
        (0..<count).map { _ in Records.auditListKey(account: "a") }
    }

    @Test func rulesComeChangeAndGo() async throws {
        try await HubFixture.with(partitions: 2) { hub in
            try hub.writeRule("stays", id: 11)
            try hub.writeRule("goes", id: 12)
            let settings = ["rules.paths": hub.path("rules")]
            try await hub.whileReloading(settings) { hubwatch, control in
                try hub.append(Self.audit(3), partition: 0)
                try await hub.eventually("three twice") { try hub.findings().count == 6 }
                try hub.writeRule("comes", id: 13)
                try FileManager.default.removeItem(atPath: hub.path("rules/goes.yml"))
                #expect(try await control.reload() == "taken")
                try hub.append(Self.audit(2), partition: 1)
                try await hub.eventually("the new rule judges") { try hub.findingsByRule()["comes"] == 2 }
                try hub.writeRule("comes", id: 13, category: "RequestResponse")
                #expect(try await control.reload() == "taken")
                try hub.append(Self.audit(4), partition: 0)
                try await hub.eventually("the rule that stays judges") { try hub.findingsByRule()["stays"] == 9 }
                #expect(hubwatch.status.snapshot.messages == 9, "nothing is read twice")
                #expect(hubwatch.status.snapshot.counters.records == 9, "sessions count on")
                #expect(hubwatch.status.snapshot.reloads == 2)
            }
            #expect(try hub.findingsByRule() == ["stays": 9, "goes": 3, "comes": 2])
            #expect(hub.log.contains("rules: 1 kept, 1 added (comes), 1 removed (goes)"))
            #expect(hub.log.contains("rules: 1 kept, 1 changed (comes)"))
            #expect(try await hub.state { try await $0.positions().map(\.sequence) } == [6, 1])
        }
    }

    @Test func anUnchangedRuleKeepsItsOpenWindow() async throws {
        try await HubFixture.with(partitions: 2) { hub in
            let rules = HubFixture.root.appending(path: "Config/rules").path
            try hub.writeRule("beside", id: 11, category: "Nothing")
            let settings = ["rules.paths": "\(rules),\(hub.path("rules"))"]
            try await hub.whileReloading(settings) { hubwatch, control in
                try hub.append(Self.audit(60), partition: 0)
                try await hub.eventually("all are judged") { hubwatch.status.snapshot.messages == 60 }
                #expect(try hub.findings().isEmpty)
                try hub.writeRule("beside", id: 11, category: "NothingElse")
                #expect(try await control.reload() == "taken")
                try hub.append(Self.audit(60), partition: 1)
                try await hub.eventually("a hundred are reached") { try !hub.findings().isEmpty }
            }
            #expect(try hub.findingsByRule().keys.sorted() == ["Azure OpenAI keys listed in bulk"])
        }
    }

    @Test func aRuleThatComesBackBeginsAnew() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            let rules = hub.path("rules")
            try FileManager.default.copyItem(
                atPath: HubFixture.root.appending(path: "Config/rules").path, toPath: rules)
            let bulk = "\(rules)/azure_openai_model_theft.toml"
            let text = try String(contentsOfFile: bulk, encoding: .utf8)
            try await hub.whileReloading(["rules.paths": rules]) { hubwatch, control in
                try hub.append(Self.audit(60), partition: 0)
                try await hub.eventually("sixty are judged") { hubwatch.status.snapshot.messages == 60 }
                try FileManager.default.removeItem(atPath: bulk)
                #expect(try await control.reload() == "taken")
                try hub.append(Self.audit(60), partition: 0)
                try await hub.eventually("sixty more are not") { hubwatch.status.snapshot.messages == 120 }
                try text.write(toFile: bulk, atomically: true, encoding: .utf8)
                #expect(try await control.reload() == "taken")
                // With the first sixty there would be a hundred, and the sixty in between were never counted.
                try hub.append(Self.audit(60), partition: 0)
                try await hub.eventually("all are read") { hubwatch.status.snapshot.messages == 180 }
                try hub.append(Self.audit(40), partition: 0)
                try await hub.eventually("a hundred since it came back") { try !hub.findings().isEmpty }
            }
            #expect(try hub.findings().first?["count"] as? Int == 100)
        }
    }

    @Test func aBadRuleChangesNothingAndIsNamed() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            try hub.writeRule("stays", id: 11)
            try await hub.whileReloading(["rules.paths": hub.path("rules")]) { hubwatch, control in
                try hub.writeRule("comes", id: 13)
                try "title: bad\nlogsource:\n    product: azure\ndetection:\n    condition: missing\n".write(
                    toFile: hub.path("rules/bad.yml"), atomically: true, encoding: .utf8)
                let outcome = try await control.reload()
                #expect(outcome.hasPrefix("refused: ") && outcome.contains("rules/bad.yml:4:1:"), "\(outcome)")
                try hub.append(Self.audit(1), partition: 0)
                try await hub.eventually("the rule from before judges") { try hub.findingsByRule()["stays"] == 1 }
                #expect(try hub.findingsByRule()["comes"] == nil, "the sound one did not come in by itself")
                #expect(hubwatch.status.snapshot.reloadsRefused == 1)
                try await hub.eventually("it is a finding") {
                    try hub.findingsByRule()["New settings or rules were refused"] == 1
                }
                try FileManager.default.removeItem(atPath: hub.path("rules/bad.yml"))
                #expect(try await control.reload() == "taken")
                try hub.append(Self.audit(1), partition: 0)
                try await hub.eventually("both judge") { try hub.findingsByRule()["comes"] == 1 }
            }
            #expect(hub.log.contains("error \(hub.path("rules/bad.yml")):4:1:"))
        }
    }

    @Test func whatTakesARestartIsRefusedByName() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            try hub.writeRule("stays", id: 11)
            let settings = ["rules.paths": hub.path("rules")]
            try await hub.whileReloading(settings) { hubwatch, control in
                var other = settings
                other["state.path"] = hub.path("other.db")
                other["state.commit_interval"] = "200ms"
                let state = try await control.reload(other)
                #expect(state.contains("'state.path' changes from '\(hub.path("state.db"))'"), "\(state)")
                #expect(!FileManager.default.fileExists(atPath: hub.path("other.db")))
                other = settings
                let key = "SharedAccessKeyName=test;SharedAccessKey=key"
                other["source.connection_string"] =
                    "Endpoint=sb://127.0.0.1:\(hub.port);\(key);UseDevelopmentEmulator=true;EntityPath=elsewhere"
                let source = try await control.reload(other)
                #expect(source.contains("the source changes from 127.0.0.1/logs to 127.0.0.1/elsewhere"), "\(source)")
                other = settings
                other["state.commit_interval"] = "soon"
                let broken = try await control.reload(other)
                #expect(broken.contains("state.commit_interval") && broken.contains("'soon'"), "\(broken)")
                #expect(hubwatch.status.snapshot.reloads == 0)
                #expect(try await control.reload(settings) == "unchanged")
                try hub.append(Self.audit(1), partition: 0)
                try await hub.eventually("it goes on") { try hub.findingsByRule()["stays"] == 1 }
            }
        }
    }

    @Test func theLogLevelChangesWithoutANewSession() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            try hub.writeRule("stays", id: 11)
            var settings = ["rules.paths": hub.path("rules")]
            try await hub.whileReloading(settings) { _, control in
                settings["log.level"] = "debug"
                #expect(try await control.reload(settings) == "taken")
                #expect(hub.seen.attaches(of: 0) == 1)
                settings["rules.shadow"] = "stays"
                #expect(try await control.reload(settings) == "taken")
                try await hub.eventually("a new session reads") { hub.seen.attaches(of: 0) == 2 }
                try hub.append(Self.audit(1), partition: 0)
                try await hub.eventually("it is recorded") {
                    try hub.log.contains("Reading again") && hub.findings().isEmpty
                }
            }
        }
    }

    @Test func authoritiesAreReadAnewAndWrongOnesAreRefused() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            try hub.writeRule("stays", id: 11)
            let file = hub.path("authorities.pem")
            try #require(hub.broker.certificateAuthorityPEM).write(toFile: file, atomically: true, encoding: .utf8)
            let right = try String(contentsOfFile: file, encoding: .utf8)
            let string =
                "Endpoint=sb://localhost:\(hub.tlsPort);SharedAccessKeyName=a;SharedAccessKey=b;EntityPath=logs"
            let settings = [
                "rules.paths": hub.path("rules"), "source.connection_string": string, "source.ca_file": file,
            ]
            try await hub.whileReloading(settings) { _, control in
                try "no certificate".write(toFile: file, atomically: true, encoding: .utf8)
                let torn = try await control.reload()
                #expect(torn.contains("certificate authorities"), "\(torn)")
                try Self.strangerPEM.write(toFile: file, atomically: true, encoding: .utf8)
                let stranger = try await control.reload()
                #expect(stranger.contains("does not answer with the new settings"), "\(stranger)")
                try hub.append(Self.audit(1), partition: 0)
                try await hub.eventually("the old link reads on") { try hub.findingsByRule()["stays"] == 1 }
                #expect(hub.seen.attaches(of: 0) == 1)
                try (right + "\n" + Self.strangerPEM).write(toFile: file, atomically: true, encoding: .utf8)
                #expect(try await control.reload() == "taken")
                try hub.append(Self.audit(1), partition: 0)
                try await hub.eventually("the new link reads") { try hub.findingsByRule()["stays"] == 2 }
            }
            #expect(hub.log.contains("files: \(file)"))
        }
    }

    @Test func aStartAtTheEndIsFixedOnce() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            try hub.writeRule("stays", id: 11)
            try hub.append(Self.audit(5), partition: 0)
            let settings = ["rules.paths": hub.path("rules"), "source.from": "latest"]
            try await hub.whileReloading(settings) { hubwatch, control in
                try hub.writeRule("comes", id: 12)
                // Delivered to nobody before the links are closed: the next session must not begin behind it.
                try hub.broker.pauseDelivery(hub: hub.hub)
                try hub.append(Self.audit(1), partition: 0)
                #expect(try await control.reload() == "taken")
                try hub.broker.resumeDelivery(hub: hub.hub)
                try await hub.eventually("it is read") { try hub.findingsByRule()["comes"] == 1 }
                try hub.writeRule("more", id: 13)
                #expect(try await control.reload() == "taken")
                try hub.append(Self.audit(1), partition: 0)
                try await hub.eventually("reading goes on") { try hub.findingsByRule()["more"] == 1 }
                #expect(hubwatch.status.snapshot.messages == 2, "the explicit start was obeyed once")
            }
        }
    }

    @Test func aSinkThatCannotDeliverHoldsUpNoReload() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            try hub.writeRule("stays", id: 11)
            let folder = hub.folder.appending(path: "later")
            let settings = [
                "rules.paths": hub.path("rules"), "findings.file": folder.appending(path: "findings.ndjson").path,
            ]
            try await hub.whileReloading(settings) { hubwatch, control in
                try hub.append(Self.audit(1), partition: 0)
                try await hub.eventually("it is judged") { hubwatch.status.snapshot.journaled == 1 }
                try hub.writeRule("comes", id: 12)
                #expect(try await control.reload() == "taken")
                try hub.append(Self.audit(1), partition: 0)
                try await hub.eventually("both are judged") { hubwatch.status.snapshot.journaled == 3 }
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                try await hub.eventually("the terminal shows them") { hub.shown == 3 }
            }
            let text = try String(contentsOf: folder.appending(path: "findings.ndjson"), encoding: .utf8)
            #expect(text.split(separator: "\n").count == 3)
        }
    }

    /// A certificate authority that signed nothing here; its key was thrown away.
    private static let strangerPEM = """
        -----BEGIN CERTIFICATE-----
        MIIBoDCCAUWgAwIBAgIUZsQQ2BvwSDrYCZ5J4CSasF7cM0YwCgYIKoZIzj0EAwIw
        JDEiMCAGA1UEAwwZaHVid2F0Y2ggdGVzdDogYSBzdHJhbmdlcjAgFw0yNjExMjkx
        NjQwMjJaGA8yMTI2MTEwNTE2NDAyMlowJDEiMCAGA1UEAwwZaHVid2F0Y2ggdGVz
        dDogYSBzdHJhbmdlcjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPbPdvbhJILV
        nXGERZQ9mQcbAjI3br4RGiYYDUmXNZDmqEPlXMajlyZCkqekwSztxpgIjsw2DR9m
        L6No6tT4pBijUzBRMB0GA1UdDgQWBBQNzYm3+JH1BdYkSHJU2pR2Ims1CjAfBgNV
        HSMEGDAWgBQNzYm3+JH1BdYkSHJU2pR2Ims1CjAPBgNVHRMBAf8EBTADAQH/MAoG
        CCqGSM49BAMCA0kAMEYCIQCrnmKeULH3Klkh1Kb4DG6k3MC2Ze3iO8IUZ7s6qDvc
        awIhAKPdn5tKUfUWtGhkmqlCgi61sNhUoKRbh53lcekhViq0
        -----END CERTIFICATE-----

        """
}
