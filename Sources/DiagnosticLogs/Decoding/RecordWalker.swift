/// Walks records along a plan and leaves what it finds in slots.
///
/// The plan's tables and all state per record lie in raw memory: class properties would cost exclusivity and bounds
/// checks per member. The only inputs are an indexed text and the plan, so what it finds does not depend on history.
///
/// **Isolation**: one worker. **Bounds**: slots point into the text or into ``arena`` and die with the next record.
final class RecordWalker {
    let tables: PlanTables
    let slots: UnsafeMutablePointer<FieldSlot>
    let slotCount: Int
    let arena = RecordArena()
    /// What was unusual about the record at hand.
    let notes: UnsafeMutablePointer<RecordNotes>

    let nodes: UnsafeMutablePointer<PlanNode>
    let entries: UnsafeMutablePointer<PlanEntry>
    let lengthTables: UnsafeMutablePointer<Int32>
    let names: UnsafeMutablePointer<UInt8>
    let several: UnsafeMutablePointer<SeveralSlot>
    /// Per node, the serial number of the record that had it last.
    let visits: UnsafeMutablePointer<UInt32>
    /// Per node below the root, how well the spelling of its name fitted.
    let spellings: UnsafeMutablePointer<UInt8>
    let propertiesNode: Int32
    /// One indexer per level of JSON texts inside strings.
    private var nestedIndexers: [StructuralIndexer] = []

    init(_ tables: PlanTables) {
        self.tables = tables
        slotCount = tables.slotCount
        slots = .allocate(capacity: slotCount)
        slots.initialize(repeating: .missing, count: slotCount)
        notes = .allocate(capacity: 1)
        notes.initialize(to: RecordNotes())
        nodes = Self.copy(tables.nodes, or: PlanNode())
        entries = Self.copy(tables.entries, or: PlanEntry())
        lengthTables = Self.copy(tables.lengthTables, or: 0)
        names = Self.copy(tables.names + [UInt8](repeating: 0, count: 8), or: 0)
        several = Self.copy(tables.several, or: SeveralSlot(slot: 0, continuation: 0))
        visits = .allocate(capacity: tables.nodes.count)
        visits.initialize(repeating: 0, count: tables.nodes.count)
        spellings = .allocate(capacity: tables.nodes.count)
        spellings.initialize(repeating: 0, count: tables.nodes.count)
        propertiesNode = Int32(tables.propertiesNode)
    }

    deinit {
        slots.deallocate()
        notes.deallocate()
        nodes.deallocate()
        entries.deallocate()
        lengthTables.deallocate()
        names.deallocate()
        several.deallocate()
        visits.deallocate()
        spellings.deallocate()
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
        slots.update(repeating: .missing, count: slotCount)
        notes.pointee.repairs = []
        notes.pointee.flags = []
        notes.pointee.serial &+= 1
        if notes.pointee.serial == 0 {
            visits.update(repeating: 0, count: tables.nodes.count)
            notes.pointee.serial = 1
        }
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
    var serial: UInt32 = 0
    var flags: RecordFlags = []
    var repairs: RepairSet = []
}
