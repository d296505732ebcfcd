/// The parts of a rule's version that describe correlations and sequences.
extension ByteWriter {
    mutating func correlation(_ rule: CorrelationRule) {
        signed(rule.timespan.nanoseconds)
        strings(rule.keyNames)
        flag(rule.ignoresCase)
        count(rule.members.count)
        for member in rule.members {
            string(member.name)
            logSource(member.logSource)
            condition(member.condition)
            list(member.keys)
            list(member.values)
        }
        test(rule.test)
    }

    private mutating func test(_ test: CorrelationTest) {
        switch test {
        case .eventCount(let list): thresholds(0, list)
        case .valueCount(let list): thresholds(1, list)
        case .valueSum(let list): thresholds(2, list)
        case .valueAverage(let list): thresholds(3, list)
        case .valuePercentile(let rank, let list):
            thresholds(4, list)
            fixed(rank.bitPattern)
        case .temporal(let condition):
            byte(5)
            members(condition)
        case .temporalOrdered: byte(6)
        }
    }

    private mutating func thresholds(_ kind: UInt8, _ list: [Threshold]) {
        byte(kind)
        count(list.count)
        for threshold in list {
            string(threshold.comparison.rawValue)
            value(threshold.value)
        }
    }

    private mutating func members(_ condition: MemberCondition) {
        func nested(_ kind: UInt8, _ list: [MemberCondition], _ writer: inout ByteWriter) {
            writer.byte(kind)
            writer.count(list.count)
            for child in list { writer.members(child) }
        }
        switch condition {
        case .member(let name):
            byte(0)
            string(name)
        case .all(let list): nested(1, list, &self)
        case .any(let list): nested(2, list, &self)
        case .atLeast(let number, let list):
            nested(3, list, &self)
            signed(Int64(number))
        case .not(let child): nested(4, [child], &self)
        }
    }

    mutating func sequence(_ rule: SequenceRule) {
        signed(rule.maxspan.nanoseconds)
        strings(rule.keyNames)
        flag(rule.ignoresCase)
        count(rule.steps.count)
        for step in rule.steps { self.step(step) }
        flag(rule.until != nil)
        if let until = rule.until { step(until) }
    }

    private mutating func step(_ step: SequenceStep) {
        logSource(step.logSource)
        condition(step.condition)
        list(step.keys)
        signed(Int64(step.runs))
        flag(step.isNegated)
    }
}
