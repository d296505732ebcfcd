internal import DiagnosticLogs

/// One window of a rule: its groups become rows, the rows that pass the stages become findings.
struct WindowDecision {
    let rule: Rule
    let version: String
    let aggregate: CompiledAggregate
    /// End of the window.
    let end: Int64
    let options: MergerOptions
    let now: Timestamp

    /// A row that passed, with the group that it stands for and all that is kept of its records.
    struct Row {
        var key: [UInt8]
        var group: [NamedValue]
        var values: [NamedValue]
        var reasons: [String]
        /// Nil for a window without records.
        var partial: Partial?
    }

    /// The rows that pass, in an order that depends on the data only.
    func rows(of groups: [StableHash: GroupState], only: Set<StableHash>?) -> [Row] {
        let range = aggregate.axis.panes(ofWindowEndingAt: end)
        var inside: [(state: GroupState, aggregates: [Value])] = []
        func add(_ group: GroupState) {
            guard let folded = group.accumulators(in: range, limits: options.limits) else { return }
            inside.append((group, results(folded)))
        }
        if let only {
            for name in only { if let group = groups[name] { add(group) } }
        } else {
            for group in groups.values { add(group) }
        }
        inside.sort { $0.state.key.lexicographicallyPrecedes($1.state.key) }
        var byPartition: [Int?: [ResultRow]] = [:]
        for (number, group) in inside.enumerated() {
            byPartition[group.state.partition, default: []].append(
                aggregate.pipeline.row(
                    key: group.state.values, names: aggregate.keyNames, aggregates: group.aggregates, origin: number))
        }
        if inside.isEmpty, only == nil, !aggregate.isPartitioned {
            byPartition[nil] = aggregate.rowsOfNothing(options.limits)
        }
        var passed: [Row] = []
        // Rules that judge partitions apart run their stages per partition.
        for (partition, rows) in byPartition.sorted(by: { ($0.key ?? -1) < ($1.key ?? -1) }) {
            for row in aggregate.pipeline.run(rows, limits: options.limits) {
                passed.append(finish(row, partition, inside.map(\.state), range))
            }
        }
        return passed
    }

    private func results(_ accumulators: [Accumulator]) -> [Value] {
        zip(aggregate.folds, accumulators).map { $1.result(of: $0.function, bounds: options.limits) }
    }

    private func finish(
        _ row: ResultRow, _ partition: Int?, _ groups: [GroupState], _ range: ClosedRange<Int64>
    ) -> Row {
        var partial: Partial?
        for origin in row.origins where groups.indices.contains(origin) {
            guard let part = groups[origin].partial(in: range, limits: options.limits) else { continue }
            if partial == nil { partial = part } else { partial?.mergeRecords(of: part, limits: options.limits) }
        }
        var key: [UInt8] = []
        if !aggregate.pipeline.regroups, let origin = row.origins.first, groups.indices.contains(origin) {
            key = groups[origin].key
        } else {
            var writer = ByteWriter()
            if let partition { writer.value(.long(Int64(partition))) }
            for column in row.group { writer.value(column.value) }
            key = writer.bytes
        }
        let keyNames = Set(row.group.map(\.name))
        let values = zip(aggregate.pipeline.columnNames, row.columns).filter { !keyNames.contains($0.0) }
            .map { NamedValue(name: $0, value: $1) }
        var group = row.group
        if let partition { group.insert(NamedValue(name: "partition", value: .long(Int64(partition))), at: 0) }
        return Row(key: key, group: group, values: values, reasons: row.reasons, partial: partial)
    }

    /// The finding for a row.
    func finding(for row: Row) -> Finding {
        let partial = row.partial
        let length = aggregate.axis.length
        let bounds = WindowBounds(start: Timestamp(nanoseconds: end - length), end: Timestamp(nanoseconds: end))
        // A window without records has no positions of its own.
        let nowhere = RecordPosition(partition: -1, sequence: -1, index: 0)
        let partitions = rule.scope == .global ? options.partialPartitions : []
        let evidence = partial?.evidence ?? []
        let rows = partial?.rows ?? 0
        return Finding(
            id: FindingIdentity.window(
                ruleID: rule.metadata.id, version: version, key: row.key, end: end, length: length,
                partitions: partitions),
            rule: rule.metadata, ruleVersion: version, group: row.group, window: bounds, values: row.values,
            count: rows,
            firstSeen: partial.map { Timestamp(nanoseconds: $0.first.time) } ?? bounds.start,
            lastSeen: partial.map { Timestamp(nanoseconds: $0.last.time) } ?? bounds.end,
            firstPosition: partial?.first.position ?? nowhere, lastPosition: partial?.last.position ?? nowhere,
            evidence: evidence.map(\.evidence), evidenceTruncated: rows > Int64(evidence.count),
            reason: ReasonText.aggregate(row.reasons, rows: rows, window: length, group: row.group),
            times: Finding.Times(
                occurred: partial?.last.eventTime ?? bounds.end, enqueued: partial?.last.enqueuedTime ?? bounds.end,
                received: partial?.last.receivedAt ?? now, decided: now),
            partialPartitions: partitions)
    }
}

extension WindowDecision.Row {
    /// A hash of what the finding says, to see whether a late record changed it.
    var digest: StableHash {
        var writer = ByteWriter()
        for column in values {
            writer.string(column.name)
            writer.value(column.value)
        }
        if let partial {
            writer.signed(partial.rows)
            for stamp in [partial.first, partial.last] + partial.evidence.map(\.stamp) {
                writer.signed(stamp.time)
                writer.signed(Int64(stamp.position.partition))
                writer.signed(stamp.position.sequence)
                writer.signed(Int64(stamp.position.index))
            }
        }
        return StableHash(writer.bytes)
    }
}

extension Partial {
    /// Adds what is known of another group's records, without its columns: for rows made of several groups.
    mutating func mergeRecords(of other: Partial, limits: FoldLimits) {
        var records = other
        records.accumulators = []
        merge(records, limits: limits)
    }
}

extension CompiledAggregate {
    /// The first rows of a window without records: one for a rule without keys, else none.
    func rowsOfNothing(_ limits: FoldLimits) -> [ResultRow] {
        guard keys.isEmpty else { return [] }
        let values = zip(folds, emptyAccumulators).map { $1.result(of: $0.function, bounds: limits) }
        var row = pipeline.row(key: [], names: [], aggregates: values, origin: 0)
        row.origins = []
        return [row]
    }

    /// True when a window without records is a finding, so that silence must be judged too.
    func emptyWindowQualifies(limits: FoldLimits) -> Bool {
        !isPartitioned && !pipeline.run(rowsOfNothing(limits), limits: limits).isEmpty
    }
}
