import StatusReport

/// What a report says, and what the process has used, as named numbers: a pure translation.
struct ReportSamples {
    struct Gauge {
        var name: String
        var labels: [(String, String)]
        var value: Double
    }

    struct Counter {
        var name: String
        var labels: [(String, String)]
        var value: Int64
    }

    /// A counter of what is not whole, without labels.
    struct RealCounter {
        var name: String
        var value: Double
    }

    private(set) var gauges: [Gauge] = []
    private(set) var counters: [Counter] = []
    private(set) var realCounters: [RealCounter] = []

    init(_ report: StatusReport, _ usage: ProcessUsage) {
        add(usage)
        addProcess(report)
        for partition in report.partitions { add(partition) }
        addRecords(report)
        for rule in Self.bounded(report.rules) { add(rule) }
        addState(report)
        for sink in report.sinks { add(sink, now: report.process.reportedMs) }
        addConnections(report.connections)
    }

    private mutating func add(_ usage: ProcessUsage) {
        if let start = usage.startSeconds { gauge("process_start_time_seconds", start) }
        if let bytes = usage.residentBytes { gauge("process_resident_memory_bytes", bytes) }
        if let files = usage.openFiles { gauge("process_open_fds", files) }
        if let files = usage.openFilesMax { gauge("process_max_fds", files) }
        if let seconds = usage.processorSeconds {
            realCounters.append(RealCounter(name: "process_cpu_seconds_total", value: seconds))
        }
    }

    private mutating func addProcess(_ report: StatusReport) {
        gauge(
            "hubwatch_build_info", 1,
            [
                ("version", report.process.version), ("namespace", report.source.namespace),
                ("hub", report.source.hub), ("consumer_group", report.source.consumerGroup),
            ])
        gauge("hubwatch_start_time_seconds", Double(report.process.startedMs) / 1000)
        gauge("hubwatch_alive", report.readiness.isAlive ? 1 : 0)
        gauge("hubwatch_ready", report.readiness.isReady ? 1 : 0)
        let reasons = Set(report.readiness.reasons.map(\.code))
        for code in StatusReport.Readiness.Reason.Code.allCases {
            gauge("hubwatch_not_ready_reason", reasons.contains(code) ? 1 : 0, [("reason", code.rawValue)])
        }
        time("hubwatch_watermark_timestamp_seconds", report.watermarkMs)
    }

    private mutating func add(_ partition: StatusReport.Partition) {
        let labels = [("partition", "\(partition.number)")]
        gauge("hubwatch_partition_attached", partition.isAttached ? 1 : 0, labels)
        if let lag = partition.lagEvents { gauge("hubwatch_partition_lag_events", Double(lag), labels) }
        if let lag = partition.lagSeconds { gauge("hubwatch_partition_lag_seconds", lag, labels) }
        if let position = partition.position { gauge("hubwatch_partition_position", Double(position), labels) }
        if let age = partition.lastFrameAgeSeconds {
            gauge("hubwatch_partition_last_frame_age_seconds", age, labels)
        }
        time("hubwatch_partition_watermark_timestamp_seconds", partition.watermarkMs, labels)
        counter("hubwatch_partition_messages_total", partition.messages, labels)
        counter("hubwatch_partition_bytes_total", partition.bytes, labels)
        gauge("hubwatch_partition_credit_bytes", Double(partition.creditBytes), labels)
        gauge("hubwatch_partition_held_bytes", Double(partition.heldBytes), labels)
    }

    private mutating func addRecords(_ report: StatusReport) {
        let records = report.records
        counter("hubwatch_records_total", records.records)
        counter("hubwatch_records_skipped_total", records.skipped)
        counter("hubwatch_redelivered_messages_total", records.redelivered)
        tally("hubwatch_odd_times_total", "problem", records.odd)
        tally("hubwatch_decode_failures_total", "reason", report.deadLetters.byReason)
        tally("hubwatch_repairs_total", "repair", records.repairs)
        for tally in report.deadLetters.storedByReason {
            gauge("hubwatch_dead_letters_stored", Double(tally.count), [("reason", tally.name)])
        }
        gauge("hubwatch_dead_letters_stored_bytes", Double(report.deadLetters.storedBytes))
        counter("hubwatch_dead_letters_overflowed_total", report.deadLetters.overflowed)
        tally("hubwatch_gaps_total", "cause", report.gaps.byCause)
        counter("hubwatch_events_missing_total", report.gaps.eventsMissing)
        let findings = report.findings
        counter("hubwatch_findings_total", max(0, findings.raised - findings.shadow), [("status", "active")])
        counter("hubwatch_findings_total", findings.shadow, [("status", "shadow")])
        counter("hubwatch_alerts_total", findings.alerts)
        counter("hubwatch_journal_entries_total", findings.journaled)
    }

    private mutating func add(_ rule: StatusReport.Rule) {
        let labels = [("rule", rule.id)]
        counter("hubwatch_rule_hits_total", rule.hits, labels)
        counter("hubwatch_rule_late_records_total", rule.late, labels)
        counter("hubwatch_rule_findings_total", rule.findings, labels)
        gauge("hubwatch_rule_groups", Double(rule.groups), labels)
        gauge("hubwatch_rule_open_windows", Double(rule.openWindows), labels)
    }

    /// The rules that have series of their own, and the others as one.
    static func bounded(
        _ rules: [StatusReport.Rule], to most: Int = MetricCatalog.rulesMax
    ) -> [StatusReport.Rule] {
        guard rules.count > most else { return rules }
        var others = StatusReport.Rule(id: "_other", title: "", severity: "", isShadow: false)
        for rule in rules[most...] {
            others.hits += rule.hits
            others.late += rule.late
            others.findings += rule.findings
            others.groups += rule.groups
            others.openWindows += rule.openWindows
        }
        return rules[..<most] + [others]
    }

    private mutating func addState(_ report: StatusReport) {
        counter("hubwatch_commit_failures_total", report.commits.failures)
        time("hubwatch_last_commit_timestamp_seconds", report.commits.lastMs)
        gauge("hubwatch_state_writable", report.commits.failingSinceMs == nil ? 1 : 0)
        gauge("hubwatch_journal_rows", Double(report.journal.rows))
        gauge("hubwatch_journal_bytes", Double(report.journal.bytes))
        gauge("hubwatch_journal_owed_limit_bytes", Double(report.journal.owedBytesMax))
        gauge("hubwatch_journal_full", report.journal.isFull ? 1 : 0)
    }

    private mutating func add(_ sink: StatusReport.Sink, now: Int64) {
        let labels = [("sink", sink.name)]
        if let cursor = sink.cursor { gauge("hubwatch_sink_cursor", Double(cursor), labels) }
        gauge("hubwatch_sink_owed_rows", Double(sink.owedRows), labels)
        gauge("hubwatch_sink_owed_bytes", Double(sink.owedBytes), labels)
        counter("hubwatch_sink_delivered_rows_total", sink.delivered, labels)
        counter("hubwatch_sink_failures_total", sink.failures, labels)
        let failing = sink.failingSinceMs.map { Double(max(0, now - $0)) / 1000 } ?? 0
        gauge("hubwatch_sink_failing_seconds", failing, labels)
    }

    private mutating func addConnections(_ connections: StatusReport.Connections) {
        gauge("hubwatch_connections", Double(connections.ready))
        tally("hubwatch_reconnects_total", "condition", connections.lostByCondition)
        tally("hubwatch_links_lost_total", "reason", connections.linksLostByReason)
        time("hubwatch_token_expiry_timestamp_seconds", connections.tokenExpiresMs)
        gauge("hubwatch_credit_limit_bytes", Double(connections.creditBytesMax))
    }

    private mutating func gauge(_ name: String, _ value: Double, _ labels: [(String, String)] = []) {
        gauges.append(Gauge(name: name, labels: labels, value: value))
    }

    private mutating func counter(_ name: String, _ value: Int64, _ labels: [(String, String)] = []) {
        counters.append(Counter(name: name, labels: labels, value: value))
    }

    private mutating func tally(_ name: String, _ label: String, _ tallies: [StatusReport.Tally]) {
        for tally in tallies { counter(name, tally.count, [(label, tally.name)]) }
    }

    private mutating func time(_ name: String, _ milliseconds: Int64?, _ labels: [(String, String)] = []) {
        if let milliseconds { gauge(name, Double(milliseconds) / 1000, labels) }
    }
}
