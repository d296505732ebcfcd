public import DiagnosticLogs

/// Deciding windows: which rows of a window are findings, and what is journaled about them.
extension Merger {
    /// Closes every window behind the watermark.
    ///
    /// Call it when time has passed without deltas; merging does it too.
    public mutating func advance(now: Timestamp) {
        guard let watermark else { return }
        for rule in states.indices {
            guard case .aggregate(let aggregate) = rules.bodies[rule] else { continue }
            let end = aggregate.axis.lastClosedEnd(
                watermark: watermark.nanoseconds, lateness: aggregate.lateness)
            guard states[rule].closedThrough.map({ end > $0 }) ?? true else { continue }
            close(rule, aggregate, through: end, now)
        }
    }

    private mutating func close(_ rule: Int, _ aggregate: CompiledAggregate, through end: Int64, _ now: Timestamp) {
        for window in windows(of: rule, aggregate, after: states[rule].closedThrough, through: end) {
            decide(rule, aggregate, window, only: nil, mode: .close, now)
        }
        states[rule].closedThrough = end
        pending.closed.insert(rule)
        tidy(rule, aggregate)
    }

    /// Drops what no window that can still be decided needs.
    mutating func tidy(_ rule: Int, _ aggregate: CompiledAggregate) {
        guard let horizon = horizon(rule, aggregate) else { return }
        for group in Array(states[rule].groups.keys) {
            states[rule].groups[group]?.drop(below: horizon.pane)
            if states[rule].groups[group]?.panes.isEmpty ?? true { states[rule].groups[group] = nil }
        }
        for group in Array(states[rule].ledgers.keys) {
            states[rule].ledgers[group]?.prune(
                before: horizon.windowEnd, length: aggregate.axis.length, suppression: aggregate.suppression)
            if states[rule].ledgers[group]?.isEmpty ?? true { states[rule].ledgers[group] = nil }
        }
    }

    /// Ends of the windows in a span that hold something, in order; all windows of the span for rules that a window
    /// without records can satisfy.
    private mutating func windows(
        of rule: Int, _ aggregate: CompiledAggregate, after: Int64?, through: Int64
    ) -> [Int64] {
        let axis = aggregate.axis
        var ends: Set<Int64> = []
        var panes: Set<Int64> = []
        for group in states[rule].groups.values {
            for pane in group.panes where panes.insert(pane.number).inserted {
                var end = axis.firstWindowEnd(of: pane.number)
                if let after, end <= after { end = after + axis.hop }
                let last = min(axis.lastWindowEnd(of: pane.number), through)
                while end <= last {
                    ends.insert(end)
                    end += axis.hop
                }
            }
        }
        if aggregate.emptyWindowQualifies(limits: options.limits) {
            let first = positions.values.compactMap(\.firstEnqueuedTime).min()
            if let start = after.map({ $0 + axis.hop }) ?? first.flatMap({ firstEnd(axis, $0) }), start <= through {
                let (reach, overflow) = Int64(options.emptyWindowsMax - 1).multipliedReportingOverflow(by: axis.hop)
                let lowest = through - (overflow ? PaneAxis.latest : min(reach, PaneAxis.latest))
                if start < lowest { pending.count(.windowsSkipped, rule: rule, (lowest - start) / axis.hop) }
                ends.formUnion(stride(from: max(start, lowest), through: through, by: Int(axis.hop)))
            }
        }
        return ends.sorted()
    }

    private func firstEnd(_ axis: PaneAxis, _ time: Timestamp) -> Int64? {
        let (quotient, rest) = CivilTime.floorDivide(
            min(max(time.nanoseconds, PaneAxis.earliest), PaneAxis.latest), axis.hop)
        return (rest == 0 ? quotient : quotient + 1) * axis.hop
    }

    /// Decides closed windows again that got records late, while all their panes are kept.
    mutating func decideAgain(_ touched: [Touch], _ now: Timestamp) {
        var again: [Int: [Int64: Set<StableHash>]] = [:]
        for touch in touched {
            guard case .aggregate(let aggregate) = rules.bodies[touch.rule],
                let closed = states[touch.rule].closedThrough, let horizon = horizon(touch.rule, aggregate)
            else { continue }
            let axis = aggregate.axis
            var end = max(axis.firstWindowEnd(of: touch.pane), horizon.windowEnd)
            while end <= min(axis.lastWindowEnd(of: touch.pane), closed) {
                again[touch.rule, default: [:]][end, default: []].insert(touch.group)
                end += axis.hop
            }
        }
        for (rule, windows) in again.sorted(by: { $0.key < $1.key }) {
            guard case .aggregate(let aggregate) = rules.bodies[rule] else { continue }
            for (end, groups) in windows.sorted(by: { $0.key < $1.key }) {
                // Rows of other groups matter only where stages look at several rows.
                decide(
                    rule, aggregate, end, only: aggregate.pipeline.isRowLocal ? groups : nil, mode: .again, now)
            }
        }
    }

    /// Opens findings whose condition holds already and can only go on holding.
    ///
    /// Tried are the earliest open window that contains a changed pane and, when newer records came first, the earliest
    /// one that contains the group's newest pane too; the others follow when their turn comes. A group with an open
    /// finding in reach says nothing new.
    mutating func openEarly(_ touched: [Touch], _ now: Timestamp) {
        for touch in touched {
            guard case .aggregate(let aggregate) = rules.bodies[touch.rule], aggregate.opensEarly,
                let group = states[touch.rule].groups[touch.group], let newest = group.panes.last?.number
            else { continue }
            let axis = aggregate.axis
            let firstOpen = states[touch.rule].closedThrough.map { $0 + axis.hop } ?? Int64.min
            let last = axis.lastWindowEnd(of: touch.pane)
            let first = max(axis.firstWindowEnd(of: touch.pane), firstOpen)
            guard first <= last, states[touch.rule].ledgers[touch.group]?.isOpen(from: first, through: last) != true
            else { continue }
            var ends = [first]
            let withNewest = axis.firstWindowEnd(of: newest)
            if withNewest > first, withNewest <= last { ends.append(withNewest) }
            for end in ends where states[touch.rule].ledgers[touch.group]?.window(endingAt: end) == nil {
                let range = axis.panes(ofWindowEndingAt: end)
                guard let bounds = group.upperBounds(in: range, limits: options.limits) else { continue }
                let results = aggregate.results(bounds, options.limits)
                guard aggregate.pipeline.mayPass(key: group.values, aggregates: results) else { continue }
                decide(touch.rule, aggregate, end, only: [touch.group], mode: .early, now)
                if states[touch.rule].ledgers[touch.group]?.window(endingAt: end) != nil { break }
            }
        }
    }

    /// Why a window is decided.
    enum Mode {
        /// Its condition may hold already.
        case early
        /// It is over.
        case close
        /// It was over, and got records since.
        case again
    }

    private mutating func decide(
        _ rule: Int, _ aggregate: CompiledAggregate, _ end: Int64, only: Set<StableHash>?, mode: Mode, _ now: Timestamp
    ) {
        let decision = WindowDecision(
            rule: rules.rules[rule], version: rules.fingerprints[rule], aggregate: aggregate, end: end,
            options: options, now: now)
        let rows = decision.rows(of: states[rule].groups, only: only)
        var found: Set<StableHash> = []
        for row in rows {
            let group = StableHash(row.key)
            found.insert(group)
            record(rule, aggregate, decision, row, group, mode)
        }
        if mode != .early { noteWithdrawn(rule, end, found, only: only, mode) }
    }

    /// Journals what is new about a finding.
    private mutating func record(
        _ rule: Int, _ aggregate: CompiledAggregate, _ decision: WindowDecision, _ row: WindowDecision.Row,
        _ group: StableHash, _ mode: Mode
    ) {
        var ledger = states[rule].ledgers[group] ?? GroupLedger(key: row.key)
        let digest = row.digest
        let known = ledger.window(endingAt: decision.end)
        let finding = decision.finding(for: row)
        if let known {
            guard !ledger.windows[known].isClosed || (mode == .again && ledger.windows[known].digest != digest) else {
                return
            }
            let alertID = ledger.windows[known].alertID
            ledger.windows[known].digest = digest
            if mode == .again {
                ledger.windows[known].revision &+= 1
                journal(
                    JournalEntry(
                        finding: finding, activity: .update, revision: ledger.windows[known].revision, isAlert: false,
                        alertID: alertID))
            } else if mode == .close {
                ledger.windows[known].isClosed = true
                journal(JournalEntry(finding: finding, activity: .close, isAlert: false, alertID: alertID))
            }
        } else {
            let alert = ledger.alert(
                end: decision.end, length: aggregate.axis.length, suppression: aggregate.suppression,
                ruleID: rules.rules[rule].metadata.id)
            let isAlert = alert.isNew && rules.rules[rule].metadata.status == .active
            ledger.windows.append(
                GroupLedger.Window(
                    end: decision.end, isClosed: mode != .early, revision: 0, digest: digest, alertID: alert.id))
            journal(JournalEntry(finding: finding, activity: .create, isAlert: isAlert, alertID: alert.id))
            if mode != .early {
                journal(JournalEntry(finding: finding, activity: .close, isAlert: false, alertID: alert.id))
            }
        }
        states[rule].ledgers[group] = ledger
        pending.ledgers.insert(LedgerName(rule: rule, group: group))
    }

    /// Counts findings of a window that do not hold now: a late record can undo tests such as `count < 5`.
    ///
    /// One that was opened early cannot come here, because only growing conditions open early.
    private mutating func noteWithdrawn(
        _ rule: Int, _ end: Int64, _ found: Set<StableHash>, only: Set<StableHash>?, _ mode: Mode
    ) {
        for group in only ?? Set(states[rule].ledgers.keys) where !found.contains(group) {
            guard let at = states[rule].ledgers[group]?.window(endingAt: end) else { continue }
            let isOpen = states[rule].ledgers[group]?.windows[at].isClosed == false
            guard isOpen || mode == .again else { continue }
            states[rule].ledgers[group]?.windows[at].isClosed = true
            pending.ledgers.insert(LedgerName(rule: rule, group: group))
            pending.count(.withdrawn, rule: rule, 1)
        }
    }
}
