import AMQPTypes
import AzureIdentity
import DevBroker
import Diagnosis
import Doctor
import EventHubs
import Foundation
import HubwatchConfiguration
import Logging
import NIOPosix
import StateStore

/// A folder for one patient: its rules, its state file, and the faults that a test plants.
struct Ward: Sendable {
    let folder: String
    /// In no settings that a healthy patient has.
    static let key = "bm90LWEtcmVhbC1rZXktanVzdC1hLXRlc3Q="

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Runs a body with a new folder, and removes it after.
    static func with<Result>(_ body: (Ward) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hubwatch-doctor-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder + "/rules", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let ward = Ward(folder: folder)
        try ward.write(
            rule(title: "Keys listed", "operationName: 'MICROSOFT.X/ACCOUNTS/LISTKEYS/ACTION'"), "rules/keys.yml")
        return try await body(ward)
    }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    @discardableResult
    func write(_ text: String, _ name: String) throws -> String {
        try text.write(toFile: path(name), atomically: true, encoding: .utf8)
        return path(name)
    }

    /// A Sigma rule over Azure's activity log.
    static func rule(title: String, _ selection: String, service: String = "activitylogs") -> String {
        """
        title: \(title)
        id: \(UUID().uuidString.lowercased())
        status: test
        logsource:
            product: azure
            service: \(service)
        detection:
            selection:
                \(selection)
            condition: selection
        level: medium
        """
    }

    /// A record of the activity log.
    static func activity(_ name: String = "MICROSOFT.X/ACCOUNTS/LISTKEYS/ACTION") -> [UInt8] {
        Array(
            """
            {"records":[{"time":"\(Date().formatted(.iso8601))","operationName":"\(name)","category":"Administrative",\
            "resourceId":"/SUBSCRIPTIONS/00000000-0000-4000-8000-000000000001/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.X/ACCOUNTS/A",\
            "resultType":"Success","correlationId":"c","callerIpAddress":"198.51.100.7","identity":{"claims":{"appid":"a"}}}]}
            """.utf8)
    }

    static func connection(
        port: Int, host: String = "127.0.0.1", hub: String = "logs", credential: String? = nil, plain: Bool = true
    ) -> String {
        let credential = credential ?? "SharedAccessKeyName=listen;SharedAccessKey=\(key)"
        return "Endpoint=sb://\(host):\(port);\(credential);EntityPath=\(hub)"
            + (plain ? ";UseDevelopmentEmulator=true" : "")
    }

    /// The settings of a healthy patient, with changes.
    func settings(_ changes: [String: String]) -> [String: String] {
        let healthy = [
            "state.path": path("state.db"), "findings.file": path("findings.ndjson"), "rules.paths": path("rules"),
            "state.journal_max": "1MiB",
        ]
        return healthy.merging(changes) { $1 }.filter { !$0.value.isEmpty }
    }

    func subject(_ changes: [String: String], environment: [String: String] = [:]) -> Subject {
        var layers = ConfigurationLayers()
        layers.add(environment: environment)
        for (path, text) in settings(changes).sorted(by: { $0.key < $1.key }) {
            layers.add(flag: path, path: path, text: text)
        }
        return Subject(layers) { (path) throws(ConfigurationProblem) in
            throw ConfigurationProblem(place: path, message: "there is no file '\(path)'")
        }
    }

    /// The doctor's report on the patient.
    func examine(
        _ changes: [String: String], environment: [String: String] = [:],
        _ adjust: (inout ExaminationOptions) -> Void = { _ in }
    ) async -> Report {
        var options = ExaminationOptions()
        // A safety net: nothing here waits for it but what is silent on purpose.
        options.limit = .seconds(60)
        adjust(&options)
        let logger = Logger(label: "doctor") { _ in SwiftLogNoOpLogHandler() }
        let folder = folder
        let surroundings = DoctorSurroundings(
            group: MultiThreadedEventLoopGroup.singleton, logger: logger, hostName: "test", environment: environment
        ) { source in
            var surroundings = TokenIssuer.Surroundings(
                group: MultiThreadedEventLoopGroup.singleton, logger: logger,
                authorities: source.certificateAuthorityFile, searchPath: folder)
            surroundings.proxy = source.transport.issuerProxy
            return surroundings
        }
        return await Examination(subject(changes, environment: environment), options, surroundings).run()
    }

    /// Runs a body with a dev broker that has hub `logs`.
    func withBroker<Result>(
        partitions: Int = 2, _ adjust: (inout DevBrokerConfiguration) -> Void = { _ in },
        _ body: (Clinic) async throws -> Result
    ) async throws -> Result {
        var logger = Logger(label: "broker")
        logger.logLevel = .error
        var configuration = DevBrokerConfiguration(
            listeners: [.init(port: 0), .init(port: 0, usesTLS: true)],
            hubs: [HubDefinition(name: "logs", partitionCount: partitions, consumerGroups: ["support"])])
        adjust(&configuration)
        let broker = try DevBroker(
            configuration: configuration, group: MultiThreadedEventLoopGroup.singleton, logger: logger)
        let addresses = try await broker.start()
        let clinic = Clinic(broker: broker, port: addresses.amqp[0].port, tlsPort: addresses.amqp[1].port)
        do {
            let result = try await body(clinic)
            await broker.shutdown()
            return result
        } catch {
            await broker.shutdown()
            throw error
        }
    }

    /// Commits positions of hub `logs` on 127.0.0.1, as a run would have.
    func commit(
        _ positions: [(partition: Int, sequence: Int64)], created: Int64?, namespace: String = "127.0.0.1",
        hub: String = "logs"
    ) async throws {
        let store = try SQLiteStateStore(path: path("state.db"))
        let now = Int64(Date().timeIntervalSince1970 * 1e9)
        var transaction = StateTransaction(committedNs: now)
        transaction.positions = positions.map {
            PartitionPosition(
                partition: $0.partition, sequence: $0.sequence, offset: "", enqueuedMs: now / 1_000_000,
                watermarkNs: now, createdMs: created)
        }
        transaction.source = SourceIdentity(
            namespace: namespace, hub: hub, consumerGroup: "$default", createdMs: created)
        _ = try await store.commit(transaction)
        try await store.close()
    }
}

/// A running dev broker.
struct Clinic: Sendable {
    let broker: DevBroker
    let port: Int
    let tlsPort: Int

    var created: Int64 { broker.hubs.first { $0.name == "logs" }?.createdAt ?? 0 }

    func append(_ count: Int, partition: Int = 0, _ body: [UInt8] = Ward.activity()) throws {
        for _ in 0..<count {
            try broker.append([AMQPMessage(body: .data([body]))], hub: "logs", partition: "\(partition)")
        }
    }
}

extension Report {
    func result(_ check: Check) -> CheckResult? { results.first { $0.check == check } }

    /// Everything in words, for expectations and for the failure's message.
    var text: String {
        results.map { result in
            let lines = result.sightings.map { "    \($0.symptom.name): \($0.seen) -> \($0.remedy)" }
            return "\(result.check) \(result.verdict) \(result.tried) \(result.reason ?? "")\n"
                + lines.joined(separator: "\n")
        }.joined(separator: "\n")
    }
}
