public import DiagnosticLogs

/// Merges the deltas of all partitions, decides which groups of which windows are findings, and prepares commits.
///
/// A pure value without clock, task or lock; one per instance. Deltas of different partitions may come in any order:
/// the findings, once closed, are the same. What is decided is committed together with the state and the positions that
/// it was decided from.
public struct Merger: Sendable {
    let rules: CompiledRules
    let options: MergerOptions
    private(set) var partitions: [Int]
    var states: [RuleState]
    var positions: [Int: PartitionPosition] = [:]
    var pending = PendingCommit()

    /// What all merged deltas counted, since this merger was made.
    public private(set) var counters = FoldCounters()
    /// Records that satisfied a rule and records that were late for it, by rule id, since this merger was made.
    public private(set) var ruleCounts: [String: RuleCount] = [:]

    private let fingerprintNumbers: [String: Int]
    /// Ids of operations that were passed on lately, to spare the store their repeats.
    private var recentOperations: Set<String> = []

    /// Makes a merger for the partitions that this instance owns: the watermark is the minimum over them.
    public init(rules: CompiledRules, partitions: [Int], options: MergerOptions = MergerOptions()) {
        self.rules = rules
        self.options = options
        self.partitions = partitions.sorted()
        states = [RuleState](repeating: RuleState(), count: rules.rules.count)
        var numbers: [String: Int] = [:]
        for (number, fingerprint) in rules.fingerprints.enumerated() { numbers[fingerprint] = number }
        fingerprintNumbers = numbers
    }

    /// Takes up a partition that has appeared: the watermark waits until it was heard of.
    public mutating func own(_ partition: Int) {
        guard !partitions.contains(partition) else { return }
        partitions.append(partition)
        partitions.sort()
    }

    /// The time up to which every owned partition is known; nil while one was never heard of.
    public var watermark: Timestamp? {
        var lowest: Timestamp?
        for partition in partitions {
            guard let position = positions[partition] else { return nil }
            lowest = lowest.map { min($0, position.watermark) } ?? position.watermark
        }
        return lowest
    }

    /// How far a partition is merged; after a restore, where to go on from.
    ///
    /// Nil for one never heard of.
    public func position(of partition: Int) -> PartitionPosition? { positions[partition] }

    /// How far every partition is merged that was ever heard of.
    public var allPositions: [Int: PartitionPosition] { positions }

    /// Groups that are being watched, over all rules.
    public var groupCount: Int { states.reduce(0) { $0 + $1.groups.count } }

    /// Findings that are open, over all rules.
    public var openFindingCount: Int {
        states.reduce(0) { sum, state in
            state.ledgers.values.reduce(sum) { $0 + $1.windows.count { !$0.isClosed } }
        }
    }

    /// The sequence number behind which a rule has seen a partition; nil for a rule or partition never heard of.
    public func activation(ofRule ruleID: String, partition: Int) -> Int64? {
        rules.rules.firstIndex { $0.metadata.id == ruleID }.flatMap { states[$0].activations[partition] }
    }

    /// Merges a delta, opens what can be opened early, and closes what is behind the watermark.
    public mutating func merge(_ delta: PartitionDelta, now: Timestamp) {
        counters.add(delta.counters)
        for count in delta.ruleCounts {
            ruleCounts[count.ruleID, default: RuleCount(ruleID: count.ruleID, matched: 0, late: 0)].add(count)
        }
        activate(delta)
        if let position = delta.position {
            positions[delta.partition] = position
            pending.positions[delta.partition] = position
        }
        for finding in delta.matches { journalMatch(finding, now) }
        pending.deadLetters += delta.deadLetters
        var touched: [Touch] = []
        for pane in delta.panes {
            if let touch = accept(pane, from: delta.partition) { touched.append(touch) }
        }
        decideAgain(touched, now)
        openEarly(touched, now)
        advance(now: now)
    }

    /// A pane that a delta changed.
    struct Touch {
        var rule: Int
        var group: StableHash
        var pane: Int64
    }

    /// Records from where on rules see a partition.
    private mutating func activate(_ delta: PartitionDelta) {
        for rule in states.indices where states[rule].activations[delta.partition] == nil {
            activate(rule, delta.partition, behind: positions[delta.partition])
        }
    }

    /// Notes that a rule sees a partition from behind a position on; from its start where there is none.
    mutating func activate(_ rule: Int, _ partition: Int, behind position: PartitionPosition?) {
        let start = position?.sequenceNumber ?? -1
        states[rule].activations[partition] = start
        if let position, !position.isStart { states[rule].watched(from: position.watermark.nanoseconds) }
        pending.activations.append((rule, partition, start))
    }

    /// The enqueued time from which on a rule has seen everything there was: the latest time at which it joined a
    /// partition that was already being read, or else the first message of all.
    func watchedSince(_ rule: Int) -> Int64? {
        guard let first = positions.values.compactMap(\.firstEnqueuedTime).min()?.nanoseconds else { return nil }
        return max(first, states[rule].watchedFrom ?? first)
    }

    /// Merges one pane into the state and into the commit in the making; nil when its records are refused.
    private mutating func accept(_ pane: PanePartial, from partition: Int) -> Touch? {
        guard let body = rules.bodies[pane.rule].grouped else { return nil }
        if let horizon = horizon(pane.rule, body) {
            let first = body.ownSlots(of: pane.pane).first
            // Some slot that should hold these records can no longer be decided with them.
            if let closed = states[pane.rule].closedThrough, first <= closed, first < horizon.slotEnd {
                pending.count(.lateDropped, rule: pane.rule, pane.partial.rows)
            }
            if pane.pane < horizon.pane { return nil }
        }
        guard let dropped = insert(pane, body) else {
            pending.count(body.groupsMax(options).notice, rule: pane.rule, pane.partial.rows)
            return nil
        }
        if dropped > 0 { pending.count(.eventsNotKept, rule: pane.rule, dropped) }
        pending.add(pane, partition: partition, limits: options.limits)
        return Touch(rule: pane.rule, group: pane.group, pane: pane.pane)
    }

    /// Merges one pane into the state; returns how many more matched events than before are not kept, or nil when the
    /// rule has as many groups as it may.
    mutating func insert(_ pane: PanePartial, _ body: any GroupedBody) -> Int64? {
        states[pane.rule].holds(pane.pane)
        if let at = states[pane.rule].groups.index(forKey: pane.group) {
            return states[pane.rule].groups.values[at].merge(pane.partial, pane: pane.pane, limits: options.limits)
        }
        guard states[pane.rule].groups.count < body.groupsMax(options).count,
            var group = GroupState(key: pane.key, isPartitioned: body.frame.isPartitioned)
        else { return nil }
        let dropped = group.merge(pane.partial, pane: pane.pane, limits: options.limits)
        states[pane.rule].groups[pane.group] = group
        return dropped
    }

    /// The earliest slot that can still be decided, and its first pane; nil while no slot was closed.
    func horizon(_ rule: Int, _ body: any GroupedBody) -> (slotEnd: Int64, pane: Int64)? {
        guard let closed = states[rule].closedThrough else { return nil }
        let given = min(max(0, options.closedWindowRetention.nanoseconds), PaneAxis.latest / 4)
        let slots = (body.retention(given) + body.hop - 1) / body.hop
        let end = closed - (slots - 1) * body.hop
        return (end, body.panes(ofSlotEnding: end).lowerBound)
    }

    private mutating func journalMatch(_ match: Finding, _ now: Timestamp) {
        guard let rule = fingerprintNumbers[match.ruleVersion],
            case .match(let onceSlot, _, let suppression) = rules.bodies[rule]
        else { return }
        if onceSlot != nil {
            if recentOperations.count >= 65_536 { recentOperations.removeAll(keepingCapacity: true) }
            guard recentOperations.insert(match.id).inserted else { return }
        }
        var finding = match
        finding.times.decided = now
        var alert = (id: FindingIdentity.alert(ruleID: match.rule.id, key: Array(match.id.utf8), slot: 0), isNew: true)
        if suppression > 0 {
            // Match rules have no group: one alert per rule and slot.
            let group = StableHash([])
            let time = match.firstSeen.nanoseconds
            alert = states[rule].ledgers[group, default: GroupLedger(key: [])].alert(
                end: time, length: 0, suppression: suppression, ruleID: match.rule.id)
            states[rule].ledgers[group]?.prune(
                before: time - 86_400_000_000_000, length: 0, suppression: suppression)
            pending.ledgers.insert(LedgerName(rule: rule, group: group))
        }
        journal(
            JournalEntry(
                finding: finding, activity: .create, isAlert: alert.isNew && finding.rule.status == .active,
                alertID: alert.id))
    }

    mutating func journal(_ entry: JournalEntry) {
        if entry.isAlert { pending.hasAlert = true }
        pending.journal.append(entry)
    }

    /// The number of the rule with a fingerprint; nil when no such rule is loaded.
    func rule(withFingerprint fingerprint: String) -> Int? { fingerprintNumbers[fingerprint] }
}

extension RuleCount {
    fileprivate mutating func add(_ other: RuleCount) {
        matched &+= other.matched
        late &+= other.late
    }
}
