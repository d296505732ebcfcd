internal import DiagnosticLogs

/// When and where a record was, on its rule's clock; ordered by (time, partition, sequence, index).
struct RecordStamp: Hashable, Comparable, Sendable {
    /// Nanoseconds on the rule's clock.
    var time: Int64
    var position: RecordPosition
    var eventTime: Timestamp
    var enqueuedTime: Timestamp
    var receivedAt: Timestamp

    static func < (a: RecordStamp, b: RecordStamp) -> Bool {
        a.time != b.time ? a.time < b.time : a.position < b.position
    }
}

/// A record kept as evidence: its stamp, and the allow-listed fields already encoded, so that storing it is a copy.
struct EvidenceEntry: Sendable {
    var stamp: RecordStamp
    var fields: [UInt8]
}

/// What is kept of the records of one (rule, group, pane): an element of a commutative monoid.
struct Partial: Sendable {
    var rows: Int64
    var first: RecordStamp
    var last: RecordStamp
    var accumulators: [Accumulator]
    /// The earliest records, in order.
    var evidence: [EvidenceEntry]

    init(stamp: RecordStamp, accumulators: [Accumulator]) {
        rows = 0
        first = stamp
        last = stamp
        self.accumulators = accumulators
        evidence = []
    }

    /// The matched events, for rules that look at each.
    var events: EventList? {
        if case .events(let list)? = accumulators.first { list } else { nil }
    }

    /// How many records are kept one by one, the last of them, and how many may be.
    func kept(limits: FoldLimits) -> (count: Int, latest: RecordStamp?, bound: Int) {
        if case .events(let list)? = accumulators.first {
            return (list.entries.count, list.entries.last?.stamp, list.bound)
        }
        return (evidence.count, evidence.last?.stamp, limits.evidenceMax)
    }

    /// Keeps a record: as a matched event, or as evidence.
    mutating func keep(_ contribution: Contribution, _ stamp: RecordStamp, _ fields: [UInt8], limits: FoldLimits) {
        guard case .events(var list)? = accumulators.first else {
            Self.insert(EvidenceEntry(stamp: stamp, fields: fields), into: &evidence, bound: limits.evidenceMax)
            return
        }
        // Emptied first, so that the list is not copied while it grows.
        accumulators[0] = .count(0)
        list.insert(
            EventEntry(
                stamp: stamp, steps: contribution.steps, numbers: contribution.numbers, hashes: contribution.hashes,
                fields: fields))
        accumulators[0] = .events(list)
    }

    /// Matched events that did not fit into their list.
    var droppedEvents: Int64 {
        if case .events(let list)? = accumulators.first { max(0, rows &- Int64(list.entries.count)) } else { 0 }
    }

    static func insert(_ entry: EvidenceEntry, into list: inout [EvidenceEntry], bound: Int) {
        var at = list.count
        while at > 0, entry.stamp < list[at - 1].stamp { at -= 1 }
        guard at < bound else { return }
        // After MV_EXPAND-like folding one record may come several times; it is one piece of evidence.
        if at > 0, list[at - 1].stamp.position == entry.stamp.position { return }
        list.insert(entry, at: at)
        if list.count > bound { list.removeLast() }
    }

    /// Adds another partial of the same rule and group.
    mutating func merge(_ other: Partial, limits: FoldLimits) {
        rows &+= other.rows
        first = min(first, other.first)
        last = max(last, other.last)
        for index in accumulators.indices where index < other.accumulators.count {
            accumulators[index].merge(other.accumulators[index], bounds: limits)
        }
        for entry in other.evidence { Self.insert(entry, into: &evidence, bound: limits.evidenceMax) }
    }
}

extension ByteWriter {
    mutating func stamp(_ stamp: RecordStamp) {
        signed(stamp.time)
        signed(Int64(stamp.position.partition))
        signed(stamp.position.sequence)
        signed(Int64(stamp.position.index))
        signed(stamp.eventTime.nanoseconds)
        signed(stamp.enqueuedTime.nanoseconds)
        signed(stamp.receivedAt.nanoseconds)
    }

    mutating func partial(_ partial: Partial, limits: FoldLimits) {
        signed(partial.rows)
        stamp(partial.first)
        stamp(partial.last)
        count(partial.accumulators.count)
        for accumulator in partial.accumulators { accumulator.encode(to: &self, bounds: limits) }
        count(partial.evidence.count)
        for entry in partial.evidence {
            stamp(entry.stamp)
            blob(entry.fields)
        }
    }
}

extension ByteReader {
    mutating func stamp() throws(DetectionError) -> RecordStamp {
        let time = try signed()
        let position = RecordPosition(partition: try integer(), sequence: try signed(), index: try integer())
        return RecordStamp(
            time: time, position: position, eventTime: Timestamp(nanoseconds: try signed()),
            enqueuedTime: Timestamp(nanoseconds: try signed()), receivedAt: Timestamp(nanoseconds: try signed()))
    }

    mutating func partial() throws(DetectionError) -> Partial {
        let rows = try signed()
        var partial = Partial(stamp: try stamp(), accumulators: [])
        partial.rows = rows
        partial.last = try stamp()
        for _ in 0..<(try count()) { partial.accumulators.append(try Accumulator(from: &self)) }
        for _ in 0..<(try count()) {
            partial.evidence.append(EvidenceEntry(stamp: try stamp(), fields: try blob()))
        }
        return partial
    }
}
