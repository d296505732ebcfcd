/// A window that slides over a group's events: what the test reads, kept up to date event by event.
struct CorrelationWindow {
    private let test: CompiledTest
    private var events: Int64 = 0
    private var members: [Int]
    private var identities: [StableHash: Int] = [:]
    private var integers: Int128 = 0
    private var doubles = FixedPointSum()
    private var doubleCount: Int64 = 0
    private var numberCount: Int64 = 0
    /// In order; for percentiles only.
    private var sorted: [Double] = []
    private var chains: ChainFinder?
    /// Number of the event that the latest complete chain begins with.
    private var chainStart: Int?

    init(_ test: CompiledTest) {
        self.test = test
        members = [Int](repeating: 0, count: test.memberNames.count)
        if case .ordered = test.kind {
            let places = test.memberNames.indices.map { UInt64(1) << UInt64($0) }
            chains = ChainFinder(places: places, forbidden: places.map { _ in 0 }, until: 0)
        }
    }

    /// Takes the next event in; events are numbered in order.
    mutating func add(_ event: EventEntry, number: Int) {
        change(event, by: 1)
        if let start = chains?.take(number, event.steps)?.start { chainStart = max(chainStart ?? start, start) }
    }

    /// Lets the earliest event go.
    mutating func remove(_ event: EventEntry) { change(event, by: -1) }

    private mutating func change(_ event: EventEntry, by sign: Int) {
        events += Int64(sign)
        switch test.kind {
        case .eventCount, .ordered: break
        case .temporal:
            for number in members.indices where event.steps & 1 << UInt64(number) != 0 { members[number] += sign }
        case .valueCount:
            for hash in event.hashes {
                let count = identities[hash, default: 0] + sign
                identities[hash] = count == 0 ? nil : count
            }
        case .sum, .average:
            for number in event.numbers {
                numberCount += Int64(sign)
                switch number {
                case .long(let value): integers &+= Int128(value) * Int128(sign)
                case .double(let value):
                    doubleCount += Int64(sign)
                    doubles.add(value * Double(sign))
                default: break
                }
            }
        case .percentile:
            for case let value? in event.numbers.map(\.numeric) {
                let at = sorted.firstIndex(notBelow: value)
                if sign > 0 {
                    sorted.insert(value, at: at)
                } else if at < sorted.count, sorted[at] == value {
                    sorted.remove(at: at)
                }
            }
        }
    }

    /// What the test reads of the window if it passes; `low` is the number of the window's first event.
    func passing(from low: Int) -> Value? {
        let value: Value
        switch test.kind {
        case .temporal(let occurrence):
            let seen = members.indices.reduce(UInt64(0)) { members[$1] > 0 ? $0 | 1 << UInt64($1) : $0 }
            guard occurrence.holds(seen) else { return nil }
            return Value(members: members.indices.filter { members[$0] > 0 }.map { .string(test.memberNames[$0]) })
        case .ordered:
            guard let chainStart, chainStart >= low else { return nil }
            return Value(members: test.memberNames.map { .string($0) })
        case .eventCount: value = .long(events)
        case .valueCount: value = .long(Int64(identities.count))
        case .sum, .average: value = total
        case .percentile(let rank): value = percentile(rank)
        }
        return test.accepts(value) ? value : nil
    }

    /// The sum or mean of the numbers, as ``Accumulator`` gives it.
    private var total: Value {
        guard numberCount > 0 else { return .null }
        if case .sum = test.kind, doubleCount == 0 { return Int64(exactly: integers).map { .long($0) } ?? .null }
        var sum = doubles
        sum.add(integers)
        guard let rounded = sum.rounded else { return .null }
        if case .average = test.kind { return .double(rounded / Double(numberCount)) }
        return .double(rounded)
    }

    /// By linear interpolation between the closest ranks: position p/100 * (n - 1).
    private func percentile(_ rank: Double) -> Value {
        guard !sorted.isEmpty else { return .null }
        let position = rank / 100 * Double(sorted.count - 1)
        let below = Int(position.rounded(.down))
        let (low, high) = (sorted[below], sorted[min(below + 1, sorted.count - 1)])
        let fraction = position - Double(below)
        return .double(fraction > 0 ? low + (high - low) * fraction : low)
    }
}
