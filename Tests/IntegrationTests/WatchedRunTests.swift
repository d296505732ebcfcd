import DevBroker
import Foundation
import HubwatchMetrics
import HubwatchRuntime
import NIOCore
import PrometheusMetrics
import StatusReport
import StatusServer
import Testing

/// Goal: health, metrics and the report say what a run does, and whoever asks too much does not disturb it.
///
/// Method: dev broker, hubwatch and status server in one process over real sockets; promtool reads what Prometheus would.
@Suite(.timeLimit(.minutes(5))) struct WatchedRunTests {
    @Test func aScrapeHoldsEveryMetricOfTheCatalogueAndOfTheFilesInDeploy() async throws {
        try await HubFixture.with(partitions: 2) { hub in
            try await WatchedRun.with(hub) { run in
                try await hub.eventually("attached") {
                    run.hubwatch.status.snapshot.isReading
                }
                try hub.append([Records.keyListing(correlation: "a"), Array("no log".utf8)], partition: 0)
                try await hub.eventually("the finding is delivered and the store looked into") {
                    let report = run.hubwatch.report()
                    return hub.shown == 1 && report.commits.lastMs != nil
                        && report.partitions.allSatisfy { $0.lagSeconds == 0 }
                        && report.sinks.allSatisfy { $0.owedRows == 0 } && report.rules.contains { $0.hits == 1 }
                        && report.deadLetters.byReason.contains { $0.count == 1 }
                }
                let scrape = try await run.get("/metrics").body
                try Self.expect(scrape, says: run.hubwatch.report())
                try Self.expectCatalogue(in: scrape)
                try Self.expectPromtool(["check", "metrics"], input: scrape)
            }
        }
    }

    private static func expect(_ scrape: String, says report: StatusReport) throws {
        func value(_ series: String) -> Double? { WatchedRun.value(series, in: scrape) }
        #expect(value("hubwatch_ready") == 1)
        #expect(value("hubwatch_alive") == 1)
        #expect(value("hubwatch_partition_attached{partition=\"0\"}") == 1)
        #expect(value("hubwatch_partition_position{partition=\"0\"}") == 1)
        #expect(value("hubwatch_partition_lag_events{partition=\"0\"}") == 0)
        #expect(value("hubwatch_partition_messages_total{partition=\"0\"}") == 2)
        #expect(value("hubwatch_records_total") == 1)
        #expect(value("hubwatch_decode_failures_total{reason=\"notAnObject\"}") == 1)
        #expect(value("hubwatch_alerts_total") == 1)
        #expect(value("hubwatch_sink_delivered_rows_total{sink=\"file\"}") == 1)
        #expect(value("hubwatch_sink_cursor{sink=\"terminal\"}") == 1)
        #expect(value("hubwatch_state_writable") == 1)
        #expect(value("hubwatch_commit_duration_seconds_count") ?? 0 >= 1)
        #expect(value("hubwatch_commit_size_bytes_sum") ?? 0 > 0)
        #expect(value("hubwatch_token_expiry_timestamp_seconds") ?? 0 > Date().timeIntervalSince1970)
        let hits = try #require(report.rules.first { $0.hits == 1 })
        #expect(value("hubwatch_rule_hits_total{rule=\"\(hits.id)\"}") == 1)
        #expect(value("hubwatch_rule_findings_total{rule=\"\(hits.id)\"}") == 1)
    }

    /// Metrics that have no series before something has gone wrong, or has been looked at.
    private static let onlyAfterFailures: Set<String> = [
        "hubwatch_reconnects_total", "hubwatch_dead_letters_stored",
    ]

    private static func expectCatalogue(in scrape: String) throws {
        let present = Set(
            scrape.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map { String($0.split(separator: " ")[2]) }
        )
        let known = MetricCatalog.families + StatusServer.metricFamilies
        for family in known where !onlyAfterFailures.contains(family.name) {
            #expect(present.contains(family.name), "\(family.name) is not in a scrape")
        }
        let names = Set(known.map(\.name))
        #expect(present.isSubset(of: names))
        for file in ["deploy/prometheus/alerts.yml", "deploy/grafana/hubwatch.json"] {
            let text = try String(contentsOf: HubFixture.root.appending(path: file), encoding: .utf8)
            let used = Set(text.matches(of: /\b(?:hubwatch|process)_[a-z0-9_]+/).map { String($0.output) })
            #expect(used.count > 15)
            for name in used {
                let family = ["_bucket", "_sum", "_count"].reduce(name) { name, suffix in
                    name.hasSuffix(suffix) && !names.contains(name) ? String(name.dropLast(suffix.count)) : name
                }
                #expect(names.contains(family), "\(file) uses \(name), which does not exist")
            }
        }
    }

    @Test func alertsAreRightAndEachIsTested() throws {
        let folder = HubFixture.root.appending(path: "deploy/prometheus")
        try Self.expectPromtool(["check", "rules", "alerts.yml"], in: folder)
        try Self.expectPromtool(["check", "config", "prometheus.yml"], in: folder)
        try Self.expectPromtool(["test", "rules", "alerts.test.yml"], in: folder)
        let alerts = try String(contentsOf: folder.appending(path: "alerts.yml"), encoding: .utf8)
        let tests = try String(contentsOf: folder.appending(path: "alerts.test.yml"), encoding: .utf8)
        let readme = try String(contentsOf: folder.appending(path: "README.md"), encoding: .utf8)
        let names = alerts.matches(of: /- alert: (\w+)/).map { String($0.output.1) }
        #expect(names.count > 20)
        for name in names {
            #expect(tests.contains("alertname: \(name)\n"), "\(name) has no test")
            #expect(readme.contains("| \(name) |"), "nobody is told what to do about \(name)")
        }
    }

    @Test func everyQueryOfTheDashboardIsOne() throws {
        let data = try Data(contentsOf: HubFixture.root.appending(path: "deploy/grafana/hubwatch.json"))
        let dashboard = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        let panels = try #require(dashboard["panels"] as? [[String: Any]])
        let queries = panels.flatMap { $0["targets"] as? [[String: Any]] ?? [] }.compactMap { $0["expr"] as? String }
        #expect(queries.count > 30)
        // As recording rules, promtool reads them like any other.
        var rules = "groups:\n- name: dashboard\n  rules:\n"
        for (number, query) in queries.enumerated() {
            let plain = query.replacing("$instance", with: ".*").replacing("$__rate_interval", with: "5m")
                .replacing("$__range", with: "1h")
            rules += "  - record: query:\(number)\n    expr: '\(plain)'\n"
        }
        let folder = FileManager.default.temporaryDirectory.appending(path: "dashboard-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try rules.write(to: folder.appending(path: "rules.yml"), atomically: true, encoding: .utf8)
        try Self.expectPromtool(["check", "rules", "rules.yml"], in: folder)
    }

    @Test func readinessFollowsTheLinks() async throws {
        try await HubFixture.with(partitions: 2) { hub in
            try await WatchedRun.with(hub) { run in
                try await hub.eventually("attached") {
                    run.hubwatch.status.snapshot.partitions.values.count(where: \.isAttached) == 2
                }
                #expect(try await run.readiness() == (200, []))
                #expect(try await run.get("/health/live").status == 200)
                // Who is stolen from waits for minutes: nothing brings the links back meanwhile.
                hub.broker.install(try FaultScript(parsing: "on time at=0s do detach amqp:link:stolen"))
                try await hub.eventually("stolen") {
                    run.hubwatch.status.snapshot.partitions.values.allSatisfy { !$0.isAttached }
                }
                #expect(try await run.readiness() == (503, ["links_detached"]))
                #expect(try await run.get("/health/live").status == 200)
                let scrape = try await run.get("/metrics").body
                #expect(WatchedRun.value("hubwatch_links_lost_total{reason=\"stolen\"}", in: scrape) == 2)
                #expect(WatchedRun.value("hubwatch_partition_attached{partition=\"1\"}", in: scrape) == 0)
                let report = try StatusReport(json: Array(try await run.get("/status.json").body.utf8))
                #expect(report.partitions.allSatisfy { $0.lastError?.contains("amqp:link:stolen") == true })
            }
        }
    }

    @Test func aSinkThatFailsIsCountedAndItsErrorKept() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            let folder = hub.path("later")
            try await WatchedRun.with(hub, ["findings.file": folder + "/findings.ndjson"]) { run in
                func file() -> StatusReport.Sink? { run.hubwatch.report().sinks.first { $0.name == "file" } }
                try hub.append([Records.keyListing(correlation: "owed")], partition: 0)
                try await hub.eventually("the sink fails while the other delivers") {
                    (file()?.failures ?? 0) > 1 && hub.shown == 1
                }
                #expect(file()?.owedRows == 1)
                #expect(file()?.failingSinceMs != nil)
                #expect(file()?.lastError?.contains("create the folder") == true)
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                try await hub.eventually("it delivers") { file()?.delivered == 1 }
                #expect(file()?.owedRows == 0)
                #expect(file()?.failingSinceMs == nil)
            }
        }
    }

    @Test func aFloodAndACrowdDoNotDisturbDetection() async throws {
        try await HubFixture.with(partitions: 2) { hub in
            try await WatchedRun.with(hub, limits: { $0.connectionsMax = 64 }) { run in
                try await hub.eventually("attached") {
                    run.hubwatch.status.snapshot.isReading
                }
                let port = run.port
                let crowd = Task { try await Crowd.halfOpen(300, port) }
                let floods = (0..<10).map { number in
                    Task {
                        try await Crowd.flood(port, path: number % 2 == 0 ? "/metrics" : "/health/ready", tens: 100)
                    }
                }
                for number in 0..<200 {
                    try hub.append([Records.keyListing(correlation: "flood-\(number)")], partition: number % 2)
                }
                try await hub.eventually("every finding is shown") { hub.shown == 200 }
                var answered = 0
                for flood in floods { answered += try await flood.value }
                // A connection of the flood that was silent between two rounds may have made room for the crowd.
                #expect(answered > 5000, "\(answered) of 10000 were answered")
                for channel in try await crowd.value { try? await channel.close().get() }
                #expect(try await run.readiness() == (200, []))
                var scrape = ""
                // A scrape of the flood may be used again for a moment.
                while WatchedRun.value("hubwatch_alerts_total", in: scrape) != 200 {
                    scrape = try await run.get("/metrics").body
                }
                #expect(WatchedRun.value("hubwatch_http_connections", in: scrape) ?? 1000 <= 64)
                #expect(WatchedRun.value("hubwatch_reconnects_total{condition=\"timed-out\"}", in: scrape) == nil)
            }
            #expect(try hub.findings().count == 200)
        }
    }

    private static func expectPromtool(
        _ arguments: [String], input: String = "", in folder: URL = HubFixture.root
    ) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["promtool"] + arguments
        process.currentDirectoryURL = folder
        let (given, said) = (Pipe(), Pipe())
        process.standardInput = given
        process.standardOutput = said
        process.standardError = said
        try process.run()
        try given.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try given.fileHandleForWriting.close()
        let output = String(decoding: try said.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "promtool \(arguments.joined(separator: " ")):\n\(output)")
    }
}
