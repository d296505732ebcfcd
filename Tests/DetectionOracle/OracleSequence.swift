package import Detection

/// Sequences by their definition: every chain is tried.
package struct OracleSequence {
    package struct Step {
        var keys: (OracleEvent) -> [[Value]]
        var runs = 1
        var isNegated = false

        package init(keys: @escaping (OracleEvent) -> [[Value]], runs: Int = 1, isNegated: Bool = false) {
            self.keys = keys
            self.runs = runs
            self.isNegated = isNegated
        }
    }

    package var rule: String
    package var span: Int64
    package var steps: [Step]
    package var until: Step?

    package init(rule: String, span: Int64, steps: [Step], until: Step? = nil) {
        self.rule = rule
        self.span = span
        self.steps = steps
        self.until = until
    }

    package func findings(_ stream: OracleStream) -> [OracleFinding] {
        let all = steps + (until.map { [$0] } ?? [])
        let groups = stream.groups { event in
            var keys: [[Value]] = []
            for key in all.flatMap({ $0.keys(event) }) where !keys.contains(key) { keys.append(key) }
            return keys
        }
        var result: [OracleFinding] = []
        for (key, entries) in groups {
            var done: Set<Int64> = []
            for last in entries.indices {
                let slot = OracleNumbers.floor(entries[last].time, span)
                guard !done.contains(slot), let chain = closest(entries, key, last) else { continue }
                done.insert(slot)
                let (first, end) = (entries[chain[0]].time, entries[last].time)
                result.append(
                    OracleFinding(
                        rule: rule, group: key, start: slot * span, end: (slot + 1) * span - 1,
                        values: [
                            "first_event": .datetime(OracleNumbers.floor(first, 1_000_000)),
                            "last_event": .datetime(OracleNumbers.floor(end, 1_000_000)),
                        ], count: chain.count, evidence: chain.prefix(5).map { entries[$0].place }))
            }
        }
        return result
    }

    /// The closest chain that ends with an event, if it holds.
    private func closest(_ entries: [OracleStream.Entry], _ key: [Value], _ last: Int) -> [Int]? {
        func matches(_ at: Int, _ step: Step) -> Bool { step.keys(entries[at].event).contains(key) }
        // Each positive step as often as it runs, with the negated steps that stand before it.
        var places: [(step: Step, before: [Step])] = []
        var negated: [Step] = []
        for step in steps {
            if step.isNegated { negated.append(step); continue }
            for run in 0..<step.runs { places.append((step, run == 0 ? negated : [])) }
            negated = []
        }
        let lowest = entries[last].time - span
        var best: [Int]?
        func extend(_ chain: [Int]) {
            guard chain.count < places.count else {
                if chain[chain.count - 1] == last, best.map({ isCloser(chain, than: $0) }) ?? true { best = chain }
                return
            }
            let place = places[chain.count]
            for at in ((chain.last ?? -1) + 1)..<(last + 1) where entries[at].time >= lowest && matches(at, place.step)
            {
                if let previous = chain.last {
                    let between = (previous + 1)..<max(previous + 1, at)
                    if between.contains(where: { event in place.before.contains { matches(event, $0) } }) { continue }
                }
                if chain.count == places.count - 1, at != last { continue }
                extend(chain + [at])
            }
        }
        extend([])
        guard let chain = best else { return nil }
        if let until, ((chain[0] + 1)..<max(chain[0] + 1, last)).contains(where: { matches($0, until) }) { return nil }
        let leading = steps.prefix { $0.isNegated }
        let before = entries.indices.filter { $0 < chain[0] && entries[$0].time >= lowest }
        if before.contains(where: { at in leading.contains { matches(at, $0) } }) { return nil }
        let deadline = entries[chain[0]].time + span
        let after = entries.indices.filter { $0 > last && entries[$0].time <= deadline }
        return after.contains { at in negated.contains { matches(at, $0) } } ? nil : chain
    }

    /// Later beginning first; then the later last event but one, and so on backwards.
    private func isCloser(_ a: [Int], than b: [Int]) -> Bool {
        if a[0] != b[0] { return a[0] > b[0] }
        for (x, y) in zip(a.reversed(), b.reversed()) where x != y { return x > y }
        return false
    }
}
