package import StatusReport

/// A report in which every part says something, made at a fixed time: 2026-03-01T12:00:00Z.
package enum SampleReport {
    /// When it was made, seconds since the Unix epoch.
    package static let nowSeconds: Int64 = 1_772_366_400

    /// The report: three partitions, of which one lags and one has no link; a rule with findings and one in the shadow; a sink
    /// that delivers and one that waits.
    package static var report: StatusReport {
        let nowMs = nowSeconds * 1000
        var report = StatusReport(
            process: .init(version: "1.0", host: "node-1", startedMs: nowMs - 3_725_500, reportedMs: nowMs),
            source: .init(
                namespace: "contoso.servicebus.windows.net", hub: "insights-logs", consumerGroup: "hubwatch"),
            readiness: .init(
                phase: .running,
                reasons: [
                    .init(
                        .linksDetached, subject: "2", "1 of 3 partitions has no link: 2", sinceMs: nowMs - 42_000)
                ]))
        report.partitions = partitions
        report.rules = rules
        report.sinks = sinks
        report.records.records = 1_284_331
        report.records.messages = 90_210
        report.records.bytes = 734_003_200
        report.records.repairs = [.init("singleQuotes", 2)]
        report.records.odd = [.init("ahead", 1)]
        report.deadLetters.byReason = [.init("bodyTooLarge", 0), .init("notAnObject", 1), .init("truncated", 9)]
        report.deadLetters.storedByReason = [.init("notAnObject", 1), .init("truncated", 12)]
        report.commits.lastMs = nowMs - 500
        report.connections.ready = 1
        report.connections.lostByCondition = [.init("amqp:connection:forced", 2)]
        report.connections.linksLostByReason = [.init("lost", 3)]
        report.connections.tokenExpiresMs = nowMs + 1_000_000
        report.gaps.byCause = [.init("retention", 1)]
        report.findings.raised = 3
        report.findings.shadow = 1
        report.findings.alerts = 2
        report.watermarkMs = nowMs - 2000
        return report
    }

    private static var partitions: [StatusReport.Partition] {
        var read = StatusReport.Partition(number: 0)
        read.isAttached = true
        read.isCaughtUp = true
        read.position = 44_100
        read.lastEnqueued = 44_100
        read.lagEvents = 0
        read.lagSeconds = 0
        read.messages = 30_070
        read.bytes = 250_000_000
        var lagging = StatusReport.Partition(number: 1)
        lagging.isAttached = true
        lagging.position = 31_755
        lagging.lastEnqueued = 44_100
        lagging.lagEvents = 12_345
        lagging.lagSeconds = 4.2
        lagging.lastFrameAgeSeconds = 0.25
        lagging.watermarkMs = nowSeconds * 1000 - 4200
        lagging.messages = 30_070
        lagging.bytes = 250_000_000
        lagging.creditBytes = 1000
        lagging.heldBytes = 100
        return [read, lagging, StatusReport.Partition(number: 2)]
    }

    private static var rules: [StatusReport.Rule] {
        var keys = StatusReport.Rule(
            id: "r-1", title: "Azure AI keys listed outside the portal", severity: "high", isShadow: false)
        keys.hits = 12
        keys.late = 1
        keys.findings = 1
        var theft = StatusReport.Rule(
            id: "r-2", title: "Potential Azure OpenAI Model Theft", severity: "medium", isShadow: true)
        theft.hits = 250_000
        theft.findings = 1
        theft.groups = 4_321
        theft.openWindows = 4_400
        return [keys, theft]
    }

    private static var sinks: [StatusReport.Sink] {
        var file = StatusReport.Sink(name: "file")
        file.cursor = 117
        file.delivered = 117
        var webhook = StatusReport.Sink(name: "webhook")
        webhook.cursor = 80
        webhook.owedRows = 37
        webhook.owedBytes = 92_000
        webhook.delivered = 80
        webhook.failures = 14
        webhook.failingSinceMs = nowSeconds * 1000 - 10_000
        webhook.lastError = "answered 503, next try in 8 s"
        return [file, webhook]
    }
}
