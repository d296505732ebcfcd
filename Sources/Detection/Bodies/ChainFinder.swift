/// Finds chains of events event by event: for every event that completes one, the closest (see ``SequenceRule``).
///
/// Keeps for every place of the chain the best beginning so far, so that an event costs what its steps cost, however many
/// events came before.
struct ChainFinder {
    /// An event in a place of a chain.
    private struct Node {
        var event: Int
        /// Number of the chain's first event.
        var start: Int
        /// The node of the place before; -1 for the first.
        var parent: Int
    }

    /// What each place of the chain needs.
    private let places: [UInt64]
    /// What must not occur between the place before and this one.
    private let forbidden: [UInt64]
    /// What ends every chain.
    private let until: UInt64
    private var nodes: [Node] = []
    /// Per place: the node from which chains go on; -1 for none.
    private var best: [Int]

    init(places: [UInt64], forbidden: [UInt64], until: UInt64) {
        self.places = places
        self.forbidden = forbidden
        self.until = until
        best = [Int](repeating: -1, count: places.count)
    }

    /// Takes the next event in order; returns the number of the first event of the closest chain that it completes, and
    /// a name for that chain.
    mutating func take(_ event: Int, _ steps: UInt64) -> (start: Int, chain: Int)? {
        var made: [(place: Int, node: Int)] = []
        for (place, needed) in places.enumerated() where steps & needed != 0 {
            if place == 0 {
                nodes.append(Node(event: event, start: event, parent: -1))
            } else if best[place - 1] >= 0 {
                nodes.append(Node(event: event, start: nodes[best[place - 1]].start, parent: best[place - 1]))
            } else {
                continue
            }
            made.append((place, nodes.count - 1))
        }
        let ends = steps & until != 0
        if ends {
            for place in best.indices { best[place] = -1 }
        }
        for place in places.indices.dropFirst() where steps & forbidden[place] != 0 { best[place - 1] = -1 }
        for (place, node) in made where !ends || place == 0 {
            // Later beginnings are nearer; of equal ones this event is the latest.
            if best[place] < 0 || nodes[node].start >= nodes[best[place]].start { best[place] = node }
        }
        guard let last = made.last, last.place == places.count - 1 else { return nil }
        return (nodes[last.node].start, last.node)
    }

    /// The events of a chain, in order.
    func events(of chain: Int) -> [Int] {
        var events: [Int] = []
        var at = chain
        while at >= 0 {
            events.append(nodes[at].event)
            at = nodes[at].parent
        }
        return events.reversed()
    }
}
