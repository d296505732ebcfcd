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
        let start = positions[delta.partition]?.sequenceNumber ?? -1
        for rule in states.indices where states[rule].activations[delta.partition] == nil {
            states[rule].activations[delta.partition] = start
            pending.activations.append((rule, delta.partition, start))
        }
    }

    /// Merges one pane into the state and into the commit in the making; nil when its records are refused.
    private mutating func accept(_ pane: PanePartial, from partition: Int) -> Touch? {
        guard case .aggregate(let aggregate) = rules.bodies[pane.rule] else { return nil }
        if let horizon = horizon(pane.rule, aggregate) {
            let kept = horizon.windowEnd
            // Some window that should hold these records can no longer be decided with them.
            if let closed = states[pane.rule].closedThrough, aggregate.axis.firstWindowEnd(of: pane.pane) <= closed,
                aggregate.axis.firstWindowEnd(of: pane.pane) < kept
            {
                pending.count(.lateDropped, rule: pane.rule, pane.partial.rows)
            }
            if pane.pane < horizon.pane { return nil }
        }
        guard insert(pane, isPartitioned: aggregate.isPartitioned) else {
            pending.count(.groupsRefused, rule: pane.rule, pane.partial.rows)
            return nil
        }
        pending.add(pane, partition: partition, limits: options.limits)
        return Touch(rule: pane.rule, group: pane.group, pane: pane.pane)
    }

    /// Merges one pane into the state; false when the rule has as many groups as it may.
    mutating func insert(_ pane: PanePartial, isPartitioned: Bool) -> Bool {
        if states[pane.rule].groups[pane.group] == nil {
            guard states[pane.rule].groups.count < options.groupsPerRuleMax,
                let group = GroupState(key: pane.key, isPartitioned: isPartitioned)
            else { return false }
            states[pane.rule].groups[pane.group] = group
        }
        states[pane.rule].groups[pane.group]?.merge(pane.partial, pane: pane.pane, limits: options.limits)
        return true
    }

    /// The earliest window that can still be decided, and its first pane; nil while no window was closed.
    func horizon(_ rule: Int, _ aggregate: CompiledAggregate) -> (windowEnd: Int64, pane: Int64)? {
        guard let closed = states[rule].closedThrough else { return nil }
        let axis = aggregate.axis
        let retention = min(max(0, options.closedWindowRetention.nanoseconds), PaneAxis.latest / 4)
        let windows = (retention + axis.hop - 1) / axis.hop
        let end = closed - (windows - 1) * axis.hop
        return (end, axis.panes(ofWindowEndingAt: end).lowerBound)
    }

    private mutating func journalMatch(_ match: Finding, _ now: Timestamp) {
        guard let rule = fingerprintNumbers[match.ruleVersion],
            case .match(let onceSlot, let suppression) = rules.bodies[rule]
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
