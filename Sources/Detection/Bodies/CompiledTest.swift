/// The test of a correlation, compiled.
struct CompiledTest: Sendable {
    /// What it keeps of an event.
    enum Draws { case nothing, numbers, identities }

    /// Which members must have occurred.
    indirect enum Occurrence: Sendable {
        case member(UInt64)
        case all([Occurrence])
        case any([Occurrence])
        case atLeast(Int, [Occurrence])
        case not(Occurrence)
    }

    enum Kind: Sendable {
        case eventCount, valueCount, sum, average
        case percentile(Double)
        case temporal(Occurrence)
        case ordered
    }

    let kind: Kind
    let thresholds: [Threshold]
    let memberNames: [String]

    init(_ rule: CorrelationRule) throws(DetectionError) {
        memberNames = rule.members.map(\.name)
        guard (1...63).contains(memberNames.count), Set(memberNames).count == memberNames.count else {
            throw DetectionError(.ruleNotRunnable, "a correlation needs from 1 to 63 members with different names")
        }
        switch rule.test {
        case .eventCount(let list): (kind, thresholds) = (.eventCount, list)
        case .valueCount(let list): (kind, thresholds) = (.valueCount, list)
        case .valueSum(let list): (kind, thresholds) = (.sum, list)
        case .valueAverage(let list): (kind, thresholds) = (.average, list)
        case .valuePercentile(let rank, let list):
            guard (0...100).contains(rank) else {
                throw DetectionError(.ruleNotRunnable, "the percentile is \(rank); it must be from 0 to 100")
            }
            (kind, thresholds) = (.percentile(rank), list)
        case .temporal(let condition):
            (kind, thresholds) = (.temporal(try Self.compile(condition, memberNames)), [])
        case .temporalOrdered: (kind, thresholds) = (.ordered, [])
        }
        switch kind {
        case .temporal, .ordered: break
        case .eventCount, .valueCount, .sum, .average, .percentile:
            guard !thresholds.isEmpty, thresholds.allSatisfy({ $0.value.isNumber }) else {
                throw DetectionError(.ruleNotRunnable, "\(name) needs a threshold that is a number")
            }
        }
    }

    private static func compile(
        _ condition: MemberCondition, _ names: [String]
    ) throws(DetectionError) -> Occurrence {
        func each(_ list: [MemberCondition]) throws(DetectionError) -> [Occurrence] {
            var compiled: [Occurrence] = []
            for child in list { compiled.append(try compile(child, names)) }
            return compiled
        }
        switch condition {
        case .member(let name):
            guard let number = names.firstIndex(of: name) else {
                throw DetectionError(.ruleNotRunnable, "the condition names '\(name)', which is no member")
            }
            return .member(1 << UInt64(number))
        case .all(let list): return .all(try each(list))
        case .any(let list): return .any(try each(list))
        case .atLeast(let count, let list): return .atLeast(count, try each(list))
        case .not(let child): return .not(try compile(child, names))
        }
    }

    /// The name of the column that findings show.
    var name: String {
        switch kind {
        case .eventCount: "event_count"
        case .valueCount: "value_count"
        case .sum: "value_sum"
        case .average: "value_avg"
        case .percentile: "value_percentile"
        case .temporal: "temporal"
        case .ordered: "temporal_ordered"
        }
    }

    var draws: Draws {
        switch kind {
        case .eventCount, .temporal, .ordered: .nothing
        case .valueCount: .identities
        case .sum, .average, .percentile: .numbers
        }
    }

    /// True for a number of values that a member can give.
    func accepts(valueCount: Int) -> Bool {
        switch draws {
        case .nothing: valueCount == 0
        case .numbers: valueCount == 1
        case .identities: valueCount >= 1
        }
    }

    /// How many events must be kept so that the thresholds mean what they say.
    var eventsNeeded: Int {
        switch kind {
        case .eventCount, .valueCount:
            thresholds.reduce(1) { needed, threshold in
                let number = threshold.value.numeric ?? 0
                return max(needed, number < 1e9 ? Int(max(0, number)) + 1 : Int.max)
            }
        case .ordered: memberNames.count
        case .sum, .average, .percentile, .temporal: 1
        }
    }

    /// True when more events can only turn a no into a yes.
    var isGrowing: Bool {
        switch kind {
        case .eventCount, .valueCount: thresholds.allSatisfy(Self.isLowerBound)
        case .temporal(let occurrence): occurrence.isGrowing
        case .ordered: true
        case .sum, .average, .percentile: false
        }
    }

    /// True for a sum that only has lower bounds: growing if its values cannot be negative.
    var isGrowingSum: Bool {
        if case .sum = kind { thresholds.allSatisfy(Self.isLowerBound) } else { false }
    }

    private static func isLowerBound(_ threshold: Threshold) -> Bool {
        threshold.comparison == .greater || threshold.comparison == .greaterOrEqual
    }

    /// True when a value meets every threshold.
    func accepts(_ value: Value) -> Bool {
        value != .null && thresholds.allSatisfy { $0.comparison.test(value, $0.value) == true }
    }

    /// False when so many events with these steps cannot pass yet.
    func mayHold(events: Int, steps: UInt64) -> Bool {
        switch kind {
        case .eventCount: accepts(.long(Int64(events)))
        case .temporal(let occurrence): occurrence.holds(steps)
        case .ordered: memberNames.indices.allSatisfy { steps & 1 << UInt64($0) != 0 }
        case .valueCount, .sum, .average, .percentile: true
        }
    }
}

extension CompiledTest.Occurrence {
    func holds(_ seen: UInt64) -> Bool {
        switch self {
        case .member(let bit): seen & bit != 0
        case .all(let list): list.allSatisfy { $0.holds(seen) }
        case .any(let list): list.contains { $0.holds(seen) }
        case .atLeast(let count, let list): list.count { $0.holds(seen) } >= count
        case .not(let child): !child.holds(seen)
        }
    }

    var isGrowing: Bool {
        switch self {
        case .member: true
        case .all(let list), .any(let list), .atLeast(_, let list): list.allSatisfy(\.isGrowing)
        case .not: false
        }
    }
}
