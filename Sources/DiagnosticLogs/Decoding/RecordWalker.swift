/// Walks records along a plan and leaves what it finds in slots.
///
/// The plan's tables and all state per record lie in raw memory: class properties would cost exclusivity and bounds
/// checks per member. The only inputs are an indexed text and the plan, so what it finds does not depend on history.
///
/// **Isolation**: one worker. **Bounds**: slots point into the text or into ``arena`` and die with the next record.
final class RecordWalker {
    let tables: PlanTables
    /// The values of the plan's paths; missing unless ``put(_:in:)`` says otherwise.
    let slots: UnsafeMutablePointer<FieldSlot>
    let slotCount: Int
    /// The slots that are not missing: what a record costs must not grow with paths that it does not have.
    private let filled: UnsafeMutablePointer<Int32>
    /// Per slot, its node.
    private let nodeOfSlot: UnsafeMutablePointer<Int32>
    let arena = RecordArena()
    /// What was unusual about the record at hand.
    let notes: UnsafeMutablePointer<RecordNotes>

    let nodes: UnsafeMutablePointer<PlanNode>
    let entries: UnsafeMutablePointer<PlanEntry>
    let names: UnsafeMutablePointer<UInt8>
    let several: UnsafeMutablePointer<SeveralSlot>
    /// Per node, the record that had it last.
    let visits: UnsafeMutablePointer<NodeVisit>
    let propertiesNode: Int32
    /// One indexer per level of JSON texts inside strings.
    private var nestedIndexers: [StructuralIndexer] = []

    init(_ tables: PlanTables) {
        self.tables = tables
        slotCount = tables.pathSlotCount
        slots = .allocate(capacity: slotCount)
        slots.initialize(repeating: .missing, count: slotCount)
        filled = .allocate(capacity: slotCount)
        filled.initialize(repeating: 0, count: slotCount)
        nodeOfSlot = .allocate(capacity: slotCount)
        nodeOfSlot.initialize(repeating: 0, count: slotCount)
        for (number, node) in tables.nodes.enumerated() where node.slot >= 0 {
            nodeOfSlot[Int(node.slot)] = Int32(number)
        }
        notes = .allocate(capacity: 1)
        notes.initialize(to: RecordNotes())
        nodes = Self.copy(tables.nodes, or: PlanNode())
        entries = Self.copy(tables.entries, or: PlanEntry())
        names = Self.copy(tables.names + [UInt8](repeating: 0, count: 8), or: 0)
        several = Self.copy(tables.several, or: SeveralSlot(slot: 0, continuation: 0))
        visits = .allocate(capacity: tables.nodes.count)
        visits.initialize(repeating: NodeVisit(name: UnsafeRawPointer(names), serial: 0), count: tables.nodes.count)
        propertiesNode = Int32(tables.propertiesNode)
    }

    deinit {
        slots.deallocate()
        filled.deallocate()
        nodeOfSlot.deallocate()
        notes.deallocate()
        nodes.deallocate()
        entries.deallocate()
        names.deallocate()
        several.deallocate()
        visits.deallocate()
    }

    private static func copy<Element>(_ values: [Element], or filler: Element) -> UnsafeMutablePointer<Element> {
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(1, values.count))
        if values.isEmpty {
            memory.initialize(to: filler)
        } else {
            for (i, value) in values.enumerated() { (memory + i).initialize(to: value) }
        }
        return memory
    }

    /// Forgets the record before.
    func beginRecord() {
        arena.reset()
        for i in 0..<notes.pointee.filledCount { slots[Int(filled[i])] = .missing }
        notes.pointee.filledCount = 0
        notes.pointee.repairs = []
        notes.pointee.flags = []
        notes.pointee.serial &+= 1
        if notes.pointee.serial == 0 {
            visits.update(
                repeating: NodeVisit(name: UnsafeRawPointer(names), serial: 0), count: tables.nodes.count)
            notes.pointee.serial = 1
        }
    }

    /// Fills a slot; `value` is not missing.
    @inline(__always)
    func put(_ value: FieldSlot, in slot: Int) {
        if slots[slot].kind == .missing {
            filled[notes.pointee.filledCount] = Int32(truncatingIfNeeded: slot)
            notes.pointee.filledCount &+= 1
        }
        slots[slot] = value
    }

    /// Makes all slots of a node and of what lies below it missing.
    func clear(node: Int) {
        let below = Int32(truncatingIfNeeded: node)..<nodes[node].subtreeEnd
        var kept = 0
        for i in 0..<notes.pointee.filledCount {
            let slot = filled[i]
            if below.contains(nodeOfSlot[Int(slot)]) {
                slots[Int(slot)] = .missing
            } else {
                filled[kept] = slot
                kept &+= 1
            }
        }
        notes.pointee.filledCount = kept
    }

    /// Walks the object at the cursor, filling slots.
    ///
    /// `depth` is the number of containers around it.
    func walkRecord(_ cursor: inout IndexCursor, depth: Int) -> Bool {
        beginRecord()
        guard cursor.byte == UInt8(ascii: "{") else { return cursor.fail() }
        return walkObject(&cursor, node: 0, depth: depth, nesting: 0)
    }

    /// The indexer for a text at a nesting level from 0.
    func indexer(nesting: Int) -> StructuralIndexer {
        while nestedIndexers.count <= nesting { nestedIndexers.append(StructuralIndexer()) }
        return nestedIndexers[nesting]
    }
}

/// What the walker notes about a record besides its slots.
struct RecordNotes {
    /// Number of the record; never 0 once there is one.
    var serial: UInt32 = 0
    /// Number of slots that are not missing.
    var filledCount = 0
    var flags: RecordFlags = []
    var repairs: RepairSet = []
}

/// A member that a node stands for, as a record had it.
struct NodeVisit {
    /// The name as written, without escapes; it lives as long as the record's walk.
    var name: UnsafeRawPointer
    /// The record's number.
    var serial: UInt32
}
