import DiagnosticLogs
import StatusReport

/// Decides from what is known whether a run does its work: a pure function of the status and the time.
///
/// *Ready*: every owned partition has a link, the state file takes commits, no sink has failed or stood still for long, and
/// the journal has room. *Alive*: something moves; what heals by waiting (a hub that is away, a full disk) is alive.
struct ReadinessJudge {
    typealias Reason = StatusReport.Readiness.Reason

    /// How long a sink may fail before it is said.
    static let sinkPatience: Duration = .seconds(30)
    /// How long rows may wait for a sink that neither fails nor delivers.
    static let standstill: Duration = .seconds(120)
    /// How long the commits or an event loop may say nothing.
    static let stuckAfter: Duration = .seconds(120)

    let status: RunStatus.Snapshot
    let now: Timestamp

    var readiness: StatusReport.Readiness {
        StatusReport.Readiness(phase: status.phase, reasons: reasons, stuck: stuck)
    }

    private var reasons: [Reason] {
        switch status.phase {
        case .starting:
            if let error = status.startError { return [Reason(.hubUnreachable, "The hub does not answer: \(error)")] }
            return [Reason(.starting, "Rules and state are being loaded, or the hub is being asked.")]
        case .stopping: return [Reason(.stopping, "It was told to stop and commits what is left.")] + failures
        case .running: return links + failures
        }
    }

    private var failures: [Reason] { commits + sinks + journal }

    private var links: [Reason] {
        guard !status.partitions.isEmpty else { return [Reason(.starting, "No partition is known yet.")] }
        let detached = status.partitions.filter { !$0.value.isAttached }.keys.sorted()
        guard !detached.isEmpty else { return [] }
        let names = detached.prefix(20).map(String.init).joined(separator: ", ") + (detached.count > 20 ? ", …" : "")
        let why = detached.compactMap { status.partitions[$0]?.lastError }.first ?? status.connections.lastError
        let said = why.map { ": \($0)" } ?? "."
        return [
            Reason(
                .linksDetached, subject: names,
                "\(detached.count) of \(status.partitions.count) partitions have no link\(said)")
        ]
    }

    private var commits: [Reason] {
        guard let since = status.commit.failingSince else { return [] }
        let why = status.commit.lastError.map { "\($0)" } ?? "no reason was given"
        return [Reason(.stateNotWritable, "Commits fail: \(why)", sinceMs: since.milliseconds)]
    }

    private var sinks: [Reason] {
        status.sinks.sorted { $0.key < $1.key }.compactMap { name, sink in
            if let since = sink.failingSince, isLonger(since, than: Self.sinkPatience) {
                let why = sink.lastError.map { "\($0)" } ?? "no reason was given"
                return Reason(.sinkFailing, subject: name, "Sink \(name) fails: \(why)", sinceMs: since.milliseconds)
            }
            if let since = sink.waitingSince, isLonger(since, than: Self.standstill) {
                return Reason(
                    .sinkFailing, subject: name, "Sink \(name) is owed findings and delivers none.",
                    sinceMs: since.milliseconds)
            }
            return nil
        }
    }

    private var journal: [Reason] {
        guard status.journalIsFull else { return [] }
        return [Reason(.journalFull, "A sink owes as much as state.journal_max.")]
    }

    private var stuck: [String] {
        guard status.phase != .starting else { return [] }
        var stuck: [String] = []
        if status.commit.failingSince == nil, let beat = status.beatAt, isLonger(beat, than: Self.stuckAfter) {
            stuck.append("The commits have not moved for \((now.nanoseconds - beat.nanoseconds) / 1_000_000_000) s.")
        }
        if let asked = status.sampledAt {
            let silent = status.partitions.filter { entry in
                guard let seen = entry.value.loopSeenAt else { return false }
                return asked.nanoseconds - seen.nanoseconds > Self.stuckAfter.nanoseconds
            }
            if let first = silent.keys.min() {
                stuck.append("The event loop of partition \(first) does not answer (\(silent.count) in all).")
            }
        }
        return stuck
    }

    private func isLonger(_ since: Timestamp, than limit: Duration) -> Bool {
        let (age, overflow) = now.nanoseconds.subtractingReportingOverflow(since.nanoseconds)
        return !overflow && age >= limit.nanoseconds
    }
}
