import DevBroker
import Diagnosis
import Doctor
import FakeIssuers
import Foundation

extension Ward {
    /// What signs an application in that the issuers know.
    static var application: [String: String] { ["AZURE_CLIENT_SECRET": FakeIssuers.Expected().secret] }

    /// What says where the issuers are, and what they know the application by.
    static func directory(of issuers: FakeIssuers) -> [String: String] {
        ["AZURE_TENANT_ID": "tenant-1", "AZURE_CLIENT_ID": "app-1", "AZURE_AUTHORITY_HOST": issuers.url + "/"]
    }

    /// Runs a body beside fake issuers and a strict broker that takes their tokens over TLS.
    ///
    /// - Parameters:
    ///   - prepare: sets issuers and files up; returns further variables of the environment.
    ///   - body: is given the settings of the source and the variables that sign in.
    func withIdentity<Result>(
        _ prepare: (FakeIssuers) async throws -> [String: String],
        _ body: (_ source: [String: String], _ variables: [String: String]) async throws -> Result
    ) async throws -> Result {
        var result: Result?
        try await FakeIssuers.with { issuers in
            var variables = Self.directory(of: issuers)
            variables.merge(try await prepare(issuers)) { $1 }
            let checks = try WebTokenChecks(
                keys: [issuers.signer.publicPEM], issuers: ["https://sts.windows.net/tenant-1/"])
            let made = try MadeCertificates(in: self, for: "localhost")
            result = try await withBroker {
                $0.tls = .files(certificateChain: made.chain, privateKey: made.key)
                $0.policies = [AccessPolicy(name: "listen", key: Ward.key, rights: .listen)]
                $0.isAuthStrict = true
                $0.webTokens = checks
            } _: { clinic in
                try clinic.append(2)
                let source = [
                    "source.namespace": "localhost:\(clinic.tlsPort)", "source.hub": "logs",
                    "source.ca_file": made.authority,
                ]
                return try await body(source, variables)
            }
        }
        guard let result else { throw CancellationError() }
        return result
    }

    /// The report on a patient whom an identity signs in.
    func examineSignedIn(
        _ changes: [String: String] = [:],
        _ prepare: (FakeIssuers) async throws -> [String: String] = { _ in Ward.application },
        adjusting adjust: (inout ExaminationOptions) -> Void = { _ in }
    ) async throws -> Report {
        try await withIdentity(prepare) { source, variables in
            await examine(source.merging(changes) { $1 }, environment: variables, adjust)
        }
    }

    /// Writes an `az` into the folder that is searched, which prints a token of the issuers.
    func writeAzureCommand(_ issuers: FakeIssuers) throws {
        let script = """
            #!/bin/sh
            curl -sf -H 'metadata: true' -d 'resource=https%3A%2F%2Feventhubs.azure.net' '\(issuers.url)/shell/token' |
                sed -e 's/"access_token"/"accessToken"/'

            """
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: try write(script, "az"))
    }
}
