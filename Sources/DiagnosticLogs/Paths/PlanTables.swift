/// One object in the trie of paths.
struct PlanNode: Sendable {
    /// Bit n: some name has n bytes; bit 63: 63 bytes or more.
    var lengths: UInt64 = 0
    /// Where the node's table of 65 entry numbers starts: entries of length bucket b are `[table[b], table[b + 1])`.
    var table: Int32 = 0
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

/// One name below a node.
struct PlanEntry: Sendable {
    /// The first eight bytes, zeros behind shorter names; at the root with bit 0x20 set in each byte.
    var head: UInt64 = 0
    var nameOffset: Int32 = 0
    var nameLength: Int32 = 0
    var node: Int32 = 0
    /// The name is spelled as documented.
    var isDocumented = false
    /// The name has letters and digits only: setting bit 0x20 of each byte folds its case and nothing else.
    var isPlain = false
}

/// A slot that becomes `several`, and the steps that remain behind the array.
struct SeveralSlot: Sendable {
    var slot: Int32
    var continuation: UInt16
}

/// A slot filled with the first present of several others.
struct ChoiceSlot: Sendable {
    var slot: Int
    var candidates: [Int]
}

/// A compiled plan.
///
/// A class, so that plans are passed around as one pointer; immutable.
final class PlanTables: Sendable {
    let nodes: [PlanNode]
    let entries: [PlanEntry]
    let lengthTables: [Int32]
    let names: [UInt8]
    let several: [SeveralSlot]
    let continuations: [[String]]
    let choices: [ChoiceSlot]
    let derived: [(field: DerivedField, slot: Int)]
    /// The paths that have slots of their own, for records whose names must be translated.
    let paths: [(path: FieldPath, slot: Int)]
    /// Node of the top-level member `properties`.
    let propertiesNode: Int
    let slotCount: Int
    let fields: [Field]
    let numbers: [Field: Int]

    init(_ builder: PlanBuilder, _ trie: TrieLayout, properties: Int) {
        var nodes = trie.nodes
        for i in nodes.indices { nodes[i].opensTexts = nodes[i].hasChildren }
        if builder.readsWholeProperties { nodes[properties].opensTexts = true }
        self.nodes = nodes
        entries = trie.entries
        lengthTables = trie.lengthTables
        names = trie.names
        several = trie.several
        continuations = trie.continuations
        choices = builder.choices
        derived = builder.derived
        paths = builder.paths
        propertiesNode = properties
        slotCount = builder.slotCount
        fields = builder.fields
        numbers = builder.numbers
    }

    /// The tables of a plan without fields.
    static let empty: PlanTables = {
        var builder = PlanBuilder()
        return builder.buildUnchecked()
    }()
}
