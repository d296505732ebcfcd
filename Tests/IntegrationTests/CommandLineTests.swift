import DevBroker
import Foundation
import ProgramRuns
import StateStore
import Testing

/// Goal: the command line says what is wrong and leaves with the documented status.
///
/// Method: the built `hubwatch` as a process, against files and a dev broker.
@Suite(.timeLimit(.minutes(3))) struct CommandLineTests {
    private static let rules = HubFixture.root.appending(path: "Config/rules").path
    private static let sample = HubFixture.root.appending(path: "Tests/Fuzz/Corpus/decoder/activity.json").path

    @Test(arguments: [
        (["--help"], 0, "rules check"),
        (["run", "--help"], 0, "--until-caught-up"),
        (["version"], 0, "JSON kernel"),
        (["config", "settings"], 0, "HUBWATCH_CONNECTION_STRING"),
        (["run", "--bogus"], 64, "--bogus"),
        (["run"], 78, "no source"),
        (["run", "--set", "state.pth=x"], 78, "did you mean 'state.path'"),
        (["run", "--set", "http.listen=0.0.0.0:9465"], 78, "http.token_file"),
        (["config", "check", "--config", "/nowhere.yaml"], 66, "/nowhere.yaml"),
        (["rules", "check", "/nowhere"], 65, "/nowhere"),
        (["checkpoints", "list", "--state", "/nowhere/state.db"], 66, "/nowhere/state.db"),
        (["generate", "--mix", "wrong=1"], 64, "wrong"),
        (["devbroker"], 64, "--hub"),
        (["devbroker", "--hub", "logs:zero"], 78, "zero"),
        (["devbroker", "--help"], 0, "do detach amqp:link:detach-forced"),
        (["devbroker", "--hub", "logs", "--faults", "/nowhere.faults"], 66, "/nowhere.faults"),
        (["publish", "-", "--rate", "0"], 64, "--rate"),
        (["bench", "/nowhere"], 66, "/nowhere"),
        (["bench", "--seconds", "0"], 64, "--seconds"),
        (["bench", "--rules", rules, "--seconds", "0.01", "--json", sample], 0, "\"records\":1,"),
        (["replay", "--help"], 0, "zcat logs.gz"),
        (["replay", "files", "/nowhere.gz", "--rules", rules], 66, "/nowhere.gz"),
        (["replay", "files", "-", "--from", "yesterday"], 64, "yesterday"),
        (["replay", "files", "-", "--rules", rules, "--rule", "none"], 65, "no rule can run"),
        (["replay", "files", "-", "--rules", rules, "--json"], 0, "\"messages\":0"),
        (["replay", "hub"], 78, "no source"),
        (["replay", "hub", "--from", "latest"], 64, "earliest, checkpoint"),
        (["replay", "deadletters", "--state", "/nowhere/state.db", "--rules", rules, "--dry-run"], 66, "/nowhere"),
    ])
    func commandsEndAsDocumented(arguments: [String], status: Int, text: String) async throws {
        let ended = try await CommandProcess.run(arguments)
        #expect(ended.status == Int32(status), "\(ended.output)")
        #expect(ended.output.contains(text), "\(ended.output)")
    }

    @Test func theSampleConfigurationIsAccepted() async throws {
        let connection = "Endpoint=sb://127.0.0.1;SharedAccessKeyName=a;SharedAccessKey=b;EntityPath=logs"
        let ended = try await CommandProcess.run(
            [
                "config", "check", "--config", HubFixture.root.appending(path: "Config/hubwatch.yaml").path,
                "--rules", HubFixture.root.appending(path: "Config/rules").path,
            ], environment: ["HUBWATCH_CONNECTION_STRING": connection])
        #expect(ended.status == 0, "\(ended.output)")
    }

    @Test func everyCommandOfAFirstSessionWorks() async throws {
        try await HubFixture.with { hub in
            let environment = hub.variables
            let sample = hub.path("sample.ndjson")
            let rules = HubFixture.root.appending(path: "Config/rules").path
            let files = ["--state", hub.path("state.db"), "--rules", rules]
            let generated = try await CommandProcess.run(
                ["generate", "--records", "2000", "--seed", "9", "-o", sample, "--expected", hub.path("expected.json")])
            #expect(generated.status == 0, "\(generated.output)")
            let published = try await CommandProcess.run(
                ["publish", sample, "--key-field", "resourceId"], environment: environment)
            #expect(published.status == 0, "\(published.output)")
            let findings = hub.path("findings.ndjson")
            let ran = try await CommandProcess.run(
                ["run", "--findings", findings, "--terminal", "always", "--until-caught-up"] + files,
                environment: environment)
            #expect(ran.status == 0, "\(ran.output)")
            #expect(ran.output.contains("Azure AI keys listed outside the known portals"))
            let compared = try await CommandProcess.run([
                "compare", "--expected", hub.path("expected.json"), "--findings", findings,
            ])
            #expect(compared.status == 0, "\(compared.output)")
            let positions = try await CommandProcess.run([
                "checkpoints", "list", "--json", "--state", hub.path("state.db"),
            ])
            #expect(positions.output.split(separator: "\n").count == 4)
            let letters = try await CommandProcess.run(["deadletters", "list", "--state", hub.path("state.db")])
            #expect(letters.output.contains("No dead letters"))
        }
    }

    @Test func aTermSignalDrainsAndLeavesWithStatusZero() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            let process = try hub.startRun()
            try hub.append([Records.keyListing(correlation: "before-term")], partition: 0)
            try await hub.eventually("the finding is shown") { process.shown == 1 }
            try hub.append((0..<50).map { Records.keyListing(correlation: "late-\($0)") }, partition: 0)
            try await hub.eventually("all are shown") { process.shown == 51 }
            #expect(try await process.end() == 0)
            #expect(try hub.findings().count == 51)
            #expect(try await hub.state { try await $0.positions().map(\.sequence) } == [50])
        }
    }
}
