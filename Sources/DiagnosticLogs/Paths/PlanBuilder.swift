/// Gives fields their slots and collects the raw paths they need.
struct PlanBuilder {
    private(set) var fields: [Field] = []
    private(set) var numbers: [Field: Int] = [:]
    private(set) var paths: [(path: FieldPath, slot: Int)] = []
    /// What is computed when it is read; its slots follow those of the paths.
    private(set) var computed: [ComputedSlot] = []
    /// Some field is `properties` as a whole.
    private(set) var readsWholeProperties = false
    private var slotOfPath: [FieldPath: Int] = [:]

    private static let pathsMax = 16_000
    private static let stepsMax = 32

    /// Number of slots that the walker fills.
    var pathSlotCount: Int { paths.count }

    /// Makes a builder whose first slots are the ``CoreSlot``s.
    init() {
        for core in CoreSlot.allCases { _ = slot(of: core.path) }
    }

    /// Makes a builder for these paths and nothing else.
    init(only paths: [FieldPath]) {
        for path in paths { _ = slot(of: path) }
    }

    mutating func add(_ field: Field) throws(DiagnosticLogsError) {
        guard numbers[field] == nil else { return }
        let number: Int
        switch field {
        case .path(let path):
            try check(path)
            number = slot(ofFirst: FieldAliases.candidates(of: path))
        case .firstOf(let list):
            for path in list { try check(path) }
            number = slot(ofFirst: list.flatMap { FieldAliases.candidates(of: $0) })
        case .derived(let value):
            for path in ComputedFields.inputs(of: value) { _ = slot(of: path) }
            number = slotNumber(of: .derived(value))
        }
        numbers[field] = number
        fields.append(field)
        if paths.count > Self.pathsMax {
            throw DiagnosticLogsError(
                code: .tooManyFields,
                message: "the loaded rules read more than \(Self.pathsMax) different paths; load fewer rules")
        }
    }

    private func check(_ path: FieldPath) throws(DiagnosticLogsError) {
        guard !path.steps.isEmpty, path.steps.count <= Self.stepsMax else {
            throw DiagnosticLogsError(
                code: .invalidFieldPath,
                message: "a path has between 1 and \(Self.stepsMax) names, this one has \(path.steps.count)")
        }
    }

    private mutating func slot(ofFirst candidates: [FieldPath]) -> Int {
        if candidates.contains(where: { FieldAliases.asciiLowercased($0.steps.joined()) == "properties" }) {
            readsWholeProperties = true
        }
        if candidates.count == 1, let only = candidates.first { return slot(of: only) }
        return slotNumber(of: .choice(candidates.map { slot(of: $0) }))
    }

    /// A stand-in for the slot of a computed value, until the number of paths is known: -1, -2, ….
    private mutating func slotNumber(of value: ComputedSlot) -> Int {
        computed.append(value)
        return -computed.count
    }

    /// Slot of a raw path; paths that differ only in the case of the top-level name share one.
    mutating func slot(of path: FieldPath) -> Int {
        var steps = path.steps
        if let first = steps.first { steps[0] = FieldAliases.asciiLowercased(first) }
        let folded = FieldPath(steps)
        if let known = slotOfPath[folded] { return known }
        let number = paths.count
        slotOfPath[folded] = number
        paths.append((path, number))
        return number
    }

    mutating func build() throws(DiagnosticLogsError) -> PlanTables {
        let tables = buildUnchecked()
        if tables.continuations.count > Int(UInt16.max) {
            throw DiagnosticLogsError(
                code: .tooManyFields, message: "too many different paths through arrays; load fewer rules")
        }
        return tables
    }

    mutating func buildUnchecked() -> PlanTables {
        var trie = TrieLayout()
        let root = TrieBranch()
        for (path, slot) in paths { root.insert(path.steps[...], slot: slot, isRoot: true) }
        _ = trie.lay(root, isRoot: true)
        for (field, number) in numbers where number < 0 { numbers[field] = pathSlotCount - 1 - number }
        var properties = 0
        if let name = root.children.first(where: { $0.name == "properties" }) { properties = name.branch.number }
        return PlanTables(self, trie, properties: properties)
    }
}

/// A node of the trie while it is built.
final class TrieBranch {
    var slot = -1
    var children: [(name: String, spelling: String, branch: TrieBranch)] = []
    /// Its node.
    var number = 0
    /// Its place among the entries of the node above.
    var entry = 0

    func insert(_ steps: ArraySlice<String>, slot: Int, isRoot: Bool) {
        guard let step = steps.first else {
            self.slot = slot
            return
        }
        let name = isRoot ? FieldAliases.asciiLowercased(step) : step
        if let known = children.first(where: { $0.name == name }) {
            return known.branch.insert(steps.dropFirst(), slot: slot, isRoot: false)
        }
        let branch = TrieBranch()
        let spelling = isRoot ? FieldAliases.documentedNames[name] ?? step : step
        children.append((name, spelling, branch))
        branch.insert(steps.dropFirst(), slot: slot, isRoot: false)
    }
}

/// The trie as flat tables.
struct TrieLayout {
    private(set) var nodes: [PlanNode] = []
    private(set) var entries: [PlanEntry] = []
    private(set) var names: [UInt8] = []
    private(set) var several: [SeveralSlot] = []
    /// Number 0 stands for no steps.
    private(set) var continuations: [[String]] = [[]]
    private var continuationNumbers: [[String]: UInt16] = [:]

    /// Lays out a branch and everything below it; returns the slots in the subtree with the steps that lead to them.
    mutating func lay(_ branch: TrieBranch, isRoot: Bool) -> [(steps: [String], slot: Int)] {
        let number = nodes.count
        branch.number = number
        nodes.append(PlanNode())
        let children = branch.children.sorted {
            ($0.name.utf8.count, $0.name) < ($1.name.utf8.count, $1.name)
        }
        layNames(children, of: number, isRoot: isRoot)

        var below: [(steps: [String], slot: Int)] = []
        var throughElements: [(steps: [String], slot: Int)] = []
        for child in children {
            let first = nodes.count
            let reached = lay(child.branch, isRoot: false).map { (steps: [child.name] + $0.steps, slot: $0.slot) }
            below += reached
            if !Self.isIndex(child.name) { throughElements += reached }
            entries[child.branch.entry].node = Int32(first)
        }
        let severalStart = several.count
        for (steps, slot) in throughElements where !isRoot {
            several.append(SeveralSlot(slot: Int32(slot), continuation: continuation(steps)))
        }
        nodes[number].slot = Int32(branch.slot)
        nodes[number].subtreeEnd = Int32(nodes.count)
        nodes[number].severalStart = Int32(severalStart)
        nodes[number].severalEnd = Int32(several.count)
        nodes[number].hasChildren = !children.isEmpty
        nodes[number].hasIndexes = children.contains { Self.isIndex($0.name) }
        nodes[number].isRoot = isRoot
        return (branch.slot >= 0 ? [(steps: [], slot: branch.slot)] : []) + below
    }

    private static func isIndex(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 9 && name.utf8.allSatisfy { JSONNumber.isDigit($0) }
    }

    /// Lays out a node's table of names: open addressing, mostly a quarter full.
    private mutating func layNames(
        _ children: [(name: String, spelling: String, branch: TrieBranch)], of node: Int, isRoot: Bool
    ) {
        var size = 2
        while size < 3 * children.count { size *= 2 }
        let table = entries.count
        nodes[node].table = Int32(table)
        nodes[node].tableMask = UInt32(size - 1)
        nodes[node].tableShift = UInt8(64 - size.trailingZeroBitCount)
        entries += [PlanEntry](repeating: PlanEntry(), count: size)
        for child in children {
            let bytes = Array(child.spelling.utf8)
            let padded = bytes + [UInt8](repeating: 0, count: 8)
            let ends = padded.withUnsafeBytes { text -> NameEnds in
                guard let start = text.baseAddress else { return NameEnds() }
                return NameEnds(start, bytes.count, fold: isRoot ? NameEnds.foldBits : 0)
            }
            var place = ends.place(bytes.count, shift: nodes[node].tableShift)
            while entries[table + Int(place)].nameLength >= 0 { place = (place + 1) & UInt32(size - 1) }
            child.branch.entry = table + Int(place)
            entries[child.branch.entry] = PlanEntry(
                ends: ends, nameOffset: Int32(names.count), nameLength: Int32(bytes.count),
                isDocumented: isRoot && FieldAliases.documentedNames[child.name] != nil,
                isPlain: !isRoot || bytes.allSatisfy { JSONNumber.isDigit($0) || ($0 | 0x20) &- 0x61 < 26 })
            nodes[node].lengths |= RecordWalker.lengthBit(bytes.count)
            names += bytes
        }
        for place in 0..<size where entries[table + place].nameLength >= 0 {
            entries[table + place].isLast = entries[table + (place + 1) & (size - 1)].nameLength < 0
        }
    }

    private mutating func continuation(_ steps: [String]) -> UInt16 {
        if let known = continuationNumbers[steps] { return known }
        let number = UInt16(clamping: continuations.count)
        continuations.append(steps)
        continuationNumbers[steps] = number
        return number
    }
}
