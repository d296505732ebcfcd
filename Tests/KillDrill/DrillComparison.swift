/// What a drill found wrong; empty when the killed run cannot be told from the unbroken one.
struct DrillComparison {
    private(set) var differences: [String] = []

    /// Two collections that must hold the same members as often.
    mutating func same(_ what: String, _ found: [String], _ name: String, _ wanted: [String], _ other: String) {
        let tooMany = Self.minus(found, wanted)
        let missing = Self.minus(wanted, found)
        guard !tooMany.isEmpty || !missing.isEmpty else { return }
        differences.append("\(what): \(tooMany.count) only in \(name), \(missing.count) only in \(other)")
        differences += tooMany.prefix(5).map { "  only in \(name): \($0)" }
        differences += missing.prefix(5).map { "  only in \(other): \($0)" }
    }

    /// Each member once.
    mutating func once(_ what: String, _ found: [String]) {
        var counts: [String: Int] = [:]
        for member in found { counts[member, default: 0] += 1 }
        let repeated = counts.filter { $0.value > 1 }.sorted { $0.key < $1.key }
        guard !repeated.isEmpty else { return }
        differences.append("\(what): \(repeated.count) more than once")
        differences += repeated.prefix(5).map { "  \($0.value) times: \($0.key)" }
    }

    /// A fact that must hold.
    mutating func holds(_ fact: Bool, _ otherwise: @autoclosure () -> String) {
        if !fact { differences.append(otherwise()) }
    }

    private static func minus(_ a: [String], _ b: [String]) -> [String] {
        var counts: [String: Int] = [:]
        for member in b { counts[member, default: 0] += 1 }
        return a.filter { member in
            counts[member, default: 0] -= 1
            return counts[member, default: 0] < 0
        }.sorted()
    }
}
