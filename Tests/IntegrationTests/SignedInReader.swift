import AzureIdentity
import AzureTokens
import DevBroker
import EventHubs
import EventHubsClient
import FakeIssuers
import Foundation
import HubwatchConfiguration
import HubwatchRuntime
import Logging
import NIOPosix
import Synchronization

/// A strict broker that takes the fake issuers' tokens, and hubwatches that sign in to it over TLS.
struct SignedInReader: Sendable {
    let hub: HubFixture
    let issuers: FakeIssuers

    static func with(_ body: (SignedInReader) async throws -> Void) async throws {
        try await FakeIssuers.with { issuers in
            let checks = try WebTokenChecks(
                keys: [issuers.signer.publicPEM], issuers: ["https://sts.windows.net/tenant-1/"])
            let policy = AccessPolicy(name: "listen", key: "CANARY-policy-key", rights: .listen)
            try await HubFixture.with(
                partitions: 2, policies: [policy],
                adjusting: {
                    $0.webTokens = checks
                },
                { hub in
                    issuers.observe { hub.facts.changed() }
                    let reader = SignedInReader(hub: hub, issuers: issuers)
                    issuers.expect { $0.arcFolder = hub.path("arc") }
                    try FileManager.default.createDirectory(atPath: hub.path("arc"), withIntermediateDirectories: true)
                    try Data((hub.broker.certificateAuthorityPEM ?? "").utf8).write(to: URL(filePath: reader.authority))
                    try await body(reader)
                })
        }
    }

    var authority: String { hub.path("ca.pem") }

    /// The variables and settings of a way.
    func setUp(_ kind: CredentialKind) throws -> (variables: [String: String], settings: [String: String]) {
        var variables = [
            "AZURE_TENANT_ID": "tenant-1", "AZURE_CLIENT_ID": "app-1", "AZURE_AUTHORITY_HOST": issuers.url + "/",
        ]
        var settings = ["source.credential": kind.rawValue]
        switch kind {
        case .clientSecret: variables["AZURE_CLIENT_SECRET"] = FakeIssuers.Expected().secret
        case .clientCertificate:
            let signer = try TestSigner()
            let (pem, thumbprint) = try signer.applicationPEM()
            try Data(pem.utf8).write(to: URL(filePath: hub.path("app.pem")))
            issuers.expect { $0.certificate = (thumbprint, signer) }
            variables["AZURE_CLIENT_CERTIFICATE_PATH"] = hub.path("app.pem")
        case .workloadIdentity:
            let token = FakeIssuers.Expected().federatedToken
            try Data(token.utf8).write(to: URL(filePath: hub.path("federated")))
            variables["AZURE_FEDERATED_TOKEN_FILE"] = hub.path("federated")
        case .managedIdentity:
            variables["IDENTITY_ENDPOINT"] = issuers.url + "/arc/token"
            variables["IMDS_ENDPOINT"] = issuers.url
        case .azureCLI:
            let script = """
                #!/bin/sh
                curl -sf -H 'metadata: true' -d 'resource=https%3A%2F%2Feventhubs.azure.net' '\(issuers.url)/shell/token' |
                    sed -e 's/"access_token"/"accessToken"/'

                """
            try Data(script.utf8).write(to: URL(filePath: hub.path("az")))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: hub.path("az"))
            variables["AZURE_TENANT_ID"] = nil
        case .sharedAccessSignature:
            let token = SASToken(
                resource: "sb://localhost:\(hub.tlsPort)/logs", keyName: "listen", key: Secret("CANARY-policy-key"),
                expiry: Int64(Date().timeIntervalSince1970) + 3600)
            try Data((token.text.revealed + "\n").utf8).write(to: URL(filePath: hub.path("token")))
            settings["source.sas_token_file"] = hub.path("token")
        }
        return (variables, settings)
    }

    /// A hubwatch that signs in.
    func hubwatch(
        _ kind: CredentialKind, adjust: @escaping @Sendable (inout TokenIssuer.Surroundings) -> Void = { _ in }
    ) throws -> Hubwatch {
        let (variables, given) = try setUp(kind)
        var settings = given
        settings.merge([
            "source.namespace": "localhost:\(hub.tlsPort)", "source.hub": "logs", "source.ca_file": authority,
            "state.path": hub.path("state.db"), "findings.file": hub.path("findings.ndjson"),
            "rules.paths": HubFixture.root.appending(path: "Config/rules").path, "source.discovery_interval": "1s",
            "state.commit_interval": "100ms",
        ]) { $1 }
        var layers = ConfigurationLayers()
        layers.add(environment: variables)
        for (path, text) in settings.sorted(by: { $0.key < $1.key }) { layers.add(flag: path, path: path, text: text) }
        let configuration = try Configuration(layers) { (path) throws(ConfigurationProblem) in
            throw ConfigurationProblem(place: path, message: "no files in tests")
        }
        let log = hub.log
        let status = RunStatus()
        let facts = hub.facts
        Task { for await _ in status.changes() { facts.changed() } }
        let group = MultiThreadedEventLoopGroup.singleton
        let logger = Logger(label: "hubwatch") { _ in log }
        var surroundings = Hubwatch.Surroundings(group: group, logger: logger, hostName: "test", productVersion: "0")
        let folder = hub.folder.path
        surroundings.makeTokens = { source in
            var own = TokenIssuer.Surroundings(
                group: group, logger: logger, authorities: source.certificateAuthorityFile,
                searchPath: "\(folder):/usr/bin:/bin")
            own.arcFolder = folder + "/arc"
            own.backoff = Backoff(first: .milliseconds(100), longest: .milliseconds(500))
            adjust(&own)
            return source.identity.map { TokenIssuer($0, own) }
        }
        surroundings.adjustClient = {
            $0.connectionTiming.backoff = Backoff(first: .milliseconds(50), longest: .seconds(1))
            $0.connectionTiming.settingsPause = .milliseconds(300)
        }
        return Hubwatch(configuration, surroundings, status: status)
    }

    /// Runs until everything is read; the failure, if that is how it ends.
    func runToEnd(
        _ kind: CredentialKind, adjust: @escaping @Sendable (inout TokenIssuer.Surroundings) -> Void = { _ in }
    ) async throws -> HubwatchError? {
        let hubwatch = try hubwatch(kind, adjust: adjust)
        do throws(HubwatchError) {
            try await hubwatch.run(until: .whenCaughtUp) { await neverStopped() }
            return nil
        } catch {
            return error
        }
    }

    /// Runs a body beside a running hubwatch.
    func whileRunning(
        _ kind: CredentialKind, adjust: @escaping @Sendable (inout TokenIssuer.Surroundings) -> Void = { _ in },
        _ body: (Hubwatch) async throws -> Void
    ) async throws {
        let hubwatch = try hubwatch(kind, adjust: adjust)
        let (stops, stop) = AsyncStream.makeStream(of: Void.self)
        let run = Task { try await hubwatch.run { for await _ in stops { return } } }
        do {
            try await body(hubwatch)
        } catch {
            stop.finish()
            _ = await run.result
            throw error
        }
        stop.finish()
        try await run.value
    }

    /// Everything that a person could read: the log, the findings, the state file.
    func everythingWritten() -> String {
        var text = hub.log.lines.joined(separator: "\n")
        for name in ["findings.ndjson", "state.db", "state.db-wal"] {
            if let data = FileManager.default.contents(atPath: hub.path(name)) {
                text += String(decoding: data, as: UTF8.self)
            }
        }
        return text
    }
}
