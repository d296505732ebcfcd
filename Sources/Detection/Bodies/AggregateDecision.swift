internal import DiagnosticLogs
import Redaction

/// Deciding a hopping window: its groups become rows, the rows that pass the stages become findings.
extension CompiledAggregate {
    func rows(_ groups: [GroupState], slotEnding end: Int64, isWhole: Bool, _ scene: DecisionScene) -> [DecisionRow] {
        let range = axis.panes(ofWindowEndingAt: end)
        var inside: [GroupState] = []
        var byPartition: [Int?: [ResultRow]] = [:]
        for group in groups {
            guard let folded = group.accumulators(in: range, limits: scene.limits) else { continue }
            byPartition[group.partition, default: []].append(
                pipeline.row(
                    key: group.values, names: keyColumns, aggregates: results(folded, scene.limits),
                    origin: inside.count))
            inside.append(group)
        }
        if inside.isEmpty, isWhole, !frame.isPartitioned { byPartition[nil] = rowsOfNothing(scene.limits) }
        var passed: [DecisionRow] = []
        // Rules that judge partitions apart run their stages per partition.
        for (partition, rows) in byPartition.sorted(by: { ($0.key ?? -1) < ($1.key ?? -1) }) {
            for row in pipeline.run(rows, scene) {
                passed.append(finish(row, partition, inside, end, scene))
            }
        }
        return passed
    }

    private func finish(
        _ row: ResultRow, _ partition: Int?, _ groups: [GroupState], _ end: Int64, _ scene: DecisionScene
    ) -> DecisionRow {
        let limits = scene.limits
        let range = axis.panes(ofWindowEndingAt: end)
        var partial: Partial?
        var bounded: [String] = []
        for origin in row.origins where groups.indices.contains(origin) {
            guard let part = groups[origin].partial(in: range, limits: limits) else { continue }
            for (name, accumulator) in zip(columnNames, part.accumulators)
            where accumulator.isBounded(bounds: limits) && !bounded.contains(name) {
                bounded.append(name)
            }
            if partial == nil { partial = part } else { partial?.mergeRecords(of: part, limits: limits) }
        }
        var key: [UInt8] = []
        if !pipeline.regroups, let origin = row.origins.first, groups.indices.contains(origin) {
            key = groups[origin].key
        } else {
            var writer = ByteWriter()
            if let partition { writer.value(.long(Int64(partition))) }
            for column in row.group { writer.value(column.value) }
            key = writer.bytes
        }
        let keyNames = Set(row.group.map(\.name))
        let values = pipeline.columns.columns(row.columns).filter { !keyNames.contains($0.name) }
        var group = row.group
        if let partition { group.insert(ColumnValue(name: "partition", value: .long(Int64(partition))), at: 0) }
        let rows = partial?.rows ?? 0
        return DecisionRow(
            key: key, group: group, values: values, start: end - axis.length, end: end, count: rows,
            first: partial?.first, last: partial?.last, evidence: partial?.evidence ?? [], bounded: bounded,
            reason: ReasonText.aggregate(
                row.reasons, rows: rows, window: axis.length, group: scene.masking.shown(group)))
    }

    /// Not every window that contains a changed pane is tried.
    ///
    /// The earliest open one and, when newer records came first, the earliest one that contains the group's newest pane
    /// too; the others follow when their turn comes. A group with an open finding in reach says nothing new.
    func earlySlots(touched pane: Int64, newest: Int64, after closed: Int64?, _ ledger: GroupLedger?) -> [Int64] {
        let last = axis.lastWindowEnd(of: pane)
        let first = max(axis.firstWindowEnd(of: pane), closed.map { $0 + axis.hop } ?? Int64.min)
        guard first <= last, ledger?.isOpen(from: first, through: last) != true else { return [] }
        let withNewest = axis.firstWindowEnd(of: newest)
        return withNewest > first && withNewest <= last ? [first, withNewest] : [first]
    }

    func mayHold(_ group: GroupState, slotEnding end: Int64, _ limits: FoldLimits) -> Bool {
        let range = axis.panes(ofWindowEndingAt: end)
        guard let bounds = group.upperBounds(in: range, limits: limits) else { return false }
        return pipeline.mayPass(key: group.values, aggregates: results(bounds, limits))
    }

    /// The columns of a group's row.
    private func results(_ accumulators: [Accumulator], _ limits: FoldLimits) -> [Value] {
        zip(folds, accumulators).map { $0.result($1, limits) }
    }

    /// The first rows of a window without records: one for a rule without keys, else none.
    private func rowsOfNothing(_ limits: FoldLimits) -> [ResultRow] {
        guard keys.isEmpty else { return [] }
        var row = pipeline.row(
            key: [], names: ColumnNames(), aggregates: results(emptyAccumulators(limits), limits), origin: 0)
        row.origins = []
        return [row]
    }

    func emptySlotQualifies(_ limits: FoldLimits) -> Bool {
        let scene = DecisionScene(limits: limits, masking: .standard, watchedSince: nil)
        return !frame.isPartitioned && !pipeline.run(rowsOfNothing(limits), scene).isEmpty
    }
}

extension Partial {
    /// Adds what is known of another group's records, without its columns: for rows made of several groups.
    fileprivate mutating func mergeRecords(of other: Partial, limits: FoldLimits) {
        var records = other
        records.accumulators = []
        merge(records, limits: limits)
    }
}
