/// The partials of a delta in the making, found by (rule, group, pane) without allocating for a group that is known.
struct PartialTable {
    private struct Key: Hashable {
        var rule: Int
        var pane: Int64
        var group: StableHash

        /// The group's hash is as good as random already.
        func hash(into hasher: inout Hasher) { hasher.combine(group.low ^ UInt64(bitPattern: pane)) }
    }

    private struct Group: Hashable {
        var rule: Int
        var hash: StableHash

        func hash(into hasher: inout Hasher) { hasher.combine(hash.low) }
    }

    private(set) var partials: [PanePartial] = []
    private var positions: [Key: Int] = [:]
    /// What was handed over of a partial's records that are kept one by one.
    ///
    /// Once it is enough, later records cannot enter the list any more and nothing is copied for them. This only saves
    /// work: forgetting it changes no result.
    private struct Sent {
        var count: Int
        var latest: RecordStamp
    }

    private var sent: [Key: Sent] = [:]
    /// Encoded keys of groups seen before, shared by all their partials.
    private var keys: [Group: [UInt8]] = [:]

    init() {}

    /// The place of a partial; makes an empty one when there is none.
    mutating func index(rule: Int, pane: Int64, key: ByteWriter, empty: () -> Partial) -> Int {
        let group = StableHash(key.bytes)
        let place = Key(rule: rule, pane: pane, group: group)
        if let at = positions[place] { return at }
        let name = Group(rule: rule, hash: group)
        let bytes = keys[name] ?? Array(key.bytes)
        keys[name] = bytes
        positions[place] = partials.count
        partials.append(PanePartial(rule: rule, group: group, key: bytes, pane: pane, partial: empty()))
        return partials.count - 1
    }

    /// Changes a partial in place.
    mutating func update(_ at: Int, _ body: (inout Partial) -> Void) {
        body(&partials[at].partial)
    }

    /// True when a record belongs among those that a partial keeps one by one, as far as this table remembers.
    func wants(_ at: Int, _ stamp: RecordStamp, limits: FoldLimits) -> Bool {
        let (count, latest, bound) = partials[at].partial.kept(limits: limits)
        guard count < bound || latest.map({ stamp < $0 }) ?? true else { return false }
        let key = Key(rule: partials[at].rule, pane: partials[at].pane, group: partials[at].group)
        guard let sent = sent[key] else { return true }
        return sent.count < bound || stamp < sent.latest
    }

    /// Hands over all partials; remembers the keys unless they are too many.
    mutating func take(internedMax: Int, limits: FoldLimits) -> [PanePartial] {
        defer { partials = [] }
        if sent.count > internedMax { sent = [:] }
        for pane in partials {
            let (count, last, bound) = pane.partial.kept(limits: limits)
            guard let last else { continue }
            let key = Key(rule: pane.rule, pane: pane.pane, group: pane.group)
            guard let before = sent[key] else {
                sent[key] = Sent(count: count, latest: last)
                continue
            }
            guard before.count < bound else { continue }
            sent[key] = Sent(count: before.count + count, latest: max(before.latest, last))
        }
        positions.removeAll(keepingCapacity: positions.count < 4_096)
        if keys.count > internedMax { keys = [:] }
        return partials
    }
}
