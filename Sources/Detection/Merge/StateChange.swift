internal import DiagnosticLogs

/// A change of the detection state, as it is stored: a commit's delta, or (as a change from nothing) a snapshot.
///
/// Applying changes in the order of their commits rebuilds the state: partials merge, ledgers of groups replace older
/// ones, closed windows only advance.
struct StateChange: Sendable {
    /// What changed of one rule version.
    struct RuleChange: Sendable {
        var panes: [PanePartial] = []
        var ledgers: [GroupLedger] = []
        var closedThrough: Int64?
        var activations: [Int: Int64] = [:]
        var watchedFrom: Int64?
    }

    var positions: [(partition: Int, position: PartitionPosition)] = []
    /// By fingerprint.
    var rules: [String: RuleChange] = [:]

    mutating func add(_ pane: PanePartial, fingerprint: String) {
        rules[fingerprint, default: RuleChange()].panes.append(pane)
    }
}

extension RestoredState {
    /// A stored blob of any body, with the checksum that it should have: for tests of what a checksum does not see.
    package static func blob(ofBody body: [UInt8]) -> [UInt8] { StateChange.framed(body) }

    /// How many bytes of a blob stand in front of its body.
    package static let blobHeadSize = 13
}

extension StateChange {
    private static let magic: [UInt8] = [0x48, 0x57, 0x44, 0x53]
    private static let version: UInt8 = 2

    /// Magic, version, checksum, body.
    ///
    /// Equal changes give equal bytes: everything is sorted first.
    func encoded(limits: FoldLimits) -> [UInt8] {
        var body = ByteWriter(reserving: 4_096)
        body.count(positions.count)
        for (partition, position) in positions.sorted(by: { $0.partition < $1.partition }) {
            body.signed(Int64(partition))
            body.position(position)
        }
        body.count(rules.count)
        for (fingerprint, change) in rules.sorted(by: { $0.key < $1.key }) {
            body.string(fingerprint)
            body.rule(change, limits: limits)
        }
        return Self.framed(body.bytes)
    }

    /// A body behind magic, version and its checksum.
    static func framed(_ body: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(reserving: body.count + 16)
        writer.raw(magic)
        writer.byte(version)
        writer.fixed(StableHash(body).high)
        writer.raw(body)
        return writer.bytes
    }

    init(decoding bytes: [UInt8]) throws(DetectionError) {
        guard bytes.count >= 13, bytes.starts(with: Self.magic) else {
            throw DetectionError(.stateMalformed, "these bytes are no detection state")
        }
        guard bytes[4] == Self.version else {
            throw DetectionError(
                .stateVersion, "the detection state has version \(bytes[4]); this program reads \(Self.version)")
        }
        var reader = ByteReader(bytes[5...])
        let checksum = try reader.fixed()
        guard bytes[13...].withUnsafeBytes({ StableHash($0).high }) == checksum else {
            throw DetectionError(.stateChecksum, "the detection state was changed after it was written")
        }
        for _ in 0..<(try reader.count()) {
            let partition = try reader.integer()
            positions.append((partition, try reader.position()))
        }
        for _ in 0..<(try reader.count()) {
            let fingerprint = try reader.string()
            rules[fingerprint] = try reader.ruleChange()
        }
        guard reader.remaining == 0 else { throw ByteReader.malformed("something follows its end") }
    }
}

extension ByteWriter {
    fileprivate mutating func position(_ position: PartitionPosition) {
        signed(position.sequenceNumber)
        string(position.offset)
        signed(position.enqueuedTime.nanoseconds)
        signed(position.watermark.nanoseconds)
        optional(position.firstEnqueuedTime?.nanoseconds)
    }

    private mutating func optional(_ value: Int64?) {
        flag(value != nil)
        if let value { signed(value) }
    }

    fileprivate mutating func rule(_ change: StateChange.RuleChange, limits: FoldLimits) {
        optional(change.closedThrough)
        optional(change.watchedFrom)
        count(change.activations.count)
        for (partition, sequence) in change.activations.sorted(by: { $0.key < $1.key }) {
            signed(Int64(partition))
            signed(sequence)
        }
        count(change.ledgers.count)
        for ledger in change.ledgers.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) { self.ledger(ledger) }
        let panes = change.panes.sorted { a, b in
            a.key == b.key ? a.pane < b.pane : a.key.lexicographicallyPrecedes(b.key)
        }
        count(panes.count)
        var previous: [UInt8]?
        for pane in panes {
            // Panes of a group follow each other; its key is written once.
            flag(pane.key != previous)
            if pane.key != previous { blob(pane.key) }
            previous = pane.key
            signed(pane.pane)
            partial(pane.partial, limits: limits)
        }
    }

    private mutating func ledger(_ ledger: GroupLedger) {
        blob(ledger.key)
        count(ledger.windows.count)
        for window in ledger.windows.sorted(by: { $0.end < $1.end }) {
            signed(window.end)
            flag(window.isClosed)
            signed(Int64(window.revision))
            fixed(window.digest.high)
            fixed(window.digest.low)
            string(window.alertID)
        }
        count(ledger.alerts.count)
        for alert in ledger.alerts.sorted(by: { ($0.end, $0.slot) < ($1.end, $1.slot) }) {
            signed(alert.end)
            signed(alert.slot)
            string(alert.id)
        }
    }
}

extension ByteReader {
    fileprivate mutating func position() throws(DetectionError) -> PartitionPosition {
        PartitionPosition(
            sequenceNumber: try signed(), offset: try string(), enqueuedTime: .init(nanoseconds: try signed()),
            watermark: .init(nanoseconds: try signed()),
            firstEnqueuedTime: try optionalSigned().map { .init(nanoseconds: $0) })
    }

    private mutating func optionalSigned() throws(DetectionError) -> Int64? { try flag() ? try signed() : nil }

    fileprivate mutating func ruleChange() throws(DetectionError) -> StateChange.RuleChange {
        var change = StateChange.RuleChange()
        change.closedThrough = try optionalSigned()
        change.watchedFrom = try optionalSigned()
        for _ in 0..<(try count()) {
            let partition = try integer()
            change.activations[partition] = try signed()
        }
        for _ in 0..<(try count()) { change.ledgers.append(try ledger()) }
        let size = try count()
        change.panes.reserveCapacity(size)
        var key: [UInt8] = []
        var group = StableHash(key)
        for _ in 0..<size {
            if try flag() {
                key = try blob()
                group = StableHash(key)
            }
            let pane = try signed()
            change.panes.append(PanePartial(rule: 0, group: group, key: key, pane: pane, partial: try partial()))
        }
        return change
    }

    private mutating func ledger() throws(DetectionError) -> GroupLedger {
        var ledger = GroupLedger(key: try blob())
        for _ in 0..<(try count()) {
            ledger.windows.append(
                GroupLedger.Window(
                    end: try signed(), isClosed: try flag(), revision: try integer(),
                    digest: StableHash(high: try fixed(), low: try fixed()), alertID: try string()))
        }
        for _ in 0..<(try count()) {
            ledger.alerts.append(GroupLedger.Alert(end: try signed(), slot: try signed(), id: try string()))
        }
        return ledger
    }
}
