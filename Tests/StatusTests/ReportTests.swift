import PrometheusMetrics
import StatusReport
import StatusSamples
import Testing

@testable import HubwatchMetrics

/// Goal: a report survives JSON, and becomes exactly the metrics of the catalogue.
///
/// Method: a report in which every part says something.
@Suite struct ReportTests {
    @Test func aReportSurvivesJSON() throws {
        let report = SampleReport.report
        let bytes = try report.json()
        #expect(try StatusReport(json: bytes) == report)
        let text = String(decoding: bytes, as: UTF8.self)
        for name in ["\"lag_seconds\":4.2", "\"is_ready\":false", "\"links_detached\"", "\"lost_by_condition\""] {
            #expect(text.contains(name), "\(name) in \(text)")
        }
    }

    @Test func errorTextsAreCut() {
        let reason = StatusReport.Readiness.Reason(.stuck, String(repeating: "x", count: 100_000))
        #expect(reason.message.count == StatusReport.errorTextMax)
    }

    @Test func everyMetricIsInTheCatalogueAndEveryEntryIsUsed() {
        let samples = ReportSamples(SampleReport.report, sampleUsage())
        let kinds = Dictionary(uniqueKeysWithValues: MetricCatalog.families.map { ($0.name, $0.kind) })
        for gauge in samples.gauges { #expect(kinds[gauge.name] == .gauge, "\(gauge.name)") }
        for counter in samples.counters { #expect(kinds[counter.name] == .counter, "\(counter.name)") }
        for counter in samples.realCounters { #expect(kinds[counter.name] == .counter, "\(counter.name)") }
        let used = Set(
            samples.gauges.map(\.name) + samples.counters.map(\.name) + samples.realCounters.map(\.name))
        let unused = MetricCatalog.families.filter { $0.kind != .histogram && !used.contains($0.name) }.map(\.name)
        #expect(unused == [])
        for family in MetricCatalog.families {
            #expect(family.name.hasPrefix("hubwatch_") || family.name.hasPrefix("process_"))
            #expect(family.name.hasSuffix("_total") == (family.kind == .counter), "\(family.name)")
            #expect(family.help.hasSuffix("."), "\(family.name)")
        }
    }

    @Test func countersAreToldWhatWasAdded() {
        let registry = PrometheusRegistry(families: MetricCatalog.families)
        let metrics = RunMetrics(factory: registry)
        var report = SampleReport.report
        metrics.publish(report)
        metrics.publish(report)
        #expect(registry.text().contains("\nhubwatch_rule_hits_total{rule=\"r-1\"} 12\n"))
        report.rules[0].hits = 20
        report.partitions[1].lagEvents = 0
        metrics.publish(report)
        metrics.committed(.milliseconds(4), bytes: 5000)
        let text = registry.text()
        for line in [
            "hubwatch_rule_hits_total{rule=\"r-1\"} 20", "hubwatch_partition_lag_events{partition=\"1\"} 0",
            "hubwatch_partition_lag_seconds{partition=\"1\"} 4.2", "hubwatch_ready 0",
            "hubwatch_not_ready_reason{reason=\"links_detached\"} 1",
            "hubwatch_sink_failing_seconds{sink=\"webhook\"} 10",
            "hubwatch_findings_total{status=\"active\"} 2", "hubwatch_start_time_seconds 1772362674.5",
            "hubwatch_commit_duration_seconds_bucket{le=\"0.005\"} 1",
            "hubwatch_commit_duration_seconds_bucket{le=\"0.0025\"} 0",
            "hubwatch_commit_size_bytes_bucket{le=\"16384\"} 1",
            "hubwatch_reconnects_total{condition=\"amqp:connection:forced\"} 2",
        ] {
            #expect(text.contains("\n\(line)\n"), "\(line)")
        }
        #expect(!text.contains("hubwatch_partition_lag_events{partition=\"2\"}"), "what is not known is not said")
    }

    @Test func theEndOfTheTokensIsToldWhileThereAreAny() {
        let registry = PrometheusRegistry(families: MetricCatalog.families)
        let metrics = RunMetrics(factory: registry)
        var report = SampleReport.report
        report.connections.tokenExpiresMs = 1_772_369_966_500
        metrics.publish(report)
        #expect(registry.text().contains("\nhubwatch_token_expiry_timestamp_seconds 1772369966.5\n"))
        report.connections.tokenExpiresMs = nil
        metrics.publish(report)
        #expect(!registry.text().contains("token_expiry"), "an end that was is none")
    }

    @Test func aRuleThatIsTakenAwayTakesItsSeriesAlong() {
        let registry = PrometheusRegistry(families: MetricCatalog.families)
        let metrics = RunMetrics(factory: registry)
        var report = SampleReport.report
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
