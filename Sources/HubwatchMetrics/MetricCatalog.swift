public import PrometheusMetrics

/// Every metric of a run: its name, kind and meaning.
///
/// Names follow Prometheus' conventions: base units at the end, `_total` for counters; those of the process are what
/// Prometheus' own libraries call them, so that dashboards for any program show them. Labels have few values: partitions of
/// one hub, rules (the first ``rulesMax`` by id, the others together), sinks, and words of fixed lists.
public enum MetricCatalog {
    /// Most rules with series of their own; the sums of all others are under `rule="_other"`.
    public static let rulesMax = 1000

    /// All of them.
    public static let families: [MetricFamily] =
        machine + process + partitions + records + rules + commits + sinks + connections

    private static let machine = [
        gauge("process_start_time_seconds", "When the process started, in seconds since 1970, by the kernel."),
        gauge("process_resident_memory_bytes", "Memory that is in use and in the machine."),
        counter("process_cpu_seconds_total", "Time on processors, user and system together."),
        gauge("process_open_fds", "Files and sockets that are open."),
        gauge("process_max_fds", "Files and sockets that may be open."),
    ]

    private static let process = [
        gauge("hubwatch_build_info", "Always 1; the labels say what runs and what it reads."),
        gauge("hubwatch_start_time_seconds", "When the process started, in seconds since 1970."),
        gauge("hubwatch_alive", "1 while the process moves; 0 means that only a restart helps."),
        gauge("hubwatch_ready", "1 when links are attached, the state file takes commits and sinks deliver."),
        gauge("hubwatch_not_ready_reason", "1 for each reason that keeps the process from being ready."),
    ]

    private static let partitions = [
        gauge("hubwatch_partition_attached", "1 while the partition has a link."),
        gauge("hubwatch_partition_lag_events", "Events that the service has and that are not folded."),
        gauge(
            "hubwatch_partition_lag_seconds",
            "Age of the last folded event while others wait behind it, otherwise 0."),
        gauge("hubwatch_partition_position", "Sequence number of the last folded event."),
        gauge(
            "hubwatch_partition_last_frame_age_seconds",
            "Time since the service last said anything about the partition: events, or an answer to a question."),
        gauge(
            "hubwatch_partition_watermark_timestamp_seconds",
            "The time up to which the partition is known, in seconds since 1970."),
        counter("hubwatch_partition_messages_total", "Messages folded."),
        counter("hubwatch_partition_bytes_total", "Bytes of message bodies folded."),
        gauge("hubwatch_partition_credit_bytes", "Bytes in flight: arrived and not folded, or allowed to arrive."),
        gauge("hubwatch_partition_held_bytes", "Bytes that have arrived and are not folded."),
        gauge(
            "hubwatch_watermark_timestamp_seconds",
            "The time up to which every owned partition is known, in seconds since 1970."),
    ]

    private static let records = [
        counter("hubwatch_records_total", "Records judged."),
        counter("hubwatch_records_skipped_total", "Metrics and empty bodies, which are not judged."),
        counter("hubwatch_redelivered_messages_total", "Messages that were folded before and came again."),
        counter("hubwatch_odd_times_total", "Records whose own time was not used, by what was wrong with it."),
        counter("hubwatch_decode_failures_total", "Dead letters made, by reason."),
        counter("hubwatch_repairs_total", "Records that had to be mended before they could be read, by repair."),
        gauge("hubwatch_dead_letters_stored", "Dead letters in the state file, by reason."),
        gauge("hubwatch_dead_letters_stored_bytes", "Bytes of dead letters in the state file."),
        counter("hubwatch_dead_letters_overflowed_total", "Dead letters that were only counted: no room."),
        counter("hubwatch_gaps_total", "Gaps of events that will never be seen, by cause."),
        counter("hubwatch_events_missing_total", "Events in the gaps whose end is known."),
    ]

    private static let rules = [
        counter("hubwatch_rule_hits_total", "Records that satisfied the rule."),
        counter("hubwatch_rule_late_records_total", "Records that were late for the rule."),
        counter("hubwatch_rule_findings_total", "Findings that the rule raised."),
        gauge("hubwatch_rule_groups", "Groups that the rule watches."),
        gauge("hubwatch_rule_open_windows", "Windows of the rule that have begun and are not over."),
        counter("hubwatch_findings_total", "Findings raised: active ones, and those of shadow rules."),
        counter("hubwatch_alerts_total", "Alerts raised."),
    ]

    private static let commits = [
        MetricFamily(
            "hubwatch_commit_duration_seconds", .histogram, "How long a commit took, tries included.",
            buckets: MetricFamily.secondsBuckets),
        MetricFamily(
            "hubwatch_commit_size_bytes", .histogram, "What a commit wrote: partial results, findings, dead letters.",
            buckets: MetricFamily.bytesBuckets),
        counter("hubwatch_commit_failures_total", "Attempts to commit that failed."),
        gauge("hubwatch_last_commit_timestamp_seconds", "When the last commit succeeded, in seconds since 1970."),
        gauge("hubwatch_state_writable", "1 while the state file takes commits."),
        counter("hubwatch_journal_entries_total", "Rows written into the journal."),
        gauge("hubwatch_journal_rows", "Rows in the journal."),
        gauge("hubwatch_journal_bytes", "Bytes in the journal."),
        gauge("hubwatch_journal_owed_limit_bytes", "Most bytes that a sink may owe."),
        gauge("hubwatch_journal_full", "1 while a sink owes as much as it may: reading has stopped."),
    ]

    private static let sinks = [
        gauge("hubwatch_sink_cursor", "Id of the last journal row that the sink has delivered."),
        gauge("hubwatch_sink_owed_rows", "Journal rows that the sink has not delivered."),
        gauge("hubwatch_sink_owed_bytes", "Bytes of these, as of the last look."),
        counter("hubwatch_sink_delivered_rows_total", "Journal rows that the sink has delivered."),
        counter("hubwatch_sink_failures_total", "Attempts of the sink that failed."),
        gauge(
            "hubwatch_sink_failing_seconds", "For how long every attempt has failed; 0 when it delivers."),
    ]

    private static let connections = [
        gauge("hubwatch_connections", "Connections to the hub that are open and authorized."),
        counter("hubwatch_reconnects_total", "Connections lost and made again, by what the other side said."),
        counter("hubwatch_links_lost_total", "Links lost: lost, stolen, stalled, refused."),
        gauge("hubwatch_token_expiry_timestamp_seconds", "When the token that ends first ends, in seconds since 1970."),
        gauge("hubwatch_credit_limit_bytes", "Most bytes of events in flight over all partitions."),
    ]

    private static func gauge(_ name: String, _ help: String) -> MetricFamily { MetricFamily(name, .gauge, help) }
    private static func counter(_ name: String, _ help: String) -> MetricFamily { MetricFamily(name, .counter, help) }
}
