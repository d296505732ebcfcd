import Redaction

/// One object in the trie of paths.
struct PlanNode: Sendable {
    /// Bit n: some name has n bytes, or 64 more.
    var lengths: UInt64 = 0
    /// Where the node's table of entries starts, and its size less one; the size is a power of two.
    var table: Int32 = 0
    var tableMask: UInt32 = 1
    /// What makes a place in the table of a hash: 64 less the logarithm of the size.
    var tableShift: UInt8 = 63
    /// The slot of the value itself, or -1.
    var slot: Int32 = -1
    /// One behind the last node of the subtree; nodes are numbered in preorder.
    var subtreeEnd: Int32 = 0
    /// Slots below this node that become `several` when its value is an array.
    var severalStart: Int32 = 0
    var severalEnd: Int32 = 0
    var hasChildren = false
    /// A string here that holds JSON is opened.
    var opensTexts = false
    /// Some name is an array index.
    var hasIndexes = false
    /// Names are matched without case.
    var isRoot = false
}

/// One name below a node, or an empty place in the node's table.
struct PlanEntry: Sendable {
    /// Both ends of the name; at the root with bit 0x20 set in each byte.
    var ends = NameEnds()
    var nameOffset: Int32 = 0
    /// Negative for an empty place.
    var nameLength: Int32 = -1
    var node: Int32 = 0
    /// The name is spelled as documented.
    var isDocumented = false
    /// Equal ends of equal case are an equal name up to 16 bytes: not so at the root for names with other characters
    /// than letters and digits, where setting bit 0x20 of each byte does more than fold case.
    var isPlain = false
    /// The next place is empty, or this one.
    var isLast = true
}

/// The first and the last eight bytes of a name, zeros behind shorter ones: all of a name of up to 16 bytes.
struct NameEnds: Equatable, Sendable {
    private(set) var head: UInt64 = 0
    private(set) var tail: UInt64 = 0

    /// The bit that tells small ASCII letters from capitals, in eight bytes at once.
    static let foldBits: UInt64 = 0x2020_2020_2020_2020

    init() {}

    /// Reads the ends of a name, setting the bits of `fold`; 8 bytes behind its start must be readable.
    @inline(__always)
    init(_ name: UnsafeRawPointer, _ length: Int, fold: UInt64) {
        head = Self.load(name) | fold
        if length < 8 {
            head &= (1 &<< UInt64(truncatingIfNeeded: 8 &* length)) &- 1
            tail = head
        } else {
            tail = Self.load(name + (length &- 8)) | fold
        }
    }

    @inline(__always)
    static func load(_ bytes: UnsafeRawPointer) -> UInt64 { bytes.loadUnaligned(as: UInt64.self).littleEndian }

    /// The place where the search for a name of this length begins.
    @inline(__always)
    func place(_ length: Int, shift: UInt8) -> UInt32 {
        let mixed = (head &+ tail &* 3 &+ UInt64(truncatingIfNeeded: length)) &* 0x9E37_79B9_7F4A_7C15
        return UInt32(truncatingIfNeeded: mixed &>> UInt64(shift))
    }

    /// Whether both ends are equal, in one test.
    @inline(__always)
    static func == (a: NameEnds, b: NameEnds) -> Bool { (a.head ^ b.head) | (a.tail ^ b.tail) == 0 }
}

/// A slot that becomes `several`, and the steps that remain behind the array.
struct SeveralSlot: Sendable {
    var slot: Int32
    var continuation: UInt16
}

/// A value that is computed from others when it is read.
enum ComputedSlot: Sendable {
    /// The first present of several slots.
    case choice([Int])
    /// What no member of the record says.
    case derived(DerivedField)
}

/// A compiled plan.
///
/// A class, so that plans are passed around as one pointer; immutable.
final class PlanTables: Sendable {
    let nodes: [PlanNode]
    let entries: [PlanEntry]
    let names: [UInt8]
    let several: [SeveralSlot]
    let continuations: [[String]]
    /// What the slots behind ``pathSlotCount`` are computed from.
    let computed: [ComputedSlot]
    /// The paths that have slots of their own, for records whose names must be translated.
    let paths: [(path: FieldPath, slot: Int)]
    /// Node of the top-level member `properties`.
    let propertiesNode: Int
    /// Number of slots that the walker fills.
    let pathSlotCount: Int
    /// Number of all slots, computed ones included.
    let slotCount: Int
    let fields: [Field]
    let numbers: [Field: Int]
    /// By slot: what its values are, for whoever wants to show them.
    let sensitivities: [Sensitivity]

    init(_ builder: PlanBuilder, _ trie: TrieLayout, properties: Int) {
        var nodes = trie.nodes
        for i in nodes.indices { nodes[i].opensTexts = nodes[i].hasChildren }
        if builder.readsWholeProperties { nodes[properties].opensTexts = true }
        self.nodes = nodes
        entries = trie.entries
        names = trie.names
        several = trie.several
        continuations = trie.continuations
        computed = builder.computed
        paths = builder.paths
        propertiesNode = properties
        pathSlotCount = builder.pathSlotCount
        slotCount = builder.pathSlotCount + builder.computed.count
        fields = builder.fields
        numbers = builder.numbers
        var sensitivities = [Sensitivity](repeating: [], count: slotCount)
        for (path, slot) in builder.paths { sensitivities[slot] = FieldSensitivity.of(path) }
        for (field, number) in numbers { sensitivities[number].formUnion(FieldSensitivity.of(field)) }
        self.sensitivities = sensitivities
    }

    /// The tables of a plan without fields.
    static let empty: PlanTables = {
        var builder = PlanBuilder()
        return builder.buildUnchecked()
    }()
}
