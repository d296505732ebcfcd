public import Detection
public import DiagnosticLogs
import FindingFormats
import StateStore

/// What a replay did and found.
public struct ReplayReport: Sendable {
    /// What one rule found.
    public struct RuleLine: Sendable, Hashable {
        /// Rule id.
        public var id: String
        /// Its title.
        public var title: String
        /// How bad its findings are.
        public var severity: RuleMetadata.Severity
        /// Whether they were only recorded.
        public var isShadow: Bool
        /// Findings raised.
        public var findings = 0
        /// Alerts among them.
        public var alerts = 0
    }

    /// Rules with findings, in order of their titles.
    public var rules: [RuleLine] = []
    /// Messages, records, late ones, dead letters.
    public var counters = FoldCounters()
    /// Messages that the broker had and did not give, as ranges of sequence numbers.
    public var gaps = 0
    /// When the broker took the first message read; nil when nothing was read.
    public var first: Timestamp?
    /// When it took the last one.
    public var last: Timestamp?
    /// The time up to which everything is known: windows that end before it are decided.
    public var watermark: Timestamp?
    /// Windows that hold something and were not decided, because the span ends inside of them.
    public var openWindows = 0
    /// Findings of these that were raised early.
    public var openFindings = 0
    /// Findings of windows that the span's end cuts, closed there as asked.
    public var closedAtEnd = 0
    /// Findings of windows that begin before the first message: a run that read more may say otherwise.
    public var cutAtStart = 0
    /// True when the replay was stopped before its end.
    public var wasStopped = false

    /// Findings raised, over all rules.
    public var findings: Int { rules.reduce(0) { $0 + $1.findings } }

    /// Gathers the journal's rows behind an id.
    ///
    /// - Parameter startIsCut: whether messages lie in front of the first one that was read.
    mutating func gather(
        _ store: any StateStore, after id: Int64, startIsCut: Bool
    ) async throws(StateStoreError) {
        var byID: [String: RuleLine] = [:]
        var at = id
        while true {
            let rows = try await store.journal(after: at, limit: 256)
            guard let end = rows.last else { break }
            at = end.id
            for row in rows {
                guard let entry = try? JournalRecord(payload: row.draft.payload).entry else { continue }
                let finding = entry.finding
                var line =
                    byID[finding.rule.id]
                    ?? RuleLine(
                        id: finding.rule.id, title: finding.rule.title, severity: finding.rule.severity,
                        isShadow: row.draft.status == .shadow)
                if entry.activity == .create { line.findings += 1 }
                if entry.isAlert { line.alerts += 1 }
                byID[finding.rule.id] = line
                if entry.activity == .close, let window = finding.window {
                    if let watermark, window.end >= watermark { closedAtEnd += 1 }
                    if startIsCut, let first, window.start < first { cutAtStart += 1 }
                }
            }
        }
        rules = byID.values.sorted { ($0.title, $0.id) < ($1.title, $1.id) }
    }
}
