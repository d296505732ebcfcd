/// All pieces of text that rules look for in one field, found in one pass over a text (Aho and Corasick's automaton).
///
/// A table of transitions over classes of bytes: capitals are in the class of their small letters, and bytes of no piece
/// share one. States that end a piece have the highest numbers, so that a step costs two loads and a comparison. Built
/// from sorted pieces, breadth first: equal rules give equal tables.
///
/// Most texts hold no piece, and ``PieceLeaps`` finds that out by looking at a few of their bytes: the walk begins where a piece
/// can begin, if anywhere.
///
/// **Bounds**: at most ``Limits/bytesMax`` for the table. Pieces are cut to their last bytes until it fits, which finds
/// more than they say but nothing less; what even then has no room is ``unplaced``.
/// **Isolation**: immutable once made; shared by all evaluators.
final class LiteralAutomaton: @unchecked Sendable {
    /// A piece, folded, and the rules that need it.
    struct Piece: Sendable {
        var text: [UInt8]
        var rules: [Int32]
    }

    /// How large an automaton may become.
    struct Limits: Sendable {
        /// Bytes of the table of transitions.
        var bytesMax = 4 << 20
        /// Longest ends of pieces, tried in this order.
        var lengths = [64, 32, 16, 8, 4, 2]
    }

    /// Rules of pieces that found no room.
    let unplaced: [Int32]
    /// Number of states; the first is the root.
    let stateCount: Int
    /// The tables, without counting references.
    let view: View

    /// The tables of an automaton; valid as long as the automaton.
    struct View {
        /// Class by byte.
        fileprivate let classes: UnsafePointer<UInt8>
        /// Next state by state and class.
        fileprivate let next: UnsafePointer<UInt16>
        /// What the states from `firstEnd` on end: a run of `rules`, and a shorter piece that ends there too.
        fileprivate let ends: UnsafePointer<End>
        fileprivate let rules: UnsafePointer<Int32>
        fileprivate let shift: Int
        fileprivate let firstEnd: Int
        fileprivate let leaps: PieceLeaps?

        /// Calls back with the rules of every piece in a text: folded text, or any in which only ASCII letters differ in
        /// case.
        @inline(__always)
        func forEachPiece(in text: UnsafeRawBufferPointer, _ body: (UnsafeBufferPointer<Int32>) -> Void) {
            var position = 0
            if let leaps {
                guard let start = leaps.firstStart(in: text, classes) else { return }
                position = start
            }
            var state = 0
            while position < text.count {
                state = Int(next[state << shift | Int(classes[Int(text[position])])])
                position &+= 1
                guard state >= firstEnd else { continue }
                var at = state
                while at >= firstEnd {
                    let end = ends[at - firstEnd]
                    body(UnsafeBufferPointer(start: rules + Int(end.start), count: Int(end.count)))
                    at = Int(end.shorter)
                }
            }
        }
    }

    fileprivate struct End {
        var start: Int32
        var count: Int32
        /// The state of the longest piece that is an end of this one; the root for none.
        var shorter: Int32
    }

    private let memory: [UnsafeMutableRawPointer]

    /// Builds the automaton of some pieces, none of them empty; nil when there are none.
    init?(_ pieces: [Piece], limits: Limits = Limits()) {
        guard !pieces.isEmpty else { return nil }
        var trie = Trie([], classes: Trie.classes(of: pieces))
        var unplaced: [Int32] = []
        for length in limits.lengths {
            trie = Trie(Trie.cut(pieces, to: length), classes: Trie.classes(of: pieces), nodesMax: limits.bytesMax / 2)
            unplaced = trie.unplaced
            if unplaced.isEmpty { break }
        }
        self.unplaced = unplaced
        stateCount = trie.nodes.count
        let automaton = trie.automaton()
        func copy<T>(_ list: [T]) -> UnsafeMutablePointer<T> {
            let memory = UnsafeMutablePointer<T>.allocate(capacity: max(1, list.count))
            _ = UnsafeMutableBufferPointer(start: memory, count: list.count).initialize(from: list)
            return memory
        }
        let (classes, next) = (copy(trie.classes), copy(automaton.next))
        let (ends, rules) = (copy(automaton.ends), copy(automaton.rules))
        let leaps = trie.leaps()
        let distances = copy(leaps?.distances ?? [])
        memory = [.init(classes), .init(next), .init(ends), .init(rules), .init(distances)]
        view = View(
            classes: classes, next: next, ends: ends, rules: rules, shift: trie.shift, firstEnd: automaton.firstEnd,
            leaps: leaps.map { PieceLeaps(distances: distances, shift: trie.shift, length: $0.length) })
    }

    deinit { for block in memory { block.deallocate() } }
}

/// Pieces as a tree, on the way to an automaton.
private struct Trie {
    struct Node {
        /// Children by class, in the order of classes.
        var children: [(byte: UInt8, node: Int)] = []
        var rules: [Int32] = []
    }

    private(set) var nodes = [Node()]
    private(set) var unplaced: [Int32] = []
    let classes: [UInt8]
    /// Width of a row, as a power of two.
    let shift: Int

    /// Classes by byte: zero for bytes of no piece, equal for the two cases of a letter.
    static func classes(of pieces: [LiteralAutomaton.Piece]) -> [UInt8] {
        var isUsed = [Bool](repeating: false, count: 256)
        for piece in pieces { for byte in piece.text { isUsed[Int(byte)] = true } }
        var classes = [UInt8](repeating: 0, count: 256)
        var count: UInt8 = 0
        for byte in 0..<256 where isUsed[byte] && CaseFolding.foldASCII(UInt8(byte)) == UInt8(byte) {
            // Folded UTF-8 uses far fewer than 255 different bytes; were it all of them, the last would share a class.
            count = count == 255 ? count : count + 1
            classes[byte] = count
        }
        for byte in UInt8(ascii: "A")...UInt8(ascii: "Z") {
            classes[Int(byte)] = classes[Int(CaseFolding.foldASCII(byte))]
        }
        return classes
    }

    /// The ends of pieces, sorted; equal ones become one.
    static func cut(_ pieces: [LiteralAutomaton.Piece], to length: Int) -> [LiteralAutomaton.Piece] {
        let sorted = pieces.map { LiteralAutomaton.Piece(text: $0.text.suffix(length), rules: $0.rules) }
            .sorted { $0.text.lexicographicallyPrecedes($1.text) }
        var joined: [LiteralAutomaton.Piece] = []
        for piece in sorted {
            if let last = joined.indices.last, joined[last].text == piece.text {
                joined[last].rules += piece.rules
            } else {
                joined.append(piece)
            }
        }
        return joined.map { .init(text: $0.text, rules: Array(Set($0.rules)).sorted()) }
    }

    /// Makes a tree of sorted pieces that has at most so many entries in its rows.
    init(_ pieces: [LiteralAutomaton.Piece], classes: [UInt8], nodesMax entriesMax: Int = .max) {
        self.classes = classes
        var width = 1
        while 1 << width <= Int(classes.max() ?? 0) { width += 1 }
        shift = width
        let nodesMax = min(Int(UInt16.max), entriesMax >> width)
        for piece in pieces {
            // A piece may need a node for each of its bytes; the count before it is known to fit.
            guard nodes.count + piece.text.count <= nodesMax else {
                unplaced += piece.rules
                continue
            }
            var at = 0
            for byte in piece.text {
                let number = classes[Int(byte)]
                if let child = nodes[at].children.last(where: { $0.byte == number }) {
                    at = child.node
                } else {
                    nodes.append(Node())
                    nodes[at].children.append((number, nodes.count - 1))
                    at = nodes.count - 1
                }
            }
            nodes[at].rules += piece.rules
        }
        unplaced = Array(Set(unplaced)).sorted()
    }

    /// How far a search may leap at each pair of classes, and over how many bytes it looks; nil when no leap would be long.
    ///
    /// Wu and Manber's table over the beginnings of all pieces, as long as the shortest piece.
    func leaps() -> (distances: [UInt8], length: Int)? {
        let beginnings = beginnings()
        guard beginnings.length >= PieceLeaps.lengthMin else { return nil }
        let length = min(beginnings.length, Int(UInt8.max))
        var distances = [UInt8](repeating: UInt8(length - 1), count: 1 << (2 * shift))
        for beginning in beginnings.texts {
            for end in 1..<length {
                let pair = Int(beginning[end - 1]) << shift | Int(beginning[end])
                distances[pair] = min(distances[pair], UInt8(length - 1 - end))
            }
        }
        return (distances, length)
    }

    /// The length of the shortest piece, and the first so many classes of every piece.
    private func beginnings() -> (texts: [[UInt8]], length: Int) {
        var level: [(node: Int, text: [UInt8])] = [(0, [])]
        while !level.isEmpty, level.allSatisfy({ nodes[$0.node].rules.isEmpty }) {
            level = level.flatMap { place in nodes[place.node].children.map { ($0.node, place.text + [$0.byte]) } }
        }
        return (level.map(\.text), level.first?.text.count ?? 0)
    }

    /// Rows of transitions, numbered breadth first, states that end a piece last.
    func automaton() -> (next: [UInt16], ends: [LiteralAutomaton.End], rules: [Int32], firstEnd: Int) {
        var order = [0]
        var failure = [Int](repeating: 0, count: nodes.count)
        var at = 0
        while at < order.count {
            for child in nodes[order[at]].children {
                order.append(child.node)
            }
            at += 1
        }
        // Rows in terms of nodes first; a node's failure is nearer to the root, so its row is complete.
        var rows = [Int32](repeating: 0, count: nodes.count << shift)
        var shorter = [Int](repeating: 0, count: nodes.count)
        for node in order {
            if node != 0 {
                shorter[node] = nodes[failure[node]].rules.isEmpty ? shorter[failure[node]] : failure[node]
                for number in 0..<(1 << shift) { rows[node << shift | number] = rows[failure[node] << shift | number] }
            }
            for child in nodes[node].children {
                let place = node << shift | Int(child.byte)
                failure[child.node] = node == 0 ? 0 : Int(rows[place])
                rows[place] = Int32(child.node)
            }
        }
        // A state that only ends a shorter piece reports as well.
        let isEnd = nodes.indices.map { !nodes[$0].rules.isEmpty || shorter[$0] != 0 }
        let numbered = order.filter { !isEnd[$0] } + order.filter { isEnd[$0] }
        var number = [Int](repeating: 0, count: nodes.count)
        for (index, node) in numbered.enumerated() { number[node] = index }
        let firstEnd = isEnd.count { !$0 }
        var next = [UInt16](repeating: 0, count: rows.count)
        var ends: [LiteralAutomaton.End] = []
        var rules: [Int32] = []
        for (index, node) in numbered.enumerated() {
            for column in 0..<(1 << shift) {
                next[index << shift | column] = UInt16(truncatingIfNeeded: number[Int(rows[node << shift | column])])
            }
            guard index >= firstEnd else { continue }
            ends.append(
                LiteralAutomaton.End(
                    start: Int32(rules.count), count: Int32(nodes[node].rules.count),
                    shorter: Int32(shorter[node] == 0 ? 0 : number[shorter[node]])))
            rules += nodes[node].rules
        }
        return (next, ends, rules, firstEnd)
    }
}
