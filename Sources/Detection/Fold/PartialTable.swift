/// The partials of a delta in the making, found by (rule, group, pane) without allocating for a group that is known.
struct PartialTable {
    private struct Key: Hashable {
        var rule: Int
        var pane: Int64
        var group: StableHash
    }

    private struct Group: Hashable {
        var rule: Int
        var hash: StableHash
    }

    private(set) var partials: [PanePartial] = []
    private var positions: [Key: Int] = [:]
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

    /// Hands over all partials; remembers the keys unless they are too many.
    mutating func take(internedMax: Int) -> [PanePartial] {
        defer { partials = [] }
        positions.removeAll(keepingCapacity: positions.count < 4_096)
        if keys.count > internedMax { keys = [:] }
        return partials
    }
}
