/// The ids of the last messages of a partition: a plain broker may deliver one again.
struct RecentMessageIDs {
    /// How many ids are remembered.
    static let most = 10_000

    private var known: Set<String> = []
    private var order: [String] = []
    private var next = 0

    /// Remembers an id; false when it is known.
    mutating func insert(_ id: String) -> Bool {
        guard known.insert(id).inserted else { return false }
        if order.count < Self.most {
            order.append(id)
        } else {
            known.remove(order[next])
            order[next] = id
            next = (next + 1) % Self.most
        }
        return true
    }
}
