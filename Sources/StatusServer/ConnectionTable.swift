/// Which connections are open, and which one goes when there are too many.
///
/// **Bounds**: at most `connectionsMax`. A newcomer takes the place of the connection that has been silent longest; when all
/// are being answered, the newcomer goes. So a crowd that connects and says nothing keeps nobody out.
struct ConnectionTable {
    /// A connection's number, in order of their opening.
    typealias ID = UInt64

    private enum State {
        case silent(since: UInt64)
        case busy
    }

    private let connectionsMax: Int
    private var last: ID = 0
    /// Counts what happened: who became silent first has the lowest number.
    private var turn: UInt64 = 0
    private var states: [ID: State] = [:]

    init(connectionsMax: Int) { self.connectionsMax = max(1, connectionsMax) }

    var count: Int { states.count }

    /// A connection was opened; its number, and the one to close for it (perhaps itself).
    mutating func opened() -> (id: ID, closing: ID?) {
        last += 1
        turn += 1
        var closing: ID?
        if states.count >= connectionsMax {
            guard let oldest = longestSilent else { return (last, last) }
            states[oldest] = nil
            closing = oldest
        }
        states[last] = .silent(since: turn)
        return (last, closing)
    }

    /// A connection has a request that is not answered.
    mutating func becameBusy(_ id: ID) {
        if states[id] != nil { states[id] = .busy }
    }

    /// Everything that a connection asked is answered.
    mutating func becameSilent(_ id: ID) {
        turn += 1
        if states[id] != nil { states[id] = .silent(since: turn) }
    }

    /// A connection is gone.
    mutating func closed(_ id: ID) { states[id] = nil }

    private var longestSilent: ID? {
        var oldest: (id: ID, since: UInt64)?
        for (id, state) in states {
            guard case .silent(let since) = state, oldest.map({ since < $0.since }) ?? true else { continue }
            oldest = (id, since)
        }
        return oldest?.id
    }
}
