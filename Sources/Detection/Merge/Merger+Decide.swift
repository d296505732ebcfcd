public import DiagnosticLogs

/// Deciding windows: which rows of a window are findings, and what is journaled about them.
extension Merger {
    /// Closes every slot behind the watermark.
    ///
    /// Call it when time has passed without deltas; merging does it too.
    public mutating func advance(now: Timestamp) {
        guard let watermark else { return }
        for rule in states.indices {
            guard let body = rules.bodies[rule].grouped else { continue }
            let end = body.lastClosedEnd(watermark: watermark.nanoseconds)
            guard states[rule].closedThrough.map({ end > $0 }) ?? true else { continue }
            close(rule, body, through: end, now)
        }
    }

    mutating func close(_ rule: Int, _ body: any GroupedBody, through end: Int64, _ now: Timestamp) {
        for slot in slots(of: rule, body, after: states[rule].closedThrough, through: end) {
            decide(rule, body, slot, only: nil, mode: .close, now)
        }
        states[rule].closedThrough = end
        pending.closed.insert(rule)
        tidy(rule, body)
    }

    /// Drops what no slot that can still be decided needs.
    mutating func tidy(_ rule: Int, _ body: any GroupedBody) {
        guard let horizon = horizon(rule, body) else { return }
        // By place: looking up every group by its name costs more than the rest.
        var empty: [StableHash] = []
        var at = states[rule].groups.startIndex
        while at != states[rule].groups.endIndex {
            states[rule].groups.values[at].drop(below: horizon.pane)
            if states[rule].groups.values[at].panes.isEmpty { empty.append(states[rule].groups[at].key) }
            states[rule].groups.formIndex(after: &at)
        }
        for group in empty { states[rule].groups[group] = nil }
        let earliest = body.findingEnds(ofSlotEnding: horizon.slotEnd).lowerBound
        for group in Array(states[rule].ledgers.keys) {
            states[rule].ledgers[group]?.prune(
                before: earliest, length: body.frame.overlap, suppression: body.frame.suppression)
            if states[rule].ledgers[group]?.isEmpty ?? true { states[rule].ledgers[group] = nil }
        }
    }

    /// Ends of the slots in a span that can hold a finding, in order; all slots of the span for rules that a slot without
    /// records can satisfy.
    private mutating func slots(
        of rule: Int, _ body: any GroupedBody, after: Int64?, through: Int64
    ) -> [Int64] {
        let hop = body.hop
        var ends: Set<Int64> = []
        var panes: Set<Int64> = []
        for group in states[rule].groups.values {
            for pane in group.panes where panes.insert(pane.number).inserted {
                let own = body.ownSlots(of: pane.number)
                var end = own.first
                if let after, end <= after { end = after + hop }
                let last = min(own.last, through)
                while end <= last {
                    ends.insert(end)
                    end += hop
                }
            }
        }
        if body.emptySlotQualifies(options.limits) {
            let first = positions.values.compactMap(\.firstEnqueuedTime).min()
            if let start = after.map({ $0 + hop }) ?? first.flatMap({ firstEnd(hop, $0) }), start <= through {
                let (reach, overflow) = Int64(options.emptyWindowsMax - 1).multipliedReportingOverflow(by: hop)
                let lowest = through - (overflow ? PaneAxis.latest : min(reach, PaneAxis.latest))
                if start < lowest { pending.count(.windowsSkipped, rule: rule, (lowest - start) / hop) }
                ends.formUnion(stride(from: max(start, lowest), through: through, by: Int(hop)))
            }
        }
        return ends.sorted()
    }

    private func firstEnd(_ hop: Int64, _ time: Timestamp) -> Int64? {
        let (quotient, rest) = CivilTime.floorDivide(
            min(max(time.nanoseconds, PaneAxis.earliest), PaneAxis.latest), hop)
        return (rest == 0 ? quotient : quotient + 1) * hop
    }

    /// Decides closed slots again that got records late, while all their panes are kept.
    mutating func decideAgain(_ touched: [Touch], _ now: Timestamp) {
        var again: [Int: [Int64: Set<StableHash>]] = [:]
        for touch in touched {
            guard let body = rules.bodies[touch.rule].grouped, let closed = states[touch.rule].closedThrough,
                let horizon = horizon(touch.rule, body)
            else { continue }
            let slots = body.touchedSlots(of: touch.pane)
            var end = slots.first
            if end < horizon.slotEnd {
                // Ends of slots lie a whole number of hops apart.
                end += (horizon.slotEnd - end + body.hop - 1) / body.hop * body.hop
            }
            while end <= min(slots.last, closed) {
                again[touch.rule, default: [:]][end, default: []].insert(touch.group)
                end += body.hop
            }
        }
        for (rule, slots) in again.sorted(by: { $0.key < $1.key }) {
            guard let body = rules.bodies[rule].grouped else { continue }
            for (end, groups) in slots.sorted(by: { $0.key < $1.key }) {
                // Rows of other groups matter only where stages look at several rows.
                decide(rule, body, end, only: body.comparesGroups ? nil : groups, mode: .again, now)
            }
        }
    }

    /// Opens findings whose condition holds already and can only go on holding.
    mutating func openEarly(_ touched: [Touch], _ now: Timestamp) {
        for touch in touched {
            guard let body = rules.bodies[touch.rule].grouped, body.opensEarly,
                let group = states[touch.rule].groups[touch.group], let newest = group.panes.last?.number
            else { continue }
            let ends = body.earlySlots(
                touched: touch.pane, newest: newest, after: states[touch.rule].closedThrough,
                states[touch.rule].ledgers[touch.group])
            for end in ends {
                guard mayOpen(group, states[touch.rule].ledgers[touch.group], slotEnding: end, body) else { continue }
                let isOpen = decide(touch.rule, body, end, only: [touch.group], mode: .early, now)
                if isOpen, body.slotsOverlap { break }
            }
        }
    }

    /// False when a group has no finding to open in a slot: it has one already, or cannot have one yet.
    private func mayOpen(
        _ group: GroupState, _ ledger: GroupLedger?, slotEnding end: Int64, _ body: any GroupedBody
    ) -> Bool {
        ledger?.window(endingAt: body.findingEnds(ofSlotEnding: end).upperBound) == nil
            && body.mayHold(group, slotEnding: end, options.limits)
    }

    /// The panes of all groups that may have a finding to open, in an order that does not depend on hashing.
    ///
    /// Opening one never lets another open, so those left out would open nothing after it either.
    func openablePanes() -> [Touch] {
        states.indices.flatMap { rule -> [Touch] in
            guard let body = rules.bodies[rule].grouped, body.opensEarly else { return [] }
            let state = states[rule]
            let openable = state.groups.filter { name, group in
                guard let newest = group.panes.last?.number else { return false }
                let ledger = state.ledgers[name]
                return group.panes.contains { pane in
                    body.earlySlots(touched: pane.number, newest: newest, after: state.closedThrough, ledger)
                        .contains { mayOpen(group, ledger, slotEnding: $0, body) }
                }
            }
            return openable.sorted { $0.value.key.lexicographicallyPrecedes($1.value.key) }.flatMap { name, group in
                group.panes.map { Touch(rule: rule, group: name, pane: $0.number) }
            }
        }
    }

    /// Why a slot is decided.
    enum Mode {
        /// Its condition may hold already.
        case early
        /// It is over.
        case close
        /// It was over, and got records since.
        case again
    }

    /// Decides a slot; returns whether there is a finding.
    @discardableResult
    private mutating func decide(
        _ rule: Int, _ body: any GroupedBody, _ end: Int64, only: Set<StableHash>?, mode: Mode, _ now: Timestamp
    ) -> Bool {
        let all = states[rule].groups
        let panes = body.panes(ofSlotEnding: end)
        var groups: [GroupState] = []
        func add(_ group: GroupState) { if !group.panes(in: panes).isEmpty { groups.append(group) } }
        if let only {
            for name in only { if let group = all[name] { add(group) } }
        } else {
            for group in all.values { add(group) }
        }
        groups.sort { $0.key.lexicographicallyPrecedes($1.key) }
        let scene = DecisionScene(limits: options.limits, masking: rules.masking, watchedSince: watchedSince(rule))
        let rows = body.rows(groups, slotEnding: end, isWhole: only == nil, scene)
        let assembly = FindingAssembly(
            rule: rules.rules[rule], version: rules.fingerprints[rule], masking: rules.masking, options: options,
            now: now)
        var found: [StableHash: Int64] = [:]
        for row in rows {
            let group = StableHash(row.key)
            found[group] = row.end
            record(rule, body, assembly, row, group, mode)
        }
        if mode != .early {
            noteWithdrawn(rule, body.findingEnds(ofSlotEnding: end), found, only: only, mode)
        }
        return !rows.isEmpty
    }

    /// Journals what is new about a finding.
    private mutating func record(
        _ rule: Int, _ body: any GroupedBody, _ assembly: FindingAssembly, _ row: DecisionRow, _ group: StableHash,
        _ mode: Mode
    ) {
        var ledger = states[rule].ledgers[group] ?? GroupLedger(key: row.key)
        let digest = row.digest
        if let known = ledger.window(endingAt: row.end) {
            guard !ledger.windows[known].isClosed || (mode == .again && ledger.windows[known].digest != digest) else {
                return
            }
            let alertID = ledger.windows[known].alertID
            ledger.windows[known].digest = digest
            if mode == .again {
                ledger.windows[known].revision &+= 1
                journal(
                    JournalEntry(
                        finding: assembly.finding(for: row), activity: .update,
                        revision: ledger.windows[known].revision, isAlert: false, alertID: alertID))
            } else if mode == .close {
                ledger.windows[known].isClosed = true
                journal(
                    JournalEntry(
                        finding: assembly.finding(for: row), activity: .close, isAlert: false, alertID: alertID))
            }
        } else {
            let finding = assembly.finding(for: row)
            let alert = ledger.alert(
                end: row.end, length: body.frame.overlap, suppression: body.frame.suppression,
                ruleID: rules.rules[rule].metadata.id)
            let isAlert = alert.isNew && rules.rules[rule].metadata.status == .active
            ledger.windows.append(
                GroupLedger.Window(
                    end: row.end, isClosed: mode != .early, revision: 0, digest: digest, alertID: alert.id))
            journal(JournalEntry(finding: finding, activity: .create, isAlert: isAlert, alertID: alert.id))
            if mode != .early {
                journal(JournalEntry(finding: finding, activity: .close, isAlert: false, alertID: alert.id))
            }
        }
        states[rule].ledgers[group] = ledger
        pending.ledgers.insert(LedgerName(rule: rule, group: group))
    }

    /// Counts findings of a slot that do not hold now: a late record can undo tests such as `count < 5`, make a term
    /// known, or fill a gap.
    private mutating func noteWithdrawn(
        _ rule: Int, _ ends: ClosedRange<Int64>, _ found: [StableHash: Int64], only: Set<StableHash>?, _ mode: Mode
    ) {
        for group in only ?? Set(states[rule].ledgers.keys) {
            guard let windows = states[rule].ledgers[group]?.windows(endingIn: ends) else { continue }
            for at in windows {
                guard let window = states[rule].ledgers[group]?.windows[at], found[group] != window.end,
                    !window.isClosed || mode == .again
                else { continue }
                states[rule].ledgers[group]?.windows[at].isClosed = true
                pending.ledgers.insert(LedgerName(rule: rule, group: group))
                pending.count(.withdrawn, rule: rule, 1)
            }
        }
    }
}
