/// The panes of one group of a rule.
struct GroupState: Sendable {
    /// One pane that is not empty.
    struct Pane: Sendable {
        var number: Int64
        var partial: Partial
    }

    /// The group key, encoded; with the partition in front for rules that judge partitions apart.
    let key: [UInt8]
    /// The group key, without that partition.
    let values: [Value]
    let partition: Int?
    /// In order of their numbers.
    private(set) var panes: [Pane] = []

    /// Decodes the key; nil when it is damaged.
    init?(key: [UInt8], isPartitioned: Bool) {
        var reader = ByteReader(key)
        var values: [Value] = []
        while reader.remaining > 0 {
            guard let value = try? reader.value() else { return nil }
            values.append(value)
        }
        if isPartitioned {
            guard case .long(let number)? = values.first else { return nil }
            values.removeFirst()
            partition = Int(truncatingIfNeeded: number)
        } else {
            partition = nil
        }
        self.key = key
        self.values = values
    }

    /// Merges a partial; returns how many more matched events than before do not fit into the pane's list.
    mutating func merge(_ partial: Partial, pane number: Int64, limits: FoldLimits) -> Int64 {
        let at = firstIndex(notBelow: number)
        guard at < panes.count, panes[at].number == number else {
            panes.insert(Pane(number: number, partial: partial), at: at)
            return partial.droppedEvents
        }
        let before = panes[at].partial.droppedEvents
        panes[at].partial.merge(partial, limits: limits)
        return panes[at].partial.droppedEvents - before
    }

    /// The partial of one pane; nil when it holds nothing of the group.
    func partial(ofPane number: Int64) -> Partial? {
        let at = firstIndex(notBelow: number)
        return at < panes.count && panes[at].number == number ? panes[at].partial : nil
    }

    /// The columns of the group key, with the partition in front where partitions are judged apart.
    func columns(_ names: ColumnNames) -> [ColumnValue] {
        let front = partition.map { [ColumnValue(name: "partition", value: .long(Int64($0)))] } ?? []
        return front + names.columns(values)
    }

    /// Drops panes below a number.
    mutating func drop(below number: Int64) {
        let count = firstIndex(notBelow: number)
        if count > 0 { panes.removeFirst(count) }
    }

    /// The panes inside a window.
    func panes(in range: ClosedRange<Int64>) -> ArraySlice<Pane> {
        let low = firstIndex(notBelow: range.lowerBound)
        var high = low
        while high < panes.count, panes[high].number <= range.upperBound { high += 1 }
        return panes[low..<high]
    }

    /// The folded columns of a window; nil when it holds nothing of the group.
    func accumulators(in range: ClosedRange<Int64>, limits: FoldLimits) -> [Accumulator]? {
        let inside = panes(in: range)
        guard var merged = inside.first?.partial.accumulators else { return nil }
        for pane in inside.dropFirst() {
            for index in merged.indices where index < pane.partial.accumulators.count {
                merged[index].merge(pane.partial.accumulators[index], bounds: limits)
            }
        }
        return merged
    }

    /// Columns that are at least as large as those of a window, without uniting sets of distinct values: enough to see
    /// that a growing condition cannot hold yet.
    func upperBounds(in range: ClosedRange<Int64>, limits: FoldLimits) -> [Accumulator]? {
        let inside = panes(in: range)
        guard var merged = inside.first?.partial.accumulators else { return nil }
        for index in merged.indices {
            if case .distinct = merged[index] {
                var sum: Int64 = 0
                for pane in inside where index < pane.partial.accumulators.count {
                    guard case .distinct(let set) = pane.partial.accumulators[index] else { continue }
                    sum &+= set.count(bound: limits.distinctValuesMax).value
                }
                merged[index] = .count(sum)
            } else {
                for pane in inside.dropFirst() where index < pane.partial.accumulators.count {
                    merged[index].merge(pane.partial.accumulators[index], bounds: limits)
                }
            }
        }
        return merged
    }

    /// All that is kept of a window's records; nil when it holds nothing of the group.
    func partial(in range: ClosedRange<Int64>, limits: FoldLimits) -> Partial? {
        let inside = panes(in: range)
        guard var merged = inside.first?.partial else { return nil }
        for pane in inside.dropFirst() { merged.merge(pane.partial, limits: limits) }
        return merged
    }

    private func firstIndex(notBelow number: Int64) -> Int {
        var low = 0
        var high = panes.count
        while low < high {
            let middle = (low + high) / 2
            if panes[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
