package import Detection

/// A record as the batch oracle sees it: a place, two times in nanoseconds, and named values.
package struct OracleEvent {
    package var partition: Int
    package var sequence: Int64
    package var index: Int
    package var enqueued: Int64
    package var event: Int64
    package var fields: [String: Value]

    package init(partition: Int, sequence: Int64, index: Int, enqueued: Int64, event: Int64, fields: [String: Value]) {
        self.partition = partition
        self.sequence = sequence
        self.index = index
        self.enqueued = enqueued
        self.event = event
        self.fields = fields
    }

    /// The values of a field: none for null, all of a bag, each once.
    package func values(_ field: String) -> [Value] {
        var found: [Value] = []
        switch fields[field] ?? .null {
        case .null: break
        case .bag(let list): for value in list where !found.contains(value) { found.append(value) }
        case let value: found = [value]
        }
        return found
    }

    /// The numbers of a field, also where they are written as texts; as often as they occur.
    package func numbers(_ field: String) -> [Value] {
        let list: [Value] = if case .bag(let list)? = fields[field] { list } else { [fields[field] ?? .null] }
        return list.compactMap { value in
            switch value {
            case .long, .double: value
            case .string(let text): Int64(text).map { .long($0) } ?? Double(text).map { .double($0) }
            default: nil
            }
        }
    }

    package func text(_ field: String) -> String {
        if case .string(let text)? = fields[field] { text.lowercased() } else { "" }
    }
}

/// What the oracle says is a finding.
package struct OracleFinding: Hashable {
    package var rule: String
    package var group: [Value]
    /// First and last instant of the window; zero for findings without one.
    package var start: Int64 = 0
    package var end: Int64 = 0
    package var values: [String: Value] = [:]
    package var count: Int = 1
    /// Up to five records, as partition, sequence, index.
    package var evidence: [[Int64]]

    package init(
        rule: String, group: [Value], start: Int64 = 0, end: Int64 = 0, values: [String: Value] = [:], count: Int = 1,
        evidence: [[Int64]]
    ) {
        self.rule = rule
        self.group = group
        self.start = start
        self.end = end
        self.values = values
        self.count = count
        self.evidence = evidence
    }
}

/// Events of one rule in the order (time, partition, sequence, index), with the time on the rule's clock.
package struct OracleStream {
    package struct Entry {
        var time: Int64
        var event: OracleEvent

        var place: [Int64] { [Int64(event.partition), event.sequence, Int64(event.index)] }
    }

    package var entries: [Entry]

    package init(_ events: [OracleEvent], usesEventTime: Bool) {
        entries = events.map { Entry(time: usesEventTime ? $0.event : $0.enqueued, event: $0) }
        entries.sort { a, b in
            if a.time != b.time { return a.time < b.time }
            return a.place.lexicographicallyPrecedes(b.place)
        }
    }

    /// Entries by group: a record with several keys belongs to several groups, one without any to none.
    package func groups(_ keys: (OracleEvent) -> [[Value]]) -> [[Value]: [Entry]] {
        var result: [[Value]: [Entry]] = [:]
        for entry in entries { for key in keys(entry.event) { result[key, default: []].append(entry) } }
        return result
    }
}

/// Arithmetic of the oracle.
package enum OracleNumbers {
    package static func double(_ value: Value) -> Double {
        switch value {
        case .long(let number): Double(number)
        case .double(let number): number
        default: .nan
        }
    }

    /// The sum, rounded once: exact in units of 2^-60, which holds for the numbers that tests use.
    package static func sum(_ values: [Value]) -> Double {
        var total: Int128 = 0
        for value in values { total += Int128(double(value) * 0x1p60) }
        let near = Double(total)
        func miss(_ candidate: Double) -> Int128 { abs(Int128(candidate) - total) }
        let best = [near, near.nextUp, near.nextDown].min { miss($0) < miss($1) } ?? near
        let tied = [near, near.nextUp, near.nextDown].filter { miss($0) == miss(best) }
        return (tied.first { $0.bitPattern & 1 == 0 } ?? best) / 0x1p60
    }

    package static func percentile(_ values: [Value], _ rank: Double) -> Double {
        let sorted = values.map(double).sorted()
        let position = rank / 100 * Double(sorted.count - 1)
        let low = sorted[Int(position)]
        let fraction = position - Double(Int(position))
        return fraction == 0 ? low : low + (sorted[Int(position) + 1] - low) * fraction
    }

    package static func floor(_ time: Int64, _ length: Int64) -> Int64 {
        let quotient = time / length
        return time % length < 0 ? quotient - 1 : quotient
    }
}
