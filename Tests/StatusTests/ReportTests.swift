import PrometheusMetrics
import StatusReport
import Testing

@testable import HubwatchMetrics

/// A report in which every part says something.
func sampleReport() -> StatusReport {
    var report = StatusReport(
        process: .init(version: "1.2.3", host: "node-1", startedMs: 1_000_500, reportedMs: 2_000_000),
        source: .init(namespace: "ns.example.net", hub: "logs", consumerGroup: "$Default"),
        readiness: .init(
            phase: .running, reasons: [.init(.linksDetached, subject: "1", "1 of 2 partitions has no link")]))
    var partition = StatusReport.Partition(number: 0)
    partition.isAttached = true
    partition.position = 41
    partition.lastEnqueued = 50
    partition.lagEvents = 9
    partition.lagSeconds = 1.5
    partition.lastFrameAgeSeconds = 0.25
    partition.watermarkMs = 1_999_000
    partition.messages = 42
    partition.bytes = 4200
    partition.creditBytes = 1000
    partition.heldBytes = 100
    report.partitions = [partition, StatusReport.Partition(number: 1)]
    var rule = StatusReport.Rule(id: "r-1", title: "Keys", severity: "high", isShadow: false)
    rule.hits = 3
    rule.late = 1
    rule.findings = 2
    rule.groups = 4
    rule.openWindows = 5
    report.rules = [rule]
    var sink = StatusReport.Sink(name: "file")
    sink.cursor = 7
    sink.owedRows = 2
    sink.delivered = 7
    sink.failures = 1
    sink.failingSinceMs = 1_990_000
    report.sinks = [sink]
    report.records.records = 100
    report.records.repairs = [.init("singleQuotes", 2)]
    report.records.odd = [.init("ahead", 1)]
    report.deadLetters.byReason = [.init("truncated", 6)]
    report.deadLetters.storedByReason = [.init("truncated", 6)]
    report.commits.lastMs = 1_999_500
    report.connections.ready = 1
    report.connections.lostByCondition = [.init("amqp:connection:forced", 2)]
    report.connections.linksLostByReason = [.init("lost", 3)]
    report.connections.tokenExpiresMs = 3_000_000
    report.gaps.byCause = [.init("retention", 1)]
    report.findings.raised = 3
    report.findings.shadow = 1
    report.watermarkMs = 1_998_000
    return report
}

/// Goal: a report survives JSON, and becomes exactly the metrics of the catalogue.
///
/// Method: a report in which every part says something.
@Suite struct ReportTests {
    @Test func aReportSurvivesJSON() throws {
        let report = sampleReport()
        let bytes = try report.json()
        #expect(try StatusReport(json: bytes) == report)
        let text = String(decoding: bytes, as: UTF8.self)
        for name in ["\"lag_seconds\":1.5", "\"is_ready\":false", "\"links_detached\"", "\"lost_by_condition\""] {
            #expect(text.contains(name), "\(name) in \(text)")
        }
    }

    @Test func errorTextsAreCut() {
        let reason = StatusReport.Readiness.Reason(.stuck, String(repeating: "x", count: 100_000))
        #expect(reason.message.count == StatusReport.errorTextMax)
    }

    @Test func everyMetricIsInTheCatalogueAndEveryEntryIsUsed() {
        let samples = ReportSamples(sampleReport())
        let kinds = Dictionary(uniqueKeysWithValues: MetricCatalog.families.map { ($0.name, $0.kind) })
        for gauge in samples.gauges { #expect(kinds[gauge.name] == .gauge, "\(gauge.name)") }
        for counter in samples.counters { #expect(kinds[counter.name] == .counter, "\(counter.name)") }
        let used = Set(samples.gauges.map(\.name) + samples.counters.map(\.name))
        let unused = MetricCatalog.families.filter { $0.kind != .histogram && !used.contains($0.name) }.map(\.name)
        #expect(unused == [])
        for family in MetricCatalog.families {
            #expect(family.name.hasPrefix("hubwatch_"))
            #expect(family.name.hasSuffix("_total") == (family.kind == .counter), "\(family.name)")
            #expect(family.help.hasSuffix("."), "\(family.name)")
        }
    }

    @Test func countersAreToldWhatWasAdded() {
        let registry = PrometheusRegistry(families: MetricCatalog.families)
        let metrics = RunMetrics(factory: registry)
        var report = sampleReport()
        metrics.publish(report)
        metrics.publish(report)
        #expect(registry.text().contains("\nhubwatch_rule_hits_total{rule=\"r-1\"} 3\n"))
        report.rules[0].hits = 10
        report.partitions[0].lagEvents = 0
        metrics.publish(report)
        metrics.committed(.milliseconds(4), bytes: 5000)
        let text = registry.text()
        for line in [
            "hubwatch_rule_hits_total{rule=\"r-1\"} 10", "hubwatch_partition_lag_events{partition=\"0\"} 0",
            "hubwatch_partition_lag_seconds{partition=\"0\"} 1.5", "hubwatch_ready 0",
            "hubwatch_not_ready_reason{reason=\"links_detached\"} 1", "hubwatch_sink_failing_seconds{sink=\"file\"} 10",
            "hubwatch_findings_total{status=\"active\"} 2", "hubwatch_start_time_seconds 1000.5",
            "hubwatch_commit_duration_seconds_bucket{le=\"0.005\"} 1",
            "hubwatch_commit_duration_seconds_bucket{le=\"0.0025\"} 0",
            "hubwatch_commit_size_bytes_bucket{le=\"16384\"} 1",
            "hubwatch_reconnects_total{condition=\"amqp:connection:forced\"} 2",
        ] {
            #expect(text.contains("\n\(line)\n"), "\(line)")
        }
        #expect(!text.contains("hubwatch_partition_lag_events{partition=\"1\"}"), "what is not known is not said")
    }

    @Test func aRuleThatIsTakenAwayTakesItsSeriesAlong() {
        let registry = PrometheusRegistry(families: MetricCatalog.families)
        let metrics = RunMetrics(factory: registry)
        var report = sampleReport()
        metrics.publish(report)
        report.rules = []
        metrics.publish(report)
        #expect(!registry.text().contains("r-1"))
    }

    @Test func rulesBeyondTheBoundAreOneSeries() {
        let rules = (0..<2500).map { number in
            var rule = StatusReport.Rule(id: "r-\(number)", title: "", severity: "low", isShadow: false)
            rule.hits = 1
            rule.groups = 2
            return rule
        }
        let bounded = ReportSamples.bounded(rules)
        #expect(bounded.count == MetricCatalog.rulesMax + 1)
        #expect(bounded.last?.id == "_other")
        #expect(bounded.reduce(0) { $0 + $1.hits } == 2500)
        #expect(bounded.reduce(0) { $0 + $1.groups } == 5000)
    }
}
