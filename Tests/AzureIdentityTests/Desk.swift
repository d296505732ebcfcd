import AzureTokens
import EventHubs
import FakeIssuers
import Foundation
import Logging
import NIOPosix
import Synchronization

@testable import AzureIdentity

/// An issuer of tokens, the fake issuers that it asks, a folder of files, and a clock that is stepped.
final class Desk {
    let issuers: FakeIssuers
    let folder: URL
    let log = SaidLog()
    let time = SteppedTime()
    var environment = AzureEnvironment()
    var choice = CredentialSettings.Choice.automatic
    var authority: String
    var surroundings: TokenIssuer.Surroundings
    private(set) var issuer: TokenIssuer

    var arcFolder: String { path("arc") }

    private init(_ issuers: FakeIssuers, _ folder: URL) {
        self.issuers = issuers
        self.folder = folder
        authority = issuers.url
        let log = self.log
        let time = self.time
        surroundings = TokenIssuer.Surroundings(
            group: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "test") { _ in log },
            searchPath: folder.path)
        surroundings.arcFolder = folder.appending(path: "arc").path
        surroundings.monotonic = { time.now }
        issuer = TokenIssuer(CredentialSettings(), surroundings)
    }

    static func with(_ body: (Desk) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hubwatch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder.appending(path: "arc"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await FakeIssuers.with { issuers in
            let desk = Desk(issuers, folder)
            let arcFolder = desk.arcFolder
            issuers.expect { $0.arcFolder = arcFolder }
            try await body(desk)
        }
    }

    func path(_ name: String) -> String { folder.appending(path: name).path }

    /// Everything that was logged, and the issuer's own words about itself.
    var everythingSaid: String { log.text + (issuer.credential ?? "") + String(reflecting: issuer.credential) }

    /// Makes the issuer anew, with what was changed.
    func renew() {
        var settings = CredentialSettings(environment: environment)
        settings.choice = choice
        settings.authority = (try? AuthorityHost(parsing: authority)) ?? .publicCloud
        issuer = TokenIssuer(settings, surroundings)
    }

    /// Asks for a token and expects none; nil when there is one.
    func refusal() async -> EventHubsError? {
        do throws(EventHubsError) {
            _ = try await issuer.token(for: "sb://ns/logs")
            return nil
        } catch {
            return error
        }
    }

    /// Sets up everything that a way needs.
    func setUp(_ kind: CredentialKind) throws {
        var variables = ["AZURE_TENANT_ID": "tenant-1", "AZURE_CLIENT_ID": "app-1"]
        switch kind {
        case .clientSecret: variables["AZURE_CLIENT_SECRET"] = FakeIssuers.Expected().secret
        case .clientCertificate:
            let signer = try TestSigner()
            let (pem, thumbprint) = try signer.applicationPEM()
            try Data(pem.utf8).write(to: URL(filePath: path("app.pem")))
            issuers.expect { $0.certificate = (thumbprint, signer) }
            variables["AZURE_CLIENT_CERTIFICATE_PATH"] = path("app.pem")
        case .workloadIdentity:
            try Data((FakeIssuers.Expected().federatedToken + "\n").utf8).write(to: URL(filePath: path("federated")))
            variables["AZURE_FEDERATED_TOKEN_FILE"] = path("federated")
        case .managedIdentity: variables["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = issuers.url
        case .azureCLI:
            variables = [:]
            // The fake command fetches a token as the real one does, and prints it in its form.
            try writeCommand(
                """
                test "$*" = 'account get-access-token --output json --resource https://eventhubs.azure.net' || exit 2
                answer=$(curl -sf -H 'metadata: true' -d 'resource=https%3A%2F%2Feventhubs.azure.net' '\(issuers.url)/shell/token')
                echo "$answer" | sed -e 's/"access_token"/"accessToken"/'
                """)
        case .sharedAccessSignature: break
        }
        environment = AzureEnvironment(variables)
        choice = .named(kind)
        renew()
    }

    /// Writes an `az` into the folder that is searched.
    func writeCommand(_ script: String) throws {
        try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(filePath: path("az")))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path("az"))
    }
}

/// A monotonic clock that stands still until it is moved.
final class SteppedTime: Sendable {
    private let moment = Mutex(Duration.seconds(1000))
    var now: Duration { moment.withLock { $0 } }
    func advance(by step: Duration) { moment.withLock { $0 += step } }
}

/// Log lines, kept.
final class SaidLog: LogHandler, Sendable {
    private let lines = Mutex<[String]>([])
    var text: String { lines.withLock { $0.joined(separator: "\n") } }
    func contains(_ text: String) -> Bool { self.text.contains(text) }
    func log(event: LogEvent) {
        lines.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set { _ = newValue }
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set { _ = newValue }
    }
    var logLevel: Logger.Level {
        get { .trace }
        set { _ = newValue }
    }
}
