/// Decides which faults of a script a fact sets off.
///
/// Pure: facts and times since the script began in, faults out; the same facts in the same order give the same faults.
struct FaultMatcher: Sendable {
    let script: FaultScript
    private var counts: [Int]
    private var begins: [Duration?]
    private var isTimeDone: [Bool]
    /// The kinds of facts that the script waits for.
    let kinds: Set<BrokerFact.Kind>

    init(_ script: FaultScript) {
        self.script = script
        counts = Array(repeating: 0, count: script.faults.count)
        begins = Array(repeating: nil, count: script.faults.count)
        isTimeDone = Array(repeating: false, count: script.faults.count)
        kinds = Set(
            script.faults.compactMap { if case .fact(let kind) = $0.trigger { kind } else { nil } })
    }

    /// How often each fault has happened, in the order of the script.
    private(set) var fired: [Int: Int] = [:]

    /// The faults that a fact sets off, in the order of the script.
    mutating func observe(_ fact: BrokerFact, at time: Duration) -> [Fault] {
        guard kinds.contains(fact.kind) else { return [] }
        return script.faults.indices.filter { happens($0, fact, time) }.map { script.faults[$0] }
    }

    private mutating func happens(_ index: Int, _ fact: BrokerFact, _ time: Duration) -> Bool {
        let fault = script.faults[index]
        guard fault.trigger == .fact(fact.kind), fault.filter.passes(fact), time >= fault.after ?? .zero else {
            return false
        }
        if let until = fault.until, time >= until { return false }
        counts[index] += 1
        guard fault.occurrences.contains(counts[index]) else { return false }
        if let span = fault.span {
            let begin = begins[index] ?? time
            begins[index] = begin
            guard time - begin < span else { return false }
        }
        fired[index, default: 0] += 1
        return true
    }

    /// The faults whose time has come and that have not happened yet.
    mutating func timeReached(_ time: Duration) -> [Fault] {
        let due = script.faults.indices.filter { index in
            guard case .time(let at) = script.faults[index].trigger else { return false }
            return !isTimeDone[index] && time >= at
        }
        for index in due {
            isTimeDone[index] = true
            fired[index, default: 0] += 1
        }
        return due.map { script.faults[$0] }
    }

    /// When `timeReached` must be called next; nil when nothing waits for a time.
    var nextTime: Duration? {
        script.faults.indices.compactMap { index -> Duration? in
            guard case .time(let at) = script.faults[index].trigger, !isTimeDone[index] else { return nil }
            return at
        }.min()
    }
}

extension Fault.Filter {
    /// Whether a fact has everything that the filter names.
    func passes(_ fact: BrokerFact) -> Bool {
        if let hub, fact.hub?.lowercased() != hub.lowercased() { return false }
        if let partition, fact.partition != partition { return false }
        switch fact {
        case .attach(_, let itsGroup, let itsPosition, _, _):
            if let group, group.lowercased() != itsGroup.lowercased() { return false }
            if let position, position != itsPosition { return false }
        case .delivery(_, let number):
            if let sequenceNumber, sequenceNumber != number { return false }
        case .request(let itsSubject, _, _):
            if let subject, subject != itsSubject { return false }
        case .open, .send, .token: break
        }
        return true
    }
}
