/// Every damaged body is a dead letter, once; every finding that the events justify is closed in the journal, with the
/// same id, group, window, values and evidence; and there are no others.
enum NothingLost {
    static func complaints(_ evidence: SimulationEvidence, expected: Set<ClosedFinding>) -> [String] {
        var complaints: [String] = []
        let found = evidence.closed
        let missing = expected.subtracting(found).map(\.description).sorted()
        let extra = found.subtracting(expected).map(\.description).sorted()
        if !missing.isEmpty { complaints.append("\(missing.count) findings are missing: \(missing.prefix(3))") }
        if !extra.isEmpty { complaints.append("\(extra.count) findings are wrong: \(extra.prefix(3))") }
        let damaged = evidence.events.filter(\.message.isDamaged).map { "\($0.partition)/\($0.sequence)" }.sorted()
        let kept = evidence.deadLetters.map { "\($0.partition)/\($0.sequence)" }.sorted()
        if damaged != kept {
            complaints.append("dead letters \(kept) for damaged bodies \(damaged)")
        }
        return complaints
    }
}
