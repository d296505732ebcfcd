public import StatusReport

extension StatusView {
    /// A report in the order of a reader: what needs somebody first.
    ///
    /// - Parameter gaps: what was missed, newest first; a report only counts it.
    public init(_ report: StatusReport, gaps: [Gap] = []) {
        self.init()
        namespace = report.source.namespace
        hub = report.source.hub
        consumerGroup = report.source.consumerGroup
        version = report.process.version
        nowSeconds = report.process.reportedMs / 1000
        startedSeconds = report.process.startedMs / 1000
        isReady = report.readiness.isReady
        state = Self.state(report.readiness)
        reasons =
            report.readiness.stuck
            + report.readiness.reasons.map { reason in
                let since = reason.sinceMs.map { ", since \(TimeOfDay.text($0 / 1000, precision: .second)) UTC" }
                return reason.message + (since ?? "")
            }
        let lags = report.partitions.compactMap(\.lagEvents)
        lag = lags.isEmpty ? nil : Self.sum(lags)
        lagSeconds = report.partitions.compactMap(\.lagSeconds).max()
        records = report.records.records
        messages = report.records.messages
        bytes = report.records.bytes
        alerts = report.findings.alerts
        deadLetterCount = Self.sum(report.deadLetters.byReason.map(\.count))
        groups = Self.sum(report.rules.map(\.groups))
        journalIsFull = report.journal.isFull
        partitions = report.partitions.map(Partition.init)
        rules = report.rules.map(Rule.init).sorted { a, b in
            (a.findings, a.hits, b.title, b.id) > (b.findings, b.hits, a.title, a.id)
        }
        let reasons = Self.reasons(report.deadLetters)
        deadLetters = reasons.filter { $0.count > 0 || $0.kept > 0 }
        reasonsWithout = reasons.count - deadLetters.count
        sinks = report.sinks.map(Sink.init)
        self.gaps = gaps
    }

    /// The sum, held at the ends of the range: a report may come from another machine, and say anything.
    private static func sum(_ numbers: [Int64]) -> Int64 { numbers.reduce(into: 0) { add($1, to: &$0) } }

    private static func add(_ number: Int64, to total: inout Int64) {
        let (sum, isBeyond) = total.addingReportingOverflow(number)
        total = isBeyond ? (number < 0 ? .min : .max) : sum
    }

    private static func state(_ readiness: StatusReport.Readiness) -> String {
        if !readiness.isAlive { return "stuck" }
        switch readiness.phase {
        case .starting: return "starting"
        case .stopping: return "stopping"
        case .running: return readiness.isReady ? "ready" : "not ready"
        }
    }

    private static func reasons(_ letters: StatusReport.DeadLetters) -> [Reason] {
        var reasons: [String: Reason] = [:]
        for tally in letters.byReason {
            add(tally.count, to: &reasons[tally.name, default: Reason(name: tally.name, count: 0, kept: 0)].count)
        }
        for tally in letters.storedByReason {
            add(tally.count, to: &reasons[tally.name, default: Reason(name: tally.name, count: 0, kept: 0)].kept)
        }
        return reasons.values.sorted { a, b in (a.count, a.kept, b.name) > (b.count, b.kept, a.name) }
    }
}

extension StatusView.Partition {
    init(_ partition: StatusReport.Partition) {
        self.init(
            number: partition.number, isAttached: partition.isAttached,
            // The hub is asked for its end now and then only: what is known to be read counts at once.
            isCaughtUp: partition.isCaughtUp || partition.lagEvents == 0,
            position: partition.position, lag: partition.lagEvents, lagSeconds: partition.lagSeconds,
            messages: partition.messages, bytes: partition.bytes,
            trouble: partition.isAttached ? nil : partition.lastError)
    }
}

extension StatusView.Rule {
    init(_ rule: StatusReport.Rule) {
        self.init(
            id: rule.id, title: rule.title, severity: rule.severity, isShadow: rule.isShadow, hits: rule.hits,
            findings: rule.findings)
    }
}

extension StatusView.Sink {
    init(_ sink: StatusReport.Sink) {
        self.init(
            name: sink.name, cursor: sink.cursor, owed: sink.owedRows, owedBytes: sink.owedBytes,
            failures: sink.failures,
            trouble: sink.failingSinceMs == nil ? nil : sink.lastError ?? "every attempt fails")
    }
}
