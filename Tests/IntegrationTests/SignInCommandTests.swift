import AzureTokens
import EventHubs
import FakeIssuers
import Foundation
import ProgramRuns
import Testing

/// Goal: a person who signs in with an identity needs a namespace and Azure's variables, is told what is missing, and is warned where
/// a secret stands on the command line.
///
/// Method: the built `hubwatch` as a process, against a strict dev broker and the fake issuers.
@Suite(.timeLimit(.minutes(3))) struct SignInCommandTests {
    @Test func azuresVariablesAreEnough() async throws {
        try await SignedInReader.with { reader in
            let hub = reader.hub
            try hub.append([Records.keyListing(correlation: "one")], partition: 0)
            let variables = try reader.setUp(.clientSecret).variables
            let arguments = [
                "run", "--namespace", "localhost:\(hub.tlsPort)", "--hub", "logs", "--ca-file", reader.authority,
                "--state", hub.path("own.db"), "--findings", hub.path("own.ndjson"), "--until-caught-up",
                "--rules", HubFixture.root.appending(path: "Config/rules").path,
            ]
            let right = try await CommandProcess.run(arguments, environment: variables)
            #expect(right.status == 0, "\(right.output)")
            #expect(right.output.contains("Signed in with client-secret, client secret of application app-1"))
            #expect(
                try String(contentsOfFile: hub.path("own.ndjson"), encoding: .utf8).split(separator: "\n").count == 1)
            // A wrong secret ends it with the status for what is not allowed.
            let wrong = try await CommandProcess.run(
                arguments, environment: variables.merging(["AZURE_CLIENT_SECRET": "CANARY"]) { $1 })
            #expect(wrong.status == 77 && wrong.output.contains("AADSTS7000215"), "\(wrong.output)")
            #expect(!(right.output + wrong.output).contains("CANARY"))
        }
    }

    @Test(arguments: [
        (
            ["run", "--namespace", "ns.servicebus.windows.net", "--hub", "logs", "--credential", "client-secret"],
            "AZURE_CLIENT_SECRET"
        ),
        (["run", "--namespace", "ns.servicebus.windows.net"], "name the event hub"),
        (["run", "--namespace", "ns", "--hub", "logs"], "NAME.servicebus.windows.net"),
        (["config", "check", "--credential", "managed-identity", "--namespace", "a.b"], "name the event hub"),
    ])
    func whatIsMissingIsNamed(arguments: [String], words: String) async throws {
        let ended = try await CommandProcess.run(arguments)
        #expect(ended.status == 78 && ended.output.contains(words), "\(ended.output)")
    }

    @Test func aSecretOnTheCommandLineIsWarnedOf() async throws {
        let string = "Endpoint=sb://127.0.0.1;SharedAccessKeyName=a;SharedAccessKey=CANARY;EntityPath=logs"
        let shown = try await CommandProcess.run(["config", "show", "--set", "source.connection_string=\(string)"])
        #expect(shown.status == 0)
        #expect(shown.output.contains("warning: 'source.connection_string' was given on the command line"))
        #expect(!shown.output.contains("CANARY"))
        let quiet = try await CommandProcess.run(
            ["config", "show"], environment: ["HUBWATCH_CONNECTION_STRING": string])
        #expect(!quiet.output.contains("warning") && !quiet.output.contains("CANARY"))
    }

    @Test(arguments: [
        (["--jwt-key", "/nowhere.pem"], 64, "--strict-auth"), (["--strict-auth"], 64, "--jwt-key"),
        (["--jwt-issuer", "x"], 64, "need --jwt-key"),
        (["--strict-auth", "--jwt-key", "/nowhere.pem"], 66, "/nowhere.pem"),
        (["--strict-auth", "--jwt-key", #filePath], 78, "JSON web key set"),
    ])
    func theDevBrokersChecksAreChecked(arguments: [String], status: Int32, words: String) async throws {
        let ended = try await CommandProcess.run(["devbroker", "--hub", "logs"] + arguments)
        #expect(ended.status == status && ended.output.contains(words), "\(ended.output)")
    }
}
