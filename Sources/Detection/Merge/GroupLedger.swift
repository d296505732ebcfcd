/// What was journaled about a group, as long as it can matter: so that each activity is journaled once, also across a
/// restart, and windows that overlap an alerted one update it.
struct GroupLedger: Sendable {
    /// A finding of the group.
    struct Window: Sendable {
        var end: Int64
        var isClosed: Bool
        var revision: Int
        /// Hash of what was journaled last.
        var digest: StableHash
        var alertID: String
    }

    /// A window that raised an alert.
    struct Alert: Sendable {
        var end: Int64
        var slot: Int64
        var id: String
    }

    let key: [UInt8]
    var windows: [Window] = []
    var alerts: [Alert] = []

    init(key: [UInt8]) { self.key = key }

    var isEmpty: Bool { windows.isEmpty && alerts.isEmpty }

    /// True when every time in it is one that windows can be computed from.
    var isInRange: Bool {
        windows.allSatisfy { PaneAxis.isInRange($0.end) } && alerts.allSatisfy { PaneAxis.isInRange($0.end) }
    }

    func window(endingAt end: Int64) -> Int? { windows.firstIndex { $0.end == end } }

    /// The windows that end in a range.
    func windows(endingIn range: ClosedRange<Int64>) -> [Int] {
        windows.indices.filter { range.contains(windows[$0].end) }
    }

    /// True when a finding of a window in the range is open.
    func isOpen(from low: Int64, through high: Int64) -> Bool {
        windows.contains { !$0.isClosed && $0.end >= low && $0.end <= high }
    }

    /// The alert that a finding belongs to, raising one if there is none: one per slot, and none for a window that
    /// overlaps an alerted one.
    mutating func alert(end: Int64, length: Int64, suppression: Int64, ruleID: String) -> (id: String, isNew: Bool) {
        let slot = CivilTime.floorDivide(end, max(1, suppression)).quotient
        if let same = alerts.first(where: { $0.slot == slot }) { return (same.id, false) }
        let overlapping = alerts.filter { $0.end - length <= end && end - length <= $0.end }
        if length > 0, let nearest = overlapping.max(by: { $0.end < $1.end }) { return (nearest.id, false) }
        let id = FindingIdentity.alert(ruleID: ruleID, key: key, slot: slot)
        alerts.append(Alert(end: end, slot: slot, id: id))
        return (id, true)
    }

    /// Forgets what no window from `end` on can need.
    mutating func prune(before end: Int64, length: Int64, suppression: Int64) {
        windows.removeAll { $0.isClosed && $0.end < end }
        alerts.removeAll { alert in
            let (slotEnd, overflow) = (alert.slot &+ 1).multipliedReportingOverflow(by: max(1, suppression))
            return alert.end < end - length && !overflow && slotEnd <= end
        }
    }
}

/// The state of one rule.
struct RuleState: Sendable {
    var groups: [StableHash: GroupState] = [:]
    var ledgers: [StableHash: GroupLedger] = [:]
    /// End of the last window that is over; nil before the first.
    var closedThrough: Int64?
    /// From which sequence number on the rule has seen each partition.
    var activations: [Int: Int64] = [:]
    /// The latest watermark at which the rule joined a partition that was already being read; nil while it has seen every
    /// partition from its start.
    var watchedFrom: Int64?
    /// The lowest and the highest pane that ever held something; nil while none did.
    private(set) var paneSpan: ClosedRange<Int64>?

    mutating func holds(_ pane: Int64) {
        guard let span = paneSpan else {
            paneSpan = pane...pane
            return
        }
        if !span.contains(pane) { paneSpan = min(pane, span.lowerBound)...max(pane, span.upperBound) }
    }

    mutating func watched(from time: Int64?) {
        if let time { watchedFrom = watchedFrom.map { max($0, time) } ?? time }
    }
}
