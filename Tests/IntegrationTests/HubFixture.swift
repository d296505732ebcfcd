import AMQPTypes
import DevBroker
import EventHubsClient
import Foundation
import HubwatchConfiguration
import HubwatchRuntime
import Logging
import NIOPosix
import StateStore
import Synchronization
import Testing

/// A dev broker on a free loopback port, a folder for one hubwatch's files, and the orders that tests need.
final class HubFixture: Sendable {
    let broker: DevBroker
    let folder: URL
    let port: Int
    let tlsPort: Int
    let addresses: DevBroker.Addresses
    let hub = "logs"
    /// Log lines, findings on the terminal and changes of status are announced here.
    let facts = FactSignal()
    let log: RecordedLog
    /// What the broker has seen of its clients; changes are announced with the other facts.
    let seen: SeenFacts
    private let terminal = Mutex("")

    /// Findings that were shown on the terminal so far, over all runs.
    var shown: Int { terminal.withLock { $0.split(separator: "\n").count { $0.hasPrefix("  finding ") } } }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private init(broker: DevBroker, folder: URL, addresses: DevBroker.Addresses, seen: SeenFacts) {
        self.broker = broker
        self.folder = folder
        self.addresses = addresses
        port = addresses.amqp[0].port
        tlsPort = addresses.amqp[1].port
        self.seen = seen
        log = RecordedLog(facts)
        seen.announce(to: facts)
    }

    /// Runs a body with a started broker; stops it and removes the files after.
    static func with(
        partitions: Int = 4, policies: [AccessPolicy] = [], data: String? = nil,
        adjusting adjust: (inout DevBrokerConfiguration) -> Void = { _ in }, _ body: (HubFixture) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hubwatch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var logger = Logger(label: "broker")
        logger.logLevel = .error
        let seen = SeenFacts()
        var configuration = DevBrokerConfiguration(
            listeners: [.init(port: 0), .init(port: 0, usesTLS: true)],
            hubs: [HubDefinition(name: "logs", partitionCount: partitions)], policies: policies,
            isAuthStrict: !policies.isEmpty, dataFolder: data.map { folder.appending(path: $0).path },
            observer: { seen.note($0) })
        adjust(&configuration)
        let broker = try DevBroker(
            configuration: configuration,
            group: MultiThreadedEventLoopGroup.singleton, logger: logger)
        let addresses = try await broker.start()
        let fixture = HubFixture(
            broker: broker, folder: folder, addresses: addresses, seen: seen)
        do {
            try await body(fixture)
        } catch {
            Issue.record("the log was:\n\(fixture.log.lines.joined(separator: "\n"))")
            await broker.shutdown()
            throw error
        }
        await broker.shutdown()
    }

    /// Appends bodies to a partition.
    func append(_ bodies: [[UInt8]], partition: Int) throws {
        for body in bodies {
            try broker.append([AMQPMessage(body: .data([body]))], hub: hub, partition: "\(partition)")
        }
    }

    func path(_ name: String) -> String { folder.appending(path: name).path }

    /// A configuration; `settings` by path override the fixture's.
    func configuration(_ settings: [String: String] = [:]) throws -> Configuration {
        try given(settings).configuration
    }

    /// The same with where each setting was given.
    func given(_ settings: [String: String] = [:]) throws(ConfigurationError) -> GivenSettings {
        let key = "SharedAccessKeyName=test;SharedAccessKey=key"
        let connection = "Endpoint=sb://127.0.0.1:\(port);\(key);UseDevelopmentEmulator=true;EntityPath=\(hub)"
        var given = [
            "source.connection_string": connection, "state.path": path("state.db"),
            "findings.file": path("findings.ndjson"),
            "rules.paths": Self.root.appending(path: "Config/rules").path, "source.discovery_interval": "1s",
            "state.commit_interval": "100ms",
        ]
        given.merge(settings) { $1 }
        if settings["source.amqp.url"] != nil { given["source.connection_string"] = nil }
        var layers = ConfigurationLayers()
        for (path, text) in given.sorted(by: { $0.key < $1.key }) { layers.add(flag: path, path: path, text: text) }
        return try GivenSettings(layers) { (path) throws(ConfigurationProblem) in
            throw ConfigurationProblem(place: path, message: "no files in tests")
        }
    }

    /// A hubwatch that has not run yet.
    func hubwatch(
        _ settings: [String: String] = [:], observation: RunObservation? = nil,
        adjust: (@Sendable (inout EventHubsConfiguration) -> Void)? = nil
    ) throws -> Hubwatch {
        let log = self.log
        let logger = Logger(label: "hubwatch") { _ in log }
        let status = RunStatus()
        let facts = self.facts
        Task { for await _ in status.changes() { facts.changed() } }
        var surroundings = Hubwatch.Surroundings(
            group: MultiThreadedEventLoopGroup.singleton, logger: logger, hostName: "test", productVersion: "0",
            terminal: Hubwatch.Terminal(colour: false, width: 100) { bytes in
                self.terminal.withLock { $0 += String(decoding: bytes, as: UTF8.self) }
                self.facts.changed()
            })
        surroundings.adjustClient = adjust
        surroundings.observation = observation
        return Hubwatch(try configuration(settings), surroundings, status: status)
    }

    /// Waits for a fact about a hubwatch, the log or the terminal.
    func eventually(_ what: String, _ fact: () throws -> Bool) async throws { try await facts.wait(for: fact) }

    /// Runs until every partition is read to its end; what it had done by then.
    @discardableResult
    func runToEnd(_ settings: [String: String] = [:]) async throws -> RunStatus.Snapshot {
        let hubwatch = try hubwatch(settings)
        try await hubwatch.run(until: .whenCaughtUp) { await neverStopped() }
        return hubwatch.status.snapshot
    }

    /// Runs a body beside a running hubwatch, then stops it orderly.
    func whileRunning(
        _ settings: [String: String] = [:], observation: RunObservation? = nil,
        adjust: (@Sendable (inout EventHubsConfiguration) -> Void)? = nil,
        _ body: (Hubwatch) async throws -> Void
    ) async throws {
        let hubwatch = try hubwatch(settings, observation: observation, adjust: adjust)
        let (stops, stop) = AsyncStream.makeStream(of: Void.self)
        let run = Task { () -> HubwatchError? in
            do throws(HubwatchError) {
                try await hubwatch.run { for await _ in stops { return } }
                return nil
            } catch {
                return error
            }
        }
        do {
            try await body(hubwatch)
        } catch {
            stop.finish()
            _ = await run.value
            throw error
        }
        stop.finish()
        if let error = await run.value { throw error }
    }

    /// The lines of the findings file as objects.
    func findings() throws -> [[String: Any]] {
        let text = (try? String(contentsOfFile: path("findings.ndjson"), encoding: .utf8)) ?? ""
        return try text.split(separator: "\n").map {
            try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    /// Opens the state file for looking and closes it after.
    func state<Result>(_ body: (SQLiteStateStore) async throws -> Result) async throws -> Result {
        let store = try SQLiteStateStore(path: path("state.db"), mode: .readOnly)
        let result = try await body(store)
        try await store.close()
        return result
    }
}

/// Returns only when its task is cancelled.
func neverStopped() async {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    for await _ in stream {}
    _ = continuation
}

/// Tells whoever waits that something may have become true.
final class FactSignal: Sendable {
    private let continuations = Mutex<[AsyncStream<Void>.Continuation]>([])

    /// Something happened.
    func changed() {
        for continuation in continuations.withLock({ $0 }) { continuation.yield() }
    }

    /// Returns once the fact is true: looks now and whenever something happened.
    ///
    /// The suites' time limits bound the wait.
    func wait(for fact: () throws -> Bool) async throws {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        continuations.withLock { $0.append(continuation) }
        continuation.yield()
        for await _ in stream where try fact() { return }
        throw CancellationError()
    }
}

/// Log lines, kept for the test's questions.
final class RecordedLog: LogHandler, Sendable {
    private let recorded = Mutex<[String]>([])
    private let facts: FactSignal

    init(_ facts: FactSignal) { self.facts = facts }

    var lines: [String] { recorded.withLock { $0 } }
    func contains(_ text: String) -> Bool { lines.contains { $0.contains(text) } }

    func log(event: LogEvent) {
        let details = (event.metadata ?? [:]).map { " \($0.key)=\($0.value)" }.sorted().joined()
        recorded.withLock { $0.append("\(event.level) \(event.message)\(details)") }
        self.facts.changed()
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
        get { .info }
        set { _ = newValue }
    }
}
