import Detection
import DiagnosticLogs

/// What a crash leaves in the state file is the state of exactly the events up to the positions in it: no event is in the
/// state and ahead of its position (it would be counted twice), and none is behind it and missing.
enum StateMatchesPositions {
    /// - Parameter stored: what the file holds.
    static func complaints(
        _ stored: RestoredState, events: [Simulation.PublishedEvent], partitions: Int, rules: CompiledRules,
        now: Timestamp
    ) throws -> [String] {
        var found = Merger(rules: rules, partitions: Array(0..<partitions))
        try found.restore(stored, now: now)
        var expected = Merger(rules: rules, partitions: Array(0..<partitions))
        for partition in 0..<partitions {
            guard let position = found.position(of: partition) else { continue }
            let own = events.filter { $0.partition == partition && $0.sequence <= position.sequenceNumber }
            if let delta = OnePass.delta(own, partition: partition, idleUntil: position.watermark, rules: rules) {
                expected.merge(delta, now: now)
            }
        }
        let (held, should) = (Set(found.contents), Set(expected.contents))
        guard held != should else { return [] }
        return [
            "the state is not that of its positions: \(should.subtracting(held).sorted().prefix(2)) are missing, "
                + "\(held.subtracting(should).sorted().prefix(2)) are too much"
        ]
    }
}
