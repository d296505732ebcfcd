import AzureTokens
import EventHubs
import HubwatchConfiguration
import Testing

/// Goal: how to sign in comes out of settings and Azure's variables, settings first; contradictions are named, secrets never.
///
/// Method: layers in, settings or problems out.
@Suite struct IdentityConfigurationTests {
    private static let base = ["source.namespace": "ns.servicebus.windows.net", "source.hub": "logs"]
    private static let application = [
        "AZURE_TENANT_ID": "tenant", "AZURE_CLIENT_ID": "app", "AZURE_CLIENT_SECRET": "CANARY-secret",
    ]

    private func resolve(
        _ settings: [String: String], _ variables: [String: String] = [:]
    ) throws(ConfigurationError) -> Configuration {
        var layers = ConfigurationLayers()
        layers.add(environment: variables)
        for (path, text) in settings.sorted(by: { $0.key < $1.key }) { layers.add(flag: "set", path: path, text: text) }
        return try Configuration(layers) { (path) throws(ConfigurationProblem) in
            throw ConfigurationProblem(place: path, message: "no files")
        }
    }

    private func problems(_ settings: [String: String], _ variables: [String: String] = [:]) -> String {
        do {
            _ = try resolve(settings, variables)
            return ""
        } catch {
            return error.problems.map(\.description).joined(separator: "\n")
        }
    }

    @Test func theNamespaceTakesTheConnectionStringsPlace() throws {
        for (text, port) in [
            ("ns.servicebus.windows.net", nil), ("sb://ns.servicebus.windows.net/", nil),
            ("ns.servicebus.windows.net:5671", 5671),
        ] as [(String, Int?)] {
            let source = try resolve(Self.base.merging(["source.namespace": text]) { $1 }).source
            guard case .eventHub(let string, "logs") = source.endpoint else {
                Issue.record("no hub")
                return
            }
            #expect(string.host == "ns.servicebus.windows.net" && string.port == port && string.credential == .none)
            #expect(source.identity?.choice == .automatic && source.identity?.scope == .eventHubs)
        }
    }

    @Test func variablesAreReadAndSettingsWin() throws {
        let read = try #require(try resolve(Self.base, Self.application).source.identity)
        #expect(read.tenant == "tenant" && read.client == "app" && read.clientSecret == .text(Secret("CANARY-secret")))
        let settings = Self.base.merging([
            "source.entra.tenant": "other", "source.entra.client_secret_file": "/secret",
            "source.entra.authority": "us-government", "source.credential": "client-secret",
            "source.entra.scope": "https://ns.servicebus.usgovcloudapi.net/.default",
        ]) { $1 }
        let won = try #require(
            try resolve(settings, Self.application.merging(["AZURE_AUTHORITY_HOST": "china"]) { $1 }).source.identity)
        #expect(won.tenant == "other" && won.client == "app" && won.clientSecret == .file("/secret"))
        #expect(won.authority == .usGovernment && won.scope.resource == "https://ns.servicebus.usgovcloudapi.net")
        #expect(won.choice == .named(.clientSecret))
        let host = try resolve(Self.base, ["AZURE_AUTHORITY_HOST": "https://login.chinacloudapi.cn/"]).source.identity
        #expect(host?.authority == .china)
    }

    @Test(arguments: [
        (["source.namespace": "ns"], "takes the full name"), (["source.namespace": "a b.net"], "takes the full name"),
        (["source.namespace": "ns.net/logs"], "takes the full name"), (["source.hub": ""], "name the event hub"),
        (["source.connection_string": "Endpoint=sb://a/"], "choose one of them"),
        (["source.amqp.url": "amqp://a"], "choose one source"),
        (["source.credential": "kerberos"], "client-secret"),
        (["source.credential": "connection-string"], "there is none"),
        (["source.credential": "client-secret"], "AZURE_CLIENT_SECRET"),
        (["source.credential": "workload-identity"], "AZURE_FEDERATED_TOKEN_FILE"),
        (["source.entra.client_secret": "CANARY", "source.entra.client_secret_file": "/a"], "choose one"),
        (["source.sas_token": "CANARY"], "SharedAccessSignature"),
        (["source.sas_token_file": "/a", "source.credential": "azure-cli"], "choose one"),
        (["source.entra.tenant": "../CANARY"], "id or domain"),
        (["source.entra.authority": "http://CANARY.example"], "us-government"),
        (["source.entra.scope": "CANARY"], "eventhubs.azure.net"),
    ])
    func contradictionsAreNamed(change: [String: String], words: String) {
        let problems = problems(Self.base.merging(change) { $1 })
        #expect(problems.contains(words), "\(problems)")
        #expect(!problems.contains("CANARY"))
    }

    @Test func whatSignsInNeedsANamespace() {
        let string = "Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=l;SharedAccessKey=k;EntityPath=logs"
        for (path, text) in [
            ("source.credential", "azure-cli"), ("source.entra.tenant", "t"), ("source.sas_token_file", "/a"),
        ] {
            let problems = problems(["source.connection_string": string, path: text])
            #expect(problems.contains("source.namespace, which is not given"), "\(problems)")
        }
        // Variables may be there for another program.
        #expect(problems(["source.connection_string": string], Self.application).isEmpty)
        #expect(problems(["source.connection_string": string, "source.credential": "connection-string"]).isEmpty)
        #expect(
            problems(Self.base, ["AZURE_TOKEN_CREDENTIALS": "VisualStudioCredential"]).contains(
                "VisualStudioCredential"))
        #expect(problems(Self.base, ["AZURE_AUTHORITY_HOST": "http://a"]).contains("AZURE_AUTHORITY_HOST"))
    }

    @Test func secretsOnTheCommandLineAreWarnedOf() {
        var layers = ConfigurationLayers()
        layers.add(environment: ["HUBWATCH_SAS_TOKEN": "CANARY"])
        layers.add(flag: "--hub", path: "source.hub", text: "logs")
        #expect(layers.warnings.isEmpty)
        layers.add(flag: "--set", path: "source.connection_string", text: "CANARY")
        layers.add(flag: "--set", path: "source.entra.client_secret", text: "CANARY")
        #expect(layers.warnings.count == 2)
        #expect(layers.warnings[0].contains("HUBWATCH_CONNECTION_STRING or source.connection_string_file"))
        #expect(!layers.warnings.joined().contains("CANARY"))
    }
}
