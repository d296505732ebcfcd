import Detection
import DiagnosticLogs
import StateStore
import StatusReport

/// What a report says besides the run's status: fixed for the whole run.
struct RunIdentity: Sendable {
    var version: String
    var host: String
    var startedAt: Timestamp
    var source: StatusReport.Source
    var creditBytesMax: Int64
    var owedBytesMax: Int64
}

extension StatusReport {
    /// The status as a report: a pure translation.
    init(_ status: RunStatus.Snapshot, _ identity: RunIdentity, now: Timestamp) {
        self.init(
            process: Process(
                version: identity.version, host: identity.host, startedMs: identity.startedAt.milliseconds,
                reportedMs: now.milliseconds),
            source: identity.source, readiness: ReadinessJudge(status: status, now: now).readiness)
        watermarkMs = status.watermark?.milliseconds
        partitions = status.partitions.sorted { $0.key < $1.key }.map { Partition($0.key, $0.value, now: now) }
        records = Records(status)
        rules = status.rules.map { Rule($0, status) }.sorted { $0.id < $1.id }
        sinks = status.sinks.sorted { $0.key < $1.key }.map { Sink($0.key, $0.value, status) }
        deadLetters = DeadLetters(status)
        commits = Commits(status)
        journal.rows = status.store.journal.rows
        journal.bytes = status.store.journal.bytes
        journal.owedBytesMax = identity.owedBytesMax
        journal.isFull = status.journalIsFull
        connections = Connections(status.connections, creditBytesMax: identity.creditBytesMax)
        gaps.byCause = Self.tallies(GapCause.allCases.map(\.rawValue), status.gaps)
        gaps.eventsMissing = status.eventsMissing
        findings.raised = status.findings.values.reduce(0) { $0 + $1.raised }
        findings.shadow = status.shadowFindings
        findings.alerts = status.alerts
        findings.journaled = status.journaled
    }

    /// Tallies of the known names, also those that are zero, and of whatever else was counted; by name.
    static func tallies(_ known: [String], _ counts: [String: Int64]) -> [Tally] {
        Set(known).union(counts.keys).sorted().map { Tally($0, counts[$0] ?? 0) }
    }

    /// Cuts a text to what a report may hold.
    static func text(_ error: (any CustomStringConvertible)?) -> String? {
        error.map { String($0.description.prefix(errorTextMax)) }
    }
}

extension StatusReport.Partition {
    init(_ number: Int, _ partition: RunStatus.Partition, now: Timestamp) {
        self.init(number: number)
        isAttached = partition.isAttached
        isCaughtUp = partition.isCaughtUp
        position = partition.folded.flatMap { $0 < 0 ? nil : $0 }
        positionEnqueuedMs = position == nil ? nil : partition.foldedEnqueuedAt?.milliseconds
        lastEnqueued = partition.lastEnqueued.flatMap { $0 < 0 ? nil : $0 }
        lagEvents = partition.lag
        if let lag = partition.lag {
            // What was never read has waited at least since the partition was first heard of.
            let oldest = partition.foldedEnqueuedAt ?? partition.knownSince
            lagSeconds = lag == 0 ? 0 : oldest.map { Self.age($0, now) }
        }
        lastFrameAgeSeconds = partition.lastHeardAt.map { Self.age($0, now) }
        watermarkMs = partition.watermark?.milliseconds
        messages = partition.messages
        bytes = partition.bytes
        heldBytes = partition.heldBytes
        creditBytes = partition.heldBytes + partition.grantedBytes
        lastError = partition.isAttached ? nil : StatusReport.text(partition.lastError)
    }

    private static func age(_ time: Timestamp, _ now: Timestamp) -> Double {
        let (age, overflow) = now.nanoseconds.subtractingReportingOverflow(time.nanoseconds)
        return overflow ? 0 : Double(max(0, age) / 1_000_000) / 1000
    }
}

extension StatusReport.Records {
    init(_ status: RunStatus.Snapshot) {
        self.init()
        let counters = status.counters
        messages = status.messages
        bytes = status.bytes
        records = counters.records
        skipped = counters.skipped
        redelivered = counters.redelivered
        matched = counters.matched
        late = counters.late
        odd = [
            StatusReport.Tally("ahead", counters.timesAhead),
            StatusReport.Tally("future", Int64(counters.decoding.futureTimes)),
            StatusReport.Tally("unreadable", Int64(counters.decoding.unreadableTimes)),
        ]
        repairs = Repair.allCases.map { StatusReport.Tally($0.rawValue, Int64(counters.decoding.count(of: $0))) }
            .sorted { $0.name < $1.name }
    }
}

extension StatusReport.Rule {
    init(_ rule: RuleMetadata, _ status: RunStatus.Snapshot) {
        self.init(id: rule.id, title: rule.title, severity: "\(rule.severity)", isShadow: rule.status == .shadow)
        hits = status.ruleCounts[rule.id]?.matched ?? 0
        late = status.ruleCounts[rule.id]?.late ?? 0
        findings = status.findings[rule.id]?.raised ?? 0
        groups = Int64(status.ruleLoads[rule.id]?.groups ?? 0)
        openWindows = status.ruleLoads[rule.id]?.openWindows ?? 0
    }
}

extension StatusReport.Sink {
    init(_ name: String, _ sink: SinkProgress, _ status: RunStatus.Snapshot) {
        self.init(name: name)
        cursor = sink.cursor
        owedRows = max(0, status.newestJournalID - (sink.cursor ?? 0))
        owedBytes = owedRows == 0 ? 0 : status.store.journal.owedBytes[name] ?? 0
        delivered = sink.delivered
        failures = sink.failures
        failingSinceMs = sink.failingSince?.milliseconds
        lastDeliveryMs = sink.lastDelivery?.milliseconds
        lastError = StatusReport.text(sink.lastError)
    }
}

extension StatusReport.DeadLetters {
    init(_ status: RunStatus.Snapshot) {
        self.init()
        byReason = DeadLetterReason.allCases.map {
            StatusReport.Tally($0.rawValue, Int64(status.counters.decoding.count(of: $0)))
        }.sorted { $0.name < $1.name }
        let counts = status.store.deadLetters
        stored = counts.stored
        replayed = counts.replayed
        storedBytes = counts.bytes
        overflowed = counts.overflowed
        storedByReason = StatusReport.tallies([], counts.byReason)
    }
}

extension StatusReport.Commits {
    init(_ status: RunStatus.Snapshot) {
        self.init()
        let commit = status.commit
        count = status.commits
        failures = commit.failures
        lastMs = commit.lastAt?.milliseconds
        lastSeconds = Double(commit.lastDuration.nanoseconds) / 1e9
        lastBytes = commit.lastBytes
        failingSinceMs = commit.failingSince?.milliseconds
        lastError = StatusReport.text(commit.lastError)
    }
}

extension StatusReport.Connections {
    init(_ connections: ConnectionProgress, creditBytesMax: Int64) {
        self.init()
        ready = connections.ready.count
        lostByCondition = StatusReport.tallies([], connections.lost)
        linksLostByReason = StatusReport.tallies(["lost", "stolen", "stalled", "refused"], connections.linksLost)
        tokenExpiresMs = connections.tokenExpiry
        self.creditBytesMax = creditBytesMax
        lastError = StatusReport.text(connections.lastError)
    }
}
