import HubwatchConfiguration
import Testing

/// Goal: what has changed between two readings of the settings is known by name, and how a running process takes it.
///
/// Method: two files, compared.
@Suite struct GivenSettingsTests {
    private static func given(_ yaml: String) throws(ConfigurationError) -> GivenSettings {
        var layers = ConfigurationLayers()
        layers.add(yaml: yaml, name: "hubwatch.yaml")
        layers.add(environment: [
            "HUBWATCH_CONNECTION_STRING":
                "Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=listen;SharedAccessKey=c2VjcmV0;EntityPath=logs"
        ])
        return try GivenSettings(layers) { (path) throws(ConfigurationProblem) in
            throw ConfigurationProblem(place: path, message: "none")
        }
    }

    @Test func changesAreNamed() throws {
        let old = try Self.given("log:\n  level: info\n")
        #expect(try Self.given("").changed(since: old).isEmpty, "a default that is written out is no change")
        let new = try Self.given(
            "log:\n  level: debug\nrules:\n  placeholders:\n    portals: [a, b]\nstate:\n  path: other.db\n")
        let changed = new.changed(since: old)
        #expect(changed.map(\.path) == ["rules.placeholders", "state.path", "log.level"])
        #expect(changed.map(\.effect) == [.reload, .start, .live])
        let path = try #require(Setting.named("state.path"))
        #expect(new.place(of: path) == "hubwatch.yaml:7:9")
        #expect(old.shown(path) == "'hubwatch.db'" && new.shown(path) == "'other.db'")
    }

    @Test func secretsAreNotShown() throws {
        let secret = try #require(Setting.named("source.connection_string"))
        #expect(try Self.given("").shown(secret) == "(hidden)")
    }

    @Test func filesThatAreReadAreKnown() throws {
        let given = try Self.given("source:\n  ca_file: /etc/ca.pem\nfindings:\n  file: /var/out.ndjson\n")
        #expect(given.inputFiles == ["/etc/ca.pem"])
    }
}
