internal import DiagnosticLogs

/// A record that a rule looks at as an event of its own, not only as a part of a count.
struct EventEntry: Sendable {
    var stamp: RecordStamp
    /// Which of the rule's members or steps the record satisfies, one bit each.
    var steps: UInt64
    /// What the rule folds of it: numbers, or hashes of values that are only told apart.
    var numbers: [Value]
    var hashes: [StableHash]
    /// Evidence, encoded.
    var fields: [UInt8]

    var evidence: EvidenceEntry { EvidenceEntry(stamp: stamp, fields: fields) }
}

/// The matched events of one (rule, group, pane) in the order (time, partition, sequence, index): the lowest up to a bound.
///
/// A commutative monoid: the lowest of a union are among the lowest of its parts. How many there were in all is counted by
/// ``Partial/rows``.
struct EventList: Sendable {
    private(set) var entries: [EventEntry] = []
    /// All bits that some entry has.
    private(set) var steps: UInt64 = 0
    private(set) var bound: Int

    init(bound: Int) { self.bound = max(1, bound) }

    /// True when an event with this stamp belongs in the list.
    func wants(_ stamp: RecordStamp) -> Bool {
        entries.count < bound || entries.last.map { stamp < $0.stamp } ?? true
    }

    /// Puts an event where it belongs; at the end in the common case.
    mutating func insert(_ entry: EventEntry) {
        guard wants(entry.stamp) else { return }
        steps |= entry.steps
        if let last = entries.last, entry.stamp < last.stamp {
            let at = firstIndex(notBelow: entry.stamp)
            if entries[at].stamp.position == entry.stamp.position {
                // One record that reached the group by several ways is one event.
                entries[at].steps |= entry.steps
                return
            }
            entries.insert(entry, at: at)
        } else if let last = entries.indices.last, entries[last].stamp.position == entry.stamp.position {
            entries[last].steps |= entry.steps
            return
        } else {
            entries.append(entry)
        }
        cut()
    }

    /// Adds all events of another list.
    mutating func merge(_ other: EventList) {
        if other.entries.count <= 8 || other.entries.first.map({ wants($0.stamp) }) != true {
            for entry in other.entries { insert(entry) }
            return
        }
        var merged: [EventEntry] = []
        merged.reserveCapacity(entries.count + other.entries.count)
        var (a, b) = (0, 0)
        while a < entries.count || b < other.entries.count {
            let takesOther =
                a == entries.count || (b < other.entries.count && other.entries[b].stamp < entries[a].stamp)
            merged.append(takesOther ? other.entries[b] : entries[a])
            if takesOther { b += 1 } else { a += 1 }
        }
        entries = merged
        steps |= other.steps
        cut()
    }

    /// Sets another bound, dropping what is beyond it.
    mutating func limit(to bound: Int) {
        self.bound = max(1, bound)
        cut()
    }

    private mutating func cut() {
        if entries.count > bound { entries.removeLast(entries.count - bound) }
    }

    private func firstIndex(notBelow stamp: RecordStamp) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].stamp < stamp { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension EventList {
    func encode(to writer: inout ByteWriter) {
        writer.count(bound)
        writer.count(entries.count)
        for entry in entries {
            writer.stamp(entry.stamp)
            writer.unsigned(entry.steps)
            writer.count(entry.numbers.count)
            for number in entry.numbers { writer.value(number) }
            writer.count(entry.hashes.count)
            for hash in entry.hashes {
                writer.fixed(hash.high)
                writer.fixed(hash.low)
            }
            writer.blob(entry.fields)
        }
    }

    init(from reader: inout ByteReader) throws(DetectionError) {
        guard let bound = Int(exactly: try reader.unsigned()), bound > 0, bound <= 1 << 32 else {
            throw ByteReader.malformed("a list of events has no bound")
        }
        self.bound = bound
        for _ in 0..<(try reader.count(eachAtLeast: 10)) {
            let stamp = try reader.stamp()
            guard PaneAxis.isInRange(stamp.time), entries.last.map({ $0.stamp < stamp }) ?? true else {
                throw ByteReader.malformed("events are out of order")
            }
            var entry = EventEntry(stamp: stamp, steps: try reader.unsigned(), numbers: [], hashes: [], fields: [])
            for _ in 0..<(try reader.count()) { entry.numbers.append(try reader.value()) }
            for _ in 0..<(try reader.count(eachAtLeast: 16)) {
                entry.hashes.append(StableHash(high: try reader.fixed(), low: try reader.fixed()))
            }
            entry.fields = try reader.blob()
            steps |= entry.steps
            entries.append(entry)
        }
        cut()
    }
}
