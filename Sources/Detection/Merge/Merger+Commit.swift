public import DiagnosticLogs

/// Preparing commits, and coming back from them.
extension Merger {
    /// How soon a commit is due.
    public var commitUrgency: CommitUrgency {
        if pending.hasAlert { return .now }
        return pending.isEmpty ? .none : .interval
    }

    /// Takes what changed since the last commit; nil when nothing did and no snapshot is asked for.
    ///
    /// With `snapshot`, the draft holds the whole state instead of its change. **Cost**: a snapshot is as large as the
    /// state; a change is as large as the panes that were touched.
    public mutating func takeCommit(snapshot: Bool = false) -> CommitDraft? {
        if pending.isEmpty, !snapshot { return nil }
        let taken = pending
        pending = PendingCommit()
        return CommitDraft(
            positions: taken.positions, stateDeltas: snapshot ? [] : deltas(of: taken),
            snapshot: snapshot ? wholeState().encoded(limits: options.limits) : nil, journal: taken.journal,
            deadLetters: taken.deadLetters,
            activations: taken.activations.map {
                RuleStart(
                    ruleID: rules.rules[$0.rule].metadata.id, version: rules.fingerprints[$0.rule],
                    partition: $0.partition, sequenceNumber: $0.sequence)
            }, notices: taken.notices(rules))
    }

    private func deltas(of taken: PendingCommit) -> [StateDelta] {
        var changes: [Int: StateChange] = [:]
        for (partition, position) in taken.positions {
            changes[partition, default: StateChange()].positions = [(partition, position)]
        }
        for (partition, panes) in taken.panesByPartition {
            for pane in panes {
                changes[partition, default: StateChange()].add(pane, fingerprint: rules.fingerprints[pane.rule])
            }
        }
        var decided: [String: StateChange.RuleChange] = [:]
        for rule in taken.closed {
            decided[rules.fingerprints[rule], default: .init()].closedThrough = states[rule].closedThrough
        }
        for name in taken.ledgers {
            // A ledger that was forgotten since needs no trace: nothing that is restored can need it either.
            guard let ledger = states[name.rule].ledgers[name.group] else { continue }
            decided[rules.fingerprints[name.rule], default: .init()].ledgers.append(ledger)
        }
        for activation in taken.activations {
            decided[rules.fingerprints[activation.rule], default: .init()].activations[activation.partition] =
                activation.sequence
            decided[rules.fingerprints[activation.rule]]?.watchedFrom = states[activation.rule].watchedFrom
        }
        if !decided.isEmpty {
            let home = changes.keys.min() ?? partitions.first ?? 0
            var change = changes[home] ?? StateChange()
            for (fingerprint, part) in decided {
                var merged = change.rules[fingerprint] ?? .init()
                merged.closedThrough = part.closedThrough
                merged.ledgers = part.ledgers
                merged.activations = part.activations
                merged.watchedFrom = part.watchedFrom
                change.rules[fingerprint] = merged
            }
            changes[home] = change
        }
        return changes.sorted { $0.key < $1.key }.map {
            StateDelta(partition: $0.key, bytes: $0.value.encoded(limits: options.limits))
        }
    }

    private func wholeState() -> StateChange {
        var change = StateChange()
        change.positions = positions.map { ($0.key, $0.value) }
        for (rule, state) in states.enumerated() {
            var part = StateChange.RuleChange()
            part.closedThrough = state.closedThrough
            part.activations = state.activations
            part.watchedFrom = state.watchedFrom
            part.ledgers = Array(state.ledgers.values)
            for (name, group) in state.groups {
                for pane in group.panes {
                    part.panes.append(
                        PanePartial(rule: rule, group: name, key: group.key, pane: pane.number, partial: pane.partial))
                }
            }
            change.rules[rules.fingerprints[rule]] = part
        }
        return change
    }

    /// Rebuilds the state from what was stored, then decides every open window again.
    ///
    /// To be called once, first.
    ///
    /// State of rules that are not loaded any more, or that mean something else now, is dropped and counted; the state
    /// of unchanged rules is kept. **Errors**: damaged or foreign bytes; the merger is then not to be used.
    @discardableResult
    public mutating func restore(_ state: RestoredState, now: Timestamp) throws(DetectionError) -> RestoreSummary {
        var kept: Set<Int> = []
        var dropped: Set<String> = []
        for bytes in (state.snapshot.map { [$0] } ?? []) + state.deltas {
            let change = try StateChange(decoding: bytes)
            for (partition, position) in change.positions { positions[partition] = position }
            for (fingerprint, part) in change.rules {
                guard let rule = rule(withFingerprint: fingerprint) else {
                    dropped.insert(fingerprint)
                    continue
                }
                kept.insert(rule)
                apply(part, to: rule)
            }
        }
        for (partition, moved) in state.positions {
            let first = positions[partition]?.firstEnqueuedTime
            positions[partition] = moved
            positions[partition]?.firstEnqueuedTime = moved.firstEnqueuedTime ?? first
        }
        for rule in states.indices {
            for (partition, position) in positions.sorted(by: { $0.key < $1.key })
            where states[rule].activations[partition] == nil {
                activate(rule, partition, behind: position)
            }
            if let body = rules.bodies[rule].grouped { tidy(rule, body) }
        }
        openEarly(openablePanes(), now)
        advance(now: now)
        return RestoreSummary(
            groups: groupCount, openFindings: openFindingCount,
            rulesKept: kept.sorted().map { rules.rules[$0].metadata.id }, rulesDropped: dropped.count,
            positions: positions)
    }

    private mutating func apply(_ part: StateChange.RuleChange, to rule: Int) {
        if let closed = part.closedThrough, PaneAxis.isInRange(closed) {
            states[rule].closedThrough = states[rule].closedThrough.map { max($0, closed) } ?? closed
        }
        for (partition, sequence) in part.activations { states[rule].activations[partition] = sequence }
        for ledger in part.ledgers where ledger.isInRange { states[rule].ledgers[StableHash(ledger.key)] = ledger }
        states[rule].watched(from: part.watchedFrom)
        guard let body = rules.bodies[rule].grouped else { return }
        let empty = body.emptyAccumulators(options.limits)
        if states[rule].groups.isEmpty {
            // Panes of a group follow each other.
            let groups = part.panes.indices.count { $0 == 0 || part.panes[$0].group != part.panes[$0 - 1].group }
            states[rule].groups.reserveCapacity(min(groups, body.groupsMax(options).count))
        }
        // Stored numbers are checked like any input: slots are computed from them.
        for stored in part.panes where body.contains(pane: stored.pane) {
            var pane = stored
            pane.rule = rule
            guard pane.partial.fit(empty, pane: pane.pane, of: body) else { continue }
            if insert(pane, body) == nil {
                pending.count(body.groupsMax(options).notice, rule: rule, pane.partial.rows)
            }
        }
    }
}

extension Partial {
    /// Gives a stored partial the bounds of now; false when it does not belong to the body that it is filed under.
    fileprivate mutating func fit(_ empty: [Accumulator], pane: Int64, of body: any GroupedBody) -> Bool {
        for time in [first.time, last.time] {
            guard PaneAxis.isInRange(time), body.pane(of: time) == pane else { return false }
        }
        guard accumulators.count == empty.count else { return false }
        guard case .events(let model)? = empty.first else { return true }
        guard case .events(var list)? = accumulators.first else { return false }
        list.limit(to: model.bound)
        accumulators[0] = .events(list)
        return list.entries.allSatisfy { body.pane(of: $0.stamp.time) == pane }
    }
}
