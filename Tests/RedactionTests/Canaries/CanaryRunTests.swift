import AMQPTypes
import Detection
import DevBroker
import EventHubsClient
import Foundation
import HubwatchConfiguration
import HubwatchRuntime
import Logging
import NIOPosix
import ProgramRuns
import StateStore
import Synchronization
import Testing

/// Goal: 10,000 canaries through the whole program, and none that must be hidden in anything that it writes.
///
/// Method: a dev broker on loopback, a run with rules of every kind and log lines at trace level, then every command that
/// lists what the state file holds, as a process of its own; all their output is searched.
@Suite(.timeLimit(.minutes(5))) struct CanaryRunTests {
    @Test func tenThousandCanariesAndEveryOutput() async throws {
        var planter = CanaryPlanter()
        let bodies = try CanaryRecords.bodies(&planter, rounds: 5)
        let program = ProgramCanaries(&planter.maker)
        let canaries = planter.maker.canaries
        #expect(canaries.count >= 10_000)

        let folder = FileManager.default.temporaryDirectory.appending(path: "hubwatch-canaries-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let run = CanaryRun(folder: folder)
        let status = try await run.judge(bodies)
        #expect(status.counters.deadLetters > 30 && status.counters.records > 200)
        var outputs = try await run.outputs()
        outputs += try run.commands(program)
        outputs += try run.replay(bodies)
        let bytes = outputs.reduce(0) { $0 + $1.bytes.count }
        let shown = CanarySearch(canaries).expectNothingHidden(in: outputs, masksPeople: true)
        #expect(shown.count > 200, "what may be shown is found")
        print(
            "Searched \(outputs.count) outputs (\(bytes) bytes) for \(canaries.count) canaries: \(shown.count) may be shown and are."
        )
    }
}

/// Secrets that are given to the program itself.
struct ProgramCanaries {
    let accountKey: String
    let brokenFile: String
    let argument: String
    let hubName: String
    /// Plain words, which only their settings make secrets.
    let clientSecret: String
    let webhookPath: String

    init(_ maker: inout CanaryMaker) {
        accountKey = maker.make(.word, path: "environment", category: "program").text
        brokenFile = maker.make(.connectionString, path: "file", category: "program").text
        argument = maker.make(.connectionString, path: "argument", category: "program").text
        hubName = maker.make(.connectionString, path: "hub", category: "program").text
        clientSecret = maker.make(.word, path: "client secret", category: "program").text
        webhookPath = maker.make(.word, path: "webhook", category: "program").text
    }
}

/// One run against a dev broker, and everything it wrote.
struct CanaryRun {
    let folder: URL
    private let log = TraceLog()

    init(folder: URL) { self.folder = folder }

    private func path(_ name: String) -> String { folder.appending(path: name).path }

    /// Puts the bodies into a hub and reads them to the end.
    func judge(_ bodies: [[UInt8]]) async throws -> RunStatus.Snapshot {
        var quiet = Logger(label: "broker")
        quiet.logLevel = .critical
        let broker = try DevBroker(
            configuration: DevBrokerConfiguration(
                listeners: [.init(port: 0)], hubs: [HubDefinition(name: "logs", partitionCount: 2)]),
            group: MultiThreadedEventLoopGroup.singleton, logger: quiet)
        let port = try await broker.start().amqp[0].port
        for (number, body) in bodies.enumerated() {
            try broker.append([AMQPMessage(body: .data([body]))], hub: "logs", partition: "\(number % 2)")
        }
        var layers = ConfigurationLayers()
        let key = "SharedAccessKeyName=test;SharedAccessKey=key;UseDevelopmentEmulator=true"
        for (setting, value) in [
            ("source.connection_string", "Endpoint=sb://127.0.0.1:\(port);\(key);EntityPath=logs"),
            ("state.path", path("state.db")), ("findings.file", path("findings.ndjson")),
            ("findings.mask", "addresses,users"), ("limits.message_bytes", "64KiB"), ("state.commit_interval", "100ms"),
            ("rules.paths", Self.root.appending(path: "Config/rules").path),
        ] { layers.add(flag: setting, path: setting, text: value) }
        let configuration = try Configuration(layers) { (path) throws(ConfigurationProblem) in
            throw ConfigurationProblem(place: path, message: "no files in tests")
        }
        let log = self.log
        var surroundings = Hubwatch.Surroundings(
            group: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "hubwatch") { _ in log },
            hostName: "test",
            productVersion: "0",
            terminal: Hubwatch.Terminal(colour: false, width: 100) { bytes in
                log.terminal.withLock { $0 += bytes }
            })
        surroundings.addedRules = CanaryRules.all
        let hubwatch = Hubwatch(configuration, surroundings)
        do {
            try await hubwatch.run(until: .whenCaughtUp) {
                let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
                for await _ in stream {}
                _ = continuation
            }
        } catch {
            await broker.shutdown()
            throw error
        }
        await broker.shutdown()
        return hubwatch.status.snapshot
    }

    /// Findings, terminal, log and journal of the run.
    func outputs() async throws -> [(name: String, bytes: [UInt8])] {
        let store = try SQLiteStateStore(path: path("state.db"), mode: .readOnly)
        var rows: [UInt8] = []
        var after: Int64 = 0
        while let page = Optional(try await store.journal(after: after, limit: 500)), let last = page.last {
            for row in page { rows += row.draft.payload + [10] }
            after = last.id
        }
        var printed = ""
        let letters = try await store.deadLetters(after: 0, limit: 10_000, includingReplayed: true)
        for letter in letters {
            guard let whole = try await store.deadLetter(letter.id) else { continue }
            dump(whole, to: &printed)
            printed += "\(whole)"
        }
        try await store.close()
        return [
            ("findings.ndjson", Array(try Data(contentsOf: folder.appending(path: "findings.ndjson")))),
            ("the terminal", log.terminal.withLock { $0 }), ("the log at trace level", Array(log.text.utf8)),
            ("the journal", rows), ("printed dead letters", Array(printed.utf8)),
        ]
    }

    /// What the commands print about the state file, the configuration and the rules.
    func commands(_ program: ProgramCanaries) throws -> [(name: String, bytes: [UInt8])] {
        let state = ["--state", path("state.db")]
        let rules = Self.root.appending(path: "Config/rules").path
        try Data("source:\n  connection_string: \"\(program.brokenFile)\n  hub: [".utf8).write(
            to: folder.appending(path: "broken.yaml"))
        let secrets = """
            source:
              namespace: contoso.servicebus.windows.net
              entra: {client_secret: \(program.clientSecret)}
            sinks:
              chat: {type: webhook, url: "https://127.0.0.1:1/\(program.webhookPath)"}
            """
        try Data(secrets.utf8).write(to: folder.appending(path: "secrets.yaml"))
        let environment = [
            "HUBWATCH_CONNECTION_STRING":
                "Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=a;SharedAccessKey=\(program.accountKey);UseDevelopmentEmulator=true;EntityPath=logs"
        ]
        var runs: [[String]] = [
            ["checkpoints", "list"] + state, ["checkpoints", "list", "--json"] + state,
            ["checkpoints", "show"] + state,
            ["checkpoints", "show", "--json"] + state, ["gaps"] + state, ["gaps", "--json"] + state,
            ["deadletters", "list"] + state, ["deadletters", "list", "--json"] + state,
            ["replay", "deadletters", "--dry-run", "--rules", rules] + state,
            ["replay", "deadletters", "--dry-run", "--json", "--rules", rules] + state,
            ["config", "show"], ["config", "show", "--hub", program.hubName],
            ["config", "show", "--config", path("secrets.yaml")],
            ["config", "check", "--config", path("secrets.yaml")],
            ["config", "check", "--hub", program.hubName],
            ["config", "check", "--config", path("broken.yaml")], ["config", "show", "--config", path("broken.yaml")],
            ["run", program.argument], ["run", "--set", program.argument], ["rules", "check", rules],
            ["rules", "list", "--json", "--rules", rules],
        ]
        let letters = try BuiltCommand.run(["deadletters", "list", "--json", "--limit", "1000"] + state).bytes
        let ids = letters.split(separator: UInt8(ascii: "\n")).compactMap { line -> Int? in
            (try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])?["id"] as? Int
        }
        for id in ids {
            runs.append(["deadletters", "show", "\(id)"] + state + (id % 2 == 0 ? ["--json"] : []))
        }
        // The way to the bytes is open, by a flag that says what it does.
        #expect(try !BuiltCommand.run(["deadletters", "show", "\(ids.last ?? 0)", "--raw"] + state).bytes.isEmpty)
        return try runs.map {
            (
                "hubwatch " + $0.prefix(3).joined(separator: " "),
                try BuiltCommand.run($0, environment: environment).bytes
            )
        }
    }

    /// What a replay of the same bodies says and finds, with rules that are files.
    func replay(_ bodies: [[UInt8]]) throws -> [(name: String, bytes: [UInt8])] {
        let lines = bodies.enumerated().map { number, body in
            let place = "\"partition\":0,\"sequence\":\(number),\"offset\":\"\(number)\""
            return
                "{\(place),\"enqueued\":\"2026-11-01T10:00:00Z\",\"base64\":\"\(Data(body).base64EncodedString())\"}"
        }
        try Data(lines.joined(separator: "\n").utf8).write(to: folder.appending(path: "bodies.ndjson"))
        try Data(Self.shownRule.utf8).write(to: folder.appending(path: "shown.yml"))
        let printed = try BuiltCommand.run(
            [
                "replay", "files", path("bodies.ndjson"), "--rules", path("shown.yml"), "--findings",
                path("replayed.ndjson"), "--terminal", "always", "--log-level", "trace", "--set",
                "findings.mask=addresses,users", "--set", "limits.message_bytes=64KiB",
            ]).bytes
        let found = Array(try Data(contentsOf: folder.appending(path: "replayed.ndjson")))
        #expect(found.count { $0 == 10 } > 200, "\(String(decoding: printed, as: UTF8.self))")
        return [("what a replay prints", printed), ("what a replay finds", found)]
    }

    /// A rule that finds every record with a category.
    private static let shownRule = """
        title: Every record
        id: 00000000-0000-4000-8000-0000000000aa
        status: stable
        logsource: {product: azure}
        detection: {selection: {category: '*'}, condition: selection}
        level: low
        """

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
}

/// Every log line of a run, and what it put on the terminal.
final class TraceLog: LogHandler, Sendable {
    private let lines = Mutex("")
    let terminal = Mutex<[UInt8]>([])

    var text: String { lines.withLock { $0 } }

    func log(event: LogEvent) {
        let details = (event.metadata ?? [:]).map { " \($0.key)=\($0.value)" }.sorted().joined()
        lines.withLock { $0 += "\(event.level) \(event.message)\(details)\n" }
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
